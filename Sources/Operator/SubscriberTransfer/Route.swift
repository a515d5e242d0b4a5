import MutualAuthentication
import OperatorChange
import SGP22
import Stations
import Store
import Transport

/// What other operators call.
public typealias Route = FunctionRoute<Desk>

extension Desk: Serving {
  public func work(for message: Message, given: Given) -> Work? {
    switch message.path {
    case RequestOperatorChange.path: called(RequestOperatorChange.self, message, given, requestOperatorChange)
    case EndOperatorChange.path: called(EndOperatorChange.self, message, given, endOperatorChange)
    default: nil
    }
  }

  private func called<Function: ServerFunction>(
    _ function: Function.Type, _ message: Message, _ given: Given,
    _ decide:
      @escaping (Function.Request, Requesters.Requester, Given, any Reader) throws -> Decision<Function.Response>
  ) -> Work {
    Work(
      function, calledOver: message, party: Desk.party, given: given, memory: settings.callMemory,
      identify: { header in
        let peer = try callers.caller(header, certificate: message.peerCertificate, in: trust.circle)
        return (peer, peer.identifier)
      }, recorded: { _ in message.body }, decide: { try decide($0, $1, given, $2) })
  }
}
