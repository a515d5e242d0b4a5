import SGP22

// SGP.02 §5.5: what an operator has done with its profile on the eUICC. The SM-SR asks the eUICC, which takes time: until
// it answers, the call is refused with 1.2/4.4, and the same call again asks how it went.

extension ES4 {
  /// SGP.02 §5.5.5: the profile is enabled, in the place of the one that is.
  public enum EnableProfile: ServerFunction {
    public static let path = "/simurgh/sgp02/es4/enableProfile"
    public typealias Request = ProfileTarget
    public typealias Response = NoFields
  }

  /// SGP.02 §5.5.6: the profile is disabled; the one with the fall-back attribute is enabled in its place.
  public enum DisableProfile: ServerFunction {
    public static let path = "/simurgh/sgp02/es4/disableProfile"
    public typealias Request = ProfileTarget
    public typealias Response = NoFields
  }

  /// SGP.02 §5.5.7: the profile and its ISD-P are deleted.
  public enum DeleteProfile: ServerFunction {
    public static let path = "/simurgh/sgp02/es4/deleteProfile"
    public typealias Request = ProfileTarget
    public typealias Response = NoFields
  }

  /// SGP.02 §5.5.8: the SM-SR compares its books with the eUICC, and tells them.
  public enum AuditEIS: ServerFunction {
    public static let path = "/simurgh/sgp02/es4/auditEIS"
    public typealias Request = GetEIS.Request
    public typealias Response = GetEIS.Response
  }
}
