import CSQLite
import Foundation
import Store

/// Connections that only read, opened as they are needed. `@unchecked Sendable`: the state is used under `idle` alone.
final class SQLiteReaders: @unchecked Sendable {
  private let path: String
  private let limit: Int
  private let idle = NSCondition()
  private var free: [SQLiteConnection] = []
  private var opened = 0

  init(path: String, limit: Int) { (self.path, self.limit) = (path, limit) }

  /// Runs `body` over one consistent state.
  func read<Result>(_ body: (any Reader) throws -> Result) throws -> Result {
    let connection = try take()
    defer { put(connection) }
    try connection.begin("BEGIN")
    defer { try? connection.control("COMMIT") }
    return try body(connection)
  }

  private func take() throws -> SQLiteConnection {
    idle.lock()
    while free.isEmpty && opened >= limit { idle.wait() }
    if let connection = free.popLast() {
      idle.unlock()
      return connection
    }
    opened += 1
    idle.unlock()
    do {
      let connection = try SQLiteConnection(path: path, flags: SQLITE_OPEN_READWRITE)
      try connection.run("PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA cache_size = -8000")
      return connection
    } catch {
      idle.lock()
      opened -= 1
      idle.signal()
      idle.unlock()
      throw error
    }
  }

  private func put(_ connection: SQLiteConnection) {
    idle.lock()
    free.append(connection)
    idle.signal()
    idle.unlock()
  }
}
