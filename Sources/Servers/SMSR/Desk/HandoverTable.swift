import Bytes
import Identifiers
import Keys
import SGP22
import Stations
import Store
import TLV

/// Changes of SM-SR, in the store: what this SM-SR gives away, and what it takes over.
enum HandoverTable {
  static let schema = Schema(
    owner: "sm-sr-change",
    versions: [
      [
        .table(
          "sr_prepared",
          """
          eid TEXT PRIMARY KEY CHECK (length(eid) = 32), current TEXT NOT NULL, mno TEXT NOT NULL,
          expiry INTEGER NOT NULL
          """),
        .table(
          "sr_change",
          """
          id TEXT PRIMARY KEY, mno TEXT NOT NULL, call TEXT NOT NULL, eid TEXT NOT NULL, target TEXT NOT NULL,
          state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 3), keys_made INTEGER NOT NULL, since INTEGER NOT NULL,
          UNIQUE (mno, call)
          """),
        // "Race of two changes": an eUICC goes to one SM-SR at a time.
        .index("sr_change_open", on: "sr_change (eid) WHERE state = 1", unique: true),
        .table(
          "sr_takeover",
          """
          id TEXT PRIMARY KEY, eid TEXT NOT NULL, current TEXT NOT NULL, eis BLOB NOT NULL, version INTEGER NOT NULL,
          state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 3), host TEXT, attempt INTEGER NOT NULL,
          establishment BLOB, one_time_key BLOB, since INTEGER NOT NULL, CHECK (state = 1 OR one_time_key IS NULL)
          """),
        .index("sr_takeover_open", on: "sr_takeover (eid) WHERE state = 1", unique: true),
      ]
    ])

  /// How a change, or a take-over, stands.
  enum State: Int, Sendable {
    case underWay = 1
    case done = 2
    /// The eUICC stays where it was.
    case failed = 3
  }

  /// An eUICC that another SM-SR is to manage.
  struct Change: DurableChange {
    let id: String
    let mno: String
    let call: String
    let eid: EID
    let target: OID
    var state = State.underWay
    /// Whether the eUICC has, or may have, a key set of the other SM-SR's: from then on only that one ends the change.
    var keysMade = false
    let since: Instant

    func save(now: Instant, in transaction: any Transaction) throws(StoreError) {
      let count = try transaction.execute(
        """
        INSERT INTO sr_change (id, mno, call, eid, target, state, keys_made, since)
        VALUES ($1, $2, $3, $4, $5, 1, 0, $6) ON CONFLICT DO NOTHING
        """, id, mno, call, eid, target.description, since)
      guard count == 1 else { throw .conflict }
      try Steps.begin(SMSRChangeSteps.plan, subject: id, now: now, in: transaction)
    }
  }

  /// An eUICC that this SM-SR is to manage.
  struct TakeOver: DurableChange {
    let id: String
    let eid: EID
    let current: OID
    /// The EIS, in JSON.
    let eis: [UInt8]
    /// The version of the new key set.
    let version: Int
    var state = State.underWay
    /// Where the SM-SR is that hands over.
    var host: String?
    /// Counts the challenges that were asked for.
    var attempt = 0
    /// What is asked of the eUICC, over a challenge that is not used up.
    var establishment: [UInt8]?
    /// The private key to it, wrapped: the eUICC's answer may take days. It goes as soon as both have agreed.
    var oneTimeKey: [UInt8]?
    let since: Instant

    /// Where the one-time key stands, to which its wrapping is bound.
    var keyPlace: String { "sr_takeover/\(id)/\(attempt)" }

    func save(now: Instant, in transaction: any Transaction) throws(StoreError) {
      let count = try transaction.execute(
        """
        INSERT INTO sr_takeover (id, eid, current, eis, version, state, attempt, since)
        VALUES ($1, $2, $3, $4, $5, 1, 0, $6) ON CONFLICT DO NOTHING
        """, id, eid, current.description, eis, version, since)
      guard count == 1 else { throw .conflict }
      // What was prepared serves once.
      try transaction.execute("DELETE FROM sr_prepared WHERE eid = $1", eid)
      try Steps.begin(TakeOverSteps.plan, subject: id, now: now, in: transaction)
    }
  }

  /// What an operator has prepared.
  struct Prepared: DurableChange {
    let eid: EID
    let current: OID
    let mno: String
    let expiry: Instant

    func save(now: Instant, in transaction: any Transaction) throws(StoreError) {
      try transaction.execute(
        """
        INSERT INTO sr_prepared (eid, current, mno, expiry) VALUES ($1, $2, $3, $4)
        ON CONFLICT (eid) DO UPDATE SET current = excluded.current, mno = excluded.mno, expiry = excluded.expiry
        """, eid, current.description, mno, expiry)
    }
  }

  /// Whether `current` may hand over `eid`: an operator asked for it not long ago.
  static func isPrepared(_ eid: EID, from current: OID, at now: Instant, in reader: any Reader) throws(StoreError)
    -> Bool
  {
    try reader.first(
      "SELECT 1 FROM sr_prepared WHERE eid = $1 AND current = $2 AND expiry > $3", eid, current.description, now) != nil
  }

  /// Whether the eUICC is on its way from or to another SM-SR.
  static func isUnderWay(_ eid: EID, in reader: any Reader) throws(StoreError) -> Bool {
    try reader.first(
      """
      SELECT 1 FROM sr_change WHERE eid = $1 AND state = 1
      UNION ALL SELECT 1 FROM sr_takeover WHERE eid = $1 AND state = 1
      """, eid) != nil
  }

  // MARK: Changes

  static func change(_ id: String, in reader: any Reader) throws -> Change? {
    try reader.first(
      "SELECT id, mno, call, eid, target, state, keys_made, since FROM sr_change WHERE id = $1", id
    ).map(change)
  }

  static func change(of mno: String, call: String, in reader: any Reader) throws -> Change? {
    try reader.first(
      "SELECT id, mno, call, eid, target, state, keys_made, since FROM sr_change WHERE mno = $1 AND call = $2", mno,
      call
    ).map(change)
  }

  static func openChange(of eid: EID, in reader: any Reader) throws -> Change? {
    try reader.first(
      "SELECT id, mno, call, eid, target, state, keys_made, since FROM sr_change WHERE eid = $1 AND state = 1", eid
    ).map(change)
  }

  private static func change(_ row: Row) throws -> Change {
    guard let target = OID(try row(4, as: String.self)), let state = State(rawValue: try row(5)) else {
      throw StoreError.unexpected("a change of SM-SR of no known state")
    }
    return Change(
      id: try row(0), mno: try row(1), call: try row(2), eid: try row(3), target: target, state: state,
      keysMade: try row(6), since: try row(7))
  }

  /// Notes that the eUICC may have a key set of the other SM-SR's.
  static func noteKeys(of eid: EID, in transaction: any Transaction) throws(StoreError) {
    try transaction.execute("UPDATE sr_change SET keys_made = 1 WHERE eid = $1 AND state = 1", eid)
  }

  static func end(change id: String, _ state: State, in transaction: any Transaction) throws(StoreError) {
    try transaction.executeOne("UPDATE sr_change SET state = $2 WHERE id = $1", id, state.rawValue)
  }

  // MARK: Take-overs

  static func takeOver(_ id: String, in reader: any Reader) throws -> TakeOver? {
    try reader.first(
      """
      SELECT id, eid, current, eis, version, state, host, attempt, establishment, one_time_key, since FROM sr_takeover
      WHERE id = $1
      """, id
    ).map { row in
      guard let current = OID(try row(2, as: String.self)), let state = State(rawValue: try row(5)) else {
        throw StoreError.unexpected("a take-over of no known state")
      }
      return TakeOver(
        id: try row(0), eid: try row(1), current: current, eis: try row(3), version: try row(4), state: state,
        host: try row(6), attempt: try row(7), establishment: try row(8), oneTimeKey: try row(9), since: try row(10))
    }
  }

  /// Keeps what a take-over has learned.
  static func save(_ takeOver: TakeOver, in transaction: any Transaction) throws(StoreError) {
    try transaction.executeOne(
      """
      UPDATE sr_takeover SET state = $2, host = $3, attempt = $4, establishment = $5, one_time_key = $6 WHERE id = $1
      """, takeOver.id, takeOver.state.rawValue, takeOver.host, takeOver.attempt, takeOver.establishment,
      takeOver.oneTimeKey)
  }

  /// After the vault's master key was rotated.
  static func rewrap(_ vault: KeyVault, random: any RandomSource, in transaction: any Transaction) throws {
    let rows = try transaction.query("SELECT id FROM sr_takeover WHERE one_time_key IS NOT NULL")
    for row in rows {
      guard var takeOver = try takeOver(row(0), in: transaction), let key = takeOver.oneTimeKey, vault.isOutdated(key)
      else { continue }
      takeOver.oneTimeKey = try vault.rewrap(key, context: takeOver.keyPlace, random: random)
      try save(takeOver, in: transaction)
    }
  }
}
