import AddressLookup
import MutualAuthentication
import SGP22
import Stations
import Store
import Transport

/// Bytes ↔ messages: the directory's HTTP interface without HTTP, so that servers, simulation and fuzzers share it.
///
/// Whatever comes, an answer goes: a specified refusal, or a status of HTTP where there is nothing to refuse.
public struct Route: Sendable {
  /// The directory behind it.
  public let desk: Desk
  private let given: @Sendable () -> Given

  /// A route to `desk`; `given` is asked once for each request.
  public init(_ desk: Desk, given: @escaping @Sendable () -> Given) { (self.desk, self.given) = (desk, given) }

  /// The answer to `message`, on the caller's thread.
  public func respond(to message: Message) -> Reply { desk.respond(to: work(for: message)) }

  /// The answer to `message`; its commit is shared with other requests'.
  public func respond(to message: Message) async -> Reply { await desk.respond(to: work(for: message)) }

  // MARK: The table of functions

  private func work(for message: Message) -> Work? {
    switch message.path {
    case FindAddress.path: lookup(message)
    case RegisterAddress.path: registration(RegisterAddress.self, message, desk.registerAddress)
    case HandOverAddress.path: registration(HandOverAddress.self, message, desk.handOverAddress)
    case WithdrawAddress.path: registration(WithdrawAddress.self, message, desk.withdrawAddress)
    default: nil
    }
  }

  private func lookup(_ message: Message) -> Work {
    let given = given()
    return Work(
      FindAddress.self, .json, message, party: Desk.party, given: given, recorded: { _ in message.body },
      decide: { try desk.findAddress($0, given: given, in: $1) })
  }

  /// What a function decides for the server that calls.
  private typealias Registration<Function: ServerFunction> =
    (Function.Request, ServerCaller, Given, any Reader) throws -> Decision<Function.Response>

  private func registration<Function: ServerFunction>(
    _ function: Function.Type, _ message: Message, _ decide: @escaping Registration<Function>
  ) -> Work {
    let given = given()
    return Work(
      function, calledOver: message, party: Desk.party, given: given, memory: desk.settings.callMemory,
      identify: { header in
        let caller = try desk.trust.caller(
          header, certificate: message.peerCertificate, as: [.srTLS, .dpTLS], at: given.now)
        return (caller, caller.identifier)
      }, recorded: { _ in message.body }, decide: { try decide($0, $1, given, $2) })
  }
}
