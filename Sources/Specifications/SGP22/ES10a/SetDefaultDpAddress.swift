import TLV

extension ES10a {
  /// SGP.22 §5.7.4: changes the default SM-DP+.
  public enum SetDefaultDpAddress: CardFunction, ResultFunction {
    public static let tag: TLVTag = 0xBF3F
    public typealias Response = ResultMessage<SetDefaultDpAddress>

    /// ```
    /// SetDefaultDpAddressRequest ::= [63] SEQUENCE { defaultDpAddress UTF8String, ... }   -- BF3F
    /// ```
    public struct Request: TLVMessage, TLVSequence, Hashable {
      /// The host name; empty removes the address.
      public let defaultDpAddress: String

      /// Its one field.
      public init(defaultDpAddress: String) { self.defaultDpAddress = defaultDpAddress }

      public static let tag: TLVTag = 0xBF3F
      public static let isExtensible = true

      public init(fields reader: inout TLVReader) throws(TLVError) {
        defaultDpAddress = try reader.text(0x80, atMost: Limit.address)
      }

      public func encodeFields(to writer: inout TLVWriter) { writer.write(0x80, defaultDpAddress) }
    }

    /// setDefaultDpAddressResult.
    public enum Result: Int, LenientEnumeration {
      case ok
      case undefinedError = 127
      public static let unknown = Result.undefinedError
    }
  }
}
