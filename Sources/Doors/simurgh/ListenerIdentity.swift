import CircleFiles
import TransportHTTP

extension TLSIdentity {
  /// Who the listener `name` on `host` is: the certificate called `certificate` in the circle; nil for "none", which
  /// serves plain HTTP behind a front proxy.
  init?(_ certificate: String, in directory: CircleDirectory, for name: String, on host: String) throws {
    if certificate == "none" {
      guard ["127.0.0.1", "::1", "localhost"].contains(host) else {
        throw Complaint(
          .configuration, "Listener \(name) would serve plain HTTP on \(host).",
          remedy: "Without a certificate a listener must be on a loopback address, behind a front proxy.")
      }
      return nil
    }
    let entry = try directory.entry(certificate)
    // What a certificate is for, its role says; one without a role comes from elsewhere.
    if let role = entry.role, ![.dpTLS, .dsTLS, .srTLS, .directoryTLS].contains(role) {
      throw Complaint(
        .configuration, "\(entry.name) is no TLS certificate of a server: its role is \(role.name).",
        remedy: "Name another for listener \(name), as `simurgh ca show` lists them.")
    }
    guard let key = entry.key else { throw Complaint(.configuration, "\(entry.name) has no private key.") }
    try self.init(certificates: [entry.certificate.encoded], key: key)
  }
}
