import MutualAuthentication
import SGP02
import SGP22
import Stations
import Store
import Transport

/// Bytes ↔ messages: the SM-SR's HTTP interfaces without HTTP, so that servers, simulation and fuzzers share them.
///
/// Whatever comes, an answer goes: a specified refusal, or a status of HTTP where there is nothing to refuse.
public struct Route: Sendable {
  /// The SM-SR behind it.
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
    case ES1.RegisterEIS.path: es1(ES1.RegisterEIS.self, message, desk.registerEIS)
    case ES4.GetEIS.path: es4(ES4.GetEIS.self, message) { try desk.getEIS($0, from: $1.mno, given: $2, in: $3) }
    case ES4.AuditEIS.path: es4(ES4.AuditEIS.self, message, desk.auditEIS)
    case ES4.UpdatePolicyRules.path:
      es4(ES4.UpdatePolicyRules.self, message) { try desk.updatePolicyRules($0, from: $1.mno, given: $2, in: $3) }
    case ES4.UpdateSubscriptionAddress.path:
      es4(ES4.UpdateSubscriptionAddress.self, message) {
        try desk.updateSubscriptionAddress($0, from: $1.mno, given: $2, in: $3)
      }
    case ES4.EnableProfile.path: es4(ES4.EnableProfile.self, message, desk.enableProfile)
    case ES4.DisableProfile.path: es4(ES4.DisableProfile.self, message, desk.disableProfile)
    case ES4.DeleteProfile.path: es4(ES4.DeleteProfile.self, message, desk.deleteProfile)
    case ES4.PrepareSMSRChange.path:
      es4(ES4.PrepareSMSRChange.self, message) { try desk.prepareSMSRChange($0, from: $1.mno, given: $2, in: $3) }
    case ES4.SMSRChange.path: es4(ES4.SMSRChange.self, message, desk.smsrChange)
    case ES7.HandoverEUICCInformation.path:
      es7(ES7.HandoverEUICCInformation.self, message, desk.handoverEUICCInformation)
    case ES7.AuthenticateSMSR.path: es7(ES7.AuthenticateSMSR.self, message, desk.authenticateSMSR)
    case ES7.CreateAdditionalKeySet.path: es7(ES7.CreateAdditionalKeySet.self, message, desk.createAdditionalKeySet)
    case ES4.SetFallbackAttribute.path: es4(ES4.SetFallbackAttribute.self, message, desk.setFallbackAttribute)
    case ES4.SetPLMA.path: es4(ES4.SetPLMA.self, message) { try desk.setPLMA($0, from: $1.mno, given: $2, in: $3) }
    case ES4.IdentifyEUICC.path: es4(ES4.IdentifyEUICC.self, message, desk.identifyEUICC)
    case ES3.CreateISDP.path: es3(ES3.CreateISDP.self, message, desk.createISDP)
    case ES3.SendData.path: es3(ES3.SendData.self, message, desk.sendData)
    case ES3.ProfileDownloadCompleted.path:
      es3(ES3.ProfileDownloadCompleted.self, message, desk.profileDownloadCompleted)
    case ES3.DeleteISDP.path: es3(ES3.DeleteISDP.self, message, desk.deleteProfile)
    case ES3.EnableProfile.path: es3(ES3.EnableProfile.self, message, desk.enableProfile)
    case ES3.DisableProfile.path: es3(ES3.DisableProfile.self, message, desk.disableProfile)
    default: nil
    }
  }

  /// What a function of ES1 decides for one maker.
  private typealias ES1Function<Function: ServerFunction> =
    (Function.Request, Requesters.Requester, Given, any Reader) throws -> Decision<Function.Response>

  private func es1<Function: ServerFunction>(
    _ function: Function.Type, _ message: Message, _ decide: @escaping ES1Function<Function>
  ) -> Work {
    let given = given()
    return Work(
      function, calledOver: message, party: Desk.party, given: given, memory: desk.settings.callMemory,
      identify: { header in
        let maker = try desk.makers.caller(header, certificate: message.peerCertificate, in: desk.trust.circle)
        return (maker, maker.identifier)
      }, recorded: { _ in message.body }, decide: { try decide($0, $1, given, $2) })
  }

  /// What a function of ES3 or ES4 decides for one call.
  private typealias ES4Function<Function: ServerFunction> =
    (Function.Request, OperatorCall, Given, any Reader) throws -> Decision<Function.Response>

  private func es4<Function: ServerFunction>(
    _ function: Function.Type, _ message: Message, _ decide: @escaping ES4Function<Function>
  ) -> Work {
    called(function, message, by: desk.operators, decide)
  }

  private func es3<Function: ServerFunction>(
    _ function: Function.Type, _ message: Message, _ decide: @escaping ES4Function<Function>
  ) -> Work {
    called(function, message, by: desk.smdps, decide)
  }

  private func called<Function: ServerFunction>(
    _ function: Function.Type, _ message: Message, by callers: Requesters, _ decide: @escaping ES4Function<Function>
  ) -> Work {
    let given = given()
    return Work(
      function, calledOver: message, party: Desk.party, given: given, memory: desk.settings.callMemory,
      identify: { header in
        let mno = try callers.caller(header, certificate: message.peerCertificate, in: desk.trust.circle)
        return (OperatorCall(mno: mno, identifier: header?.functionCallIdentifier ?? ""), mno.identifier)
      }, recorded: { _ in message.body }, decide: { try decide($0, $1, given, $2) })
  }
  /// What a function of ES7 decides for one SM-SR's call.
  private typealias ES7Function<Function: ServerFunction> =
    (Function.Request, ManagerCall, Given, any Reader) throws -> Decision<Function.Response>

  /// SM-SRs are known by the circle alone: each call is judged by certificate, chain and revocation lists as they are now.
  private func es7<Function: ServerFunction>(
    _ function: Function.Type, _ message: Message, _ decide: @escaping ES7Function<Function>
  ) -> Work {
    let given = given()
    return Work(
      function, calledOver: message, party: Desk.party, given: given, memory: desk.settings.callMemory,
      identify: { header in
        let manager = try desk.trust.caller(
          header, certificate: message.peerCertificate, as: [.srTLS], at: given.now)
        let call = ManagerCall(manager: manager, identifier: header?.functionCallIdentifier ?? "")
        return (call, manager.identifier)
      }, recorded: { _ in message.body }, decide: { try decide($0, $1, given, $2) })
  }
}
