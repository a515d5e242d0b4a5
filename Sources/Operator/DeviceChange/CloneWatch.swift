import Bytes
import Identifiers
import Store

// Sightings are matched with the moves and with each other: a profile is on one eUICC, and after a move the old one is dead.

extension Desk {
  /// Takes a sighting in. Where it does not go with what is known, there is an alarm: a new one, or one more sighting of
  /// one that nobody has decided yet.
  @discardableResult
  public func saw(_ sighting: Sighting, now: Instant, random: any RandomSource) throws -> CloneAlarm? {
    try perform { transaction in
      guard let finding = try find(sighting, now: now, in: transaction) else { return nil }
      return try raise(finding, now: now, random: random, in: transaction)
    }
  }

  private struct Finding {
    let imsi: IMSI
    let kind: CloneAlarm.Kind
    let before: String
    let after: String
  }

  private func find(_ sighting: Sighting, now: Instant, in transaction: any Transaction) throws -> Finding? {
    switch sighting {
    case .counter(let imsi, let keys, let before, let after):
      return Finding(imsi: imsi, kind: .counter, before: "keys \(keys): \(before)", after: "keys \(keys): \(after)")
    case .profile(let iccid, let imsi, let eid, let place):
      let seen = "\(iccid) on \(eid), as \(place) tells at \(now)"
      if let known = try body(of: iccid, imsi, in: transaction) {
        if known.eid != eid {
          return Finding(
            imsi: imsi, kind: .twoCards, before: "\(iccid) on \(known.eid): \(known.evidence)", after: seen)
        }
      } else {
        try transaction.execute(
          "INSERT INTO profile_body (iccid, imsi, eid, place, at) VALUES ($1, $2, $3, $4, $5)", iccid, imsi, eid, place,
          now)
      }
      guard let move = try replacing(iccid, in: transaction) else { return nil }
      return Finding(
        imsi: imsi, kind: .replaced,
        before: "move \(move.id) brought \(move.newICCID?.digits ?? "another") to \(move.newEID) in its place",
        after: seen)
    }
  }

  /// The eUICC that a profile belongs on: the one that a move names, or where it was seen first.
  private func body(
    of iccid: ICCID, _ imsi: IMSI, in reader: any Reader
  ) throws -> (eid: EID, evidence: String)? {
    let moves = try reader.query(
      "SELECT id, old_eid, new_eid, iccid FROM profile_move WHERE imsi = $1 AND (iccid = $2 OR new_iccid = $2)", imsi,
      iccid)
    if let move = moves.first {
      let isOld = try move(3, as: ICCID.self) == iccid
      return (try isOld ? move(1) : move(2), "move \(try move(0, as: String.self))")
    }
    return try reader.first("SELECT eid, place, at FROM profile_body WHERE iccid = $1", iccid).map { row in
      (try row(0), "\(try row(1, as: String.self)) at \(try row(2, as: Instant.self))")
    }
  }

  /// The move by which another profile has taken the place of this one.
  private func replacing(_ iccid: ICCID, in reader: any Reader) throws -> Move? {
    let row = try reader.first("SELECT id FROM profile_move WHERE iccid = $1 AND state = 2", iccid)
    return try row.map { try MoveTable.find($0(0), in: reader) }
  }

  private func raise(
    _ finding: Finding, now: Instant, random: any RandomSource, in transaction: any Transaction
  ) throws -> CloneAlarm {
    let open = try transaction.first(
      """
      UPDATE clone_alarm SET count = count + 1, last = $3, after = $4
      WHERE imsi = $1 AND kind = $2 AND decided_by IS NULL
      RETURNING id, imsi, kind, before, after, since, last, count, barred, decided_by, decision
      """, finding.imsi, finding.kind.rawValue, now, finding.after)
    if let open { return try CloneAlarm.read(open) }
    let id = MoveName.letters(random.bytes(12))
    try transaction.execute(
      """
      INSERT INTO clone_alarm (id, imsi, kind, before, after, since, last, count)
      VALUES ($1, $2, $3, $4, $5, $6, $6, 1)
      """, id, finding.imsi, finding.kind.rawValue, finding.before, finding.after, now)
    try Steps.begin(AlarmSteps.plan, subject: id, now: now, in: transaction)
    try note(
      "CloneAlarm", "\(finding.kind): \(finding.before); \(finding.after)", of: id, kind: .refused, now: now,
      in: transaction)
    let alarm = try alarm(id, in: transaction)
    if rules.renewing.contains(alarm.kind) {
      try beginRenewal(of: alarm, now: now, random: random, in: transaction)
    }
    return alarm
  }

  // MARK: People

  /// The alarm `id`.
  public func alarm(_ id: String) throws -> CloneAlarm { try store.read { try alarm(id, in: $0) } }

  /// Alarms that nobody has decided yet, the oldest first, at most `limit`.
  public func openAlarms(limit: Int = 100) throws -> [CloneAlarm] {
    try store.read {
      try $0.query(
        """
        SELECT id, imsi, kind, before, after, since, last, count, barred, decided_by, decision FROM clone_alarm
        WHERE decided_by IS NULL ORDER BY since, id LIMIT $1
        """, limit
      ).map(CloneAlarm.read)
    }
  }

  /// A person has looked at the evidence. Who was shut out is let in again: with the keys as they are where nothing was
  /// the matter, or since a move or another SIM brought new ones, which the copy does not have.
  public func decide(_ id: String, _ decision: String, by person: String, now: Instant) throws {
    guard [decision, person].allSatisfy({ (1...256).contains($0.utf8.count) && !$0.contains(where: \.isNewline) })
    else {
      throw MoveError.invalid("decision", "1 to 256 characters on one line are wanted, and who decided")
    }
    try perform { transaction in
      let alarm = try alarm(id, in: transaction)
      guard alarm.decidedBy == nil else {
        throw MoveError.notAllowed("\(alarm.decidedBy ?? "") has decided about alarm \(id) already")
      }
      try transaction.executeOne(
        "UPDATE clone_alarm SET decided_by = $2, decision = $3 WHERE id = $1", id, person, decision)
      try Steps.wake(AlarmSteps.plan.name, subject: id, now: now, in: transaction)
      try note("Decision", "\(decision), by \(person)", of: id, now: now, in: transaction)
    }
  }

  private func alarm(_ id: String, in reader: any Reader) throws -> CloneAlarm {
    let row = try reader.first(
      """
      SELECT id, imsi, kind, before, after, since, last, count, barred, decided_by, decision FROM clone_alarm
      WHERE id = $1
      """, id)
    guard let row else { throw MoveError.unknownAlarm(id) }
    return try CloneAlarm.read(row)
  }
}

/// What follows an alarm: by policy the subscriber is shut out, is told, and is let in again when somebody has decided.
public enum AlarmSteps {
  public static let plan = StepPlan<ChangeOffice>(
    "clone alarm", before: [], pivot: Step("Bar", perform: bar),
    after: [Step("Tell", perform: tell), Step("Decision", perform: decision), Step("LetIn", perform: letIn)])

  private static func bar(_ office: ChangeOffice, _ call: StepCall) throws -> StepOutcome {
    let alarm = try office.desk.alarm(call.act.subject)
    guard office.desk.rules.barring.contains(alarm.kind), alarm.decidedBy == nil else { return .done }
    try office.keys.bar(alarm.imsi, true, now: call.now)
    return .done { try $0.executeOne("UPDATE clone_alarm SET barred = 1 WHERE id = $1", alarm.id) }
  }

  private static func tell(_ office: ChangeOffice, _ call: StepCall) throws -> StepOutcome {
    let alarm = try office.desk.alarm(call.act.subject)
    try office.contact.tell(
      .cloned(isBarred: alarm.isBarred), alarm.imsi, identifier: call.identifier, now: call.now)
    return .done
  }

  private static func decision(_ office: ChangeOffice, _ call: StepCall) throws -> StepOutcome {
    try office.desk.alarm(call.act.subject).decidedBy == nil ? .waiting : .done
  }

  private static func letIn(_ office: ChangeOffice, _ call: StepCall) throws -> StepOutcome {
    let alarm = try office.desk.alarm(call.act.subject)
    // Another alarm may want it shut out.
    let others = try office.desk.openAlarms(of: alarm.imsi).filter(\.isBarred)
    if alarm.isBarred, others.isEmpty { try office.keys.bar(alarm.imsi, false, now: call.now) }
    return .done
  }
}

extension Desk {
  func openAlarms(of imsi: IMSI) throws -> [CloneAlarm] {
    try store.read {
      try $0.query(
        """
        SELECT id, imsi, kind, before, after, since, last, count, barred, decided_by, decision FROM clone_alarm
        WHERE imsi = $1 AND decided_by IS NULL ORDER BY id
        """, imsi
      ).map(CloneAlarm.read)
    }
  }
}
