import Identifiers
import ProfileMove
import SGP22
import Stations
import Store
import Transport

/// What users and devices ask about moves. Tickets, codes and words do not go to the record.
public typealias Route = FunctionRoute<Desk>

extension Desk: Serving {
  public func work(for message: Message, given: Given) -> Work? {
    switch message.path {
    case MoveStart.path:
      work(MoveStart.self, message, given) { try start($0, of: subscribers($0.iccid, $1), given: given, in: $1) }
    case MoveCancel.path: work(MoveCancel.self, message, given) { try cancel($0, in: $1) }
    case MoveStatus.path: work(MoveStatus.self, message, given, isLook: true) { try status($0, in: $1) }
    case MoveConsent.path: work(MoveConsent.self, message, given) { try consent($0, in: $1) }
    case MovePerson.path: work(MovePerson.self, message, given) { try person($0, now: given.now, in: $1) }
    case MoveBackup.path: work(MoveBackup.self, message, given) { try backup($0, in: $1) }
    default: nil
    }
  }

  private func work<Function: ServerFunction>(
    _ function: Function.Type, _ message: Message, _ given: Given, isLook: Bool = false,
    _ decide: @escaping (Function.Request, any Reader) throws -> Decision<Function.Response>
  ) -> Work {
    Work(
      function, .json, message, party: Desk.party, given: given, isLook: isLook, recorded: { _ in [] }, decide: decide)
  }
}
