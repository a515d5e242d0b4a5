import ProfileMove
import SGP22
import Stations
import Store
import Transport

/// Bytes ↔ messages: what devices ask about moves, without HTTP. Tickets and codes do not go to the record.
public struct Route: Sendable {
  let desk: Desk
  let given: @Sendable () -> Given

  /// A route to `desk`; `given` is asked once for each request.
  public init(_ desk: Desk, given: @escaping @Sendable () -> Given) { (self.desk, self.given) = (desk, given) }

  /// The answer to `message`, on the caller's thread.
  public func respond(to message: Message) -> Reply { desk.respond(to: work(for: message)) }

  /// The answer to `message`; its commit is shared with other requests'.
  public func respond(to message: Message) async -> Reply { await desk.respond(to: work(for: message)) }

  private func work(for message: Message) -> Work? {
    let given = given()
    return switch message.path {
    case MoveStatus.path: work(MoveStatus.self, message, given) { try desk.status($0, in: $1) }
    case MoveConsent.path: work(MoveConsent.self, message, given) { try desk.consent($0, in: $1) }
    case MovePerson.path: work(MovePerson.self, message, given) { try desk.person($0, now: given.now, in: $1) }
    default: nil
    }
  }

  private func work<Function: ServerFunction>(
    _ function: Function.Type, _ message: Message, _ given: Given,
    _ decide: @escaping (Function.Request, any Reader) throws -> Decision<Function.Response>
  ) -> Work {
    Work(function, .json, message, party: Desk.party, given: given, recorded: { _ in [] }, decide: decide)
  }
}
