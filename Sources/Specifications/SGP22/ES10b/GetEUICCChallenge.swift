import TLV

extension ES10b {
  /// SGP.22 §5.7.7: gives a fresh challenge.
  public enum GetEUICCChallenge: CardFunction {
    /// ```
    /// GetEuiccChallengeRequest ::= [46] SEQUENCE {}          -- BF2E
    /// ```
    public struct Request: EmptyRequest {
      public static let tag: TLVTag = 0xBF2E
      public init() {}
    }

    /// ```
    /// GetEuiccChallengeResponse ::= [46] SEQUENCE { euiccChallenge Octet16, ... }   -- BF2E
    /// ```
    public struct Response: TLVMessage, TLVSequence, Hashable {
      /// 16 random bytes.
      public let euiccChallenge: [UInt8]

      /// Its one field.
      public init(euiccChallenge: [UInt8]) { self.euiccChallenge = euiccChallenge }

      public static let tag: TLVTag = 0xBF2E
      public static let isExtensible = true

      public init(fields reader: inout TLVReader) throws(TLVError) {
        euiccChallenge = try reader.octets(0x80, 16...16)
      }

      public func encodeFields(to writer: inout TLVWriter) { writer.write(0x80, euiccChallenge) }
    }
  }
}
