import Identifiers
import TLV

extension ES10c {
  /// SGP.22 §5.7.20: tells the EID.
  public enum GetEID: CardFunction {
    /// ```
    /// GetEuiccDataRequest ::= [62] SEQUENCE { tagList [APPLICATION 28] Octet1, ... }   -- BF3E, value '5A'
    /// ```
    public struct Request: TLVMessage, TLVSequence, Hashable {
      /// Asks for the EID, the only thing that there is.
      public init() {}

      public static let tag: TLVTag = 0xBF3E
      public static let isExtensible = true

      public init(fields reader: inout TLVReader) throws(TLVError) {
        guard try reader.octets(.tagList, 1...1) == [0x5A] else { throw .invalid(.tagList, "only 5A can be asked for") }
      }

      public func encodeFields(to writer: inout TLVWriter) { writer.write(.tagList, bytes: [0x5A]) }
    }

    /// ```
    /// GetEuiccDataResponse ::= [62] SEQUENCE { eidValue [APPLICATION 26] Octet16, ... }   -- BF3E { 5A }
    /// ```
    public struct Response: TLVMessage, TLVSequence, Hashable {
      /// The EID.
      public let eidValue: EID

      /// Its one field.
      public init(eidValue: EID) { self.eidValue = eidValue }

      public static let tag: TLVTag = 0xBF3E
      public static let isExtensible = true
      public init(fields reader: inout TLVReader) throws(TLVError) { eidValue = try reader.read(0x5A) }
      public func encodeFields(to writer: inout TLVWriter) { writer.write(0x5A, eidValue) }
    }
  }
}
