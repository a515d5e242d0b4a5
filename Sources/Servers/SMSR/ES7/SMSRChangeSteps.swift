import Bytes
import Identifiers
import SGP02
import SGP22
import Stations
import Store
import TLV
import Transport

/// The SM-SR with the others of the mesh: what its long acts need.
public struct Manager {
  let desk: Desk
  package let mesh: Mesh
  let random: any RandomSource

  /// All of it.
  public init(desk: Desk, mesh: Mesh, random: any RandomSource) {
    (self.desk, self.mesh, self.random) = (desk, mesh, random)
  }
}

extension Manager {
  /// Tells the directory that this SM-SR manages `eid`; whether it was told. Between two SM-SRs nobody is: whoever registers
  /// anew takes back what was said of a successor. The directory may know another one, and decides.
  public func announce(_ eid: EID, now: Instant) throws -> Bool {
    let isOwn = try desk.store.read {
      try EISTable.isManaged(eid, in: $0) && !HandoverTable.isUnderWay(eid, in: $0)
    }
    guard isOwn else { return false }
    switch try mesh.register(eid, identifier: "announce-\(eid)-\(now.milliseconds)", now: now) {
    case .success, .refused: return true
    case .unknown(let why): throw LinkError(.unreachable, why)
    }
  }
}

/// SGP.02 §3.8 as the SM-SR sees it that gives an eUICC away. It carries what the other one and the eUICC say to each other;
/// as long as the eUICC was given no key set of the other's, everything can be undone.
public enum SMSRChangeSteps {
  public static let plan = StepPlan<Manager>(
    "SM-SR change",
    before: [Step("HandOverAddress", perform: handOverAddress, undo: keepAddress)],
    pivot: Step("HandoverEUICCInformation", perform: handOver),
    after: [Step("Forget", perform: forget)],
    ended: ended)

  private static func found(_ manager: Manager, _ call: StepCall) throws -> HandoverTable.Change {
    let change = try manager.desk.store.read { try HandoverTable.change(call.act.subject, in: $0) }
    guard let change else { throw StoreError.unexpected("a change of SM-SR that nobody asked for") }
    return change
  }

  private static func handOverAddress(_ manager: Manager, _ call: StepCall) throws -> StepOutcome {
    let change = try found(manager, call)
    return try manager.mesh.handOver(change.eid, to: change.target, identifier: call.identifier, now: call.now)
      .outcome { _ in .done }
  }

  private static func keepAddress(_ manager: Manager, _ call: StepCall) throws -> StepOutcome {
    let change = try found(manager, call)
    guard let own = OID(manager.desk.identifier) else { return .done }
    return try manager.mesh.handOver(change.eid, to: own, identifier: call.identifier, now: call.now)
      .outcome { _ in .done }
  }

  /// Asks the other SM-SR until it has taken over or will not. Its no counts only while the eUICC has no keys of its: a
  /// key set that is there can be put into force whenever its owner likes.
  private static func handOver(_ manager: Manager, _ call: StepCall) throws -> StepOutcome {
    let (change, eis, version, isAtEUICC) = try manager.desk.store.read { reader in
      let change = try HandoverTable.change(call.act.subject, in: reader)
      guard let change, let eis = try EISTable.eis(change.eid, managedBy: manager.desk.identifier, in: reader),
        let version = try manager.desk.keys.version(of: change.eid, in: reader)
      else { throw StoreError.unexpected("a change of SM-SR without an eUICC") }
      let isAtEUICC = try OperationTable.open(change.eid, in: reader)?.kind == .establishKeySet
      return (change, eis, version, isAtEUICC)
    }
    let isTooLate = change.keysMade || isAtEUICC
    if !isTooLate, call.now >= change.since + manager.desk.settings.changePatience {
      return .refused("the SM-SR \(change.target) did not begin in time")
    }
    guard let host = manager.mesh.hosts[change.target] else {
      return isTooLate ? .unknown("nobody says where it is") : .refused("nobody says where \(change.target) is")
    }
    let client = try manager.mesh.manager(change.target, at: host, now: call.now)
    let request = ES7.HandoverEUICCInformation.Request(eid: change.eid, eis: eis, keySetVersion: version)
    switch client.call(ES7.HandoverEUICCInformation.self, request, identifier: call.identifier) {
    case .success: return change.keysMade ? .done : .unknown("it says it has what it cannot have")
    case .refused(let refusal) where refusal == .functionUnderWay || isTooLate:
      return .unknown("\(change.target): \(refusal)")
    case .refused(let refusal): return .refused("\(change.target): \(refusal)")
    case .unknown(let reason): return .unknown(reason)
    }
  }

  private static func forget(_ manager: Manager, _ call: StepCall) throws -> StepOutcome {
    let change = try found(manager, call)
    return .done { try EISTable.forget(change.eid, in: $0) }
  }

  private static func ended(_ manager: Manager, _ act: Act, _ transaction: any Transaction) throws {
    guard let change = try HandoverTable.change(act.subject, in: transaction) else { return }
    try HandoverTable.end(change: change.id, act.state == .done ? .done : .failed, in: transaction)
    let text = "to \(change.target): \(act.undoCause.map { "failed, \($0)" } ?? "\(act.state)")"
    try EventRecord.append(
      Event(
        at: act.due ?? change.since, party: Desk.party, kind: act.state == .done ? .changed : .failed,
        name: "SMSRChange", correlation: change.eid.digits, body: .text(text)), in: transaction)
  }
}
