import Testing
import Foundation
import Store
import StoreSQLite

/// The stores that one contract binds.
enum Kind: CaseIterable, CustomTestStringConvertible {
  case memory, file

  var testDescription: String { self == .memory ? "in memory" : "in a file" }

  func make(_ schemas: [Schema] = [numbers]) throws -> SQLiteStore {
    let store = self == .memory ? try SQLiteStore.inMemory() : try SQLiteStore(path: Folder().file("store"))
    try store.migrate(schemas)
    return store
  }
}

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

/// A folder of its own in the system's place for such; the system empties it.
struct Folder {
  let path = NSTemporaryDirectory() + "simurgh-store-\(UUID().uuidString)"

  init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

  func file(_ name: String) -> String { "\(path)/\(name)" }
}
