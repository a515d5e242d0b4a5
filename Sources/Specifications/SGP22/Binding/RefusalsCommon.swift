extension Refusal {
  // SGP.22 §5.2.6.1, §5.2.6.2: failures that any function may have.

  /// The requester is unknown or may not call.
  public static let requesterUnknown = Refusal(
    "1.1", "1.1", "§5.2.6: the function requester is unknown",
    advice: "Ask the server's operator to register your identifier and certificate.")
  /// The requester may not call this function.
  public static let requesterNotAllowed = Refusal(
    "1.1", "1.2", "§5.2.6: the function requester is not allowed to call this function",
    advice: "Ask the server's operator for this right.")
  /// The same call identifier came with another request.
  public static let callIdentifierReused = Refusal(
    "1.1", "3.3", "§5.2.6: the function call identifier was used for another request",
    advice: "Send the request again with a new call identifier.")
  /// The provider does not do this.
  public static let functionUnsupported = Refusal(
    "1.2", "3.1", "§5.2.6: the function provider does not support this function",
    advice: "Use another server or another function.")
  /// The provider cannot answer now.
  public static let providerUnavailable = Refusal(
    "1.2", "5.1", "§5.2.6: the function provider cannot be reached", advice: "Try again in a few minutes.")
  /// The provider failed for a reason of its own.
  public static let providerFailed = Refusal(
    "1.2", "4.2", "§5.2.6: the function provider failed to execute the function",
    advice: "Try again; if it fails again, ask the server's operator.")
  /// The request is no well-formed message.
  public static let formatInvalid = Refusal(
    "1.3.1", "2.1", "§5.2.6: the request's format is invalid", advice: "Update the software that made the request.")
  /// A mandatory element is missing.
  public static let elementMissing = Refusal(
    "1.3.1", "2.2", "§5.2.6: a mandatory element of the request is missing",
    advice: "Update the software that made the request.")
  /// A conditional element is missing.
  public static let conditionalElementMissing = Refusal(
    "1.3.1", "2.3", "§5.2.6: an element that this request needs is missing",
    advice: "Give the missing value and try again.")
  /// The protocol version is not spoken here.
  public static let protocolVersionUnsupported = Refusal(
    "1.3.2", "3.1", "§6.2: the version in X-Admin-Protocol is not supported",
    advice: "Update the software or the server.")

  static let common = [
    requesterUnknown, requesterNotAllowed, callIdentifierReused, functionUnsupported, providerUnavailable,
    providerFailed, formatInvalid, elementMissing, conditionalElementMissing,
    protocolVersionUnsupported,
  ]
}
