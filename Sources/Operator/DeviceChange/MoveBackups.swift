import Bytes
import Identifiers
import ProfileMove
import SGP22
import Stations
import Store

/// What a move takes along from the old profile to the new one, and what of it stayed behind.
public struct MovedData: Sendable, Hashable {
  /// What is to be taken along.
  public let parts: BackupParts
  /// What stayed behind, and why: a line for each.
  public let leftOut: [String]
  /// ``BackUpProfile/Request``, and until when it is waited for.
  let request: [UInt8]?
  let until: Instant?
  /// ``BackUpProfile/Response``.
  let answer: [UInt8]?

  static func read(_ row: Row) throws(StoreError) -> MovedData {
    let text: String? = try row(4)
    return MovedData(
      parts: BackupParts(rawValue: try row(0)), leftOut: text?.split(separator: "\n").map(String.init) ?? [],
      request: try row(1), until: try row(2), answer: try row(3))
  }
}

extension Desk {
  /// What the move `id` takes along.
  public func movedData(_ id: String) throws -> MovedData { try store.read { try movedData(id, in: $0) } }

  func movedData(_ id: String, in reader: any Reader) throws -> MovedData {
    let row = try reader.first("SELECT parts, request, until, answer, left_out FROM move_backup WHERE move = $1", id)
    // A move from before there were backups.
    return try row.map(MovedData.read) ?? MovedData(parts: [], leftOut: [], request: nil, until: nil, answer: nil)
  }

  /// Steps 540 and 545: the old device brings the backup; the first one stands.
  public func backup(_ request: MoveBackup.Request, in reader: any Reader) throws -> Decision<MoveStatus.Response> {
    let (move, device) = try find(request.ticket, in: reader)
    let status = try status(of: move, for: device, in: reader)
    if device == .old, try movedData(move.id, in: reader).answer == request.answer {
      return Decision(.success(status), changes: [])
    }
    guard status.wish == .backUp else {
      throw Refusal.moveNotAsked.because("no backup is waited for in move \(move.id)")
    }
    return Decision(
      .success(status), correlation: move.id, changes: [BackupAnswer(desk: self, id: move.id, answer: request.answer)])
  }
}

/// A backup that has come.
private struct BackupAnswer: DurableChange {
  let desk: Desk
  let id: String
  let answer: [UInt8]

  func save(now: Instant, in transaction: any Transaction) throws(StoreError) {
    try transaction.executeOne("UPDATE move_backup SET answer = $2 WHERE move = $1 AND answer IS NULL", id, answer)
    try Steps.wake(MoveSteps.plan.name, subject: id, now: now, in: transaction)
    try desk.note("Backup", "\(answer.count) bytes", of: id, now: now, in: transaction)
  }
}

/// The steps of a move that are about what it takes along.
enum BackupSteps {
  static let absent = "everything: the old device does not take part"

  /// Step 525: the provider asks for a backup, with its certificate.
  static func requestBackup(_ office: ChangeOffice, _ call: StepCall) throws -> StepOutcome {
    let move = try office.desk.move(call.act.subject)
    let data = try office.desk.movedData(move.id)
    guard !data.parts.isEmpty else { return .done }
    guard move.isOldAtHand else { return leaving(absent, move) }
    let until = call.now + office.desk.rules.grace
    let request: [UInt8]?
    do {
      request = try office.provider.backUp(
        move.iccid, on: move.oldEID, data.parts, for: move.id, now: move.since, until: until)
    } catch let refused as Refused { return leaving("everything: \(refused)", move) }
    guard let request else { return leaving("everything: the profile's provider takes no backups", move) }
    return .done { transaction in
      try transaction.executeOne(
        "UPDATE move_backup SET request = $2, until = $3 WHERE move = $1", move.id, request, until)
    }
  }

  /// Steps 530 to 545: the old device brings it; a move goes on without it when it does not come.
  static func takeBackup(_ office: ChangeOffice, _ call: StepCall) throws -> StepOutcome {
    let move = try office.desk.move(call.act.subject)
    let data = try office.desk.movedData(move.id)
    guard data.answer == nil, let until = data.until else { return .done }
    if call.now < until { return .waitingUntil(until) }
    return leaving("everything: the old device brought no backup in time", move)
  }

  private static func leaving(_ reason: String, _ move: Move) -> StepOutcome {
    .done { try $0.execute("UPDATE move_backup SET left_out = $2 WHERE move = $1", move.id, reason) }
  }

  /// What did not come along is kept for the person to see; what did is the new profile's, and nobody else's any more.
  static func forget(_ id: String, in transaction: any Transaction) throws(StoreError) {
    try transaction.execute("UPDATE move_backup SET answer = NULL, request = NULL, until = NULL WHERE move = $1", id)
  }
}
