import MutualAuthentication
import OperatorChange
import SGP22
import Stations
import Store
import Transport

/// Bytes ↔ messages: what other operators call, without HTTP.
public struct Route: Sendable {
  /// The desk behind it.
  public let desk: Desk
  private let given: @Sendable () -> Given

  /// A route to `desk`; `given` is asked once for each request.
  public init(_ desk: Desk, given: @escaping @Sendable () -> Given) { (self.desk, self.given) = (desk, given) }

  /// The answer to `message`, on the caller's thread.
  public func respond(to message: Message) -> Reply { desk.respond(to: work(for: message)) }

  /// The answer to `message`; its commit is shared with other requests'.
  public func respond(to message: Message) async -> Reply { await desk.respond(to: work(for: message)) }

  private func work(for message: Message) -> Work? {
    switch message.path {
    case RequestOperatorChange.path: called(RequestOperatorChange.self, message, desk.requestOperatorChange)
    case EndOperatorChange.path: called(EndOperatorChange.self, message, desk.endOperatorChange)
    default: nil
    }
  }

  private func called<Function: ServerFunction>(
    _ function: Function.Type, _ message: Message,
    _ decide:
      @escaping (Function.Request, Requesters.Requester, Given, any Reader) throws -> Decision<Function.Response>
  ) -> Work {
    let given = given()
    return Work(
      function, calledOver: message, party: Desk.party, given: given, memory: desk.settings.callMemory,
      identify: { header in
        let peer = try desk.callers.caller(header, certificate: message.peerCertificate, in: desk.trust.circle)
        return (peer, peer.identifier)
      }, recorded: { _ in message.body }, decide: { try decide($0, $1, given, $2) })
  }
}
