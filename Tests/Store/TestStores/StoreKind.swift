import Bytes
import Foundation
import Store
import StorePostgreSQL
import StoreSQLite

/// The stores that one contract binds: a test takes `StoreKind.available` as its arguments and makes each of them, or is
/// run `.overEveryStore` and makes the current one.
public enum StoreKind: CaseIterable, Sendable, CustomStringConvertible {
  /// SQLite without a file.
  case memory
  case file
  case postgreSQL

  /// That over which the running test is run; see ``EveryStore``.
  @TaskLocal public static var current = memory

  public var description: String {
    switch self {
    case .memory: "SQLite in memory"
    case .file: "SQLite in a file"
    case .postgreSQL: "PostgreSQL"
    }
  }

  /// Those that can be made on this machine: PostgreSQL where it is installed.
  public static let available = allCases.filter { $0 != .postgreSQL || TestPostgreSQL.absence == nil }

  /// Those over which several connections read and write.
  public static let connected = available.filter { $0 != .memory }

  /// A new store with the given tables; `writers` groups are committed side by side where the store can.
  public func make(_ schemas: [Schema] = [], writers: Int = 2) throws -> any Store {
    let store: any Store
    switch self {
    case .memory: store = try SQLiteStore.inMemory()
    case .file: store = try SQLiteStore(path: TestFolder().file("store"))
    case .postgreSQL:
      var limits = PostgreSQLStore.Limits()
      limits.writers = writers
      store = try PostgreSQLStore(
        TestPostgreSQL.shared.get().emptyDatabase(), limits: limits, random: SystemRandomSource.shared)
    }
    try store.migrate(schemas)
    return store
  }
}

/// A folder of its own in the system's place for such; the system empties it.
public struct TestFolder {
  public let path = NSTemporaryDirectory() + "simurgh-store-\(UUID().uuidString)"

  /// Makes the folder.
  public init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

  /// The path of a file in it.
  public func file(_ name: String) -> String { "\(path)/\(name)" }
}
