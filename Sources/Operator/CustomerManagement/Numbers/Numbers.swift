import Identifiers
import Store

// A number's way: offered → reserved → in use → quarantined → free. Every change is one UPDATE that names the state and
// holder it changes: of two who want the same, one finds nothing to change.
extension Desk {
  /// Offers up to `count` free numbers of a pool to an applicant, none that this applicant refused before.
  public func offer(_ count: Int = 1, of pool: String, to subscriber: Int, now: Instant) throws -> [TelephoneNumber] {
    guard (1...100).contains(count) else { throw CustomerError.invalid("count", "1 to 100 are offered at once") }
    return try perform { transaction in
      let pool = try NumberPool.find(pool, in: transaction)
      guard try Subscriber.find(subscriber, in: transaction).state != .former else {
        throw CustomerError.notAllowed("subscriber \(subscriber) is a former one")
      }
      var offered: [TelephoneNumber] = []
      for number in try candidates(count, of: pool.name, for: subscriber, now: now, in: transaction) {
        let changed = try transaction.execute(
          """
          UPDATE telephone_number SET state = 1, subscriber = $2, subscription = NULL, until = $3
          WHERE number = $1 AND (state = 0 OR until <= $4)
          """, number.digits, subscriber, now + pool.offer, now)
        if changed == 0 { throw StoreError.conflict }
        try noteNumber(number, "offered", subscriber, now, in: transaction)
        offered.append(number)
      }
      if offered.isEmpty { throw CustomerError.poolExhausted(pool.name) }
      return offered
    }
  }

  /// The free numbers first, then those whose time is over.
  private func candidates(
    _ count: Int, of pool: String, for subscriber: Int, now: Instant, in reader: any Reader
  ) throws -> [TelephoneNumber] {
    var rows = try reader.query(
      """
      SELECT number FROM telephone_number AS n WHERE pool = $1 AND state = 0 AND NOT EXISTS (
        SELECT 1 FROM number_refusal AS r WHERE r.number = n.number AND r.subscriber = $2)
      ORDER BY number LIMIT $3
      """, pool, subscriber, count)
    if rows.count < count {
      rows += try reader.query(
        """
        SELECT number FROM telephone_number AS n WHERE pool = $1 AND until <= $4 AND NOT EXISTS (
          SELECT 1 FROM number_refusal AS r WHERE r.number = n.number AND r.subscriber = $2)
        ORDER BY until, number LIMIT $3
        """, pool, subscriber, count - rows.count, now)
    }
    return try rows.map { row in try TelephoneNumber(row(0, as: String.self)) }
  }

  /// The applicant takes a number that is on offer, or asks for a certain free one: it is kept for a while.
  public func reserve(_ number: TelephoneNumber, for subscriber: Int, now: Instant) throws {
    try perform { transaction in
      let record = try NumberRecord.find(number, now: now, in: transaction)
      let pool = try NumberPool.find(record.pool, in: transaction)
      guard try Subscriber.find(subscriber, in: transaction).state != .former else {
        throw CustomerError.notAllowed("subscriber \(subscriber) is a former one")
      }
      let changed = try transaction.execute(
        """
        UPDATE telephone_number SET state = 2, subscriber = $2, subscription = NULL, until = $3
        WHERE number = $1 AND (state = 0 OR until <= $4 OR (state IN (1, 2) AND subscriber = $2))
        """, number.digits, subscriber, now + pool.reservation, now)
      guard changed == 1 else {
        throw CustomerError.notAllowed("the number \(number) is \(record.state), and not for subscriber \(subscriber)")
      }
      try noteNumber(number, "reserved", subscriber, now, in: transaction)
    }
  }

  /// The applicant does not want a number that was offered or reserved: it is free for others, and is not offered to
  /// this applicant again.
  public func refuse(_ number: TelephoneNumber, by subscriber: Int, now: Instant) throws {
    try perform { transaction in
      _ = try NumberRecord.find(number, now: now, in: transaction)
      let changed = try transaction.execute(
        """
        UPDATE telephone_number SET state = 0, subscriber = NULL, until = NULL
        WHERE number = $1 AND state IN (1, 2) AND subscriber = $2 AND until > $3
        """, number.digits, subscriber, now)
      if changed == 0 { throw CustomerError.numberNotHeld(number) }
      try transaction.execute(
        "INSERT INTO number_refusal (number, subscriber) VALUES ($1, $2) ON CONFLICT DO NOTHING", number.digits,
        subscriber)
      try noteNumber(number, "refused", subscriber, now, in: transaction)
    }
  }

  /// Gives a number back: one that was offered or reserved is free at once, one that was in use after its quarantine.
  public func release(_ number: TelephoneNumber, now: Instant) throws {
    try perform { transaction in
      let record = try NumberRecord.find(number, now: now, in: transaction)
      switch record.state {
      case .inUse: try quarantine(number, now: now, in: transaction)
      case .offered, .reserved:
        try transaction.execute(
          "UPDATE telephone_number SET state = 0, subscriber = NULL, until = NULL WHERE number = $1", number.digits)
        if let subscriber = record.subscriber {
          try noteNumber(number, "released", subscriber, now, in: transaction)
        }
      case .free, .quarantined: throw CustomerError.notAllowed("the number \(number) is \(record.state) already")
      }
    }
  }

  /// The record of a number.
  public func number(_ number: TelephoneNumber, now: Instant) throws -> NumberRecord {
    try store.read { try NumberRecord.find(number, now: now, in: $0) }
  }

  /// Numbers after `number`, of one pool where it is named, at most `limit`.
  public func numbers(
    of pool: String? = nil, after number: String = "", limit: Int = 100, now: Instant
  ) throws -> [NumberRecord] {
    try store.read { reader in
      try reader.query(
        """
        SELECT number, pool, state, subscriber, subscription, until FROM telephone_number
        WHERE number > $1 AND pool = COALESCE($2, pool) ORDER BY number LIMIT $3
        """, number, pool, limit
      ).map { try NumberRecord.read($0, now: now) }
    }
  }

  /// What was offered to a subscriber or reserved is free at once.
  func releaseNumbers(heldBy subscriber: Int, now: Instant, in transaction: any Transaction) throws {
    let rows = try transaction.query(
      """
      UPDATE telephone_number SET state = 0, subscriber = NULL, until = NULL
      WHERE subscriber = $1 AND state IN (1, 2) RETURNING number
      """, subscriber)
    for row in rows {
      try noteNumber(TelephoneNumber(row(0, as: String.self)), "released", subscriber, now, in: transaction)
    }
  }

  // MARK: With subscriptions

  /// A reserved number becomes a subscription's.
  func assign(
    _ number: TelephoneNumber, of subscriber: Int, to subscription: Int, now: Instant, in transaction: any Transaction
  ) throws {
    _ = try NumberRecord.find(number, now: now, in: transaction)
    let changed = try transaction.execute(
      """
      UPDATE telephone_number SET state = 3, subscription = $3, until = NULL
      WHERE number = $1 AND state IN (1, 2) AND subscriber = $2 AND until > $4
      """, number.digits, subscriber, subscription, now)
    if changed == 0 { throw CustomerError.numberNotHeld(number) }
    try noteNumber(number, "subscription \(subscription)'s", subscriber, now, in: transaction)
  }

  /// A number in use comes to rest.
  func quarantine(_ number: TelephoneNumber, now: Instant, in transaction: any Transaction) throws {
    let record = try NumberRecord.find(number, now: now, in: transaction)
    let pool = try NumberPool.find(record.pool, in: transaction)
    try transaction.executeOne(
      """
      UPDATE telephone_number SET state = 4, subscriber = NULL, subscription = NULL, until = $2
      WHERE number = $1 AND state = 3
      """, number.digits, now + pool.quarantine)
    if let subscriber = record.subscriber {
      try noteNumber(number, "quarantined", subscriber, now, in: transaction)
    }
  }

  private func noteNumber(
    _ number: TelephoneNumber, _ text: String, _ subscriber: Int, _ now: Instant, in transaction: any Transaction
  ) throws(StoreError) {
    try Self.note("Number", "\(number) \(text)", ofSubscriber: subscriber, now: now, in: transaction)
  }
}
