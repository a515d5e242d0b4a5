import Identifiers
import MutualAuthentication
import SGP22
import Stations
import Store
import Transport

/// The SM-DS's HTTP interfaces.
public typealias Route = FunctionRoute<Desk>

extension Desk: Serving {
  public func work(for message: Message, given: Given) -> Work? {
    switch message.path {
    // Some devices call ES11 by its own name.
    case ES11.InitiateAuthentication.path, "/gsma/rsp2/es11/initiateAuthentication":
      es11(ES11.InitiateAuthentication.self, .json, message, given, initiateAuthentication)
    case ES11.AuthenticateClient.path, "/gsma/rsp2/es11/authenticateClient":
      es11(ES11.AuthenticateClient.self, .json, message, given, authenticateClient)
    case HTTPRules.asn1Path: asn1(message, given)
    case ES12.RegisterEvent.path: es12(ES12.RegisterEvent.self, message, given, registerEvent)
    case ES12.DeleteEvent.path: es12(ES12.DeleteEvent.self, message, given, deleteEvent)
    default: nil
    }
  }

  /// SGP.22 §6.6: all of ES11 at one path; the request's tag names the function.
  private func asn1(_ message: Message, _ given: Given) -> Work {
    let denial: Denial
    do throws(Denial) {
      switch try HTTPRules.asn1Request(in: message) {
      case .initiateAuthentication(let request):
        // On ES11 the same message as on ES9+.
        return es11(
          ES9Plus.InitiateAuthentication.self, .asn1(request) { .initiateAuthentication($0) }, message, given,
          initiateAuthentication)
      case .authenticateClient(let request):
        return es11(
          ES11.AuthenticateClient.self, .asn1(request) { .authenticateClientEs11($0) }, message, given,
          authenticateClient)
      case .getBoundProfilePackage, .cancelSession, .handleNotification:
        denial = Refusal.functionUnsupported.because("a function of ES9+")
      }
    } catch { denial = error }
    return Work(unreadable: denial, message, party: Desk.party, given: given)
  }

  /// What a function of ES11 decides.
  private typealias ES11Function<Function: ServerFunction> =
    (Function.Request, Given, any Reader) throws -> Decision<Function.Response>

  private func es11<Function: ServerFunction>(
    _ function: Function.Type, _ binding: Binding<Function>, _ message: Message, _ given: Given,
    _ decide: @escaping ES11Function<Function>
  ) -> Work {
    Work(
      function, binding, message, party: Desk.party, given: given, recorded: { _ in message.body },
      decide: { try decide($0, given, $1) })
  }

  /// What a function of ES12 decides for one SM-DP+.
  private typealias ES12Function<Function: ServerFunction> =
    (Function.Request, ServerCaller, Given, any Reader) throws -> Decision<Function.Response>

  private func es12<Function: ServerFunction>(
    _ function: Function.Type, _ message: Message, _ given: Given, _ decide: @escaping ES12Function<Function>
  ) -> Work {
    Work(
      function, calledOver: message, party: Desk.party, given: given, memory: settings.callMemory,
      identify: { header in
        let registrant = try trust.caller(
          header, certificate: message.peerCertificate, as: [.dpTLS], at: given.now)
        return (registrant, registrant.identifier)
      }, recorded: { _ in message.body }, decide: { try decide($0, $1, given, $2) })
  }
}
