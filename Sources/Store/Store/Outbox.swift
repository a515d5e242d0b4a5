import Bytes
import Identifiers

/// Effects that happen after the commit that decided them: delivered in order per session, again and again until they
/// are taken. Receivers must be idempotent: a delivery whose success was not written down before a crash is repeated.
public enum Outbox {
  /// What waits to be delivered.
  public struct Item: Sendable, Equatable {
    /// Counts up over all sessions.
    public let number: Int
    /// Deliveries of one session keep their order; sessions do not wait for each other.
    public let session: String
    /// What it is, for whoever delivers: "ES2+.HandleDownloadProgressInfo".
    public let kind: String
    public let payload: [UInt8]
    /// When it was put in.
    public let since: Instant
    /// Counted with this one: 1 at the first delivery.
    public let attempt: Int
  }

  public static let schema = Schema(
    owner: "outbox",
    versions: [
      [
        .table(
          "outbox",
          """
          id INTEGER PRIMARY KEY, session TEXT NOT NULL, kind TEXT NOT NULL, payload BLOB NOT NULL,
          since INTEGER NOT NULL, due INTEGER NOT NULL, attempts INTEGER NOT NULL, last_failure TEXT,
          given_up INTEGER NOT NULL DEFAULT 0
          """),
        .index("outbox_due", on: "outbox (due) WHERE given_up = 0"),
        .index("outbox_session", on: "outbox (session, id) WHERE given_up = 0"),
      ]
    ])

  /// Puts an effect in, to be delivered after this transaction's commit.
  public static func put(
    session: String, kind: String, payload: [UInt8], now: Instant, in transaction: any Transaction
  ) throws(StoreError) {
    try transaction.execute(
      "INSERT INTO outbox (session, kind, payload, since, due, attempts) VALUES ($1, $2, $3, $4, $4, 0)",
      session, kind, payload, now)
  }

  /// What is due: at most `$2` numbers and kinds at `$1`. A session's later effects wait for its first, whichever kind
  /// that has.
  static let candidates: StaticString =
    """
    SELECT id, kind FROM outbox AS o WHERE given_up = 0 AND due <= $1 AND NOT EXISTS (
      SELECT 1 FROM outbox AS e WHERE e.session = o.session AND e.id < o.id AND e.given_up = 0)
    ORDER BY due, id LIMIT $2
    """

  /// Takes up to `limit` due effects of the given kinds, the first of each session, for the length of `lease`: another
  /// deliverer gets them only after that.
  public static func claim(
    kinds: Set<String>, limit: Int, lease: Duration, now: Instant, in transaction: any Transaction
  ) throws(StoreError) -> [Item] {
    let candidates = try transaction.query(transaction.outboxCandidates, now, limit * 8)
    var items: [Item] = []
    for row in candidates where items.count < limit {
      guard kinds.contains(try row(1)) else { continue }
      let number: Int = try row(0)
      let claimed = try transaction.query(
        """
        UPDATE outbox SET due = $2, attempts = attempts + 1 WHERE id = $1
        RETURNING id, session, kind, payload, since, attempts
        """, number, now + lease)
      for row in claimed {
        items.append(
          Item(
            number: try row(0), session: try row(1), kind: try row(2), payload: try row(3), since: try row(4),
            attempt: try row(5)))
      }
    }
    return items
  }

  /// After a start: effects of the given kinds that a former process had taken need not wait for its lease, nor others
  /// for their pause. A deliverer that is alive elsewhere may then deliver one at the same time, as after its lease.
  public static func resume(kinds: Set<String>, now: Instant, in transaction: any Transaction) throws(StoreError) {
    for kind in kinds.sorted() {
      try transaction.execute(
        "UPDATE outbox SET due = $2 WHERE kind = $1 AND given_up = 0 AND due > $2", kind, now)
    }
  }

  /// The receiver took `item`.
  public static func taken(_ item: Item, in transaction: any Transaction) throws(StoreError) {
    try transaction.execute("DELETE FROM outbox WHERE id = $1", item.number)
  }

  /// The delivery failed: `item` is due again after a pause that doubles each time.
  public static func failed(
    _ item: Item, because reason: String, now: Instant, backOff: BackOff = BackOff(), in transaction: any Transaction
  ) throws(StoreError) {
    let givenUp = item.attempt >= backOff.attempts
    try transaction.execute(
      "UPDATE outbox SET due = $2, last_failure = $3, given_up = $4 WHERE id = $1",
      item.number, now + backOff.pause(after: item.attempt), String(reason.prefix(500)), givenUp)
  }

  /// When the next effect is due, or nil where none waits.
  public static func nextDue(in reader: any Reader) throws(StoreError) -> Instant? {
    try reader.first("SELECT min(due) FROM outbox WHERE given_up = 0")?(0)
  }

  /// An effect that is not delivered yet, for people to look at.
  public struct Pending: Sendable, Equatable {
    public let session: String
    public let kind: String
    public let attempts: Int
    public let lastFailure: String?
    /// Whether it is delivered no more.
    public let isGivenUp: Bool
  }

  /// What has not been taken yet of one session, oldest first, at most `limit`.
  public static func pending(
    session: String, limit: Int = 1000, in reader: any Reader
  ) throws(StoreError) -> [Pending] {
    try reader.query(
      "SELECT session, kind, attempts, last_failure, given_up FROM outbox WHERE session = $1 ORDER BY id LIMIT $2",
      session, limit
    ).map(pending)
  }

  private static func pending(_ row: Row) throws(StoreError) -> Pending {
    Pending(
      session: try row(0), kind: try row(1), attempts: try row(2), lastFailure: try row(3), isGivenUp: try row(4))
  }

  /// What has not been taken yet, oldest first, at most `limit`.
  public static func pending(limit: Int = 1000, in reader: any Reader) throws(StoreError) -> [Pending] {
    try reader.query("SELECT session, kind, attempts, last_failure, given_up FROM outbox ORDER BY id LIMIT $1", limit)
      .map(pending)
  }
}

/// How long to wait between deliveries.
public struct BackOff: Sendable, Equatable {
  /// The pause after the first failure; each further one is twice as long.
  public var first: Duration
  /// No pause is longer.
  public var longest: Duration
  /// After so many failures people have to look.
  public var attempts: Int

  /// By default 2 s, 4 s, … 1 h, for about a week.
  public init(first: Duration = .seconds(2), longest: Duration = .seconds(3600), attempts: Int = 180) {
    (self.first, self.longest, self.attempts) = (first, longest, attempts)
  }

  /// The pause after failure number `attempt`, counted from 1.
  public func pause(after attempt: Int) -> Duration {
    let doublings = min(max(attempt, 1) - 1, 30)
    return min(longest, first * (1 << doublings))
  }
}
