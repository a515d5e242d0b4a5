import Identifiers
import SGP22
import Stations
import Store
import Transport

/// Bytes ↔ messages: the SM-DP+'s HTTP interfaces without HTTP, so that servers, simulation and fuzzers share them.
///
/// Whatever comes, an answer goes: a specified refusal, or a status of HTTP where there is nothing to refuse.
public struct Route: Sendable {
  /// The SM-DP+ behind it.
  public let desk: Desk
  private let given: @Sendable () -> Given

  /// The largest body that is read.
  public static var bodyLimit: Int { HTTPRules.bodyLimit }

  /// A route to `desk`; `given` is asked once for each request.
  public init(_ desk: Desk, given: @escaping @Sendable () -> Given) { (self.desk, self.given) = (desk, given) }

  /// The answer to `message`, on the caller's thread.
  public func respond(to message: Message) -> Reply { desk.respond(to: work(for: message)) }

  /// The answer to `message`; its commit is shared with other requests'.
  public func respond(to message: Message) async -> Reply { await desk.respond(to: work(for: message)) }

  // MARK: The table of functions

  private func work(for message: Message) -> Work? {
    switch message.path {
    case ES9Plus.InitiateAuthentication.path:
      es9Plus(ES9Plus.InitiateAuthentication.self, .json, message, desk.initiateAuthentication)
    case ES9Plus.AuthenticateClient.path:
      es9Plus(ES9Plus.AuthenticateClient.self, .json, message, desk.authenticateClient)
    case ES9Plus.GetBoundProfilePackage.path:
      es9Plus(ES9Plus.GetBoundProfilePackage.self, .json, message, desk.getBoundProfilePackage)
    case ES9Plus.HandleNotification.path:
      es9Plus(ES9Plus.HandleNotification.self, .json, message, desk.handleNotification)
    case ES9Plus.CancelSession.path: es9Plus(ES9Plus.CancelSession.self, .json, message, desk.cancelSession)
    case HTTPRules.asn1Path: asn1(message)
    case ES2Plus.DownloadOrder.path: es2Plus(ES2Plus.DownloadOrder.self, message, desk.downloadOrder)
    case ES2Plus.ConfirmOrder.path:
      es2Plus(ES2Plus.ConfirmOrder.self, message, isSame: desk.bringsSameCode, desk.confirmOrder)
    case ES2Plus.CancelOrder.path: es2Plus(ES2Plus.CancelOrder.self, message, desk.cancelOrder)
    case ES2Plus.ReleaseProfile.path: es2Plus(ES2Plus.ReleaseProfile.self, message, desk.releaseProfile)
    default: nil
    }
  }

  /// SGP.22 §6.6: all of ES9+ at one path; the request's tag names the function.
  private func asn1(_ message: Message) -> Work {
    let request: RemoteProfileProvisioningRequest
    do { request = try HTTPRules.asn1Request(in: message) } catch {
      return Work(unreadable: error, message, party: Desk.party, given: given())
    }
    return switch request {
    case .initiateAuthentication(let request):
      es9Plus(
        ES9Plus.InitiateAuthentication.self, .asn1(request) { .initiateAuthentication($0) }, message,
        desk.initiateAuthentication)
    case .authenticateClient(let request):
      es9Plus(
        ES9Plus.AuthenticateClient.self, .asn1(request) { .authenticateClientEs9($0) }, message,
        desk.authenticateClient)
    case .getBoundProfilePackage(let request):
      es9Plus(
        ES9Plus.GetBoundProfilePackage.self, .asn1(request) { .getBoundProfilePackage($0) }, message,
        desk.getBoundProfilePackage)
    case .cancelSession(let request):
      es9Plus(
        ES9Plus.CancelSession.self, .asn1(request) { .cancelSession($0) }, message, desk.cancelSession)
    case .handleNotification(let request):
      es9Plus(ES9Plus.HandleNotification.self, .asn1(request), message, desk.handleNotification)
    }
  }

  /// What a function of ES9+ decides.
  private typealias ES9PlusFunction<Function: ServerFunction> =
    (Function.Request, Given, any Reader) throws -> Decision<Function.Response>

  private func es9Plus<Function: ServerFunction>(
    _ function: Function.Type, _ binding: Binding<Function>, _ message: Message,
    _ decide: @escaping ES9PlusFunction<Function>
  ) -> Work {
    let given = given()
    return Work(
      function, binding, message, party: Desk.party, given: given,
      recorded: { Masking.recorded($0, of: message) }, decide: { try decide($0, given, $1) })
  }

  /// What a function of ES2+ decides for one operator.
  private typealias ES2PlusFunction<Function: ServerFunction> =
    (Function.Request, Requesters.Requester, Given, any Reader) throws -> Decision<Function.Response>

  private func es2Plus<Function: ServerFunction>(
    _ function: Function.Type, _ message: Message,
    isSame: @escaping (Function.Request, any Reader) throws -> Bool = { _, _ in true },
    _ decide: @escaping ES2PlusFunction<Function>
  ) -> Work {
    let given = given()
    return Work(
      function, calledOver: message, party: Desk.party, given: given, memory: desk.settings.callMemory,
      identify: { header in
        let requester = try desk.requesters.caller(
          header, certificate: message.peerCertificate, in: desk.trust.circle)
        return (requester, requester.identifier)
      }, recorded: { Masking.recorded($0, of: message) }, isSame: isSame, decide: { try decide($0, $1, given, $2) })
  }
}
