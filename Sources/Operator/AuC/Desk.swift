import Bytes
import Identifiers
import Keys
import Store

/// The authentication centre's door inside the process: subscribers go in, authentication vectors come out.
public struct Desk: Sendable {
  let store: any Store
  let vault: KeyVault
  let reserve = SequenceNumberReserve()

  /// The desk over a store in which ``SubscriberTable/schema`` and `EventRecord.schema` are there, and the vault that
  /// wraps the keys in it.
  public init(store: any Store, vault: KeyVault) { (self.store, self.vault) = (store, vault) }

  /// Enters subscribers, ready for use: all of them, or none where one's IMSI is known already.
  public func add(_ subscribers: [Subscriber], now: Instant, random: any RandomSource) throws {
    try store.transaction { transaction in
      var journal = try Journal(vault, random: random, in: transaction)
      for subscriber in subscribers {
        guard try SubscriberTable.records(of: subscriber.imsi, in: transaction).isEmpty else {
          throw AuCError.knownSubscriber(subscriber.imsi)
        }
        try SubscriberTable.insert(
          subscriber, change: .initial, state: .active, vault: vault, now: now, random: random, in: transaction)
        try journal.append(Self.event(.changed, of: subscriber.imsi, "added", by: nil, now: now), in: transaction)
      }
    }
  }

  /// A transaction that changes subscribers: who has their keys at hand learns of it.
  func changing<Result>(_ body: (any Transaction) throws -> Result) throws -> Result {
    defer { reserve.expire() }
    return try store.transaction { transaction in
      try ChangeCount.count(in: transaction)
      return try body(transaction)
    }
  }

  /// Forgets a subscriber with all keys.
  public func remove(_ imsi: IMSI, now: Instant, random: any RandomSource) throws {
    try changing { transaction in
      let removed = try transaction.execute("DELETE FROM auc_key WHERE imsi = $1", imsi.digits)
      if removed == 0 { throw AuCError.unknownSubscriber(imsi) }
      try transaction.execute("DELETE FROM auc_usim_counter WHERE imsi = $1", imsi.digits)
      try StandingTable.set(.active, of: imsi, now: now, in: transaction)
      try SubscriberNumberTable.set(nil, of: imsi, in: transaction)
      try StandingTable.withdraw(imsi, in: transaction)
      try note(.changed, of: imsi, "removed", now: now, random: random, in: transaction)
    }
  }

  /// Whether a subscriber has this IMSI, be its keys in use or prepared only.
  public func knows(_ imsi: IMSI) throws -> Bool {
    try store.read { try $0.first("SELECT 1 FROM auc_key WHERE imsi = $1 LIMIT 1", imsi.digits) != nil }
  }

  /// Compares the event record with its seals.
  public func verifyJournal() throws -> Journal.Finding { try store.read { try Journal.verify(vault, in: $0) } }

  /// After the vault's master key was rotated: rewraps what is under former ones, at most `limit` subscribers at a
  /// time, while vectors go on being made. Call it with what it returned, until that is nil.
  public func rewrap(after imsi: IMSI? = nil, limit: Int = 1000, random: any RandomSource) throws -> IMSI? {
    try store.transaction { transaction in
      try Journal.rewrap(vault, random: random, in: transaction)
      try HomeNetworkKeyTable.rewrap(vault, random: random, in: transaction)
      let rows = try transaction.query(
        "SELECT DISTINCT imsi FROM auc_key WHERE imsi > $1 ORDER BY imsi LIMIT $2", imsi?.digits ?? "", max(1, limit))
      var last: IMSI?
      for row in rows {
        let imsi = try IMSI(row(0, as: String.self))
        let places = SubscriberTable.Places(imsi)
        func current(_ wrapped: [UInt8], _ place: String) throws -> [UInt8] {
          guard vault.isOutdated(wrapped) else { return wrapped }
          do { return try vault.rewrap(wrapped, context: place, random: random) } catch { throw AuCError.key(error) }
        }
        for record in try SubscriberTable.records(of: imsi, in: transaction) {
          try transaction.executeOne(
            "UPDATE auc_key SET k = $3, operator_secret = $4 WHERE imsi = $1 AND change = $2", imsi.digits,
            record.change, current(record.wrappedK, places.k),
            record.wrappedOperatorSecret.map { try current($0, places.operatorSecret) })
        }
        last = imsi
      }
      return last
    }
  }

  /// Puts what happened to a subscriber into the event record, sealed.
  func note(
    _ kind: Event.Kind, of imsi: IMSI, _ text: String, by node: String? = nil, now: Instant,
    random: any RandomSource, in transaction: any Transaction
  ) throws {
    var journal = try Journal(vault, random: random, in: transaction)
    try journal.append(Self.event(kind, of: imsi, text, by: node, now: now), in: transaction)
  }

  static func event(_ kind: Event.Kind, of imsi: IMSI, _ text: String, by node: String?, now: Instant) -> Event {
    Event(
      at: now, party: "AuC", peer: node, kind: kind, name: "Subscriber", correlation: imsi.digits, body: .text(text))
  }
}
