import Bytes
import Identifiers
import Keys
import SGP22
import Stations
import Store

/// The order desk: takes orders, knows where each stands, and is told how downloads go.
public struct Desk: Deciding {
  /// How events are signed in the record.
  static let party = "OrderDesk"

  public let store: any Store
  let vault: KeyVault

  /// A desk over `store`, whose tables it brings up to date, and the vault that wraps confirmation codes in it.
  public init(store: any Store, vault: KeyVault) throws {
    (self.store, self.vault) = (store, vault)
    try store.migrate([EventRecord.schema, Steps.schema, OrderTables.schema])
  }

  func perform<Result>(_ body: (any Transaction) throws -> Result) throws -> Result {
    try store.retrying { store in try store.transaction(body) }
  }

  // MARK: Looking

  /// The order `id`.
  public func order(_ id: String) throws -> Order { try store.read { try OrderTable.find(id, in: $0) } }

  /// Orders after `id`, of one state or one bulk where they are given, at most `limit`.
  public func orders(
    state: Order.State? = nil, ofBulk bulk: Int? = nil, after id: String = "", limit: Int = 100
  ) throws -> [Order] {
    try store.read { try OrderTable.list(state: state, bulk: bulk, after: id, limit: limit, in: $0) }
  }

  /// How many orders there are in each state.
  public func counts() throws -> [Order.State: Int] {
    try store.read { reader in
      try Self.counts(reader.query("SELECT state, count(*) FROM esim_order GROUP BY state"))
    }
  }

  static func counts(_ rows: [Row]) throws(StoreError) -> [Order.State: Int] {
    var counts: [Order.State: Int] = [:]
    for row in rows { if let state = Order.State(rawValue: try row(0)) { counts[state] = try row(1) } }
    return counts
  }

  /// The act behind an order: its next step, and why it does not go on.
  public func act(of id: String) throws -> Act? {
    try store.read { try Steps.act(OrderSteps.plan.name, subject: id, in: $0) }
  }

  /// Acts that somebody should look at: their last try brought nothing.
  public func failing(limit: Int = 100) throws -> [Act] {
    try store.read { reader in
      let plans = [OrderSteps.plan.name, SubscriptionSteps.plan.name]
      return try plans.flatMap { try Steps.failing($0, limit: limit, in: reader) }
    }
  }

  /// What happened to an order, oldest first.
  public func history(of id: String, limit: Int = 1000) throws -> [EventRecord.Entry] {
    try store.read { reader in
      _ = try OrderTable.find(id, in: reader)
      return try EventRecord.entries(correlation: id, limit: limit, in: reader)
    }
  }

  /// What happened to the orders of a subscription, and to its suspensions and its end, oldest first.
  public func history(ofSubscription subscription: Int, limit: Int = 1000) throws -> [EventRecord.Entry] {
    try store.read { reader in
      let acts = try reader.query(
        """
        SELECT id FROM esim_order WHERE subscription = $1
        UNION ALL SELECT id FROM subscription_change WHERE subscription = $1
        """, subscription)
      let entries = try acts.flatMap { try EventRecord.entries(correlation: $0(0), limit: limit, in: reader) }
      return Array(entries.sorted { $0.number < $1.number }.suffix(limit))
    }
  }

  /// Why the SM-DP+ did not take the order back when that was asked for last; nil where it did, or was not asked.
  public func cancellationRefusal(of id: String) throws -> String? {
    let history = try history(of: id)
    guard let asked = history.lastIndex(where: { $0.event.name == Self.cancellation }) else { return nil }
    for entry in history[asked...] where entry.event.kind == .refused && entry.event.name == OrderSteps.downloadOrder {
      if case .text(let reason) = entry.event.body { return reason }
    }
    return nil
  }

  /// How the wish to take an order back is called in the record.
  static let cancellation = "Cancellation"

  /// An order's confirmation code, for somebody who asked to see it: that is noted before it is shown.
  public func revealConfirmationCode(of id: String, to person: String, now: Instant) throws -> Secret? {
    try perform { transaction in
      let order = try OrderTable.find(id, in: transaction)
      try note("ConfirmationCode", "shown to \(person)", of: id, now: now, in: transaction)
      return try confirmationCode(of: order)
    }
  }

  func confirmationCode(of order: Order) throws -> Secret? {
    try order.wrappedConfirmationCode.map { try vault.unwrap($0, context: Self.place(order.id)) }
  }

  /// After the vault's master key was rotated: brings confirmation codes under the current one, those of at most `limit`
  /// orders after `id`. Call it with what it returned, until that is nil.
  public func rewrap(after id: String = "", limit: Int = 1000, random: any RandomSource) throws -> String? {
    try perform { transaction in
      let rows = try transaction.query(
        "SELECT id, confirmation FROM esim_order WHERE id > $1 AND confirmation IS NOT NULL ORDER BY id LIMIT $2", id,
        max(1, limit))
      var last: String?
      for row in rows {
        let (id, wrapped) = (try row(0, as: String.self), try row(1, as: [UInt8].self))
        if vault.isOutdated(wrapped) {
          try transaction.execute(
            "UPDATE esim_order SET confirmation = $3 WHERE id = $1 AND confirmation = $2", id, wrapped,
            vault.rewrap(wrapped, context: Self.place(id), random: random))
        }
        last = id
      }
      return last
    }
  }

  static func place(_ id: String) -> String { "esim_order/\(id)/confirmation" }

  func note(
    _ name: String, _ text: String, of id: String, kind: Event.Kind = .changed, peer: String? = nil, now: Instant,
    in transaction: any Transaction
  ) throws(StoreError) {
    try EventRecord.append(
      Event(at: now, party: Self.party, peer: peer, kind: kind, name: name, correlation: id, body: .text(text)),
      in: transaction)
  }
}
