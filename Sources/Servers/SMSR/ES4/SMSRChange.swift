import Bytes
import Identifiers
import Keys
import MutualAuthentication
import SGP02
import SGP22
import Stations
import Store
import TLV

extension Desk {
  /// SGP.02 §5.5 ES4.PrepareSMSRChange: whether this SM-SR takes over the eUICC; from now on, for a while, it does.
  public func prepareSMSRChange(
    _ request: ES4.PrepareSMSRChange.Request, from mno: Requesters.Requester, given: Given, in reader: any Reader
  ) throws -> Decision<NoFields> {
    guard card != nil else { throw Refusal.changeNotAllowed.because("this SM-SR has no certificate for eUICCs") }
    guard try !EISTable.isManaged(request.eid, in: reader) else {
      throw Refusal.eisRegistered.because("\(mno.identifier) prepared \(request.eid), which is managed here")
    }
    return Decision(
      .success(NoFields()), correlation: request.eid.digits,
      changes: [
        HandoverTable.Prepared(
          eid: request.eid, current: request.current, mno: mno.identifier,
          expiry: given.now + settings.changePatience),
        trail("SMSRChange", "prepared by \(mno.identifier)", of: request.eid, given: given),
      ])
  }

  /// SGP.02 §5.5 ES4.SMSRChange: the operator whose profile is in use gives the eUICC to another SM-SR.
  public func smsrChange(
    _ request: ES4.SMSRChange.Request, by call: OperatorCall, given: Given, in reader: any Reader
  ) throws -> Decision<NoFields> {
    let (eid, mno) = (request.eid, call.mno.identifier)
    if let known = try HandoverTable.change(of: mno, call: call.identifier, in: reader) {
      guard known.eid == eid, known.target == request.target else {
        throw Refusal.callIdentifierReused.because("\(mno) used \(call.identifier) before")
      }
      switch known.state {
      case .underWay: return Self.pending(eid, [])
      case .done: return Decision(.success(NoFields()), correlation: eid.digits, changes: [])
      case .failed: return Decision(.failure(.managerRefused), correlation: eid.digits, changes: [])
      }
    }
    guard try EISTable.isManaged(eid, in: reader) else { throw Refusal.eidUnknown.because("\(mno) asked for \(eid)") }
    let enabled = try EISTable.profiles(of: eid, in: reader).first { $0.state == .enabled }
    guard enabled?.mnoId == mno else {
      throw Refusal.changeNotAllowed.because("\(mno) has no profile in use on \(eid)")
    }
    guard request.target.description != identifier else {
      throw Refusal.changeNotAllowed.because("\(eid) is managed here")
    }
    // One thing at a time, and of two changes one.
    if try OperationTable.open(eid, in: reader) != nil { return Self.pending(eid, []) }
    if try HandoverTable.isUnderWay(eid, in: reader) { return Self.pending(eid, []) }
    let number = sha256(Array("\(mno) \(call.identifier)".utf8)).prefix(8).hex
    let change = HandoverTable.Change(
      id: "\(eid)-\(number)", mno: mno, call: call.identifier, eid: eid, target: request.target, since: given.now)
    return Self.pending(
      eid, [change, trail("SMSRChange", "to \(request.target) for \(mno)", of: eid, given: given)])
  }
}
