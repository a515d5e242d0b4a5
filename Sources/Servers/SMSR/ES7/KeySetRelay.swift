import APDU
import Bytes
import Identifiers
import MutualAuthentication
import SGP02
import SGP22
import Stations
import Store
import TLV

/// A call by another SM-SR, and by which identifier it comes again.
public struct ManagerCall: Sendable {
  /// The SM-SR.
  public let manager: ServerCaller
  /// The functionCallIdentifier.
  public let identifier: String

  /// Both.
  public init(manager: ServerCaller, identifier: String) {
    (self.manager, self.identifier) = (manager, identifier)
  }
}

// What the SM-SR that gives an eUICC away does for the one that takes it: it carries, and learns no key.
extension Desk {
  /// SGP.02 §5.6 ES7.AuthenticateSMSR: shows the eUICC the other's certificate, and returns the challenge.
  public func authenticateSMSR(
    _ request: ES7.AuthenticateSMSR.Request, by call: ManagerCall, given: Given, in reader: any Reader
  ) throws -> Decision<ES7.AuthenticateSMSR.Response> {
    let functions: [ES5] = [.personalise(SecurityDomains.isdr), .presentCertificate(request.smsrCertificate)]
    return try relay(.presentCertificate, functions, of: request.eid, by: call, given: given, in: reader) {
      var answer = TLVReader($0)
      let challenge: [UInt8] = try answer.read(0x85)
      try answer.finish()
      return .init(randomChallenge: challenge)
    }
  }

  /// SGP.02 §5.6 ES7.CreateAdditionalKeySet: carries the agreement to the eUICC, and returns its receipt. With that the
  /// other SM-SR has the eUICC.
  public func createAdditionalKeySet(
    _ request: ES7.CreateAdditionalKeySet.Request, by call: ManagerCall, given: Given, in reader: any Reader
  ) throws -> Decision<ES7.CreateAdditionalKeySet.Response> {
    // GlobalPlatform Amendment E: the others are deleted by FinaliseISDRhandover alone, when the new keys are known.
    guard !request.establishment.template.options.contains(.deletesOthers) else {
      throw Refusal.managerRefused.because("\(call.manager.identifier) wants the other key sets deleted at once")
    }
    let functions = [ES5.establishKeySet(request.establishment)]
    return try relay(.establishKeySet, functions, of: request.eid, by: call, given: given, in: reader) {
      .init(answer: try KeySetEstablishment.Answer(encoded: $0))
    }
  }

  private func relay<Response>(
    _ kind: Operation.Kind, _ functions: [ES5], of eid: EID, by call: ManagerCall, given: Given, in reader: any Reader,
    answer: ([UInt8]) throws -> Response
  ) throws -> Decision<Response> {
    // A third SM-SR has no business here, nor has the right one before the change or after it.
    let known = try OperationTable.operation(call.manager.identifier, call.identifier, in: reader)
    let change = try HandoverTable.openChange(of: eid, in: reader)
    guard known != nil || change?.target == call.manager.oid else {
      throw Refusal.changeNotAllowed.because("\(call.manager.identifier) reached for \(eid)")
    }
    let requester = Requesters.Requester(identifier: call.manager.identifier, fingerprints: [])
    let course = try course(
      kind, eid, nil, data: CommandScript.encode(functions.map(\.command)),
      by: OperatorCall(mno: requester, identifier: call.identifier), given: given, in: reader
    ) {}
    return Self.decision(course, eid) { operation in
      guard let last = operation.lastAnswer else { return .failure(.euiccNotExecuted) }
      // The eUICC was reset since it gave its challenge: another one is as good.
      if kind == .establishKeySet, last.status == .conditionsOfUse { return .failure(.answerLost) }
      guard last.status.isSuccess, let response = try? answer(last.data) else { return .failure(.euiccNotExecuted) }
      return .success(response)
    }
  }

  /// From the moment at which the eUICC may have a key set of the other SM-SR's, that one alone ends the change.
  func noteKeys(of operation: Operation, in transaction: any Transaction) throws(StoreError) {
    guard operation.kind == .establishKeySet else { return }
    if operation.refusal == .answerLost || operation.lastAnswer?.status.isSuccess == true {
      try HandoverTable.noteKeys(of: operation.eid, in: transaction)
    }
  }
}

extension Operation {
  /// The eUICC's answer to the last command of ``data`` that it carried out.
  var lastAnswer: Response? { answer.flatMap { try? CommandScript.answers($0).last } }
}
