import CircleFiles
import CircleOfTrust
import MutualAuthentication
import Transport
import TransportHTTP

/// Where a server listens on which both sides show certificates, as a configuration says it.
struct MutualListener {
  var host = "127.0.0.1"
  var port: Int
  /// The TLS certificate, as `simurgh ca show` names it.
  var certificate: String

  /// The listener; whoever shows a certificate of the circle with one of `roles` is let in. `remedy` makes the certificate.
  func listener(
    _ name: String, in directory: CircleDirectory, trust: CircleInForce, roles: [Role], sink: (any EventSink)?,
    remedy: String, _ handler: @escaping MessageHandler
  ) throws -> Listener {
    guard certificate != "none", let identity = try identity(name, in: directory, remedy: remedy) else {
      throw Complaint(
        .configuration, "The \(name) has no plain listener: callers are known by their certificates.",
        remedy: "Name a TLS certificate, as `simurgh ca show` lists them.")
    }
    return Listener(
      host: host, port: port, identity: identity, clients: .members(of: trust.circle, as: roles),
      handler: sink.map { recording(handler, peer: name, sink: $0) } ?? handler)
  }

  private func identity(_ name: String, in directory: CircleDirectory, remedy: String) throws -> TLSIdentity? {
    do { return try TLSIdentity(certificate, in: directory, for: name, on: host) } catch CircleFilesError.nothingThere {
      throw Complaint(
        .configuration, "The circle has no certificate \(certificate), which the \(name) would show.",
        remedy: "Make it with: \(remedy)")
    }
  }
}
