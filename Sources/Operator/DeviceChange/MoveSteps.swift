import Identifiers
import Store

/// How a profile moves (D2: 505 to 575, D4): the list, in order.
///
/// The pivot is the authentication centre's change of keys: before it the old profile is the subscriber's and everything
/// can be undone, after it the new one is and the move is only finished. At every instant one of both devices has the
/// profile that the network knows: the new one is installed and has reported that before, the old one deleted after.
public enum MoveSteps {
  public static let plan = StepPlan<ChangeOffice>(
    "profile move",
    before: [
      Step("SendCode", perform: sendCode),
      Step("AuthenticatePerson", perform: authenticatePerson),
      Step("Consent", perform: consent),
      Step("WeighRisk", perform: weighRisk),
      Step("CoolingOff", perform: coolOff),
      Step("SecondApproval", perform: secondApproval),
      Step("RequestBackup", perform: BackupSteps.requestBackup),
      Step("Backup", perform: BackupSteps.takeBackup),
      Step("PrepareKeys", perform: prepareKeys, undo: abandonKeys),
      Step("OrderProfile", perform: orderProfile, undo: cancelOrder),
      // The undo of both is what devices are told to do (``Desk/status``): it waits for nobody, since the old profile is
      // the subscriber's whatever they do.
      Step("Installation", perform: installation),
      Step("DisableOld", perform: disableOld),
    ],
    pivot: Step("CommitKeys", perform: commitKeys),
    after: [
      Step("KeepBooks", perform: keepBooks),
      Step("TellMoved", perform: tellMoved),
      Step("DeleteOld", perform: deleteOld),
    ],
    ended: ended)

  // MARK: The person

  private static func sendCode(_ office: ChangeOffice, _ call: StepCall) throws -> StepOutcome {
    let (move, secret) = try move(of: call, office)
    try office.contact.tell(.code(secret.code, to: move.newEID), move.imsi, identifier: call.identifier, now: call.now)
    return .done
  }

  /// Step 510: the operator authenticates the person.
  private static func authenticatePerson(_ office: ChangeOffice, _ call: StepCall) throws -> StepOutcome {
    let move = try office.desk.move(call.act.subject)
    if move.personAt != nil { return .done }
    if move.codeTries >= office.desk.rules.codeTries {
      return .refused("the person gave \(move.codeTries) wrong codes")
    }
    return wait(move, call, for: "the person did not show who they are")
  }

  private static func consent(_ office: ChangeOffice, _ call: StepCall) throws -> StepOutcome {
    let move = try office.desk.move(call.act.subject)
    let devices = Move.Device.allCases.filter { $0 == .new || move.isOldAtHand }
    let answers = devices.map(move.consent)
    if answers.contains(false) { return .refused("a person at one of the devices did not consent") }
    if answers.allSatisfy({ $0 == true }) { return .done }
    return wait(move, call, for: "not everybody consented in time")
  }

  private static func wait(_ move: Move, _ call: StepCall, for reason: String) -> StepOutcome {
    call.now >= move.expiry ? .refused(reason) : .waitingUntil(move.expiry)
  }

  // MARK: Risk

  private static func weighRisk(_ office: ChangeOffice, _ call: StepCall) throws -> StepOutcome {
    let move = try office.desk.move(call.act.subject)
    let rules = office.desk.rules
    let past = call.now - rules.memory
    let risk = rules.score(
      RiskFacts(
        // What somebody outside says of the old device is no proof that it takes part.
        isOldAtHand: move.isOldAtHand && move.asker == nil,
        recentMoves: try office.desk.moves(of: move.imsi, since: past, but: move.id),
        wrongCodes: move.codeTries,
        contactChanged: try office.contact.contactChanged(move.imsi).map { $0 >= past } ?? false))
    let until = risk >= rules.threshold ? call.now + rules.coolingOff : call.now
    if risk >= rules.threshold {
      try office.contact.tell(.objection(until: until), move.imsi, identifier: call.identifier, now: call.now)
    }
    return .done { transaction in
      try transaction.executeOne(
        "UPDATE profile_move SET risk = $2, quiet_until = $3, expiry = $4 WHERE id = $1", move.id, risk, until,
        max(move.expiry, until + rules.patience))
    }
  }

  private static func coolOff(_ office: ChangeOffice, _ call: StepCall) throws -> StepOutcome {
    let move = try office.desk.move(call.act.subject)
    guard let until = move.quietUntil, call.now < until else { return .done }
    return .waitingUntil(until)
  }

  private static func secondApproval(_ office: ChangeOffice, _ call: StepCall) throws -> StepOutcome {
    let move = try office.desk.move(call.act.subject)
    guard move.risk ?? 100 >= office.desk.rules.threshold else { return .done }
    return switch move.approval {
    case true?: .done
    case false?: .refused("the second person did not approve")
    case nil: wait(move, call, for: "no second person approved in time")
    }
  }

  // MARK: The new profile

  private static func prepareKeys(_ office: ChangeOffice, _ call: StepCall) throws -> StepOutcome {
    let (move, secret) = try move(of: call, office)
    do { try office.keys.prepare(profile(move, secret, backup: nil), for: move.id, now: call.now) } catch let refused
      as Refused
    {
      return .refused(refused.description)
    }
    return .done
  }

  private static func abandonKeys(_ office: ChangeOffice, _ call: StepCall) throws -> StepOutcome {
    let move = try office.desk.move(call.act.subject)
    do { try office.keys.abandon(move.id, of: move.imsi, now: call.now) } catch let refused as Refused {
      return .refused(refused.description)
    }
    return .done
  }

  /// Steps 540 to 550: the provider builds the new profile, with the new eUICC's identifier, new keys, the same IMSI.
  private static func orderProfile(_ office: ChangeOffice, _ call: StepCall) throws -> StepOutcome {
    let (move, secret) = try move(of: call, office)
    let backup = try office.desk.movedData(move.id).answer
    let ordered: OrderedProfile
    do {
      ordered = try office.provider.order(profile(move, secret, backup: backup), for: move.id, now: call.now)
    } catch let refused as Refused {
      return .refused(refused.description)
    }
    return .done { transaction in
      try transaction.executeOne(
        "UPDATE profile_move SET new_iccid = $2, activation_code = $3 WHERE id = $1", move.id, ordered.iccid,
        ordered.activationCode)
      if !ordered.leftOut.isEmpty {
        try transaction.execute(
          "UPDATE move_backup SET left_out = $2 WHERE move = $1", move.id,
          ordered.leftOut.map(\.description).joined(separator: "\n"))
      }
    }
  }

  private static func cancelOrder(_ office: ChangeOffice, _ call: StepCall) throws -> StepOutcome {
    try office.provider.cancel(call.act.subject)
    return .done
  }

  /// Steps 555 and 560: the new eUICC has signed that the profile is installed.
  private static func installation(_ office: ChangeOffice, _ call: StepCall) throws -> StepOutcome {
    let move = try office.desk.move(call.act.subject)
    guard let iccid = move.newICCID else { throw StoreError.unexpected("move \(move.id) has lost its new profile") }
    switch try office.provider.standing(of: iccid) {
    case .installed, .enabled, .disabled:
      return .done { transaction in
        try transaction.executeOne("UPDATE profile_move SET installed_at = $2 WHERE id = $1", move.id, call.now)
      }
    case .deleted: return .refused("the new profile was deleted by its user")
    case .failed(let reason): return .refused(reason)
    case .ordered:
      if call.now >= move.expiry { return .refused("the new profile was not installed in time") }
      return .waitingUntil(min(call.now + office.desk.rules.look, move.expiry))
    }
  }

  /// The old eUICC has signed that its profile is disabled. One that is not reached is shut out by the change of keys.
  private static func disableOld(_ office: ChangeOffice, _ call: StepCall) throws -> StepOutcome {
    let move = try office.desk.move(call.act.subject)
    if move.isOldAtHand, ![.disabled, .deleted].contains(try office.provider.standing(of: move.iccid)),
      let installed = move.installedAt, call.now < installed + office.desk.rules.grace
    {
      return .waitingUntil(call.now + office.desk.rules.look)
    }
    return .done { transaction in
      try transaction.executeOne("UPDATE profile_move SET disabled_at = $2 WHERE id = $1", move.id, call.now)
    }
  }

  // MARK: The point of no return, and after

  /// Step 565: the authentication centre takes the new keys.
  private static func commitKeys(_ office: ChangeOffice, _ call: StepCall) throws -> StepOutcome {
    let move = try office.desk.move(call.act.subject)
    do { try office.keys.commit(move.id, of: move.imsi, now: call.now) } catch let refused as Refused {
      return .refused(refused.description)
    }
    return .done { transaction in
      try transaction.executeOne(
        "UPDATE profile_move SET state = 2, committed_at = $2 WHERE id = $1", move.id, call.now)
      try BackupSteps.forget(move.id, in: transaction)
    }
  }

  /// Customer management has the new profile's number from now on.
  private static func keepBooks(_ office: ChangeOffice, _ call: StepCall) throws -> StepOutcome {
    let move = try office.desk.move(call.act.subject)
    guard let new = move.newICCID else { throw StoreError.unexpected("move \(move.id) has lost its new profile") }
    try office.contact.enter(new, inPlaceOf: move.iccid, now: call.now)
    return .done
  }

  private static func tellMoved(_ office: ChangeOffice, _ call: StepCall) throws -> StepOutcome {
    let move = try office.desk.move(call.act.subject)
    try office.contact.tell(.moved, move.imsi, identifier: call.identifier, now: call.now)
    return .done
  }

  /// Steps 570 and 575: the old profile is deleted when its device is reached. Until then it is dead: the network does not
  /// know its keys.
  private static func deleteOld(_ office: ChangeOffice, _ call: StepCall) throws -> StepOutcome {
    let move = try office.desk.move(call.act.subject)
    guard try office.provider.standing(of: move.iccid) == .deleted else {
      let age = call.now.milliseconds - (move.committedAt ?? call.now).milliseconds
      // Sooner in the beginning, later once a day.
      return .waitingUntil(call.now + min(.seconds(86_400), max(office.desk.rules.look, .milliseconds(age / 4))))
    }
    return .done { transaction in
      try transaction.executeOne("UPDATE profile_move SET deleted_at = $2 WHERE id = $1", move.id, call.now)
    }
  }

  private static func ended(_ office: ChangeOffice, _ act: Act, _ transaction: any Transaction) throws {
    guard act.state != .done else { return }
    try BackupSteps.forget(act.subject, in: transaction)
    let state: Move.State = act.state == .undone ? .cancelled : .failed
    try transaction.executeOne(
      "UPDATE profile_move SET state = $2, ending = $3 WHERE id = $1", act.subject, state.rawValue,
      act.undoCause ?? "taken back")
  }

  private static func move(of call: StepCall, _ office: ChangeOffice) throws -> (move: Move, secret: MoveSecret) {
    let move = try office.desk.move(call.act.subject)
    return (move, try MoveSecret(move, vault: office.desk.vault))
  }

  private static func profile(_ move: Move, _ secret: MoveSecret, backup: [UInt8]?) -> MovedProfile {
    let keys = secret.keys
    return MovedProfile(
      replaces: move.iccid, oldEID: move.oldEID, imsi: move.imsi, eid: move.newEID, k: keys.k, opc: keys.opc,
      backup: backup)
  }
}

extension Desk {
  /// How many other moves of a subscriber were under way or came to a good end since `time`.
  func moves(of imsi: IMSI, since time: Instant, but id: String) throws -> Int {
    try store.read {
      try $0.first(
        "SELECT count(*) FROM profile_move WHERE imsi = $1 AND since >= $2 AND state <= 2 AND id <> $3", imsi, time, id
      )?(0) ?? 0
    }
  }
}
