import Store
import TestStores
import Testing

/// The contract's own table.
let numbers = Schema(
  owner: "numbers",
  versions: [
    [
      .table(
        "number", "id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, value INTEGER CHECK (value < 1000), more BLOB")
    ]
  ])

extension Reader {
  func count() throws -> Int { try first("SELECT count(*) FROM number")?(0) ?? -1 }
  func value() throws -> Int { try first("SELECT value FROM number")?(0) ?? -1 }
}

@Suite struct PresenceTests {
  @Test(
    "The contract is held by PostgreSQL too",
    .enabled(if: TestPostgreSQL.absence == nil, "\(TestPostgreSQL.absence ?? "")"))
  func postgreSQL() { #expect(StoreKind.available.contains(.postgreSQL)) }
}
