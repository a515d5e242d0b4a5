import Identifiers

/// Runs the acts of one plan: takes those that are due, runs the next step of each, and notes all outcomes in one
/// commit. Several runners may work side by side.
public struct StepRunner<Party> {
  let plan: StepPlan<Party>
  let party: Party
  let store: any Store
  /// The pauses after tries that brought nothing; a step is never given up.
  let backOff: BackOff
  /// Nobody else takes an act meanwhile; a runner that died is followed after this time.
  let lease: Duration
  /// Is told before a step runs, and after it ran and before that is noted: where a test lets the process die.
  let watch: @Sendable (_ step: String, _ moment: StepMoment) -> Void

  /// A runner over a store in which ``Steps/schema`` and `EventRecord.schema` are there.
  public init(
    _ plan: StepPlan<Party>, for party: Party, store: any Store, backOff: BackOff = BackOff(),
    lease: Duration = .seconds(120), watch: @escaping @Sendable (String, StepMoment) -> Void = { _, _ in }
  ) {
    (self.plan, self.party, self.store, self.backOff, self.lease) = (plan, party, store, backOff, lease)
    self.watch = watch
  }

  /// Runs one step of at most `limit` acts that are due; returns how many it took.
  @discardableResult public func run(limit: Int = 64, now: Instant) throws -> Int {
    let acts = try store.retrying { store in try store.transaction { try claim(limit, now, in: $0) } }
    let outcomes = try acts.map { act in (act, try outcome(of: act, now)) }
    do {
      try store.transaction { transaction in
        for (act, outcome) in outcomes { try settle(act, outcome, now, in: transaction) }
      }
    } catch let crash as Crash { throw crash } catch {
      // What one outcome means cannot be written: the others' can.
      for (act, outcome) in outcomes { try settleAlone(act, outcome, now) }
    }
    return acts.count
  }

  /// After a start, where no other runner is at work: acts that a former process had taken need not wait for its lease.
  public func resume(now: Instant) throws {
    try store.transaction {
      _ = try $0.execute(
        "UPDATE act SET due = $2, version = version + 1 WHERE plan = $1 AND begun = 1 AND due > $2", plan.name, now)
    }
  }

  // MARK: Taking

  private func claim(_ limit: Int, _ now: Instant, in transaction: any Transaction) throws -> [Act] {
    var claimed: [Act] = []
    for var act in try Steps.due(plan.name, limit: limit, now: now, in: transaction) {
      // Nothing of this step was begun: the act turns back before it.
      if act.state == .forward, act.undoCause != nil, !act.isBegun, let place = plan.place(of: act.step),
        place <= plan.pivot
      {
        turnBack(&act, to: .takenBack, from: place - 1, now)
        if act.state.isOver {
          if try Steps.save(act, in: transaction) { try end(act, now, in: transaction) }
          continue
        }
      }
      (act.isBegun, act.isWoken, act.due) = (true, false, now + lease)
      act.attempts += 1
      guard try Steps.save(act, in: transaction) else { continue }
      act.version += 1
      claimed.append(act)
    }
    return claimed
  }

  // MARK: Doing

  private func outcome(of act: Act, _ now: Instant) throws -> StepOutcome {
    guard let place = plan.place(of: act.step) else {
      return .unknown("this program knows no step \"\(act.step)\"; start the one that began the act")
    }
    let step = plan.steps[place]
    let isForward = act.state == .forward
    let name = "\(step.name)\(isForward ? "" : "-undo")"
    let identifier = "\(act.subject)-\(name)"
    watch(name, .before)
    defer { watch(name, .after) }
    let call = StepCall(act: act, identifier: identifier, now: now)
    do {
      return isForward ? try step.perform(party, call) : try step.undo?(party, call) ?? .done
    } catch let crash as Crash { throw crash } catch { return .unknown("\(error)") }
  }

  // MARK: Noting

  private func settleAlone(_ act: Act, _ outcome: StepOutcome, _ now: Instant) throws {
    do { try store.transaction { try settle(act, outcome, now, in: $0) } } catch let crash as Crash {
      throw crash
    } catch {
      let failure = StepOutcome.unknown("its outcome cannot be written: \(error)")
      try store.transaction { try settle(act, failure, now, in: $0) }
    }
  }

  private func settle(
    _ claimed: Act, _ outcome: StepOutcome, _ now: Instant, in transaction: any Transaction
  ) throws {
    // Wishes and wakes that came meanwhile are in the record, not in what was taken.
    guard var act = try Steps.act(claimed.number, in: transaction), act.version == claimed.version else { return }
    let isForward = act.state == .forward
    let place = plan.place(of: act.step) ?? 0
    switch outcome {
    case .done:
      if isForward { advance(&act, past: place, now) } else { retreat(&act, past: place, now) }
    case .refused(let reason) where isForward && place <= plan.pivot:
      act.undoCause = act.undoCause ?? reason
      turnBack(&act, to: .failing, from: place - 1, now)
    case .refused(let reason) where act.state == .takenBack && act.reached != nil:
      // Too late: the act goes on where it was.
      (act.state, act.step, act.undoCause) = (.forward, act.reached ?? act.step, nil)
      (act.reached, act.isBegun, act.attempts, act.failure, act.due) = (nil, false, 0, reason, now)
    case .refused(let reason), .unknown(let reason):
      act.failure = String(reason.prefix(500))
      act.due = now + backOff.pause(after: act.attempts)
    case .waiting:
      (act.isBegun, act.attempts, act.failure) = (false, 0, nil)
      act.due = act.isWoken ? now : nil
    case .waitingUntil(let moment):
      (act.isBegun, act.attempts, act.failure) = (false, 0, nil)
      act.due = act.isWoken ? now : moment
    }
    guard try Steps.save(act, in: transaction) else { throw StoreError.conflict }
    if case .done(let effects) = outcome { try effects(transaction) }
    if let event = event(claimed, outcome, now) { try EventRecord.append(event, in: transaction) }
    if act.state.isOver { try end(act, now, in: transaction) }
  }

  private func advance(_ act: inout Act, past place: Int, _ now: Instant) {
    (act.isBegun, act.attempts, act.failure) = (false, 0, nil)
    if act.undoCause != nil, place < plan.pivot {
      turnBack(&act, to: .takenBack, from: place, now)
    } else if place + 1 < plan.steps.count {
      // Past the pivot a wish to go back came too late.
      if place >= plan.pivot { act.undoCause = nil }
      (act.step, act.due) = (plan.steps[place + 1].name, now)
    } else {
      (act.state, act.due, act.undoCause) = (.done, nil, nil)
    }
  }

  /// Turns `act` back; the steps up to `place` are to be undone.
  private func turnBack(_ act: inout Act, to state: Act.State, from place: Int, _ now: Instant) {
    (act.reached, act.isBegun, act.attempts, act.failure) = (act.step, false, 0, nil)
    act.state = state
    moveBack(&act, to: plan.undoable(from: place), now)
  }

  private func retreat(_ act: inout Act, past place: Int, _ now: Instant) {
    (act.reached, act.isBegun, act.attempts, act.failure) = (nil, false, 0, nil)
    moveBack(&act, to: plan.undoable(from: place - 1), now)
  }

  private func moveBack(_ act: inout Act, to place: Int?, _ now: Instant) {
    if let place {
      (act.step, act.due) = (plan.steps[place].name, now)
    } else {
      (act.state, act.due) = (act.state == .failing ? .failed : .undone, nil)
    }
  }

  private func end(_ act: Act, _ now: Instant, in transaction: any Transaction) throws {
    try plan.ended(party, act, transaction)
    let text = act.undoCause.map { "\(act.state): \($0)" } ?? "\(act.state)"
    try EventRecord.append(
      Event(at: now, party: plan.name, kind: .changed, name: "Act", correlation: act.subject, body: .text(text)),
      in: transaction)
  }

  /// What the record says about an outcome; of tries that brought nothing the first and every tenth.
  private func event(_ act: Act, _ outcome: StepOutcome, _ now: Instant) -> Event? {
    let (kind, text): (Event.Kind, String)
    switch outcome {
    case .done: (kind, text) = (.changed, act.state == .forward ? "done" : "undone")
    case .refused(let reason): (kind, text) = (.refused, reason)
    case .unknown(let reason):
      guard act.attempts == 1 || act.attempts % 10 == 0 else { return nil }
      (kind, text) = (.failed, reason)
    case .waiting, .waitingUntil: return nil
    }
    return Event(at: now, party: plan.name, kind: kind, name: act.step, correlation: act.subject, body: .text(text))
  }
}
