import TLV

extension ES10b {
  /// SGP.22 §5.7.8: what the eUICC tells before authentication.
  public enum GetEUICCInfo1: CardFunction {
    public typealias Response = EUICCInfo1

    /// ```
    /// GetEuiccInfo1Request ::= [32] SEQUENCE {}              -- BF20
    /// ```
    public struct Request: EmptyRequest {
      public static let tag: TLVTag = 0xBF20
      public init() {}
    }
  }

  /// SGP.22 §5.7.8: everything the eUICC tells about itself.
  public enum GetEUICCInfo2: CardFunction {
    public typealias Response = EUICCInfo2

    /// ```
    /// GetEuiccInfo2Request ::= [34] SEQUENCE {}              -- BF22
    /// ```
    public struct Request: EmptyRequest {
      public static let tag: TLVTag = 0xBF22
      public init() {}
    }
  }
}
