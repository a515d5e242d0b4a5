import Identifiers
import Keys
import SGP22
import Store

/// The calls on ES2+ and ES12 and what they were answered: the same call gets the same answer (SGP.22 §5.2.3,
/// idempotence).
public enum CallTable {
  public static let schema = Schema(
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
      ],
      [.statement("ALTER TABLE es2plus_call RENAME TO function_call")],
    ])

  /// One call.
  public struct Call: Sendable {
    let requester: String
    let identifier: String
    /// SHA-256 of function and request.
    let digest: [UInt8]

    /// The call of `function` that `requester` made with `body`, which holds no secret: codes of a few digits are soon found
    /// from a digest. Nil without a header.
    public init?(_ requester: String, _ header: JSONBinding.RequestHeader?, function: String, body: [UInt8]) {
      guard let header else { return nil }
      (self.requester, identifier) = (requester, header.functionCallIdentifier)
      digest = sha256(Array(function.utf8) + body)
    }
  }

  /// What `call` was answered before; nil where it is new. The same identifier with other content is refused.
  public static func answer(to call: Call, in reader: any Reader) throws -> [UInt8]? {
    guard
      let row = try reader.first(
        "SELECT digest, answer FROM function_call WHERE requester = $1 AND identifier = $2", call.requester,
        call.identifier)
    else { return nil }
    guard try row(0) == call.digest else {
      throw isReused(call)
    }
    return try row(1)
  }

  static func isReused(_ call: Call) -> Denial {
    Refusal.callIdentifierReused.because("call \(call.identifier) of \(call.requester) came with other content")
  }

  /// A call and what it was answered, to be remembered.
  public struct Kept: DurableChange {
    let call: Call
    let answer: [UInt8]
    let expiry: Instant

    /// `call` was answered with `answer`, which is remembered until `expiry`.
    public init(_ call: Call, answer: [UInt8], until expiry: Instant) {
      (self.call, self.answer, self.expiry) = (call, answer, expiry)
    }

    public func save(now: Instant, in transaction: any Transaction) throws(StoreError) {
      let count = try transaction.execute(
        """
        INSERT INTO function_call (requester, identifier, digest, answer, expiry) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT DO NOTHING
        """, call.requester, call.identifier, call.digest, answer, expiry)
      guard count == 1 else { throw .conflict }
    }
  }

  /// Forgets at most `limit` calls whose answers need no longer be remembered; returns how many.
  public static func sweep(before now: Instant, limit: Int, in transaction: any Transaction) throws(StoreError) -> Int {
    try transaction.execute(
      """
      DELETE FROM function_call WHERE (requester, identifier) IN (
        SELECT requester, identifier FROM function_call WHERE expiry <= $1 ORDER BY expiry LIMIT $2)
      """, now, limit)
  }
}
