import TLV

extension ES10c {
  /// SGP.22 §5.7.17: disables a profile.
  public enum DisableProfile: CardFunction, ResultFunction {
    public static let tag: TLVTag = 0xBF32
    public typealias Response = ResultMessage<DisableProfile>

    /// ```
    /// DisableProfileRequest ::= [50] SEQUENCE {               -- BF32
    ///   profileIdentifier CHOICE { isdpAid (4F), iccid (5A) }, refreshFlag BOOLEAN, ... }   -- A0, 81
    /// ```
    public typealias Request = ProfileStateRequest<DisableProfile>

    /// disableResult.
    public enum Result: Int, LenientEnumeration {
      case ok, iccidOrAidNotFound, profileNotInEnabledState, disallowedByPolicy
      case catBusy = 5
      case undefinedError = 127
      public static let unknown = Result.undefinedError
    }
  }
}
