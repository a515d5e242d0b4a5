extension Refusal {
  // MARK: ES11.InitiateAuthentication (§5.8.1)

  /// 8.9.1/3.8
  public static let smdsAddressRefused = Refusal(
    "8.9.1", "3.8", "§5.8.1: invalid SM-DS address", advice: "Check the discovery server's address.")
  /// 8.9.2/3.1
  public static let smdsNoCommonPublicKeyIdentifier = Refusal(
    "8.9.2", "3.1", "§5.8.1: none of the proposed Public Key Identifiers is supported by the SM-DS",
    advice: "This eSIM's certificates and the server's belong to different circles; use another server.")
  /// 8.9.3/3.1
  public static let smdsSvnUnsupported = Refusal(
    "8.9.3", "3.1", "§5.8.1: the SVN indicated by the eUICC is not supported by the SM-DS",
    advice: "Update the device, or use a server that supports its version.")
  /// 8.9.4/3.7
  public static let smdsNoServerCertificate = Refusal(
    "8.9.4", "3.7", "§5.8.1: the SM-DS has no CERT.DSauth signed by one of the CI keys supported by the eUICC",
    advice: "This eSIM's certificates and the server's belong to different circles; use another server.")

  // MARK: ES11.AuthenticateClient (§5.8.2)

  /// 8.9.5/3.9
  public static let eventUnknown = Refusal(
    "8.9.5", "3.9", "§5.8.2, §5.9.2: no event identified by the EventID for the EID exists",
    advice: "The event was already used or withdrawn; nothing needs to be done.")

  // The others of AuthenticateClient are those of ES9+.

  static let es11 = [
    smdsAddressRefused, smdsNoCommonPublicKeyIdentifier, smdsSvnUnsupported, smdsNoServerCertificate, eventUnknown,
  ]

  // MARK: ES12.RegisterEvent (§5.9.1), ES12.DeleteEvent (§5.9.2)

  /// 8.9.5/3.3
  public static let eventAlreadyRegistered = Refusal(
    "8.9.5", "3.3", "§5.9.1: the Event Record already exists in the SM-DS (EventID duplicated)",
    advice: "Use another EventID, or delete the first event.")
  /// 8.9/5.1
  public static let rootSmdsUnavailable = Refusal(
    "8.9", "5.1", "§5.9.1: the root SM-DS was unavailable", advice: "Try again in a few minutes.")
  /// 8.9/4.2
  public static let rootSmdsFailed = Refusal(
    "8.9", "4.2", "§5.9.1: the root SM-DS has raised an error",
    advice: "Try again; if it fails again, ask the discovery server's operator.")

  static let es12 = [eventAlreadyRegistered, rootSmdsUnavailable, rootSmdsFailed]
}
