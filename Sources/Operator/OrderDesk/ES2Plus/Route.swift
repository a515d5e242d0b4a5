import Identifiers
import JSON
import Keys
import SGP22
import Store
import Transport

/// Bytes ↔ messages: what an SM-DP+ calls at the operator's, without HTTP.
public struct Route: Sendable {
  /// The largest body that is read, in bytes: a report with the eUICC's result.
  public static let bodyLimit = 64 << 10

  let desk: Desk
  /// SHA-256 of the SM-DP+s' client certificates in DER, with the names they have here.
  let servers: [[UInt8]: String]
  let now: @Sendable () -> Instant

  /// A route to `desk` for the SM-DP+s that `servers` knows by their certificates' SHA-256.
  public init(_ desk: Desk, servers: [[UInt8]: String], now: @escaping @Sendable () -> Instant) {
    (self.desk, self.servers, self.now) = (desk, servers, now)
  }

  /// The answer to `message`; status 500 lets the SM-DP+ call again.
  public func respond(to message: Message) -> Reply {
    guard message.path == ES2Plus.HandleDownloadProgressInfo.path else { return Reply(status: 404) }
    guard message.method == "POST" else { return Reply(status: 405) }
    // SGP.22 §2.6.6: mutual authentication; a report of nobody's installs nothing.
    guard let certificate = message.peerCertificate, let server = servers[sha256(certificate)] else {
      return Reply(status: 403)
    }
    guard message.body.count <= Self.bodyLimit else { return Reply(status: 413) }
    do {
      let request = try JSONBinding.decode(ES2Plus.HandleDownloadProgressInfo.Request.self, from: message.body).request
      try desk.handleDownloadProgressInfo(request, from: server, now: now())
      // SGP.22 §6.2: a notification is answered without a body.
      return Reply(status: 204, headers: [AdminProtocol.headerName: AdminProtocol.current.description])
    } catch is JSONError { return Reply(status: 400) } catch { return Reply(status: 500) }
  }
}
