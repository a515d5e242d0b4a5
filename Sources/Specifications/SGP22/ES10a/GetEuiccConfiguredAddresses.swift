import TLV

extension ES10a {
  /// SGP.22 §5.7.3: tells the default SM-DP+ and the root SM-DS.
  public enum GetEuiccConfiguredAddresses: CardFunction {
    /// ```
    /// EuiccConfiguredAddressesRequest ::= [60] SEQUENCE {}   -- BF3C
    /// ```
    public struct Request: EmptyRequest {
      public static let tag: TLVTag = 0xBF3C
      public init() {}
    }

    /// ```
    /// EuiccConfiguredAddressesResponse ::= [60] SEQUENCE {   -- BF3C
    ///   defaultDpAddress UTF8String OPTIONAL, rootDsAddress UTF8String, ... }
    /// ```
    public struct Response: TLVMessage, TLVSequence, Hashable {
      /// The default SM-DP+'s host name.
      public let defaultDpAddress: String?
      /// The root SM-DS's host name.
      public let rootDsAddress: String

      /// Both addresses.
      public init(defaultDpAddress: String?, rootDsAddress: String) {
        (self.defaultDpAddress, self.rootDsAddress) = (defaultDpAddress, rootDsAddress)
      }

      public static let tag: TLVTag = 0xBF3C
      public static let isExtensible = true

      public init(fields reader: inout TLVReader) throws(TLVError) {
        defaultDpAddress = try reader.textIfPresent(0x80, atMost: Limit.address)
        rootDsAddress = try reader.text(0x81, atMost: Limit.address)
      }

      public func encodeFields(to writer: inout TLVWriter) {
        writer.write(0x80, defaultDpAddress)
        writer.write(0x81, rootDsAddress)
      }
    }
  }
}
