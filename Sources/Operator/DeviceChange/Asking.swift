import Bytes
import Identifiers
import Keys
import ProfileMove
import SGP22
import Stations
import Store

// What somebody outside the operator asks for.

extension Desk {
  /// Step 505 from outside: `imsi` is whose profile it is. Who asks again with the same word is told the same; anybody else
  /// learns nothing of a move that is under way.
  func start(
    _ request: MoveStart.Request, of imsi: IMSI?, given: Given, in reader: any Reader
  ) throws -> Decision<MoveStart.Response> {
    guard let imsi else { throw Refusal.moveProfileUnknown.because("nobody has \(request.iccid) in use") }
    let wanted: MoveRequest
    do {
      wanted = try MoveRequest(
        iccid: request.iccid, imsi: imsi, oldEID: request.oldEID, newEID: request.newEID,
        isOldAtHand: request.isOldAtHand)
    } catch { throw Refusal.formatInvalid.because("\(error)") }
    let asker = sha256(request.word.bytes)
    if let open = try MoveTable.open(imsi, in: reader) {
      guard open.isSame(wanted), let known = open.asker, equalInConstantTime(known, asker) else {
        throw Refusal.moveUnderWay.because("move \(open.id) is under way")
      }
      return Decision(
        .success(Self.tickets(try MoveSecret(open, vault: vault))), correlation: open.id, changes: [])
    }
    let new = try NewMove(
      wanted, asker: asker, rules: rules, vault: vault, now: given.now, random: given.random)
    return Decision(
      .success(Self.tickets(MoveSecret(new.id, new.secret))), correlation: new.id, changes: [new])
  }

  private static func tickets(_ secret: MoveSecret) -> MoveStart.Response {
    MoveStart.Response(oldTicket: secret.ticket(.old), newTicket: secret.ticket(.new))
  }

  /// The person at one of both devices wants the move to be taken back.
  func cancel(_ request: MoveCancel.Request, in reader: any Reader) throws -> Decision<MoveStatus.Response> {
    let (move, device) = try find(request.ticket, in: reader)
    let status = try status(of: move, for: device, in: reader)
    guard move.state != .moved else { throw Refusal.moveOver.because("move \(move.id) has moved") }
    guard move.state == .underWay else { return Decision(.success(status), correlation: move.id, changes: []) }
    return Decision(
      .success(status), correlation: move.id, changes: [Cancellation(move: move.id, device: device)])
  }
}

/// A wish to take a move back.
private struct Cancellation: DurableChange {
  let move: String
  let device: Move.Device

  func save(now: Instant, in transaction: any Transaction) throws(StoreError) {
    let cause = "the person at the \(device) device cancelled it"
    // Too late is too late: whoever asks how it stands is told.
    guard try Steps.undo(MoveSteps.plan, subject: move, because: cause, now: now, in: transaction) else { return }
    try EventRecord.append(
      Event(at: now, party: Desk.party, kind: .changed, name: "Cancellation", correlation: move, body: .text(cause)),
      in: transaction)
  }
}
