import Bytes
import Identifiers
import Keys
import Store
import TLV

/// The orders in the store: the only code that reads and writes their table.
public enum OrderBook {
  public static let schema = Schema(
    owner: "order-book",
    versions: [
      [
        .table(
          "profile_package",
          "hash BLOB PRIMARY KEY CHECK (length(hash) = 32), bytes BLOB NOT NULL"),
        .table(
          "profile_order",
          """
          iccid TEXT PRIMARY KEY CHECK (length(iccid) BETWEEN 18 AND 20),
          version INTEGER NOT NULL, state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 11),
          owner TEXT NOT NULL, profile_type TEXT NOT NULL,
          eid TEXT CHECK (length(eid) = 32), matching_id TEXT,
          expiry INTEGER, attempts INTEGER NOT NULL, code_attempts INTEGER NOT NULL, last_notification INTEGER,
          terms BLOB NOT NULL, metadata BLOB NOT NULL,
          template TEXT, package BLOB REFERENCES profile_package (hash), personal_data BLOB,
          CHECK ((template IS NULL) <> (package IS NULL))
          """),
        // A token names one order; the default SM-DP+'s empty one names an eUICC's first.
        .index(
          "profile_order_matching_id", on: "profile_order (matching_id) WHERE matching_id <> ''", unique: true),
        .index("profile_order_eid", on: "profile_order (eid) WHERE matching_id = ''"),
        // Stock is taken from the front.
        .index("profile_order_stock", on: "profile_order (profile_type, iccid) WHERE state = 0"),
      ]
    ])

  // MARK: Finding

  /// The order of `iccid`.
  public static func order(_ iccid: ICCID, in reader: any Reader) throws(StoreError) -> Order? {
    try reader.first(
      """
      SELECT iccid, version, state, owner, profile_type, eid, matching_id, expiry, attempts, code_attempts, terms,
        metadata, template, package, personal_data, last_notification FROM profile_order WHERE iccid = $1
      """, iccid
    ).map(order)
  }

  /// The order whose activation code or event has the token `matchingId`.
  public static func order(matchingId: String, in reader: any Reader) throws(StoreError) -> Order? {
    try reader.first(
      """
      SELECT iccid, version, state, owner, profile_type, eid, matching_id, expiry, attempts, code_attempts, terms,
        metadata, template, package, personal_data, last_notification FROM profile_order WHERE matching_id = $1 AND matching_id <> ''
      """, matchingId
    ).map(order)
  }

  /// The oldest order that waits for `eid` at its default SM-DP+ (SGP.22 §3.1.2: the MatchingID is empty).
  public static func defaultOrder(for eid: EID, in reader: any Reader) throws(StoreError) -> Order? {
    try reader.first(
      """
      SELECT iccid, version, state, owner, profile_type, eid, matching_id, expiry, attempts, code_attempts, terms,
        metadata, template, package, personal_data, last_notification FROM profile_order
      WHERE eid = $1 AND matching_id = '' AND state BETWEEN 3 AND 5 ORDER BY state = 3, iccid LIMIT 1
      """, eid
    ).map(order)
  }

  /// A profile in stock of the given type and owner, or of no owner.
  public static func available(
    profileType: String, owner: String, in reader: any Reader
  ) throws(StoreError) -> Order? {
    try reader.first(
      """
      SELECT iccid, version, state, owner, profile_type, eid, matching_id, expiry, attempts, code_attempts, terms,
        metadata, template, package, personal_data, last_notification FROM profile_order
      WHERE state = 0 AND profile_type = $1 AND owner IN ($2, '') ORDER BY iccid LIMIT 1
      """, profileType, owner
    ).map(order)
  }

  /// Whether there is any profile, in whatever state, of the given type, and whether `owner` may use one.
  public static func knowsType(
    _ profileType: String, owner: String, in reader: any Reader
  ) throws(StoreError) -> (exists: Bool, isAllowed: Bool) {
    let row = try reader.first(
      """
      SELECT EXISTS (SELECT 1 FROM profile_order WHERE profile_type = $1),
        EXISTS (SELECT 1 FROM profile_order WHERE profile_type = $1 AND owner IN ($2, ''))
      """, profileType, owner)
    guard let row else { throw .unexpected("no answer to EXISTS") }
    return (try row(0), try row(1))
  }

  /// At most `limit` orders after `iccid` in the order of their ICCIDs; those in `state` alone if it is given.
  public static func orders(
    after iccid: ICCID? = nil, state: Order.State? = nil, limit: Int = 100, in reader: any Reader
  ) throws(StoreError) -> [Order] {
    try reader.query(
      """
      SELECT iccid, version, state, owner, profile_type, eid, matching_id, expiry, attempts, code_attempts, terms,
        metadata, template, package, personal_data, last_notification FROM profile_order
      WHERE iccid > $1 AND state = COALESCE($2, state) ORDER BY iccid LIMIT $3
      """, iccid?.digits ?? "", state?.rawValue, limit
    ).map(order)
  }

  private static func order(_ row: Row) throws(StoreError) -> Order {
    let template: String? = try row(12)
    let package: [UInt8]? = try row(13)
    let terms: [UInt8] = try row(10)
    guard let state = Order.State(rawValue: try row(2)), let terms = try? OrderTerms(encoded: terms),
      let source = template.map(Order.Source.template) ?? package.map(Order.Source.package)
    else { throw .unexpected("an order is damaged") }
    var order = Order(
      iccid: try row(0), state: state, owner: try row(3), profileType: try row(4), eid: try row(5),
      matchingId: try row(6), expiry: try row(7), terms: terms, metadata: try row(11), source: source,
      personalData: try row(14))
    (order.version, order.attempts, order.codeAttempts) = (try row(1), try row(8), try row(9))
    order.lastNotification = try row(15)
    return order
  }

  // MARK: Writing

  /// Puts a new order in; ``StoreError/duplicate(_:)`` where ICCID or MatchingID is taken.
  public static func insert(
    _ order: Order, because cause: String, now: Instant, in transaction: any Transaction
  ) throws(StoreError) {
    var (template, package): (String?, [UInt8]?) = (nil, nil)
    switch order.source {
    case .template(let name): template = name
    case .package(let hash): package = hash
    }
    // A statement that fails would end a transaction in PostgreSQL, so a duplicate is passed over and then looked for.
    let count = try transaction.execute(
      """
      INSERT INTO profile_order (iccid, version, state, owner, profile_type, eid, matching_id, expiry, attempts,
        code_attempts, terms, metadata, template, package, personal_data)
      VALUES ($1, 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT DO NOTHING
      """,
      order.iccid, order.state.rawValue, order.owner, order.profileType, order.eid, order.matchingId, order.expiry,
      order.attempts, order.codeAttempts, order.terms.encoded, order.metadata, template, package, order.personalData)
    guard count == 1 else {
      throw .duplicate(try Self.order(order.iccid, in: transaction) == nil ? "matchingId" : "iccid")
    }
    try record("\(order.state): \(cause)", of: order, now: now, in: transaction)
  }

  /// Writes what changed from `old` to `new`, records why, and counts the version up;
  /// ``StoreError/conflict`` where somebody else was faster.
  public static func update(
    _ old: Order, to new: Order, because cause: String, now: Instant, in transaction: any Transaction
  ) throws(StoreError) {
    // A bound package is kept for a retry, and only as long as there may be one: however the order goes on, it goes.
    if old.state == .downloaded, new.state != .downloaded { try BoundProfileTable.drop(old.iccid, in: transaction) }
    let isReordered =
      (new.owner, new.eid, new.matchingId, new.expiry) != (old.owner, old.eid, old.matchingId, old.expiry)
      || new.terms != old.terms || new.metadata != old.metadata
    if isReordered {
      try transaction.executeOne(
        """
        UPDATE profile_order SET version = version + 1, state = $3, attempts = $4, code_attempts = $5,
          last_notification = $6, owner = $7, eid = $8, matching_id = $9, expiry = $10, terms = $11, metadata = $12
        WHERE iccid = $1 AND version = $2
        """,
        new.iccid, old.version, new.state.rawValue, new.attempts, new.codeAttempts, new.lastNotification, new.owner,
        new.eid,
        new.matchingId, new.expiry, new.terms.encoded, new.metadata)
    } else {
      // The hot path: no index is touched.
      try transaction.executeOne(
        """
        UPDATE profile_order SET version = version + 1, state = $3, attempts = $4, code_attempts = $5,
          last_notification = $6 WHERE iccid = $1 AND version = $2
        """,
        new.iccid, old.version, new.state.rawValue, new.attempts, new.codeAttempts, new.lastNotification)
    }
    if new.state != old.state {
      try record("\(old.state) → \(new.state): \(cause)", of: new, now: now, in: transaction)
    }
  }

  private static func record(
    _ text: String, of order: Order, now: Instant, in transaction: any Transaction
  ) throws(StoreError) {
    try EventRecord.append(
      Event(
        at: now, party: "SM-DP+", kind: .changed, name: "Profile", correlation: order.iccid.digits,
        body: .text(text)), in: transaction)
  }

  // MARK: Ready-made packages

  /// Keeps a ready-made package, which holds a subscriber's keys, wrapped and once however often it comes; returns its
  /// SHA-256.
  public static func keep(
    package: [UInt8], in vault: KeyVault, random: any RandomSource, _ transaction: any Transaction
  ) throws -> [UInt8] {
    let hash = sha256(package)
    try transaction.execute(
      "INSERT INTO profile_package (hash, bytes) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING", hash,
      vault.wrap(Secret(package), context: place(ofPackage: hash), random: random))
    return hash
  }

  /// The ready-made package of the given SHA-256.
  public static func package(_ hash: [UInt8], in vault: KeyVault, _ reader: any Reader) throws -> [UInt8]? {
    guard let wrapped: [UInt8] = try reader.first("SELECT bytes FROM profile_package WHERE hash = $1", hash)?(0)
    else { return nil }
    return try vault.unwrap(wrapped, context: place(ofPackage: hash)).bytes
  }

  static func place(ofPackage hash: [UInt8]) -> String { "profile_package/\(hash.hex)" }
}
