import Identifiers
import SGP22
import Stations
import Store
import TLV

/// One server's sessions in the store. Servers that share a store share the table, not the sessions.
public struct SessionTable<Course: SessionCourse>: Sendable {
  /// Whose sessions: "SM-DP+".
  let party: String

  /// The sessions of `party`.
  public init(party: String) { self.party = party }

  public static var schema: Schema {
    Schema(
      owner: "rsp-session",
      versions: [
        [
          .table(
            "rsp_session",
            """
            transaction_id BLOB PRIMARY KEY, version INTEGER NOT NULL, expiry INTEGER NOT NULL,
            euicc_challenge BLOB NOT NULL UNIQUE CHECK (length(euicc_challenge) = 16), state BLOB NOT NULL
            """),
          .index("rsp_session_expiry", on: "rsp_session (expiry)"),
        ],
        [.statement("ALTER TABLE rsp_session ADD COLUMN party TEXT NOT NULL DEFAULT 'SM-DP+'")],
      ])
  }

  /// The session `transactionId` if it has not expired.
  public func session(
    _ transactionId: TransactionId, at now: Instant, in reader: any Reader
  ) throws(StoreError) -> Session<Course>? {
    try reader.first(
      """
      SELECT transaction_id, version, expiry, euicc_challenge, state FROM rsp_session
      WHERE transaction_id = $1 AND expiry > $2 AND party = $3
      """, transactionId.bytes, now, party
    ).map(session)
  }

  /// The session that the challenge `euiccChallenge` began.
  func session(euiccChallenge: [UInt8], in reader: any Reader) throws(StoreError) -> Session<Course>? {
    try reader.first(
      """
      SELECT transaction_id, version, expiry, euicc_challenge, state FROM rsp_session
      WHERE euicc_challenge = $1 AND party = $2
      """, euiccChallenge, party
    ).map(session)
  }

  /// Whether the challenge began a session at another server that shares the store.
  func isUsedElsewhere(euiccChallenge: [UInt8], in reader: any Reader) throws(StoreError) -> Bool {
    try reader.first(
      "SELECT 1 FROM rsp_session WHERE euicc_challenge = $1 AND party <> $2", euiccChallenge, party) != nil
  }

  private func session(_ row: Row) throws(StoreError) -> Session<Course> {
    let (identifier, state): ([UInt8], [UInt8]) = (try row(0), try row(4))
    guard let transactionId = TransactionId(identifier),
      let session = try? Session<Course>(
        stored: state, transactionId: transactionId, version: row(1), expiry: row(2), euiccChallenge: row(3))
    else { throw .unexpected("a session is damaged") }
    return session
  }

  /// Forgets at most `limit` sessions that expired before `now`; returns how many.
  public func sweep(before now: Instant, limit: Int, in transaction: any Transaction) throws(StoreError) -> Int {
    try transaction.execute(
      """
      DELETE FROM rsp_session WHERE transaction_id IN (
        SELECT transaction_id FROM rsp_session WHERE expiry <= $1 ORDER BY expiry LIMIT $2)
      """, now, limit)
  }

  // MARK: Changes

  /// A new session.
  func inserted(_ session: Session<Course>) -> SessionChange<Course> { .inserted(session, party: party) }
}

/// What becomes of a session in the store.
public enum SessionChange<Course: SessionCourse>: DurableChange {
  case inserted(Session<Course>, party: String)
  /// Over the version that was read.
  case updated(Session<Course>)
  /// The version that was read.
  case deleted(Session<Course>)

  public func save(now: Instant, in transaction: any Transaction) throws(StoreError) {
    switch self {
    case .inserted(let session, let party):
      let count = try transaction.execute(
        """
        INSERT INTO rsp_session (transaction_id, version, expiry, euicc_challenge, state, party)
        VALUES ($1, 1, $2, $3, $4, $5) ON CONFLICT DO NOTHING
        """,
        session.transactionId.bytes, session.expiry, session.euiccChallenge, session.stored, party)
      // The same request twice at the same time: the second is decided anew and finds the first.
      guard count == 1 else { throw .conflict }
    case .updated(let session):
      try transaction.executeOne(
        """
        UPDATE rsp_session SET version = version + 1, expiry = $3, state = $4 WHERE transaction_id = $1 AND version = $2
        """,
        session.transactionId.bytes, session.version, session.expiry, session.stored)
    case .deleted(let session):
      try transaction.executeOne(
        "DELETE FROM rsp_session WHERE transaction_id = $1 AND version = $2",
        session.transactionId.bytes, session.version)
    }
  }
}
