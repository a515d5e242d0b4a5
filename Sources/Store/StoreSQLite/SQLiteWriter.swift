import Foundation
import Store
import Synchronization

/// The one connection that writes, and the thread on which queued transactions share commits.
///
/// `@unchecked Sendable`: the connection is used under `access` alone, the queue under `arrival` alone.
final class SQLiteWriter: @unchecked Sendable {
  /// How many queued transactions may wait; more are refused with ``StoreError/busy``.
  static let queueLimit = 10_000
  /// How many share one commit: bounds how long the first of them waits for the last.
  static let groupLimit = 256

  /// Counts of a writer's life.
  struct Counts: Sendable, Equatable {
    var transactions = 0
    var commits = 0
  }

  /// A queued transaction: runs its body, keeps the outcome, and tells it after the commit.
  struct Job: Sendable {
    /// Returns whether the body succeeded.
    let run: @Sendable (SQLiteConnection) -> Bool
    /// Resumes who waits; an error overrides the outcome.
    let finish: @Sendable ((any Error)?) -> Void
  }

  private let connection: SQLiteConnection
  private let access = NSLock()
  /// The thread that uses the connection, 0 for none: it alone can find its own number here.
  private let owner = Atomic<UInt>(0)
  private var counted = Counts()
  private var hook: (@Sendable (CommitPoint) throws -> Void)?

  private let arrival = NSCondition()
  private var waiting: [Job] = []
  private var isStarted = false
  private var isClosed = false

  init(connection: SQLiteConnection) { self.connection = connection }

  var counts: Counts { access.withLock { counted } }

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
      try connection.execute("BEGIN IMMEDIATE", values: [])
      do {
        let result = try body(connection)
        try commit(transactions: 1)
        return result
      } catch {
        rollback()
        throw error
      }
    }
  }

  private func commit(transactions: Int) throws {
    try hook?(.before)
    try connection.execute("COMMIT", values: [])
    counted.commits += 1
    counted.transactions += transactions
    try hook?(.after)
  }

  private func rollback() {
    // Where the rollback itself fails, SQLite has rolled back by itself already.
    if connection.isInTransaction { _ = try? connection.execute("ROLLBACK", values: []) }
  }

  // MARK: Many transactions on the writer's thread

  func enqueue(_ job: Job) {
    arrival.lock()
    guard !isClosed, waiting.count < Self.queueLimit else {
      let error: StoreError = isClosed ? .misuse("the store is closed") : .busy
      arrival.unlock()
      return job.finish(error)
    }
    waiting.append(job)
    if !isStarted {
      isStarted = true
      let thread = Thread { [self] in serve() }
      thread.name = "store writer"
      thread.start()
    }
    arrival.signal()
    arrival.unlock()
  }

  /// Lets the queued transactions finish and ends the thread.
  func close() {
    arrival.lock()
    isClosed = true
    arrival.signal()
    arrival.unlock()
  }

  private func serve() {
    while true {
      arrival.lock()
      while waiting.isEmpty && !isClosed { arrival.wait() }
      let group = Array(waiting.prefix(Self.groupLimit))
      waiting.removeFirst(group.count)
      arrival.unlock()
      if group.isEmpty { return }
      run(group)
    }
  }

  /// Runs each of `group` in its own savepoint, commits once, then tells all of them.
  private func run(_ group: [Job]) {
    var failure: (any Error)?
    do {
      try exclusively { connection in
        try connection.execute("BEGIN IMMEDIATE", values: [])
        do {
          for job in group {
            try connection.execute("SAVEPOINT one", values: [])
            if !job.run(connection) { try connection.execute("ROLLBACK TO one", values: []) }
            try connection.execute("RELEASE one", values: [])
          }
          try commit(transactions: group.count)
        } catch {
          rollback()
          throw error
        }
      }
    } catch {
      failure = error
    }
    for job in group { job.finish(failure) }
  }
}
