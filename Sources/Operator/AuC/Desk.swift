import Bytes
import Identifiers
import Keys
import Store

/// The authentication centre's door inside the process: subscribers go in, authentication vectors come out.
public struct Desk: Sendable {
  let store: any Store
  let vault: KeyVault

  /// The desk over a store in which ``SubscriberTable/schema`` and `EventRecord.schema` are there, and the vault that
  /// wraps the keys in it.
  public init(store: any Store, vault: KeyVault) { (self.store, self.vault) = (store, vault) }

  /// Enters subscribers: all of them, or none where one's IMSI is known already.
  public func add(_ subscribers: [Subscriber], now: Instant, random: any RandomSource) throws {
    try store.transaction { transaction in
      for subscriber in subscribers {
        try SubscriberTable.insert(subscriber, vault: vault, random: random, in: transaction)
        try note(.changed, of: subscriber.imsi, "added", now: now, in: transaction)
      }
    }
  }

  /// Gives a subscriber other keys, in one step. The sequence numbers go on: they never fall because a record was
  /// edited.
  public func replaceCredentials(
    of imsi: IMSI, with credentials: Credentials, now: Instant, random: any RandomSource
  ) throws {
    let wrapped = try SubscriberTable.WrappedCredentials(credentials, imsi: imsi, vault: vault, random: random)
    try store.transaction { transaction in
      let changed = try transaction.execute(
        "UPDATE auc_subscriber SET algorithm = $2, k = $3, operator_secret = $4, parameters = $5 WHERE imsi = $1",
        imsi.digits, wrapped.algorithm, wrapped.k, wrapped.operatorSecret, wrapped.parameters)
      if changed == 0 { throw AuCError.unknownSubscriber(imsi) }
      try note(.changed, of: imsi, "given other keys", now: now, in: transaction)
    }
  }

  /// Forgets a subscriber.
  public func remove(_ imsi: IMSI, now: Instant) throws {
    try store.transaction { transaction in
      let removed = try transaction.execute("DELETE FROM auc_subscriber WHERE imsi = $1", imsi.digits)
      if removed == 0 { throw AuCError.unknownSubscriber(imsi) }
      try note(.changed, of: imsi, "removed", now: now, in: transaction)
    }
  }

  /// Whether a subscriber has this IMSI.
  public func knows(_ imsi: IMSI) throws -> Bool {
    try store.read { try $0.first("SELECT 1 FROM auc_subscriber WHERE imsi = $1", imsi.digits) != nil }
  }

  /// After the vault's master key was rotated: rewraps what is under former ones, at most `limit` subscribers at a
  /// time. Call it with what it returned, until that is nil.
  public func rewrap(after imsi: IMSI? = nil, limit: Int = 1000, random: any RandomSource) throws -> IMSI? {
    try store.transaction { transaction in
      let rows = try transaction.query(
        "SELECT imsi, k, operator_secret FROM auc_subscriber WHERE imsi > $1 ORDER BY imsi LIMIT $2",
        imsi?.digits ?? "", max(1, limit))
      var last: IMSI?
      for row in rows {
        let imsi = try IMSI(row(0, as: String.self))
        let places = SubscriberTable.Places(imsi)
        func current(_ wrapped: [UInt8], _ place: String) throws(KeyError) -> [UInt8] {
          vault.isOutdated(wrapped) ? try vault.rewrap(wrapped, context: place, random: random) : wrapped
        }
        let k = try current(row(1), places.k)
        let secret = try row(2, as: [UInt8]?.self).map { try current($0, places.operatorSecret) }
        try transaction.execute(
          "UPDATE auc_subscriber SET k = $2, operator_secret = $3 WHERE imsi = $1", imsi.digits, k, secret)
        last = imsi
      }
      return last
    }
  }

  /// Puts what happened to a subscriber into the event record.
  func note(
    _ kind: Event.Kind, of imsi: IMSI, _ text: String, by node: String? = nil, now: Instant,
    in transaction: any Transaction
  ) throws {
    let event = Event(
      at: now, party: "AuC", peer: node, kind: kind, name: "Subscriber", correlation: imsi.digits, body: .text(text))
    try EventRecord.append(event, in: transaction)
  }
}
