extension Refusal {
  // MARK: ES9+.InitiateAuthentication (§5.6.1)

  /// 8.8.1/3.8
  public static let smdpAddressRefused = Refusal(
    "8.8.1", "3.8", "§5.6.1: invalid SM-DP+ address", advice: "Check the activation code's server address.")
  /// 8.8.2/3.1
  public static let noCommonPublicKeyIdentifier = Refusal(
    "8.8.2", "3.1", "§5.6.1: none of the proposed Public Key Identifiers is supported by the SM-DP+",
    advice: "This eSIM's certificates and the server's belong to different circles; use another server or device.")
  /// 8.8.3/3.1
  public static let svnUnsupported = Refusal(
    "8.8.3", "3.1", "§5.6.1: the SVN indicated by the eUICC is not supported by the SM-DP+",
    advice: "Update the device, or use a server that supports its version.")
  /// 8.8.4/3.7
  public static let noServerCertificate = Refusal(
    "8.8.4", "3.7", "§5.6.1: the SM-DP+ has no CERT.DPauth signed by one of the CI keys supported by the eUICC",
    advice: "This eSIM's certificates and the server's belong to different circles; use another server or device.")

  // MARK: ES9+.AuthenticateClient (§5.6.3)

  /// 8.1.2/6.1
  public static let eumCertificateInvalid = Refusal(
    "8.1.2", "6.1", "§5.6.3: the EUM certificate is invalid",
    advice: "The eSIM chip cannot prove its maker; use another device.")
  /// 8.1.2/6.3
  public static let eumCertificateExpired = Refusal(
    "8.1.2", "6.3", "§5.6.3: the EUM certificate has expired",
    advice: "The eSIM chip maker's certificate has expired; use another device.")
  /// 8.1.3/6.1
  public static let euiccCertificateInvalid = Refusal(
    "8.1.3", "6.1", "§5.6.3: the eUICC certificate is invalid",
    advice: "The eSIM chip cannot prove its identity; use another device.")
  /// 8.1.3/6.3
  public static let euiccCertificateExpired = Refusal(
    "8.1.3", "6.3", "§5.6.3: the eUICC certificate has expired",
    advice: "The eSIM chip's certificate has expired; use another device.")
  /// 8.1/6.1
  public static let euiccSignatureInvalid = Refusal(
    "8.1", "6.1", "§5.6.3: the eUICC signature or the server challenge is invalid", advice: "Start the download again.")
  /// 8.1/4.8
  public static let insufficientMemory = Refusal(
    "8.1", "4.8", "§5.6.3: the eUICC does not have sufficient space for this profile",
    advice: "Delete a profile that is no longer needed and start again.")
  /// 8.11.1/3.9
  public static let ciPublicKeyUnknown = Refusal(
    "8.11.1", "3.9", "§5.6.3: the CI used by the EUM certificate is not a trusted root",
    advice: "The server does not trust this eSIM chip's maker; use another device.")
  /// 8.10.1/3.9
  public static let transactionUnknown = Refusal(
    "8.10.1", "3.9", "§5.6.3: the RSP session identified by the TransactionID is unknown",
    advice: "The session has expired; start the download again.")
  /// 8.2.6/3.8
  public static let matchingIdRefused = Refusal(
    "8.2.6", "3.8", "§5.6.3: the MatchingID (AC_Token or EventID) is refused",
    advice: "Check the activation code; it may be mistyped or already used.")
  /// 8.1.1/3.8
  public static let eidMismatch = Refusal(
    "8.1.1", "3.8", "§5.6.3: the EID does not match the expected value",
    advice: "This profile is reserved for another device; use that device or ask the operator.")
  /// 8.2.5/4.3
  public static let noEligibleProfile = Refusal(
    "8.2.5", "4.3", "§5.6.3: no eligible profile for this eUICC or device",
    advice: "The operator has no profile that suits this device; ask the operator.")
  /// 8.2/1.2
  public static let profileNotReleased = Refusal(
    "8.2", "1.2", "§5.6.3: the profile has not yet been released",
    advice: "The operator has not released the profile yet; try again later.")
  /// 8.8.5/4.10
  public static let downloadOrderExpired = Refusal(
    "8.8.5", "4.10", "§5.6.3: the download order has expired", advice: "Ask the operator for a new activation code.")
  /// 8.8.5/6.4
  public static let downloadRetriesExceeded = Refusal(
    "8.8.5", "6.4", "§5.6.3: the maximum number of retries for the download order has been exceeded",
    advice: "Ask the operator for a new activation code.")

  // MARK: ES9+.GetBoundProfilePackage (§5.6.2)

  /// 8.2.7/2.2
  public static let confirmationCodeMissing = Refusal(
    "8.2.7", "2.2", "§5.6.2: the Confirmation Code is missing",
    advice: "Enter the confirmation code that the operator gave you.")
  /// 8.2.7/3.8
  public static let confirmationCodeRefused = Refusal(
    "8.2.7", "3.8", "§5.6.2: the Confirmation Code is refused",
    advice: "Check the confirmation code and try again; the number of tries is limited.")
  /// 8.2.7/6.4
  public static let confirmationCodeRetriesExceeded = Refusal(
    "8.2.7", "6.4", "§5.6.2: the maximum number of retries for the Confirmation Code has been exceeded",
    advice: "Ask the operator for a new activation code.")
  /// 8.2/3.7
  public static let rebindingRefused = Refusal(
    "8.2", "3.7", "§5.6.2: the BPP is not available for a new binding",
    advice: "The profile was already made for an earlier try; ask the operator for a new one.")

  // MARK: ES9+.CancelSession (§5.6.5)

  /// 8.8/3.10
  public static let smdpOidInvalid = Refusal(
    "8.8", "3.10", "§5.6.5: the provided SM-DP+ OID is invalid", advice: "Start the download again.")

  static let es9Plus = [
    smdpAddressRefused, noCommonPublicKeyIdentifier, svnUnsupported, noServerCertificate,
    eumCertificateInvalid, eumCertificateExpired, euiccCertificateInvalid, euiccCertificateExpired,
    euiccSignatureInvalid, insufficientMemory, ciPublicKeyUnknown, transactionUnknown, matchingIdRefused, eidMismatch,
    noEligibleProfile, profileNotReleased, downloadOrderExpired, downloadRetriesExceeded,
    confirmationCodeMissing, confirmationCodeRefused, confirmationCodeRetriesExceeded, rebindingRefused,
    smdpOidInvalid,
  ]
}
