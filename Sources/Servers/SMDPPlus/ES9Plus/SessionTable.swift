import Identifiers
import SGP22
import Store

/// The sessions in the store.
enum SessionTable {
  static let schema = Schema(
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
      ]
    ])

  /// The session `transactionId` if it has not expired.
  static func session(
    _ transactionId: TransactionId, at now: Instant, in reader: any Reader
  ) throws(StoreError) -> Session? {
    try reader.first(
      """
      SELECT transaction_id, version, expiry, euicc_challenge, state FROM rsp_session
      WHERE transaction_id = $1 AND expiry > $2
      """, transactionId.bytes, now
    ).map(session)
  }

  /// The session that the challenge `euiccChallenge` began.
  static func session(euiccChallenge: [UInt8], in reader: any Reader) throws(StoreError) -> Session? {
    try reader.first(
      "SELECT transaction_id, version, expiry, euicc_challenge, state FROM rsp_session WHERE euicc_challenge = $1",
      euiccChallenge
    ).map(session)
  }

  private static func session(_ row: Row) throws(StoreError) -> Session {
    let (identifier, state): ([UInt8], [UInt8]) = (try row(0), try row(4))
    guard let transactionId = TransactionId(identifier),
      let session = try? Session(
        stored: state, transactionId: transactionId, version: row(1), expiry: row(2), euiccChallenge: row(3))
    else { throw .unexpected("a session is damaged") }
    return session
  }

  static func insert(_ session: Session, in transaction: any Transaction) throws(StoreError) {
    let count = try transaction.execute(
      """
      INSERT INTO rsp_session (transaction_id, version, expiry, euicc_challenge, state) VALUES ($1, 1, $2, $3, $4)
      ON CONFLICT DO NOTHING
      """,
      session.transactionId.bytes, session.expiry, session.euiccChallenge, session.stored)
    // The same request twice at the same time: the second is decided anew and finds the first.
    guard count == 1 else { throw .conflict }
  }

  static func update(_ session: Session, in transaction: any Transaction) throws(StoreError) {
    try transaction.executeOne(
      """
      UPDATE rsp_session SET version = version + 1, expiry = $3, state = $4 WHERE transaction_id = $1 AND version = $2
      """,
      session.transactionId.bytes, session.version, session.expiry, session.stored)
  }

  static func delete(_ session: Session, in transaction: any Transaction) throws(StoreError) {
    try transaction.executeOne(
      "DELETE FROM rsp_session WHERE transaction_id = $1 AND version = $2",
      session.transactionId.bytes, session.version)
  }

  /// Forgets at most `limit` sessions that expired before `now`; returns how many.
  static func sweep(before now: Instant, limit: Int, in transaction: any Transaction) throws(StoreError) -> Int {
    try transaction.execute(
      """
      DELETE FROM rsp_session WHERE transaction_id IN (
        SELECT transaction_id FROM rsp_session WHERE expiry <= $1 ORDER BY expiry LIMIT $2)
      """, now, limit)
  }
}
