import APDU
import MutualAuthentication
import SGP02
import SGP22
import Stations
import Store
import TLV

extension Desk {
  /// SGP.02 §5.5.15 ES4.SetPLMA: a profile that is another operator's cannot be authorised.
  public func setPLMA(
    _ request: ES4.SetPLMA.Request, from mno: Requesters.Requester, given: Given, in reader: any Reader
  ) throws -> Decision<NoFields> {
    let target = request.target
    guard try EISTable.isManaged(target.eid, in: reader) else {
      throw Refusal.eidUnknown.because("\(mno.identifier) asked for \(target.eid)")
    }
    let known = try EISTable.profiles(of: target.eid, in: reader).first { $0.iccid == target.iccid }
    let former = try EISTable.authorising(target, in: reader)
    guard known?.mnoId ?? mno.identifier == mno.identifier, former ?? mno.identifier == mno.identifier else {
      throw Refusal.profileUnknown.because("\(mno.identifier) authorised \(target.iccid), which is another's")
    }
    guard request.smdpId.map({ smdps[$0] != nil }) ?? true else {
      throw Refusal.smdpNotAuthorised.because("\(request.smdpId ?? "") is no SM-DP here")
    }
    return Decision(
      .success(NoFields()), correlation: target.eid.digits,
      changes: [
        EISTable.Change.authorised(target, mno: mno.identifier, smdp: request.smdpId),
        trail("PLMA", "\(target.iccid): \(request.smdpId ?? "nobody")", of: target.eid, given: given),
      ])
  }

  /// *Ours*, ES4.IdentifyEUICC: the eUICC itself answers.
  public func identifyEUICC(
    _ request: ES4.IdentifyEUICC.Request, by call: OperatorCall, given: Given, in reader: any Reader
  ) throws -> Decision<ES4.IdentifyEUICC.Response> {
    let script = CommandScript.encode([ES5.proveIdentity(request.proof).command, ES5.getReport.command])
    let course = try course(.sendData, request.eid, nil, data: script, by: call, given: given, in: reader) { _ in
      guard try EISTable.isManaged(request.eid, in: reader) else {
        throw Refusal.eidUnknown.because("\(call.mno.identifier) asked for \(request.eid)")
      }
      return []
    }
    return Self.decision(course, request.eid) { operation in
      guard let answers = try? CommandScript.answers(operation.answer ?? []), answers.count == 2,
        answers.allSatisfy(\.status.isSuccess), let signature = try? TLVElement(answers[0].data),
        signature.tag == 0x5F37, var report = try? EUICCReport(encoded: answers[1].data)
      else { return .failure(.euiccNotExecuted) }
      // What else is on the eUICC is its owners' affair.
      report.status?.isdps = []
      return .success(.init(report: report, signature: Array(signature.content)))
    }
  }
}
