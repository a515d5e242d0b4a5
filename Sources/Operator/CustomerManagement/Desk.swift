import Bytes
import Identifiers
import Store

/// Customer management: who the subscribers are, what they have, and which numbers and SIMs are whose.
public struct Desk: Sendable {
  /// How events are signed in the record.
  static let party = "CustomerManagement"

  let store: any Store

  /// A desk over `store`, whose tables it brings up to date.
  public init(store: any Store) throws {
    self.store = store
    try store.migrate([EventRecord.schema, CustomerTables.schema])
  }

  /// Decides and writes in one transaction; again where somebody else was faster.
  func perform<Result>(_ body: (any Transaction) throws -> Result) throws -> Result {
    try store.retrying { store in try store.transaction(body) }
  }

  /// What happened to a subscriber, oldest first: the record is only ever appended to.
  public func history(ofSubscriber id: Int, limit: Int = 1000) throws -> [EventRecord.Entry] {
    try store.read { reader in
      _ = try Subscriber.find(id, in: reader)
      return try EventRecord.entries(correlation: Self.correlation(id), limit: limit, in: reader)
    }
  }

  /// Notes what happened to a subscriber.
  static func note(
    _ name: String, _ text: String, ofSubscriber id: Int, peer: String? = nil, now: Instant,
    in transaction: any Transaction
  ) throws(StoreError) {
    try EventRecord.append(
      Event(
        at: now, party: party, peer: peer, kind: .changed, name: name, correlation: correlation(id), body: .text(text)),
      in: transaction)
  }

  /// Notes what happened to something that is no subscriber's.
  static func note(
    _ name: String, _ text: String, of thing: String, now: Instant, in transaction: any Transaction
  ) throws(StoreError) {
    try EventRecord.append(
      Event(at: now, party: party, kind: .changed, name: name, correlation: thing, body: .text(text)), in: transaction)
  }

  private static func correlation(_ subscriber: Int) -> String { "subscriber/\(subscriber)" }
}
