import TLV

extension ES10b {
  /// SGP.22 §5.7.22: tells who may use policy rules.
  public enum GetRAT: CardFunction {
    /// ```
    /// GetRatRequest ::= [67] SEQUENCE {}                     -- BF43
    /// ```
    public struct Request: EmptyRequest {
      public static let tag: TLVTag = 0xBF43
      public init() {}
    }

    /// ```
    /// GetRatResponse ::= [67] SEQUENCE { rat RulesAuthorisationTable, ... }   -- BF43
    /// ```
    public struct Response: TLVMessage, TLVSequence, Hashable {
      /// The table.
      public let rat: RulesAuthorisationTable

      /// Its one field.
      public init(rat: RulesAuthorisationTable) { self.rat = rat }

      public static let tag: TLVTag = 0xBF43
      public static let isExtensible = true
      public init(fields reader: inout TLVReader) throws(TLVError) { rat = try reader.read(0xA0) }
      public func encodeFields(to writer: inout TLVWriter) { writer.write(0xA0, rat) }
    }
  }
}
