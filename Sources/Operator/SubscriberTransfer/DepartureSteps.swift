import Identifiers
import OperatorChange
import Stations
import Store

/// How the donor lets a subscriber go. Until the eUICC shows another profile in use, everything can be undone: number,
/// policy rules and the entry in the authentication centre are as they were.
public enum DepartureSteps {
  public static let plan = StepPlan<Office>(
    "departure",
    before: [
      Step("PortOut", perform: portOut, undo: keepNumber),
      Step("SMSRChange", perform: changeManager),
      Step("PolicyRules", perform: release, undo: keepProfile),
    ],
    pivot: Step("Completion", perform: verifyCompletion),
    after: [
      Step("PortedOut", perform: portedOut),
      Step("NetworkEntry", perform: close),
    ],
    ended: ended)

  private static func found(_ office: Office, _ call: StepCall) throws -> Departure {
    guard let departure = try office.desk.store.read({ try Departure.find(call.act.subject, in: $0) }) else {
      throw StoreError.unexpected("a departure of which nothing is known")
    }
    return departure
  }

  private static func portOut(_ office: Office, _ call: StepCall) throws -> StepOutcome {
    let departure = try found(office, call)
    guard let msisdn = departure.msisdn else { return .done }
    return try refusing {
      try office.records.beginPorting(departure.id, msisdn, .goes(to: departure.receiver), now: call.now)
    }
  }

  private static func keepNumber(_ office: Office, _ call: StepCall) throws -> StepOutcome {
    let departure = try found(office, call)
    if departure.msisdn != nil {
      try office.records.takeBackPorting(departure.id, .goes(to: departure.receiver), now: call.now)
    }
    return .done
  }

  /// Across two SM-SRs: the donor, whose profile is in use, gives the eUICC to the receiving operator's.
  private static func changeManager(_ office: Office, _ call: StepCall) throws -> StepOutcome {
    let departure = try found(office, call)
    guard let manager = departure.manager else { return .done }
    if call.now >= departure.expiry { return .refused("the SM-SR \(manager) did not take over in time") }
    do {
      let isDone = try office.profiles.changeManager(of: departure.eid, to: manager, as: call.name)
      return isDone ? .done : .waitingUntil(call.now + office.desk.settings.pause)
    } catch let refused as Refused { return .refused(refused.description) }
  }

  /// With this the rights go.
  private static func release(_ office: Office, _ call: StepCall) throws -> StepOutcome {
    let departure = try found(office, call)
    return try refusing(noting: { transaction in
      try transaction.executeOne("UPDATE departure SET ready = 1 WHERE id = $1", departure.id)
    }) { try office.profiles.release(departure.iccid, on: departure.eid, true, as: call.name) }
  }

  private static func keepProfile(_ office: Office, _ call: StepCall) throws -> StepOutcome {
    let departure = try found(office, call)
    try office.profiles.release(departure.iccid, on: departure.eid, false, as: call.name)
    return .done
  }

  /// "Each checks the completion": nobody is believed. First the SM-SR is told that the profile must stay, so that nothing
  /// can begin any more; then the eUICC is asked whether it has gone.
  private static func verifyCompletion(_ office: Office, _ call: StepCall) throws -> StepOutcome {
    let departure = try found(office, call)
    guard departure.isEnded || call.now >= departure.expiry else {
      return .waitingUntil(departure.expiry)
    }
    try office.profiles.release(departure.iccid, on: departure.eid, false, as: call.name)
    guard try office.profiles.isInUse(departure.iccid, on: departure.eid, as: call.name) else { return .done }
    return .refused(departure.isEnded ? "the donor's profile is still in use" : "the rights were not used in time")
  }

  private static func portedOut(_ office: Office, _ call: StepCall) throws -> StepOutcome {
    let departure = try found(office, call)
    if departure.msisdn != nil {
      try office.records.completePorting(departure.id, .goes(to: departure.receiver), now: call.now)
    }
    return .done
  }

  private static func close(_ office: Office, _ call: StepCall) throws -> StepOutcome {
    try office.records.close(found(office, call).iccid, now: call.now)
    return .done
  }

  private static func ended(_ office: Office, _ act: Act, _ transaction: any Transaction) throws {
    let state: TransferTables.State = act.state == .done ? .done : .takenBack
    try transaction.executeOne("UPDATE departure SET state = $2 WHERE id = $1", act.subject, state.rawValue)
    // Who is gone has no contract any more.
    guard state == .done else { return }
    try transaction.execute(
      "DELETE FROM profile_contract WHERE iccid = (SELECT iccid FROM departure WHERE id = $1)", act.subject)
  }

  /// Runs `deed`; a definite no is a refusal.
  static func refusing(
    noting effects: @escaping @Sendable (any Transaction) throws -> Void = { _ in }, _ deed: () throws -> Void
  ) throws -> StepOutcome {
    do { try deed() } catch let refused as Refused { return .refused(refused.description) }
    return .done(effects)
  }
}

extension StepCall {
  /// What a call is named: it is repeated, and after a while made anew, for what was lost stays lost.
  var name: String { "\(identifier)-\(act.attempts / 20)" }
}
