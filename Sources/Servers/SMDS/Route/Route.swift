import Identifiers
import MutualAuthentication
import SGP22
import Stations
import Store
import Transport

/// Bytes ↔ messages: the SM-DS's HTTP interfaces without HTTP, so that servers, simulation and fuzzers share them.
///
/// Whatever comes, an answer goes: a specified refusal, or a status of HTTP where there is nothing to refuse.
public struct Route: Sendable {
  /// The SM-DS behind it.
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
    // Some devices call ES11 by its own name.
    case ES11.InitiateAuthentication.path, "/gsma/rsp2/es11/initiateAuthentication":
      es11(ES11.InitiateAuthentication.self, .json, message, desk.initiateAuthentication)
    case ES11.AuthenticateClient.path, "/gsma/rsp2/es11/authenticateClient":
      es11(ES11.AuthenticateClient.self, .json, message, desk.authenticateClient)
    case HTTPRules.asn1Path: asn1(message)
    case ES12.RegisterEvent.path: es12(ES12.RegisterEvent.self, message, desk.registerEvent)
    case ES12.DeleteEvent.path: es12(ES12.DeleteEvent.self, message, desk.deleteEvent)
    default: nil
    }
  }

  /// SGP.22 §6.6: all of ES11 at one path; the request's tag names the function.
  private func asn1(_ message: Message) -> Work {
    let denial: Denial
    do throws(Denial) {
      switch try HTTPRules.asn1Request(in: message) {
      case .initiateAuthentication(let request):
        // On ES11 the same message as on ES9+.
        return es11(
          ES9Plus.InitiateAuthentication.self, .asn1(request) { .initiateAuthentication($0) }, message,
          desk.initiateAuthentication)
      case .authenticateClient(let request):
        return es11(
          ES11.AuthenticateClient.self, .asn1(request) { .authenticateClientEs11($0) }, message,
          desk.authenticateClient)
      case .getBoundProfilePackage, .cancelSession, .handleNotification:
        denial = Refusal.functionUnsupported.because("a function of ES9+")
      }
    } catch { denial = error }
    return Work(unreadable: denial, message, party: Desk.party, given: given())
  }

  /// What a function of ES11 decides.
  private typealias ES11Function<Function: ServerFunction> =
    (Function.Request, Given, any Reader) throws -> Decision<Function.Response>

  private func es11<Function: ServerFunction>(
    _ function: Function.Type, _ binding: Binding<Function>, _ message: Message,
    _ decide: @escaping ES11Function<Function>
  ) -> Work {
    let given = given()
    return Work(
      function, binding, message, party: Desk.party, given: given, recorded: { _ in message.body },
      decide: { try decide($0, given, $1) })
  }

  /// What a function of ES12 decides for one SM-DP+.
  private typealias ES12Function<Function: ServerFunction> =
    (Function.Request, ServerCaller, Given, any Reader) throws -> Decision<Function.Response>

  private func es12<Function: ServerFunction>(
    _ function: Function.Type, _ message: Message, _ decide: @escaping ES12Function<Function>
  ) -> Work {
    let given = given()
    return Work(
      function, calledOver: message, party: Desk.party, given: given, memory: desk.settings.callMemory,
      identify: { header in
        let registrant = try desk.trust.caller(
          header, certificate: message.peerCertificate, as: [.dpTLS], at: given.now)
        return (registrant, registrant.identifier)
      }, recorded: { _ in message.body }, decide: { try decide($0, $1, given, $2) })
  }
}
