import Bytes
import Identifiers
import SGP02
import SGP22
import Stations
import Store

/// What is being done on eUICCs, in the store: at most one thing on each at a time, so that no two orders of things can
/// be told apart by luck. An operation that is done keeps its outcome for whoever asks again.
enum OperationTable {
  static let schema = Schema(
    owner: "sm-sr-operation",
    versions: [
      [
        .table(
          "sr_operation",
          """
          requester TEXT NOT NULL, call TEXT NOT NULL, eid TEXT NOT NULL, kind INTEGER NOT NULL, iccid TEXT,
          state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 4), packet BLOB, key_version INTEGER, counter INTEGER,
          attempts INTEGER NOT NULL, due INTEGER NOT NULL, subject TEXT, reason TEXT, version INTEGER NOT NULL,
          PRIMARY KEY (requester, call)
          """),
        .index("sr_operation_open", on: "sr_operation (eid) WHERE state < 4", unique: true),
        .index("sr_operation_due", on: "sr_operation (due)"),
      ],
      [
        .statement("ALTER TABLE sr_operation ADD COLUMN settled INTEGER NOT NULL DEFAULT 0"),
        .table("sr_notification", "eid TEXT PRIMARY KEY, number INTEGER NOT NULL"),
      ],
      [
        .statement("ALTER TABLE sr_operation ADD COLUMN data BLOB"),
        .statement("ALTER TABLE sr_operation ADD COLUMN answer BLOB"),
      ],
      [.statement("ALTER TABLE sr_operation ADD COLUMN aid BLOB")],
    ])

  /// The operation that `requester` asked for with that call.
  static func operation(_ requester: String, _ call: String, in reader: any Reader) throws(StoreError) -> Operation? {
    try reader.first(
      """
      SELECT requester, call, eid, kind, iccid, state, packet, key_version, counter, attempts, due, subject, reason,
        version, settled, aid, data, answer FROM sr_operation WHERE requester = $1 AND call = $2
      """, requester, call
    ).map(operation)
  }

  /// What is being done on `eid`.
  static func open(_ eid: EID, in reader: any Reader) throws(StoreError) -> Operation? {
    try reader.first(
      """
      SELECT requester, call, eid, kind, iccid, state, packet, key_version, counter, attempts, due, subject, reason,
        version, settled, aid, data, answer FROM sr_operation WHERE eid = $1 AND state < 4
      """, eid
    ).map(operation)
  }

  /// Operations of which a packet is to be sent, at most `limit`.
  static func due(_ now: Instant, limit: Int, in reader: any Reader) throws(StoreError) -> [Operation] {
    try reader.query(
      """
      SELECT requester, call, eid, kind, iccid, state, packet, key_version, counter, attempts, due, subject, reason,
        version, settled, aid, data, answer FROM sr_operation WHERE state < 4 AND due <= $1 ORDER BY due LIMIT $2
      """, now, limit
    ).map(operation)
  }

  // MARK: Notifications

  /// The number of the notification that `eid` waits to have confirmed.
  static func notification(of eid: EID, in reader: any Reader) throws(StoreError) -> Int? {
    try reader.first("SELECT number FROM sr_notification WHERE eid = $1", eid)?(0)
  }

  /// Keeps the number of a notification that is to be confirmed; nil where it was.
  static func keep(notification number: Int?, of eid: EID, in transaction: any Transaction) throws(StoreError) {
    guard let number else {
      _ = try transaction.execute("DELETE FROM sr_notification WHERE eid = $1", eid)
      return
    }
    try transaction.execute(
      "INSERT INTO sr_notification (eid, number) VALUES ($1, $2) ON CONFLICT (eid) DO UPDATE SET number = excluded.number",
      eid, number)
  }

  private static func operation(_ row: Row) throws(StoreError) -> Operation {
    guard let kind = Operation.Kind(rawValue: try row(3)), let state = Operation.State(rawValue: try row(5)) else {
      throw .unexpected("an operation of no known kind")
    }
    var outcome: Refusal?
    if let subject: String = try row(11), let reason: String = try row(12) {
      outcome = Operation.refusals.first { $0.subjectCode == subject && $0.reasonCode == reason }
    }
    let aid: [UInt8]? = try row(15)
    return Operation(
      requester: try row(0), call: try row(1), eid: try row(2), kind: kind, iccid: try row(4),
      aid: aid.flatMap { try? AID($0) }, data: try row(16), state: state, packet: try row(6), keyVersion: try row(7),
      counter: try row(8), attempts: try row(9), due: try row(10), refusal: outcome, answer: try row(17),
      isSettled: try row(14), version: try row(13))
  }

  /// Begins an operation; a conflict where another is open, or it was begun already.
  static func insert(_ operation: Operation, in transaction: any Transaction) throws(StoreError) {
    let count = try transaction.execute(
      """
      INSERT INTO sr_operation (requester, call, eid, kind, iccid, aid, data, state, attempts, due, version)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, 1) ON CONFLICT DO NOTHING
      """, operation.requester, operation.call, operation.eid, operation.kind.rawValue, operation.iccid,
      operation.aid?.bytes, operation.data, operation.state.rawValue, operation.due)
    guard count == 1 else { throw .conflict }
  }

  /// Writes `operation` over the version it had.
  static func save(_ operation: Operation, in transaction: any Transaction) throws(StoreError) {
    try transaction.executeOne(
      """
      UPDATE sr_operation SET state = $4, packet = $5, key_version = $6, counter = $7, attempts = $8, due = $9,
        subject = $10, reason = $11, settled = $12, answer = $13, version = version + 1
      WHERE requester = $1 AND call = $2 AND version = $3
      """, operation.requester, operation.call, operation.version, operation.state.rawValue, operation.packet,
      operation.keyVersion, operation.counter, operation.attempts, operation.due, operation.refusal?.subjectCode,
      operation.refusal?.reasonCode, operation.isSettled, operation.answer)
  }

  /// Forgets at most `limit` operations that were done before `instant`; returns how many.
  static func sweep(before instant: Instant, limit: Int, in transaction: any Transaction) throws(StoreError) -> Int {
    try transaction.execute(
      """
      DELETE FROM sr_operation WHERE (requester, call) IN (
        SELECT requester, call FROM sr_operation WHERE state = 4 AND due <= $1 ORDER BY due LIMIT $2)
      """, instant, limit)
  }
}

/// One thing that is done on an eUICC: a packet with the command, then the eUICC's own report of what came of it.
struct Operation: DurableChange {
  enum Kind: Int, Sendable {
    case enableProfile = 1
    case disableProfile = 2
    case deleteProfile = 3
    /// The books are compared with the eUICC.
    case audit = 4
    /// Another SM-SR's certificate is shown to the ISD-R, which gives its challenge.
    case presentCertificate = 11
    /// Another SM-SR and the ISD-R agree on a key set.
    case establishKeySet = 12
    /// The key sets of the SM-SR before go, and notifications come here.
    case takeOver = 13

    case createISDP = 5
    case setFallbackAttribute = 6
    /// What is sent is another's, and so is the answer.
    case sendData = 7
    /// An SM-DP says that it installed a profile: the eUICC is asked whether it did.
    case profileDownload = 8

    /// Whether it belongs to a change of SM-SR, during which nothing else is done.
    var isHandover: Bool { [.presentCertificate, .establishKeySet, .takeOver].contains(self) }
  }

  enum State: Int, Sendable {
    /// No packet was sent yet.
    case queued = 1
    /// The command was sent, and may have been carried out.
    case commanded = 2
    /// The eUICC is asked for its state.
    case asked = 3
    /// Nothing more happens.
    case done = 4
  }

  /// How an operation may fail.
  static let refusals: [Refusal] = [.refusedByPOL1, .euiccNotExecuted, .answerLost]

  let requester: String
  let call: String
  let eid: EID
  let kind: Kind
  let iccid: ICCID?
  /// The security domain that is spoken to; the ISD-R where it is nil.
  var aid: AID?
  /// What is sent, where it is another's.
  var data: [UInt8]?
  var state: State
  /// The packet that was sent last, to be sent again as it is; nil where one is still to be made.
  var packet: [UInt8]?
  var keyVersion: Int?
  var counter: Int?
  var attempts = 0
  var due: Instant
  /// Why it failed; nil where it did not.
  var refusal: Refusal?
  /// What the eUICC answered to another's data.
  var answer: [UInt8]?
  /// Whether the eUICC has a network with the profile and knows that the SM-SR knows: it takes nothing back any more.
  var isSettled = false
  var version = 1

  /// Whether another profile is in use when it succeeds, or none.
  var changesUse: Bool { [.enableProfile, .disableProfile].contains(kind) }

  func save(now: Instant, in transaction: any Transaction) throws(StoreError) {
    try OperationTable.insert(self, in: transaction)
  }
}
