import Identifiers
import MutualAuthentication
import SGP02
import SGP22
import Stations
import Store
import TLV

extension Desk {
  /// SGP.02 §5.6 ES7.HandoverEUICCInformation: another SM-SR hands over an eUICC. Whether this one takes it, its own steps
  /// find out; the same call again asks.
  public func handoverEUICCInformation(
    _ request: ES7.HandoverEUICCInformation.Request, by call: ManagerCall, given: Given, in reader: any Reader
  ) throws -> Decision<NoFields> {
    let (eid, manager) = (request.eid, call.manager)
    let id = "\(manager.identifier)/\(call.identifier)"
    if let known = try HandoverTable.takeOver(id, in: reader) {
      guard known.eid == eid else {
        throw Refusal.callIdentifierReused.because("\(manager.identifier) used \(call.identifier) before")
      }
      switch known.state {
      case .underWay: return Self.pending(eid, [])
      case .done: return Decision(.success(NoFields()), correlation: eid.digits, changes: [])
      case .failed: return Decision(.failure(.managerRefused), correlation: eid.digits, changes: [])
      }
    }
    guard try HandoverTable.isPrepared(eid, from: manager.oid, at: given.now, in: reader) else {
      throw Refusal.changeNotAllowed.because("nobody prepared that \(manager.identifier) hands over \(eid)")
    }
    guard try !EISTable.isManaged(eid, in: reader) else {
      throw Refusal.eisRegistered.because("\(manager.identifier) handed over \(eid), which is managed here")
    }
    // Two at a time: the second is decided when the first is over.
    if try HandoverTable.isUnderWay(eid, in: reader) { return Self.pending(eid, []) }
    try check(request.eis, of: eid, from: manager, given: given)
    let takeOver = HandoverTable.TakeOver(
      id: id, eid: eid, current: manager.oid, eis: request.eis.json.encoded, version: request.keySetVersion % 15 + 1,
      since: given.now)
    return Self.pending(
      eid, [takeOver, trail("SMSRChange", "\(manager.identifier) hands over", of: eid, given: given)])
  }

  private func check(_ eis: EIS, of eid: EID, from manager: ServerCaller, given: Given) throws(Denial) {
    do {
      let (info, _, _) = try verified(eis, given: given)
      guard info.eid == eid, eis.smsrId == manager.identifier, eis.isConsistent else {
        throw Refusal.eisUnverified.because("the EIS that came for \(eid) is another's, or contradicts itself")
      }
    } catch let denial as Denial { throw denial } catch {
      throw Refusal.eisUnverified.because("\(manager.identifier) handed over \(eid): \(error)")
    }
  }
}
