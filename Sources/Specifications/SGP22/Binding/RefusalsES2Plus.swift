extension Refusal {
  // MARK: ES2+.DownloadOrder (§5.3.1)

  /// 8.2.1/1.2
  public static let profileNotAllowed = Refusal(
    "8.2.1", "1.2", "§5.3: the function caller is not allowed to perform this function on the target profile",
    advice: "The profile belongs to another operator; check the ICCID.")
  /// 8.2.1/3.3
  public static let iccidUnavailable = Refusal(
    "8.2.1", "3.3", "§5.3.1, §5.3.3: the profile identified by the provided ICCID is ordered or downloaded already",
    advice: "Choose another ICCID; an order whose profile was downloaded can no longer be cancelled.")
  /// 8.2.1/3.9
  public static let iccidUnknown = Refusal(
    "8.2.1", "3.9", "§5.3: the profile identified by this ICCID is unknown to the SM-DP+",
    advice: "Check the ICCID, or import the profile first.")
  /// 8.2.5/1.2
  public static let profileTypeNotAllowed = Refusal(
    "8.2.5", "1.2", "§5.3.1: the function caller is not allowed to perform this function on the Profile Type",
    advice: "Ask the server's operator for the right to this profile type.")
  /// 8.2.5/3.7
  public static let profileTypeExhausted = Refusal(
    "8.2.5", "3.7", "§5.3.1: no more profile available for the requested Profile Type",
    advice: "Import more profiles of this type.")
  /// 8.2.5/3.8
  public static let profileTypeMismatch = Refusal(
    "8.2.5", "3.8", "§5.3.1: the Profile Type is not aligned with that of the profile identified by the ICCID",
    advice: "Give the ICCID or the profile type, or make both agree.")
  /// 8.2.5/3.9
  public static let profileTypeUnknown = Refusal(
    "8.2.5", "3.9", "§5.3.1: the Profile Type is unknown to the SM-DP+", advice: "Check the profile type's name.")

  // MARK: ES2+.ConfirmOrder (§5.3.2)

  /// 8.1.1/2.2
  public static let eidMissing = Refusal(
    "8.1.1", "2.2", "§5.3.2: the EID is missing in the context of this order (SM-DS address given or MatchingID empty)",
    advice: "Give the device's EID.")
  /// 8.1.1/3.10
  public static let eidAssociationInvalid = Refusal(
    "8.1.1", "3.10", "§5.3: a different EID is already associated with this ICCID",
    advice: "Check the EID, or cancel the order and order anew.")
  /// 8.2.6/3.3
  public static let matchingIdConflict = Refusal(
    "8.2.6", "3.3", "§5.3.2: conflicting MatchingID value", advice: "Give another MatchingID, or none.")
  /// 8.2.1/3.10
  public static let iccidAssociationInvalid = Refusal(
    "8.2.1", "3.10", "§5.3.2: a different EID is associated with this ICCID",
    advice: "Check EID and ICCID; they belong to different orders.")

  // MARK: ES2+.CancelOrder (§5.3.3)

  /// 8.2.6/3.10
  public static let matchingIdAssociationInvalid = Refusal(
    "8.2.6", "3.10", "§5.3.3: a different MatchingID is associated with this ICCID",
    advice: "Check the MatchingID; it belongs to another order.")
  /// 8.2.1/3.5
  public static let profileTransitionInvalid = Refusal(
    "8.2.1", "3.5", "§5.3.3, §5.3.4: the target profile cannot be released or cancelled in its state",
    advice: "Look at the order's state: only what is confirmed is released, and only what is ordered is cancelled.")

  // MARK: ES2+.HandleDownloadProgressInfo (§5.3.5)

  /// 8.1/4.2
  public static let euiccFailed = Refusal(
    "8.1", "4.2", "§5.3.5: the eUICC, or its user, ended the download",
    advice: "Order another profile for this subscriber.")

  static let es2Plus = [
    profileNotAllowed, iccidUnavailable, iccidUnknown, profileTypeNotAllowed, profileTypeExhausted,
    profileTypeMismatch, profileTypeUnknown, eidMissing, eidAssociationInvalid, matchingIdConflict,
    iccidAssociationInvalid, matchingIdAssociationInvalid, profileTransitionInvalid,
    euiccFailed,
  ]
}
