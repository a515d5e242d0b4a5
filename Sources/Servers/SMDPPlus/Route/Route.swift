import Identifiers
import SGP22
import Stations
import Store
import Transport

/// The SM-DP+'s HTTP interfaces.
public typealias Route = FunctionRoute<Desk>

extension Desk: Serving {
  public func work(for message: Message, given: Given) -> Work? {
    switch message.path {
    case ES9Plus.InitiateAuthentication.path:
      es9Plus(ES9Plus.InitiateAuthentication.self, .json, message, given, initiateAuthentication)
    case ES9Plus.AuthenticateClient.path:
      es9Plus(ES9Plus.AuthenticateClient.self, .json, message, given, authenticateClient)
    case ES9Plus.GetBoundProfilePackage.path:
      es9Plus(ES9Plus.GetBoundProfilePackage.self, .json, message, given, getBoundProfilePackage)
    case ES9Plus.HandleNotification.path:
      es9Plus(ES9Plus.HandleNotification.self, .json, message, given, handleNotification)
    case ES9Plus.CancelSession.path: es9Plus(ES9Plus.CancelSession.self, .json, message, given, cancelSession)
    case HTTPRules.asn1Path: asn1(message, given)
    case ES2Plus.DownloadOrder.path: es2Plus(ES2Plus.DownloadOrder.self, message, given, downloadOrder)
    case ES2Plus.ConfirmOrder.path:
      es2Plus(ES2Plus.ConfirmOrder.self, message, given, isSame: bringsSameCode, confirmOrder)
    case ES2Plus.CancelOrder.path: es2Plus(ES2Plus.CancelOrder.self, message, given, cancelOrder)
    case ES2Plus.ReleaseProfile.path: es2Plus(ES2Plus.ReleaseProfile.self, message, given, releaseProfile)
    default: nil
    }
  }

  /// SGP.22 §6.6: all of ES9+ at one path; the request's tag names the function.
  private func asn1(_ message: Message, _ given: Given) -> Work {
    let request: RemoteProfileProvisioningRequest
    do { request = try HTTPRules.asn1Request(in: message) } catch {
      return Work(unreadable: error, message, party: Desk.party, given: given)
    }
    return switch request {
    case .initiateAuthentication(let request):
      es9Plus(
        ES9Plus.InitiateAuthentication.self, .asn1(request) { .initiateAuthentication($0) }, message, given,
        initiateAuthentication)
    case .authenticateClient(let request):
      es9Plus(
        ES9Plus.AuthenticateClient.self, .asn1(request) { .authenticateClientEs9($0) }, message, given,
        authenticateClient)
    case .getBoundProfilePackage(let request):
      es9Plus(
        ES9Plus.GetBoundProfilePackage.self, .asn1(request) { .getBoundProfilePackage($0) }, message, given,
        getBoundProfilePackage)
    case .cancelSession(let request):
      es9Plus(
        ES9Plus.CancelSession.self, .asn1(request) { .cancelSession($0) }, message, given, cancelSession)
    case .handleNotification(let request):
      es9Plus(ES9Plus.HandleNotification.self, .asn1(request), message, given, handleNotification)
    }
  }

  /// What a function of ES9+ decides.
  private typealias ES9PlusFunction<Function: ServerFunction> =
    (Function.Request, Given, any Reader) throws -> Decision<Function.Response>

  private func es9Plus<Function: ServerFunction>(
    _ function: Function.Type, _ binding: Binding<Function>, _ message: Message, _ given: Given,
    _ decide: @escaping ES9PlusFunction<Function>
  ) -> Work {
    Work(
      function, binding, message, party: Desk.party, given: given,
      recorded: { Masking.recorded($0, of: message) }, decide: { try decide($0, given, $1) })
  }

  /// What a function of ES2+ decides for one operator.
  private typealias ES2PlusFunction<Function: ServerFunction> =
    (Function.Request, Requesters.Requester, Given, any Reader) throws -> Decision<Function.Response>

  private func es2Plus<Function: ServerFunction>(
    _ function: Function.Type, _ message: Message, _ given: Given,
    isSame: @escaping (Function.Request, any Reader) throws -> Bool = { _, _ in true },
    _ decide: @escaping ES2PlusFunction<Function>
  ) -> Work {
    Work(
      function, calledOver: message, party: Desk.party, given: given, memory: settings.callMemory,
      identify: { [self] header in
        let requester = try requesters.caller(
          header, certificate: message.peerCertificate, in: trust.circle)
        return (requester, requester.identifier)
      }, recorded: { Masking.recorded($0, of: message) }, isSame: isSame, decide: { try decide($0, $1, given, $2) })
  }
}
