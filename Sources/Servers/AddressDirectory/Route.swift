import AddressLookup
import MutualAuthentication
import SGP22
import Stations
import Store
import Transport

/// The directory's HTTP interface.
public typealias Route = FunctionRoute<Desk>

extension Desk: Serving {
  public func work(for message: Message, given: Given) -> Work? {
    switch message.path {
    case FindAddress.path: lookup(message, given)
    case RegisterAddress.path: registration(RegisterAddress.self, message, given, registerAddress)
    case HandOverAddress.path: registration(HandOverAddress.self, message, given, handOverAddress)
    case WithdrawAddress.path: registration(WithdrawAddress.self, message, given, withdrawAddress)
    default: nil
    }
  }

  private func lookup(_ message: Message, _ given: Given) -> Work {
    Work(
      FindAddress.self, .json, message, party: Desk.party, given: given, recorded: { _ in message.body },
      decide: { try findAddress($0, given: given, in: $1) })
  }

  /// What a function decides for the server that calls.
  private typealias Registration<Function: ServerFunction> =
    (Function.Request, ServerCaller, Given, any Reader) throws -> Decision<Function.Response>

  private func registration<Function: ServerFunction>(
    _ function: Function.Type, _ message: Message, _ given: Given, _ decide: @escaping Registration<Function>
  ) -> Work {
    Work(
      function, calledOver: message, party: Desk.party, given: given, memory: settings.callMemory,
      identify: { header in
        let caller = try trust.caller(
          header, certificate: message.peerCertificate, as: [.srTLS, .dpTLS], at: given.now)
        return (caller, caller.identifier)
      }, recorded: { _ in message.body }, decide: { try decide($0, $1, given, $2) })
  }
}
