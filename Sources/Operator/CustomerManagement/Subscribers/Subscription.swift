import Identifiers
import Store

/// What a subscriber has: one SIM in use and one telephone number, and services.
public struct Subscription: Sendable, Hashable {
  /// A subscription's life.
  public enum State: Int, Sendable, CaseIterable, CustomStringConvertible {
    /// Agreed on; its SIM is not in use yet.
    case ordered = 1
    case active = 2
    /// Barred for a while.
    case suspended = 3
    case ended = 4

    public var description: String {
      switch self {
      case .ordered: "ordered"
      case .active: "active"
      case .suspended: "suspended"
      case .ended: "ended"
      }
    }

    var successors: Set<State> {
      switch self {
      case .ordered: [.active, .ended]
      case .active: [.suspended, .ended]
      case .suspended: [.active, .ended]
      case .ended: []
      }
    }
  }

  public let id: Int
  public let subscriber: Int
  public internal(set) var state: State
  public let since: Instant
  /// The number in use.
  public let number: TelephoneNumber?
  /// The SIM in use.
  public let iccid: ICCID?
  public let imsi: IMSI?
  let version: Int

  static func find(_ id: Int, in reader: any Reader) throws -> Subscription {
    let row = try reader.first(
      """
      SELECT s.id, s.version, s.subscriber, s.state, s.since, n.number, sim.iccid, sim.imsi FROM subscription AS s
      LEFT JOIN telephone_number AS n ON n.subscription = s.id
      LEFT JOIN sim ON sim.subscription = s.id AND sim.state = 2 WHERE s.id = $1
      """, id)
    guard let row else { throw CustomerError.unknownSubscription(id) }
    return try read(row)
  }

  static func read(_ row: Row) throws -> Subscription {
    guard let state = State(rawValue: try row(3)) else {
      throw StoreError.unexpected("a subscription of no known state")
    }
    return Subscription(
      id: try row(0), subscriber: try row(2), state: state, since: try row(4),
      number: try row(5, as: String?.self).map { try TelephoneNumber($0) }, iccid: try row(6), imsi: try row(7),
      version: try row(1))
  }

  /// Moves it to `next`, as the table of its life allows.
  func move(to next: State, in transaction: any Transaction) throws {
    guard state.successors.contains(next) else {
      throw CustomerError.notAllowed("subscription \(id) is \(state) and cannot become \(next)")
    }
    try transaction.executeOne(
      "UPDATE subscription SET version = version + 1, state = $3 WHERE id = $1 AND version = $2", id, version,
      next.rawValue)
  }
}

extension Desk {
  /// Agrees on a subscription with a subscriber whose credit was approved, and gives it the number that is reserved for
  /// the subscriber, if one is named; returns the subscription's number in the books.
  public func subscribe(_ subscriber: Int, number: TelephoneNumber? = nil, now: Instant) throws -> Int {
    try perform { transaction in
      var found = try Subscriber.find(subscriber, in: transaction)
      guard found.state != .former else { throw CustomerError.notAllowed("subscriber \(subscriber) is a former one") }
      guard case .approved? = found.credit else {
        let answer = found.credit.map { "is \($0)" } ?? "was not asked for"
        throw CustomerError.notAllowed("subscriber \(subscriber) gets no subscription: the credit \(answer)")
      }
      let row = try transaction.first(
        "INSERT INTO subscription (version, subscriber, state, since) VALUES (1, $1, 1, $2) RETURNING id", subscriber,
        now)
      guard let id = try row?(0, as: Int.self) else { throw StoreError.unexpected("a subscription without a number") }
      if let number { try assign(number, of: subscriber, to: id, now: now, in: transaction) }
      if found.state == .applicant {
        found.state = .customer
        try found.save(in: transaction)
      }
      let text = "subscription \(id) agreed on" + (number.map { " with the number \($0)" } ?? "")
      try Self.note("Subscription", text, ofSubscriber: subscriber, now: now, in: transaction)
      return id
    }
  }

  /// The subscription `id`.
  public func subscription(_ id: Int) throws -> Subscription { try store.read { try Subscription.find(id, in: $0) } }

  /// A subscriber's subscriptions, or everybody's; after `id` in the order of their numbers, at most `limit`.
  public func subscriptions(
    ofSubscriber subscriber: Int? = nil, after id: Int = 0, limit: Int = 100
  ) throws -> [Subscription] {
    try store.read { reader in
      try reader.query(
        """
        SELECT s.id, s.version, s.subscriber, s.state, s.since, n.number, sim.iccid, sim.imsi FROM subscription AS s
        LEFT JOIN telephone_number AS n ON n.subscription = s.id
        LEFT JOIN sim ON sim.subscription = s.id AND sim.state = 2
        WHERE s.id > $1 AND s.subscriber = COALESCE($2, s.subscriber) ORDER BY s.id LIMIT $3
        """, id, subscriber, limit
      ).map(Subscription.read)
    }
  }

  /// Suspends an active subscription, or lets a suspended one go on.
  public func suspend(_ id: Int, _ isSuspended: Bool = true, now: Instant) throws {
    try perform { transaction in
      let subscription = try Subscription.find(id, in: transaction)
      guard subscription.state != .ordered else {
        throw CustomerError.notAllowed("subscription \(id) has no SIM in use yet")
      }
      try subscription.move(to: isSuspended ? .suspended : .active, in: transaction)
      try Self.note(
        "Subscription", "subscription \(id) \(isSuspended ? "suspended" : "goes on")",
        ofSubscriber: subscription.subscriber, now: now, in: transaction)
    }
  }

  /// Ends a subscription: its services end, its number goes into quarantine, its SIM is retired. Returns that SIM, for
  /// those who must make it useless.
  @discardableResult public func end(_ id: Int, now: Instant) throws -> SIM? {
    try perform { transaction in
      let subscription = try Subscription.find(id, in: transaction)
      try subscription.move(to: .ended, in: transaction)
      try transaction.execute("DELETE FROM subscribed_service WHERE subscription = $1", id)
      if let number = subscription.number { try quarantine(number, now: now, in: transaction) }
      let retired = try retireSIM(of: id, in: transaction)
      try Self.note(
        "Subscription", "subscription \(id) ended", ofSubscriber: subscription.subscriber, now: now, in: transaction)
      return retired
    }
  }
}
