import Identifiers
import ProfileFactory
import SGP22
import Stations
import Store

/// What changes at the SM-DP+ beside sessions.
enum Change: DurableChange {
  case updateOrder(from: Order, to: Order, because: String)
  /// The bound package is kept for a retry.
  case keepBound(ICCID, BoundProfile)
  /// An effect for somebody else, after the commit.
  case send(Errand, session: String)
  case record(Event)

  func save(now: Instant, in transaction: any Transaction) throws(StoreError) {
    switch self {
    case .updateOrder(let old, let new, let cause):
      try OrderBook.update(old, to: new, because: cause, now: now, in: transaction)
    case .keepBound(let iccid, let profile): try BoundProfileTable.keep(profile, for: iccid, in: transaction)
    case .send(let errand, let session):
      try Outbox.put(
        session: errand.kind.queue(of: session), kind: errand.kind.rawValue, payload: errand.encoded, now: now,
        in: transaction)
    case .record(let event): try EventRecord.append(event, in: transaction)
    }
  }
}

extension Decision {
  init(_ answer: Result<Answer, Refusal>, correlation: String = "", _ changes: [Change] = []) {
    self.init(answer, correlation: correlation, changes: changes)
  }

  /// An answer for which nothing changes but the record.
  static func refuse(_ denial: Denial, correlation: String, _ changes: [any DurableChange] = []) -> Decision {
    Decision(refusing: denial, by: Desk.party, correlation: correlation, changes: changes)
  }
}
