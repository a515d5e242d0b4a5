import Identifiers
import Store

/// A USIM's own sequence number that went back: what it said in an AUTS is below what it had said before, with the same
/// keys. A USIM's SQN_MS only grows (TS 33.102 §C.2.2), so there are two with one K, or one was put back to an old copy. A
/// node that sends an old AUTS once more looks the same, which is why the nodes are told.
public struct CounterDoubt: Sendable, Hashable {
  /// What was said, where, and when.
  public struct Word: Sendable, Hashable {
    public let seq: Int64
    public let node: String
    public let at: Instant
  }

  public let imsi: IMSI
  /// The change that brought the keys.
  public let change: String
  /// The highest SEQ_MS that was said, and the one below it that came later.
  public let before: Word
  public let after: Word
}

/// What USIMs have said of their own sequence numbers.
enum USIMCounterTable {
  /// The sixth version of ``SubscriberTable/schema``.
  static let version: [SchemaChange] = [
    .table(
      "auc_usim_counter",
      """
      imsi TEXT NOT NULL, change TEXT NOT NULL, seq INTEGER NOT NULL, node TEXT NOT NULL, at INTEGER NOT NULL,
      doubt_seq INTEGER, doubt_node TEXT, doubt_at INTEGER, PRIMARY KEY (imsi, change)
      """),
    .index("auc_usim_doubt", on: "auc_usim_counter (doubt_at) WHERE doubt_at IS NOT NULL"),
  ]

  /// Notes SEQ_MS of an AUTS that was verified.
  static func note(
    _ seq: Int64, of record: SubscriberTable.Record, by node: String, now: Instant, in transaction: any Transaction
  ) throws(StoreError) {
    let (imsi, change) = (record.imsi.digits, record.change)
    let known: Int64? = try transaction.first(
      "SELECT seq FROM auc_usim_counter WHERE imsi = $1 AND change = $2", imsi, change)?(0)
    if let known, seq < known {
      try transaction.executeOne(
        "UPDATE auc_usim_counter SET doubt_seq = $3, doubt_node = $4, doubt_at = $5 WHERE imsi = $1 AND change = $2",
        imsi, change, seq, node, now)
    } else {
      try transaction.execute(
        """
        INSERT INTO auc_usim_counter (imsi, change, seq, node, at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (imsi, change) DO UPDATE SET seq = $3, node = $4, at = $5
        """, imsi, change, seq, node, now)
    }
  }
}

extension Desk {
  /// Sequence numbers of USIMs that went back since `time`, the oldest first, at most `limit`.
  public func counterDoubts(since time: Instant, limit: Int = 100) throws -> [CounterDoubt] {
    try store.read { reader in
      try reader.query(
        """
        SELECT imsi, change, seq, node, at, doubt_seq, doubt_node, doubt_at FROM auc_usim_counter
        WHERE doubt_at >= $1 ORDER BY doubt_at LIMIT $2
        """, time, limit
      ).map { row in
        CounterDoubt(
          imsi: try IMSI(row(0, as: String.self)), change: try row(1),
          before: .init(seq: try row(2), node: try row(3), at: try row(4)),
          after: .init(seq: try row(5), node: try row(6), at: try row(7)))
      }
    }
  }
}
