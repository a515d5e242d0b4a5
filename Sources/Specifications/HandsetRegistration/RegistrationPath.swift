/// Where the carrier's terminal is reached over HTTPS. A dealer is known by the certificate that it shows in TLS.
public enum RegistrationPath {
  /// The one path, for POST.
  public static let path = "/handset-registration"
  /// Bodies are DER.
  public static let contentType = "application/octet-stream"
}
