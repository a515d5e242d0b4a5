import MutualAuthentication
import SGP02
import SGP22
import Stations
import Store
import Transport

/// The SM-SR's HTTP interfaces.
public typealias Route = FunctionRoute<Desk>

extension Desk: Serving {
  public func work(for message: Message, given: Given) -> Work? {
    switch message.path {
    case ES1.RegisterEIS.path: es1(ES1.RegisterEIS.self, message, given, registerEIS)
    case ES4.GetEIS.path: es4(ES4.GetEIS.self, message, given) { try getEIS($0, from: $1.mno, given: $2, in: $3) }
    case ES4.AuditEIS.path: es4(ES4.AuditEIS.self, message, given, auditEIS)
    case ES4.UpdatePolicyRules.path:
      es4(ES4.UpdatePolicyRules.self, message, given) { try updatePolicyRules($0, from: $1.mno, given: $2, in: $3) }
    case ES4.UpdateSubscriptionAddress.path:
      es4(ES4.UpdateSubscriptionAddress.self, message, given) {
        try updateSubscriptionAddress($0, from: $1.mno, given: $2, in: $3)
      }
    case ES4.EnableProfile.path: es4(ES4.EnableProfile.self, message, given, enableProfile)
    case ES4.DisableProfile.path: es4(ES4.DisableProfile.self, message, given, disableProfile)
    case ES4.DeleteProfile.path: es4(ES4.DeleteProfile.self, message, given, deleteProfile)
    case ES4.PrepareSMSRChange.path:
      es4(ES4.PrepareSMSRChange.self, message, given) { try prepareSMSRChange($0, from: $1.mno, given: $2, in: $3) }
    case ES4.SMSRChange.path: es4(ES4.SMSRChange.self, message, given, smsrChange)
    case ES7.HandoverEUICCInformation.path:
      es7(ES7.HandoverEUICCInformation.self, message, given, handoverEUICCInformation)
    case ES7.AuthenticateSMSR.path: es7(ES7.AuthenticateSMSR.self, message, given, authenticateSMSR)
    case ES7.CreateAdditionalKeySet.path: es7(ES7.CreateAdditionalKeySet.self, message, given, createAdditionalKeySet)
    case ES4.SetFallbackAttribute.path: es4(ES4.SetFallbackAttribute.self, message, given, setFallbackAttribute)
    case ES4.SetPLMA.path: es4(ES4.SetPLMA.self, message, given) { try setPLMA($0, from: $1.mno, given: $2, in: $3) }
    case ES4.IdentifyEUICC.path: es4(ES4.IdentifyEUICC.self, message, given, identifyEUICC)
    case ES3.CreateISDP.path: es3(ES3.CreateISDP.self, message, given, createISDP)
    case ES3.SendData.path: es3(ES3.SendData.self, message, given, sendData)
    case ES3.ProfileDownloadCompleted.path:
      es3(ES3.ProfileDownloadCompleted.self, message, given, profileDownloadCompleted)
    case ES3.DeleteISDP.path: es3(ES3.DeleteISDP.self, message, given, deleteProfile)
    case ES3.EnableProfile.path: es3(ES3.EnableProfile.self, message, given, enableProfile)
    case ES3.DisableProfile.path: es3(ES3.DisableProfile.self, message, given, disableProfile)
    default: nil
    }
  }

  /// What a function of ES1 decides for one maker.
  private typealias ES1Function<Function: ServerFunction> =
    (Function.Request, Requesters.Requester, Given, any Reader) throws -> Decision<Function.Response>

  private func es1<Function: ServerFunction>(
    _ function: Function.Type, _ message: Message, _ given: Given, _ decide: @escaping ES1Function<Function>
  ) -> Work {
    Work(
      function, calledOver: message, party: Desk.party, given: given, memory: settings.callMemory,
      identify: { header in
        let maker = try makers.caller(header, certificate: message.peerCertificate, in: trust.circle)
        return (maker, maker.identifier)
      }, recorded: { _ in message.body }, decide: { try decide($0, $1, given, $2) })
  }

  /// What a function of ES3 or ES4 decides for one call.
  private typealias ES4Function<Function: ServerFunction> =
    (Function.Request, OperatorCall, Given, any Reader) throws -> Decision<Function.Response>

  private func es4<Function: ServerFunction>(
    _ function: Function.Type, _ message: Message, _ given: Given, _ decide: @escaping ES4Function<Function>
  ) -> Work {
    called(function, message, given, by: operators, decide)
  }

  private func es3<Function: ServerFunction>(
    _ function: Function.Type, _ message: Message, _ given: Given, _ decide: @escaping ES4Function<Function>
  ) -> Work {
    called(function, message, given, by: smdps, decide)
  }

  private func called<Function: ServerFunction>(
    _ function: Function.Type, _ message: Message, _ given: Given, by callers: Requesters,
    _ decide: @escaping ES4Function<Function>
  ) -> Work {
    Work(
      function, calledOver: message, party: Desk.party, given: given, memory: settings.callMemory,
      identify: { header in
        let mno = try callers.caller(header, certificate: message.peerCertificate, in: trust.circle)
        return (OperatorCall(mno: mno, identifier: header?.functionCallIdentifier ?? ""), mno.identifier)
      }, recorded: { _ in message.body }, decide: { try decide($0, $1, given, $2) })
  }

  /// What a function of ES7 decides for one SM-SR's call.
  private typealias ES7Function<Function: ServerFunction> =
    (Function.Request, ManagerCall, Given, any Reader) throws -> Decision<Function.Response>

  /// SM-SRs are known by the circle alone: each call is judged by certificate, chain and revocation lists as they are now.
  private func es7<Function: ServerFunction>(
    _ function: Function.Type, _ message: Message, _ given: Given, _ decide: @escaping ES7Function<Function>
  ) -> Work {
    Work(
      function, calledOver: message, party: Desk.party, given: given, memory: settings.callMemory,
      identify: { header in
        let manager = try trust.caller(
          header, certificate: message.peerCertificate, as: [.srTLS], at: given.now)
        let call = ManagerCall(manager: manager, identifier: header?.functionCallIdentifier ?? "")
        return (call, manager.identifier)
      }, recorded: { _ in message.body }, decide: { try decide($0, $1, given, $2) })
  }
}
