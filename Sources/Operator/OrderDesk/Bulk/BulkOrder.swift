import Bytes
import Identifiers
import SGP22
import Store

/// Many orders from one file, and how far they have come.
public struct BulkOrder: Sendable, Hashable {
  public let number: Int
  public let name: String
  /// Rows of the file.
  public let total: Int
  /// Rows that were looked at; the next one goes on from here, after a crash too.
  public let taken: Int
  /// Rows that brought no order.
  public let failed: Int
  public let since: Instant
  let digest: [UInt8]

  static func read(_ row: Row) throws(StoreError) -> BulkOrder {
    BulkOrder(
      number: try row(0), name: try row(1), total: try row(3), taken: try row(4), failed: try row(5),
      since: try row(6), digest: try row(2))
  }
}

/// A row of a bulk order's file: its columns by name. Names are compared without regard to case, hyphens, underscores
/// and spaces; an empty value is none.
public struct BulkRow: Sendable {
  /// The columns that a file may have.
  public static let columns = [
    "profileType", "subscription", "iccid", "eid", "confirmationCode", "smds", "reference",
  ]

  private static let known = Dictionary(
    columns.map { (normal($0), $0) }, uniquingKeysWith: { first, _ in first })

  /// The column that a file's header calls `name`; nil where there is none.
  public static func column(_ name: String) -> String? { known[normal(name)] }

  private static func normal(_ name: String) -> String { name.lowercased().filter { !"-_ ".contains($0) } }

  private let values: [String: String]
  /// Why the row could not be read from its file.
  private let fault: String?

  /// A row of values by the names of ``columns``.
  public init(_ values: [String: String]) { (self.values, fault) = (values, nil) }

  /// A row that could not be read from its file for `reason`: it counts, and brings no order.
  public init(unreadable reason: String) { (values, fault) = ([:], reason) }

  private subscript(name: String) -> String? {
    guard let value = values[name], !value.isEmpty else { return nil }
    return value
  }

  /// The order that the row describes.
  func request() throws(OrderError) -> OrderRequest {
    if let fault { throw .invalid("row", fault) }
    func value<Value>(_ name: String, _ read: (String) throws -> Value?, wanted: String) throws(OrderError) -> Value? {
      guard let text = self[name] else { return nil }
      guard let value = try? read(text) else { throw .invalid(name, wanted) }
      return value
    }
    return try OrderRequest(
      profileType: self["profileType"] ?? "",
      subscription: value("subscription", { Int($0) }, wanted: "a subscription's number is wanted"),
      iccid: value("iccid", { try ICCID($0) }, wanted: "18 to 20 digits that begin with 89 are wanted"),
      eid: value("eid", { try EID($0) }, wanted: "the 32 digits of an EID are wanted"),
      confirmationCode: self["confirmationCode"].map { Secret(Array($0.utf8)) }, smdsAddress: self["smds"],
      reference: self["reference"])
  }
}

extension Desk {
  /// Begins a bulk order of `total` rows from the file with the SHA-256 `digest`, or finds the one that was begun under
  /// this name, to go on with it.
  public func beginBulk(_ name: String, digest: [UInt8], total: Int, now: Instant) throws -> BulkOrder {
    guard (1...128).contains(name.utf8.count), !name.contains(where: \.isNewline) else {
      throw OrderError.invalid("name", "1 to 128 characters on one line are wanted")
    }
    return try perform { transaction in
      try transaction.execute(
        """
        INSERT INTO bulk_order (name, digest, total, taken, failed, since) VALUES ($1, $2, $3, 0, 0, $4)
        ON CONFLICT DO NOTHING
        """, name, digest, total, now)
      let bulk = try Self.find(bulk: name, in: transaction)
      guard bulk.digest == digest, bulk.total == total else { throw OrderError.otherBulk(name) }
      return bulk
    }
  }

  /// Takes the next rows of a bulk order, all in one commit: good ones become orders, bad ones are noted with their
  /// number, counted from 1, and their reason. Returns the bulk order as it stands then.
  public func take(
    _ rows: some Collection<BulkRow>, of bulk: BulkOrder, now: Instant, random: any RandomSource
  ) throws -> BulkOrder {
    try store.transaction { transaction in
      var failed = 0
      for (number, row) in zip((bulk.taken + 1)..., rows) {
        let reason: String
        do {
          let request = try row.request()
          if try insert(request, bulk: bulk.number, now: now, random: random, in: transaction) != nil { continue }
          reason = OrderError.knownReference(request.reference ?? "").description
        } catch let error as OrderError { reason = error.description }
        failed += 1
        try transaction.execute(
          "INSERT INTO bulk_error (bulk, number, reason) VALUES ($1, $2, $3)", bulk.number, number, reason)
      }
      // Whoever goes on with the same bulk order at the same time finds that its rows were taken.
      try transaction.executeOne(
        "UPDATE bulk_order SET taken = taken + $3, failed = failed + $4 WHERE id = $1 AND taken = $2", bulk.number,
        bulk.taken, rows.count, failed)
      return try Self.find(bulk: bulk.name, in: transaction)
    }
  }

  /// The bulk order called `name`.
  public func bulk(_ name: String) throws -> BulkOrder { try store.read { try Self.find(bulk: name, in: $0) } }

  /// All bulk orders, the latest first.
  public func bulks(limit: Int = 100) throws -> [BulkOrder] {
    try store.read { reader in
      try reader.query(
        "SELECT id, name, digest, total, taken, failed, since FROM bulk_order ORDER BY id DESC LIMIT $1", limit
      ).map(BulkOrder.read)
    }
  }

  /// How many of a bulk order's orders are in each state.
  public func counts(of bulk: BulkOrder) throws -> [Order.State: Int] {
    try store.read { reader in
      try Self.counts(
        reader.query("SELECT state, count(*) FROM esim_order WHERE bulk = $1 GROUP BY state", bulk.number))
    }
  }

  /// The rows of a bulk order that brought no order, after number `row`, at most `limit`.
  public func errors(
    of bulk: BulkOrder, after row: Int = 0, limit: Int = 1000
  ) throws -> [(row: Int, reason: String)] {
    try store.read { reader in
      try reader.query(
        "SELECT number, reason FROM bulk_error WHERE bulk = $1 AND number > $2 ORDER BY number LIMIT $3", bulk.number,
        row,
        limit
      ).map { row in (try row(0), try row(1)) }
    }
  }

  private static func find(bulk name: String, in reader: any Reader) throws -> BulkOrder {
    let row = try reader.first(
      "SELECT id, name, digest, total, taken, failed, since FROM bulk_order WHERE name = $1", name)
    guard let row else { throw OrderError.unknownBulk(name) }
    return try BulkOrder.read(row)
  }
}
