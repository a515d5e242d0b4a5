import TLV

extension ES10c {
  /// SGP.22 §5.7.16: enables a profile.
  public enum EnableProfile: CardFunction, ResultFunction {
    public static let tag: TLVTag = 0xBF31
    public typealias Response = ResultMessage<EnableProfile>

    /// ```
    /// EnableProfileRequest ::= [49] SEQUENCE {               -- BF31
    ///   profileIdentifier CHOICE { isdpAid (4F), iccid (5A) }, refreshFlag BOOLEAN, ... }   -- A0, 81
    /// ```
    public typealias Request = ProfileStateRequest<EnableProfile>

    /// enableResult.
    public enum Result: Int, LenientEnumeration {
      case ok, iccidOrAidNotFound, profileNotInDisabledState, disallowedByPolicy, wrongProfileReenabling, catBusy
      case undefinedError = 127
      public static let unknown = Result.undefinedError
    }
  }
}
