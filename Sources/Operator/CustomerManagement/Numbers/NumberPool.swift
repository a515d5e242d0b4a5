import Identifiers
import Store

/// A stock of telephone numbers with its times.
public struct NumberPool: Sendable, Hashable {
  /// The most numbers that are added at once.
  public static let limit = 1_000_000

  public let name: String
  /// How long an offered number waits for the applicant's word.
  public let offer: Duration
  /// How long a reserved one waits for the subscription.
  public let reservation: Duration
  /// How long nobody gets a number that was in use.
  public let quarantine: Duration

  /// A pool with a name of 1 to 64 characters; by default numbers are offered for 15 minutes, reserved for 14 days and
  /// quarantined for 180.
  public init(
    name: String, offer: Duration = .seconds(900), reservation: Duration = .seconds(14 * 86_400),
    quarantine: Duration = .seconds(180 * 86_400)
  ) throws(CustomerError) {
    guard (1...64).contains(name.count), !name.contains(where: \.isWhitespace) else {
      throw .invalid("pool", "a name of 1 to 64 characters without spaces is wanted")
    }
    let century = Duration.seconds(100 * 365 * 86_400)
    guard offer >= .seconds(1), offer <= century, reservation >= .seconds(1), reservation <= century,
      quarantine >= .zero, quarantine <= century
    else { throw .invalid("pool", "times from a second (quarantine: none) to a hundred years are wanted") }
    (self.name, self.offer, self.reservation, self.quarantine) = (name, offer, reservation, quarantine)
  }

  /// How many numbers a pool has in each state.
  public struct Stock: Sendable, Hashable {
    public let pool: NumberPool
    public internal(set) var counts: [NumberRecord.State: Int] = [:]
  }

  static func find(_ name: String, in reader: any Reader) throws -> NumberPool {
    let row = try reader.first("SELECT name, offer, reservation, quarantine FROM number_pool WHERE name = $1", name)
    guard let row else { throw CustomerError.unknownPool(name) }
    return try read(row)
  }

  static func read(_ row: Row) throws -> NumberPool {
    func duration(_ column: Int) throws -> Duration { .milliseconds(try row(column, as: Int64.self)) }
    return try NumberPool(name: row(0), offer: duration(1), reservation: duration(2), quarantine: duration(3))
  }
}

extension Desk {
  /// Makes a pool without numbers.
  public func make(_ pool: NumberPool, now: Instant) throws {
    do {
      try perform { transaction in
        try transaction.execute(
          "INSERT INTO number_pool (name, offer, reservation, quarantine) VALUES ($1, $2, $3, $4)", pool.name,
          pool.offer.milliseconds, pool.reservation.milliseconds, pool.quarantine.milliseconds)
        try Self.note("NumberPool", "made", of: "pool/\(pool.name)", now: now, in: transaction)
      }
    } catch StoreError.duplicate { throw CustomerError.knownPool(pool.name) }
  }

  /// Adds `count` numbers from `first` on to a pool: all of them, or none where one is in a pool already.
  public func add(numbers count: Int, from first: TelephoneNumber, to pool: String, now: Instant) throws {
    guard (1...NumberPool.limit).contains(count) else {
      throw CustomerError.invalid("count", "1 to \(NumberPool.limit) are added at once")
    }
    guard try first.advanced(by: count - 1).digits.utf8.count == first.digits.utf8.count else {
      throw CustomerError.invalid("count", "the numbers would become longer")
    }
    try perform { transaction in
      _ = try NumberPool.find(pool, in: transaction)
      for offset in 0..<count {
        let number = try first.advanced(by: offset)
        do {
          try transaction.execute(
            "INSERT INTO telephone_number (number, pool, state) VALUES ($1, $2, 0)", number.digits, pool)
        } catch StoreError.duplicate { throw CustomerError.numberTaken(number) }
      }
      try Self.note(
        "NumberPool", "\(count) numbers added from \(first)", of: "pool/\(pool)", now: now, in: transaction)
    }
  }

  /// All pools with what is in them at `now`.
  public func pools(now: Instant) throws -> [NumberPool.Stock] {
    try store.read { reader in
      try reader.query("SELECT name, offer, reservation, quarantine FROM number_pool ORDER BY name").map { row in
        var stock = NumberPool.Stock(pool: try NumberPool.read(row))
        // An offer, a reservation or a quarantine whose time is over is none any more.
        let counts = try reader.query(
          """
          SELECT CASE WHEN until <= $2 THEN 0 ELSE state END, count(*) FROM telephone_number WHERE pool = $1 GROUP BY 1
          """, stock.pool.name, now)
        for row in counts {
          guard let state = NumberRecord.State(rawValue: try row(0)) else { continue }
          stock.counts[state] = try row(1)
        }
        return stock
      }
    }
  }
}

extension Duration {
  /// Whole milliseconds.
  var milliseconds: Int64 { Int64(self / .milliseconds(1)) }
}
