import Keys
import SGP22
import Stations
import Transport

/// Bytes ↔ messages: what an SM-DP+ calls at the operator's, without HTTP.
public struct Route: Sendable {
  let desk: Desk
  /// SHA-256 of the SM-DP+s' client certificates in DER, with the names they have here.
  let servers: [[UInt8]: String]
  let given: @Sendable () -> Given

  /// A route to `desk` for the SM-DP+s that `servers` knows by their certificates' SHA-256; `given` is asked once for
  /// each request.
  public init(_ desk: Desk, servers: [[UInt8]: String], given: @escaping @Sendable () -> Given) {
    (self.desk, self.servers, self.given) = (desk, servers, given)
  }

  /// The answer to `message`, on the caller's thread.
  public func respond(to message: Message) -> Reply {
    guard let server = caller(of: message) else { return Reply(status: 403) }
    return desk.respond(to: work(for: message, from: server))
  }

  /// The answer to `message`; its commit is shared with other requests'.
  public func respond(to message: Message) async -> Reply {
    guard let server = caller(of: message) else { return Reply(status: 403) }
    return await desk.respond(to: work(for: message, from: server))
  }

  /// SGP.22 §2.6.6: mutual authentication; a report of nobody's installs nothing, and is not even read.
  private func caller(of message: Message) -> String? { message.peerCertificate.flatMap { servers[sha256($0)] } }

  private func work(for message: Message, from server: String) -> Work? {
    guard message.path == ES2Plus.HandleDownloadProgressInfo.path else { return nil }
    return Work(
      ES2Plus.HandleDownloadProgressInfo.self, .json, message, party: Desk.party, given: given(),
      recorded: { _ in message.body },
      decide: { request, _ in desk.handleDownloadProgressInfo(request, from: server) })
  }
}
