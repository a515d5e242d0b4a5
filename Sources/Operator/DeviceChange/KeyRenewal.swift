import Bytes
import Identifiers
import Keys
import Store

/// Other keys for a subscriber of whose profile there seems to be a copy: another profile for the eUICC where it belongs,
/// which the copy does not have. When it is installed the authentication centre changes to its keys, and every body of
/// the old profile is dead.
public struct KeyRenewal: Sendable, Hashable {
  /// 12 letters and digits.
  public let id: String
  /// The alarm that it answers.
  public let alarm: String
  public let imsi: IMSI
  /// The profile that there is a copy of, and the eUICC where it belongs.
  public let iccid: ICCID
  public let eid: EID
  public let since: Instant
  /// Until when the new profile must be installed.
  public let expiry: Instant
  /// The new profile.
  public let newICCID: ICCID?
  public let activationCode: String?
  /// When the keys were changed.
  public let committedAt: Instant?
  let wrappedSecret: [UInt8]

  static func find(_ id: String, in reader: any Reader) throws -> KeyRenewal {
    let row = try reader.first(
      """
      SELECT id, alarm, imsi, iccid, eid, expiry, new_iccid, activation_code, committed_at, secret, since FROM key_renewal
      WHERE id = $1
      """, id)
    guard let row else { throw MoveError.unknownAlarm(id) }
    return KeyRenewal(
      id: try row(0), alarm: try row(1), imsi: try row(2), iccid: try row(3), eid: try row(4), since: try row(10),
      expiry: try row(5),
      newICCID: try row(6), activationCode: try row(7), committedAt: try row(8), wrappedSecret: try row(9))
  }
}

extension Desk {
  /// The renewals of a subscriber's keys, the newest first.
  public func renewals(of imsi: IMSI) throws -> [KeyRenewal] {
    try store.read { reader in
      try reader.query("SELECT id FROM key_renewal WHERE imsi = $1 ORDER BY since DESC, id", imsi).map { row in
        try KeyRenewal.find(row(0), in: reader)
      }
    }
  }

  /// Where a subscriber's profile belongs: where the last move brought it, or where it was seen first.
  func rightfulBody(of imsi: IMSI, in reader: any Reader) throws -> (iccid: ICCID, eid: EID)? {
    let moved = try reader.first(
      "SELECT new_iccid, new_eid FROM profile_move WHERE imsi = $1 AND state = 2 ORDER BY committed_at DESC LIMIT 1",
      imsi
    )
    let row = try moved ?? reader.first("SELECT iccid, eid FROM profile_body WHERE imsi = $1 ORDER BY at LIMIT 1", imsi)
    return try row.map { (try $0(0), try $0(1)) }
  }

  /// Begins the change of keys that an alarm asks for by policy; what says that none is to be begun is told.
  func beginRenewal(
    of alarm: CloneAlarm, now: Instant, random: any RandomSource, in transaction: any Transaction
  ) throws {
    func no(_ reason: String) throws {
      try note("KeyRenewal", "none: \(reason)", of: alarm.id, now: now, in: transaction)
    }
    guard let body = try rightfulBody(of: alarm.imsi, in: transaction) else {
      return try no("nobody knows where the profile belongs")
    }
    guard try MoveTable.open(alarm.imsi, in: transaction) == nil else {
      return try no("a move is under way, which brings other keys")
    }
    let open = try transaction.first(
      "SELECT id FROM key_renewal WHERE imsi = $1 AND state = 1", alarm.imsi)
    guard open == nil else { return try no("one is under way") }
    let id = MoveName.letters(random.bytes(12))
    let secret = try vault.wrap(MoveSecret.make(random), context: MoveSecret.place(id), random: random)
    try transaction.execute(
      """
      INSERT INTO key_renewal (id, alarm, state, imsi, iccid, eid, secret, since, expiry)
      VALUES ($1, $2, 1, $3, $4, $5, $6, $7, $8)
      """, id, alarm.id, alarm.imsi, body.iccid, body.eid, secret, now, now + rules.renewalPatience)
    try Steps.begin(RenewalSteps.plan, subject: id, now: now, in: transaction)
    try note("KeyRenewal", "\(id), for \(body.eid)", of: alarm.id, now: now, in: transaction)
  }
}

/// How keys are renewed, in order; the authentication centre's change is the pivot, as in a move.
public enum RenewalSteps {
  public static let plan = StepPlan<ChangeOffice>(
    "key renewal",
    before: [
      Step("PrepareKeys", perform: prepareKeys, undo: abandonKeys),
      Step("OrderProfile", perform: orderProfile, undo: cancelOrder),
      Step("TellRenewal", perform: tellRenewal),
      Step("Installation", perform: installation),
    ],
    pivot: Step("CommitKeys", perform: commitKeys), after: [Step("CloseAlarm", perform: closeAlarm)], ended: ended)

  private static func renewal(_ office: ChangeOffice, _ call: StepCall) throws -> KeyRenewal {
    try office.desk.store.read { try KeyRenewal.find(call.act.subject, in: $0) }
  }

  private static func profile(_ office: ChangeOffice, _ renewal: KeyRenewal) throws -> MovedProfile {
    let keys = try MoveSecret(renewal.id, wrapped: renewal.wrappedSecret, vault: office.desk.vault).keys
    return MovedProfile(
      replaces: renewal.iccid, oldEID: renewal.eid, imsi: renewal.imsi, eid: renewal.eid, k: keys.k, opc: keys.opc,
      backup: nil)
  }

  private static func prepareKeys(_ office: ChangeOffice, _ call: StepCall) throws -> StepOutcome {
    let renewal = try renewal(office, call)
    return try refusing { try office.keys.prepare(profile(office, renewal), for: renewal.id, now: call.now) }
  }

  private static func abandonKeys(_ office: ChangeOffice, _ call: StepCall) throws -> StepOutcome {
    let renewal = try renewal(office, call)
    return try refusing { try office.keys.abandon(renewal.id, of: renewal.imsi, now: call.now) }
  }

  private static func orderProfile(_ office: ChangeOffice, _ call: StepCall) throws -> StepOutcome {
    let renewal = try renewal(office, call)
    let ordered: OrderedProfile
    do { ordered = try office.provider.order(profile(office, renewal), for: renewal.id, now: call.now) } catch let
      refused
      as Refused
    { return .refused(refused.description) }
    return .done { transaction in
      try transaction.executeOne(
        "UPDATE key_renewal SET new_iccid = $2, activation_code = $3 WHERE id = $1", renewal.id, ordered.iccid,
        ordered.activationCode)
    }
  }

  private static func cancelOrder(_ office: ChangeOffice, _ call: StepCall) throws -> StepOutcome {
    try office.provider.cancel(call.act.subject)
    return .done
  }

  private static func tellRenewal(_ office: ChangeOffice, _ call: StepCall) throws -> StepOutcome {
    let renewal = try renewal(office, call)
    guard let code = renewal.activationCode else { throw StoreError.unexpected("renewal \(renewal.id) has no profile") }
    try office.contact.tell(
      .renewal(activationCode: code), renewal.imsi, identifier: call.identifier, now: call.now)
    return .done
  }

  private static func installation(_ office: ChangeOffice, _ call: StepCall) throws -> StepOutcome {
    let renewal = try renewal(office, call)
    guard let iccid = renewal.newICCID else { throw StoreError.unexpected("renewal \(renewal.id) has no profile") }
    switch try office.provider.standing(of: iccid) {
    case .installed, .enabled, .disabled: return .done
    case .deleted: return .refused("the new profile was deleted by its user")
    case .failed(let reason): return .refused(reason)
    case .ordered:
      if call.now >= renewal.expiry { return .refused("the new profile was not installed in time") }
      // Sooner in the beginning, later four times a day.
      let age: Duration = .milliseconds((call.now.milliseconds - renewal.since.milliseconds) / 4)
      return .waitingUntil(min(call.now + min(.seconds(21_600), max(.seconds(20), age)), renewal.expiry))
    }
  }

  private static func commitKeys(_ office: ChangeOffice, _ call: StepCall) throws -> StepOutcome {
    let renewal = try renewal(office, call)
    do { try office.keys.commit(renewal.id, of: renewal.imsi, now: call.now) } catch let refused as Refused {
      return .refused(refused.description)
    }
    return .done { transaction in
      try transaction.executeOne(
        "UPDATE key_renewal SET state = 2, committed_at = $2 WHERE id = $1", renewal.id, call.now)
    }
  }

  /// Whatever a copy may have: it is worth nothing now.
  private static func closeAlarm(_ office: ChangeOffice, _ call: StepCall) throws -> StepOutcome {
    let renewal = try renewal(office, call)
    let desk = office.desk
    return .done { transaction in
      try transaction.execute(
        "UPDATE clone_alarm SET decided_by = 'policy', decision = $2 WHERE id = $1 AND decided_by IS NULL",
        renewal.alarm,
        "other keys: profile \(renewal.newICCID?.digits ?? "")")
      try Steps.wake(AlarmSteps.plan.name, subject: renewal.alarm, now: call.now, in: transaction)
      // Where the profile belongs from now on.
      if let iccid = renewal.newICCID {
        try transaction.execute("DELETE FROM profile_body WHERE imsi = $1", renewal.imsi)
        try transaction.execute(
          "INSERT INTO profile_body (iccid, imsi, eid, place, at) VALUES ($1, $2, $3, $4, $5)", iccid, renewal.imsi,
          renewal.eid, "key renewal \(renewal.id)", call.now)
      }
      try desk.note("KeyRenewal", "\(renewal.id): done", of: renewal.alarm, now: call.now, in: transaction)
    }
  }

  private static func ended(_ office: ChangeOffice, _ act: Act, _ transaction: any Transaction) throws {
    guard act.state != .done else { return }
    try transaction.executeOne(
      "UPDATE key_renewal SET state = 3, ending = $2 WHERE id = $1", act.subject, act.undoCause)
  }

  private static func refusing(_ deed: () throws -> Void) throws -> StepOutcome {
    do { try deed() } catch let refused as Refused { return .refused(refused.description) }
    return .done
  }
}
