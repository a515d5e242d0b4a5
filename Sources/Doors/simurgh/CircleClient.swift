import CircleFiles
import CircleOfTrust
import TransportHTTP

extension CircleDirectory {
  /// How this program calls servers: only those with a TLS certificate of the circle that is not revoked, showing `entry`
  /// where one asks. A party that runs on gives its circle in force; otherwise the circle is what the directory holds. An
  /// operator's back office is called too (ES2+.HandleDownloadProgressInfo).
  func callers(
    as entry: Entry? = nil, in force: (@Sendable () -> Circle)? = nil, roles: [Role] = [.dpTLS, .dsTLS, .operatorTLS]
  ) throws -> HTTPSClient.Configuration {
    let circle = try circle()
    var identity: TLSIdentity?
    if let entry {
      guard let key = entry.key else { throw Complaint(.configuration, "\(entry.name) has no private key.") }
      identity = try TLSIdentity(certificates: [entry.certificate.encoded], key: key)
    }
    return HTTPSClient.Configuration(circle: force?() ?? circle, roles: roles, identity: identity)
  }
}
