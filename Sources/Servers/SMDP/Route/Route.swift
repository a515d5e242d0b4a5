import SGP02
import SGP22
import Stations
import Store
import Transport

/// Bytes ↔ messages: the SM-DP's HTTP interface without HTTP.
public struct Route: Sendable {
  /// The SM-DP behind it.
  public let desk: Desk
  private let given: @Sendable () -> Given

  /// A route to `desk`; `given` is asked once for each request.
  public init(_ desk: Desk, given: @escaping @Sendable () -> Given) { (self.desk, self.given) = (desk, given) }

  /// The answer to `message`, on the caller's thread.
  public func respond(to message: Message) -> Reply { desk.respond(to: work(for: message)) }

  /// The answer to `message`; its commit is shared with other requests'.
  public func respond(to message: Message) async -> Reply { await desk.respond(to: work(for: message)) }

  private func work(for message: Message) -> Work? {
    guard message.path == ES2.DownloadProfile.path else { return nil }
    let given = given()
    return Work(
      ES2.DownloadProfile.self, calledOver: message, party: Desk.party, given: given, memory: desk.settings.callMemory,
      identify: { header in
        let mno = try desk.operators.caller(header, certificate: message.peerCertificate, in: desk.trust.circle)
        return ((mno, header?.functionCallIdentifier ?? ""), mno.identifier)
      }, recorded: { _ in message.body },
      decide: { try desk.downloadProfile($0, from: $1.0, call: $1.1, given: given, in: $2) })
  }
}
