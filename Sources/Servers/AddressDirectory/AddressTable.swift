import AddressLookup
import Identifiers
import Stations
import Store
import TLV

/// Which server is there for which eUICC, in the store.
public enum AddressTable {
  public static let schema = Schema(
    owner: "address-directory",
    versions: [
      [
        .table(
          "address",
          """
          eid TEXT NOT NULL CHECK (length(eid) = 32), service TEXT NOT NULL, server TEXT NOT NULL, host TEXT NOT NULL,
          successor TEXT, expiry INTEGER NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (eid, service)
          """),
        .index("address_expiry", on: "address (expiry)"),
      ]
    ])

  /// One server for one eUICC.
  public struct Entry: Sendable, Hashable {
    /// The eUICC.
    public let eid: EID
    /// What the server does for it.
    public let service: AddressedService
    /// The server's object identifier, in digits and dots.
    public let server: String
    /// Where it is called.
    public let host: String
    /// The object identifier of the server that may take its place; nil for none.
    public var successor: String?
    /// From then on the entry is unknown.
    public let expiry: Instant
    /// Counts up with every change.
    let version: Int
  }

  /// The entry of `service` for `eid`, if it has not expired.
  public static func entry(
    _ service: AddressedService, of eid: EID, at now: Instant, in reader: any Reader
  ) throws(StoreError) -> Entry? {
    try reader.first(
      """
      SELECT eid, service, server, host, successor, expiry, version FROM address
      WHERE eid = $1 AND service = $2 AND expiry > $3
      """, eid, service.description, now
    ).map(entry)
  }

  /// All entries for `eid` that have not expired, at most `limit`.
  public static func entries(
    of eid: EID, at now: Instant, limit: Int = 100, in reader: any Reader
  ) throws(StoreError) -> [Entry] {
    try reader.query(
      """
      SELECT eid, service, server, host, successor, expiry, version FROM address
      WHERE eid = $1 AND expiry > $2 ORDER BY service LIMIT $3
      """, eid, now, limit
    ).map(entry)
  }

  /// All entries that have not expired, eUICC by eUICC.
  static func all(at now: Instant, in reader: any Reader) throws(StoreError) -> [Entry] {
    try reader.query(
      """
      SELECT eid, service, server, host, successor, expiry, version FROM address WHERE expiry > $1
      ORDER BY eid, service
      """, now
    ).map(entry)
  }

  private static func entry(_ row: Row) throws(StoreError) -> Entry {
    guard let service = AddressedService(try row(1, as: String.self)) else {
      throw .unexpected("an address of no known service")
    }
    return Entry(
      eid: try row(0), service: service, server: try row(2), host: try row(3), successor: try row(4),
      expiry: try row(5), version: try row(6))
  }

  /// Forgets at most `limit` entries that expired before `now`; returns how many.
  static func sweep(before now: Instant, limit: Int, in transaction: any Transaction) throws(StoreError) -> Int {
    try transaction.execute(
      """
      DELETE FROM address WHERE (eid, service) IN (
        SELECT eid, service FROM address WHERE expiry <= $1 ORDER BY expiry LIMIT $2)
      """, now, limit)
  }

  /// What becomes of an entry.
  enum Change: DurableChange {
    /// A new one where there was none in force.
    case registered(Entry)
    /// One in the place of that with version `over`.
    case replaced(Entry, over: Int)
    case withdrawn(Entry)

    func save(now: Instant, in transaction: any Transaction) throws(StoreError) {
      switch self {
      case .registered(let entry):
        let count = try transaction.execute(
          """
          INSERT INTO address (eid, service, server, host, successor, expiry, version)
          VALUES ($1, $2, $3, $4, $5, $6, 1)
          ON CONFLICT (eid, service) DO UPDATE SET server = excluded.server, host = excluded.host,
            successor = excluded.successor, expiry = excluded.expiry, version = address.version + 1
          WHERE address.expiry <= $7
          """, entry.eid, entry.service.description, entry.server, entry.host, entry.successor, entry.expiry, now)
        // Registered twice at the same time: the second is decided anew and finds the first.
        guard count == 1 else { throw .conflict }
      case .replaced(let entry, let version):
        try transaction.executeOne(
          """
          UPDATE address SET server = $4, host = $5, successor = $6, expiry = $7, version = version + 1
          WHERE eid = $1 AND service = $2 AND version = $3
          """, entry.eid, entry.service.description, version, entry.server, entry.host, entry.successor, entry.expiry)
      case .withdrawn(let entry):
        try transaction.executeOne(
          "DELETE FROM address WHERE eid = $1 AND service = $2 AND version = $3", entry.eid, entry.service.description,
          entry.version)
      }
    }
  }
}
