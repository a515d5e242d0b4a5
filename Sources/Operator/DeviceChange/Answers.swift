import Bytes
import Identifiers
import Keys
import ProfileMove
import SGP22
import Stations
import Store

// What the persons at both devices say.

extension Desk {
  /// Step 510: the person shows who they are. A wrong proof is counted, durably, before anybody is told that it is wrong.
  public func person(
    _ request: MovePerson.Request, now: Instant, in reader: any Reader
  ) throws -> Decision<MoveStatus.Response> {
    let (move, device) = try find(request.ticket, in: reader)
    let status = try status(of: move, for: device, in: reader)
    let isRight = try persons.contains { try $0.accepts(request, for: move, of: self, in: reader) }
    // The right one again: its answer may have been lost.
    if isRight, move.personAt != nil, move.state == .underWay { return Decision(.success(status), changes: []) }
    guard move.state == .underWay, move.personAt == nil, move.codeTries < rules.codeTries, now < move.expiry,
      status.state == "AuthenticatePerson" || status.state == "SendCode"
    else { throw Refusal.moveNotAsked.because("no code is waited for in move \(move.id)") }
    let answer = PersonAnswer(desk: self, move: move, isRight: isRight)
    return isRight
      ? Decision(.success(status), correlation: move.id, changes: [answer])
      : Decision(
        refusing: Refusal.movePersonRefused.because("a wrong proof"), by: Self.party, correlation: move.id,
        changes: [answer])
  }

  /// A person at one of the devices consents, or does not; the first word stands.
  public func consent(
    _ request: MoveConsent.Request, in reader: any Reader
  ) throws -> Decision<MoveStatus.Response> {
    let (move, device) = try find(request.ticket, in: reader)
    let status = try status(of: move, for: device, in: reader)
    if move.consent(at: device) == request.consents { return Decision(.success(status), changes: []) }
    guard status.wish == .consent else {
      throw Refusal.moveNotAsked.because("no consent is waited for in move \(move.id)")
    }
    return Decision(
      .success(status), correlation: move.id,
      changes: [ConsentAnswer(desk: self, move: move, device: device, consents: request.consents)])
  }
}

/// A code that was given, decided on the number of tries that was there before.
private struct PersonAnswer: DurableChange {
  let desk: Desk
  let move: Move
  let isRight: Bool

  func save(now: Instant, in transaction: any Transaction) throws(StoreError) {
    if isRight {
      try transaction.executeOne(
        "UPDATE profile_move SET person_at = $3 WHERE id = $1 AND code_tries = $2 AND person_at IS NULL AND state = 1",
        move.id, move.codeTries, now)
    } else {
      try transaction.executeOne(
        "UPDATE profile_move SET code_tries = code_tries + 1 WHERE id = $1 AND code_tries = $2", move.id, move.codeTries
      )
    }
    try Steps.wake(MoveSteps.plan.name, subject: move.id, now: now, in: transaction)
    try desk.note("Person", isRight ? "authenticated" : "gave a wrong proof", of: move.id, now: now, in: transaction)
  }
}

/// A person's decision.
private struct ConsentAnswer: DurableChange {
  let desk: Desk
  let move: Move
  let device: Move.Device
  let consents: Bool

  func save(now: Instant, in transaction: any Transaction) throws(StoreError) {
    let decision = consents ? 1 : 0
    switch device {
    case .old:
      try transaction.executeOne(
        "UPDATE profile_move SET old_consent = $2 WHERE id = $1 AND old_consent IS NULL", move.id, decision)
    case .new:
      try transaction.executeOne(
        "UPDATE profile_move SET new_consent = $2 WHERE id = $1 AND new_consent IS NULL", move.id, decision)
    }
    try Steps.wake(MoveSteps.plan.name, subject: move.id, now: now, in: transaction)
    try desk.note(
      "Consent", "\(consents ? "given" : "denied") at the \(device) device", of: move.id, now: now, in: transaction)
  }
}
