import Foundation
import Store

/// Connections, opened as they are needed, used by one thread each at a time. `@unchecked Sendable`: the state is used
/// under `idle` alone.
final class PostgreSQLPool: @unchecked Sendable {
  private let address: PostgreSQLAddress
  private let limits: PostgreSQLStore.Limits
  private let limit: Int
  private let idle = NSCondition()
  private var free: [PostgreSQLConnection] = []
  private var opened = 0
  private var users: Set<UInt> = []

  init(_ address: PostgreSQLAddress, limits: PostgreSQLStore.Limits, limit: Int) {
    (self.address, self.limits, self.limit) = (address, limits, max(1, limit))
  }

  /// Whether this thread holds one of the connections.
  var isUsedHere: Bool {
    idle.lock()
    defer { idle.unlock() }
    return users.contains(UInt(pthread_self()))
  }

  /// Lends a connection to this thread; waits for one no longer than for a lock.
  func take() throws(StoreError) -> PostgreSQLConnection {
    let deadline = Date(timeIntervalSinceNow: limits.lock / .seconds(1))
    idle.lock()
    while free.isEmpty && opened >= limit {
      if !idle.wait(until: deadline) {
        idle.unlock()
        throw .busy
      }
    }
    users.insert(UInt(pthread_self()))
    if let connection = free.popLast() {
      idle.unlock()
      return connection
    }
    opened += 1
    idle.unlock()
    do { return try PostgreSQLConnection(address, limits: limits) } catch {
      give(nil)
      throw error
    }
  }

  /// Takes a connection back. Where it is broken, those that wait here are too, most likely.
  func put(_ connection: PostgreSQLConnection) { give(connection) }

  private func give(_ connection: PostgreSQLConnection?) {
    // Closed outside the lock.
    var closed: [PostgreSQLConnection] = []
    idle.lock()
    users.remove(UInt(pthread_self()))
    if let connection, !connection.isBroken {
      free.append(connection)
    } else {
      opened -= 1 + free.count
      swap(&closed, &free)
    }
    idle.broadcast()
    idle.unlock()
    closed.removeAll()
  }
}
