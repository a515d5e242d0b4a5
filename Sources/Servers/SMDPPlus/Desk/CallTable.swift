import Identifiers
import Keys
import SGP22
import Store

/// The operators' calls and what they were answered: the same call gets the same answer (SGP.22 §5.2.3, idempotence).
enum CallTable {
  static let schema = Schema(
    owner: "es2plus-call",
    versions: [
      [
        .table(
          "es2plus_call",
          """
          requester TEXT NOT NULL, identifier TEXT NOT NULL, digest BLOB NOT NULL, answer BLOB NOT NULL,
          expiry INTEGER NOT NULL, PRIMARY KEY (requester, identifier)
          """),
        .index("es2plus_call_expiry", on: "es2plus_call (expiry)"),
      ]
    ])

  /// One call.
  struct Call: Sendable {
    let requester: String
    let identifier: String
    /// SHA-256 of function and request.
    let digest: [UInt8]

    init?(_ requester: Requesters.Requester, _ header: JSONBinding.RequestHeader?, function: String, body: [UInt8]) {
      guard let header else { return nil }
      (self.requester, identifier) = (requester.identifier, header.functionCallIdentifier)
      digest = sha256(Array(function.utf8) + body)
    }
  }

  /// What `call` was answered before; nil where it is new. The same identifier with other content is refused.
  static func answer(to call: Call, in reader: any Reader) throws -> [UInt8]? {
    guard
      let row = try reader.first(
        "SELECT digest, answer FROM es2plus_call WHERE requester = $1 AND identifier = $2", call.requester,
        call.identifier)
    else { return nil }
    guard try row(0) == call.digest else {
      throw Refusal.callIdentifierReused.because("call \(call.identifier) of \(call.requester) came with other content")
    }
    return try row(1)
  }

  static func keep(
    _ call: Call, answer: [UInt8], until expiry: Instant, in transaction: any Transaction
  ) throws(StoreError) {
    let count = try transaction.execute(
      """
      INSERT INTO es2plus_call (requester, identifier, digest, answer, expiry) VALUES ($1, $2, $3, $4, $5)
      ON CONFLICT DO NOTHING
      """, call.requester, call.identifier, call.digest, answer, expiry)
    guard count == 1 else { throw .conflict }
  }

  /// Forgets at most `limit` calls whose answers need no longer be remembered; returns how many.
  static func sweep(before now: Instant, limit: Int, in transaction: any Transaction) throws(StoreError) -> Int {
    try transaction.execute(
      """
      DELETE FROM es2plus_call WHERE (requester, identifier) IN (
        SELECT requester, identifier FROM es2plus_call WHERE expiry <= $1 ORDER BY expiry LIMIT $2)
      """, now, limit)
  }
}
