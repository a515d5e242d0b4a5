/// Where the carrier's terminal is reached over HTTPS.
public enum RegistrationPath {
  /// The one path, for POST.
  public static let path = "/handset-registration"
  /// The dealer's number.
  public static let dealerHeader = "X-Dealer"
  /// Bodies are DER.
  public static let contentType = "application/octet-stream"
}
