import TLV

extension ES10c {
  /// SGP.22 §5.7.19: deletes profiles by kind and forgets the default SM-DP+.
  public enum EuiccMemoryReset: CardFunction, ResultFunction {
    public static let tag: TLVTag = 0xBF34
    public typealias Response = ResultMessage<EuiccMemoryReset>

    /// The bits of resetOptions.
    public enum ResetOption: Int, CaseIterable, Sendable {
      case deleteOperationalProfiles, deleteFieldLoadedTestProfiles, resetDefaultSmdpAddress
    }

    /// ```
    /// EuiccMemoryResetRequest ::= [52] SEQUENCE { resetOptions [2] BIT STRING, ... }   -- BF34
    /// ```
    public struct Request: TLVMessage, TLVSequence, Hashable {
      /// What is to be reset.
      public let resetOptions: NamedBits<ResetOption>

      /// Its one field.
      public init(resetOptions: NamedBits<ResetOption>) { self.resetOptions = resetOptions }

      public static let tag: TLVTag = 0xBF34
      public static let isExtensible = true
      public init(fields reader: inout TLVReader) throws(TLVError) { resetOptions = try reader.read(0x82) }
      public func encodeFields(to writer: inout TLVWriter) { writer.write(0x82, resetOptions) }
    }

    /// resetResult.
    public enum Result: Int, LenientEnumeration {
      case ok, nothingToDelete
      case catBusy = 5
      case undefinedError = 127
      public static let unknown = Result.undefinedError
    }
  }
}
