import Foundation
import Store
import Synchronization

/// The one connection that writes, and the thread on which queued transactions share commits.
///
/// `@unchecked Sendable`: the connection is used under `access` alone.
final class SQLiteWriter: @unchecked Sendable {
  private let connection: SQLiteConnection
  private let access = NSLock()
  /// The thread that uses the connection, 0 for none: it alone can find its own number here.
  private let owner = Atomic<UInt>(0)
  private var counted = CommitCounts()
  private var hook: (@Sendable (CommitPoint) throws -> Void)?

  /// A group's size bounds how long the first of it waits for the last. A commit costs the processor as much as a
  /// signature or more, so a millisecond for sharing it is well spent.
  let queue = CommitQueue<SQLiteConnection>(
    limit: 10_000, groupLimit: 256, patience: .milliseconds(1), name: "store writer")

  init(connection: SQLiteConnection) {
    self.connection = connection
    queue.start { [self] in run($0) }
  }

  var counts: CommitCounts { access.withLock { counted } }

  func setHook(_ hook: (@Sendable (CommitPoint) throws -> Void)?) { access.withLock { self.hook = hook } }

  /// Uses the connection alone.
  func exclusively<Result>(_ body: (SQLiteConnection) throws -> Result) throws -> Result {
    let me = UInt(pthread_self())
    if owner.load(ordering: .relaxed) == me { throw StoreError.misuse("a transaction was begun inside another") }
    access.lock()
    owner.store(me, ordering: .relaxed)
    defer {
      owner.store(0, ordering: .relaxed)
      access.unlock()
    }
    return try body(connection)
  }

  // MARK: One transaction on the caller's thread

  func transaction<Result>(_ body: (SQLiteConnection) throws -> Result) throws -> Result {
    try exclusively { connection in
      try connection.begin()
      do {
        let result = try body(connection)
        try connection.check()
        try commit(transactions: 1)
        return result
      } catch {
        connection.rollBack()
        throw error
      }
    }
  }

  /// One transaction of a thread that waits until it is durable together with others.
  func sharedTransaction<Result>(_ body: (SQLiteConnection) throws -> Result) throws -> Result {
    if owner.load(ordering: .relaxed) == UInt(pthread_self()) {
      throw StoreError.misuse("a transaction was begun inside another")
    }
    return try queue.performBlocking { connection in
      let result = try body(connection)
      try connection.check()
      return result
    }
  }

  private func commit(transactions: Int) throws {
    try hook?(.before)
    try connection.control("COMMIT")
    counted.commits += 1
    counted.transactions += transactions
    try hook?(.after)
  }

  // MARK: Many transactions on the writer's thread

  /// Runs all of `group`, commits once, then tells each of them.
  private func run(_ group: [CommitQueue<SQLiteConnection>.Job]) {
    var failure: (any Error)?
    do {
      try exclusively { connection in
        try connection.begin()
        do {
          // A savepoint costs a copy of every page that changes in it, so the first try is without.
          if !group.allSatisfy({ $0.run(connection) }) {
            connection.rollBack()
            // Alone it undid nobody else's; the outcome tells what the body threw.
            if group.count == 1 { return }
            try connection.begin()
            try runApart(group, on: connection)
          }
          try commit(transactions: group.count)
        } catch {
          connection.rollBack()
          throw error
        }
      }
    } catch {
      failure = error
    }
    for job in group { job.finish(failure) }
  }

  /// Runs each of `group` in a savepoint of its own: what fails undoes nobody else's.
  private func runApart(
    _ group: [CommitQueue<SQLiteConnection>.Job], on connection: SQLiteConnection
  ) throws {
    for job in group {
      try connection.control("SAVEPOINT one")
      if !job.run(connection) { try connection.rollBackToSavepoint() }
      try connection.control("RELEASE one")
    }
  }
}
