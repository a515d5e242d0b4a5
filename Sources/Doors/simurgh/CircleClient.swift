import CircleFiles
import CircleOfTrust
import TransportHTTP

extension CircleDirectory {
  /// How this program calls servers: only those with a TLS certificate of the circle that is not revoked, showing `entry`
  /// where one asks. A party that runs on gives its circle in force; otherwise the circle is what the directory holds.
  func callers(
    as entry: Entry? = nil, in force: (@Sendable () -> Circle)? = nil
  ) throws -> HTTPSClient.Configuration {
    let circle = try circle()
    var identity: TLSIdentity?
    if let entry {
      guard let key = entry.key else { throw Complaint(.configuration, "\(entry.name) has no private key.") }
      identity = try TLSIdentity(certificates: [entry.certificate.encoded], key: key)
    }
    // An operator's back office is called too (ES2+.HandleDownloadProgressInfo).
    return HTTPSClient.Configuration(
      circle: force?() ?? circle, roles: [.dpTLS, .dsTLS, .operatorTLS], identity: identity)
  }
}
