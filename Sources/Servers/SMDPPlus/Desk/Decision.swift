import Identifiers
import ProfileFactory
import SGP22
import Store

/// What a request leads to: the answer, and what must be durable before anybody hears it.
public struct Decision<Answer: Sendable>: Sendable {
  /// What the peer is told.
  public internal(set) var answer: Result<Answer, Refusal>
  /// What changes in the store, in order.
  var changes: [Change]
  /// What belongs together in the record: the session, or the profile.
  var correlation: String
  /// The answer as it is recorded, where it is long.
  var recordedAnswer: [UInt8]?

  init(_ answer: Result<Answer, Refusal>, correlation: String = "", _ changes: [Change] = []) {
    (self.answer, self.correlation, self.changes) = (answer, correlation, changes)
  }

  /// An answer for which nothing changes but the record.
  static func refuse(_ denial: Denial, correlation: String, _ changes: [Change] = []) -> Decision {
    Decision(
      .failure(denial.refusal), correlation: correlation, changes + [.refused(denial, correlation: correlation)])
  }
}

/// One change in the store. Each is written over the version it was decided on, or all are decided anew.
enum Change: Sendable {
  case insertSession(Session)
  case updateSession(Session)
  case deleteSession(Session)
  case updateOrder(from: Order, to: Order, because: String)
  /// The bound package is kept for a retry.
  case keepBound(ICCID, BoundProfile)
  case dropBound(ICCID)
  /// An effect for somebody else, after the commit.
  case send(Errand, session: String)
  case refused(Denial, correlation: String)
  case record(Event)
  case keepCall(CallTable.Call, answer: [UInt8], until: Instant)

  func save(now: Instant, in transaction: any Transaction) throws(StoreError) {
    switch self {
    case .insertSession(let session): try SessionTable.insert(session, in: transaction)
    case .updateSession(let session): try SessionTable.update(session, in: transaction)
    case .deleteSession(let session): try SessionTable.delete(session, in: transaction)
    case .updateOrder(let old, let new, let cause):
      try OrderBook.update(old, to: new, because: cause, now: now, in: transaction)
    case .keepBound(let iccid, let profile): try BoundProfileTable.keep(profile, for: iccid, in: transaction)
    case .dropBound(let iccid): try BoundProfileTable.drop(iccid, in: transaction)
    case .send(let errand, let session):
      try Outbox.put(
        session: session, kind: errand.kind.rawValue, payload: errand.encoded, now: now, in: transaction)
    case .refused(let denial, let correlation):
      try EventRecord.append(
        Event(
          at: now, party: Desk.party, kind: .refused,
          name: "\(denial.refusal.subjectCode)/\(denial.refusal.reasonCode)",
          correlation: correlation, body: .text(denial.detail)), in: transaction)
    case .record(let event): try EventRecord.append(event, in: transaction)
    case .keepCall(let call, let answer, let expiry):
      try CallTable.keep(call, answer: answer, until: expiry, in: transaction)
    }
  }
}
