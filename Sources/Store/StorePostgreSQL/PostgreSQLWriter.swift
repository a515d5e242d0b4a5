import Bytes
import Foundation
import Store

/// Commits: one transaction on the caller's thread, or a group of queued ones on a thread of the queue.
///
/// `@unchecked Sendable`: what changes is used under `access` alone.
final class PostgreSQLWriter: @unchecked Sendable {
  typealias Job = CommitQueue<PostgreSQLConnection>.Job

  private let pool: PostgreSQLPool
  private let limits: PostgreSQLStore.Limits
  private let random: any RandomSource
  private let precedence = Precedence()
  private let access = NSLock()
  private var counted = CommitCounts()
  private var hook: (@Sendable (CommitPoint) throws -> Void)?
  /// More than 64 savepoints in a transaction cost the server much.
  let queue: CommitQueue<PostgreSQLConnection>

  init(_ pool: PostgreSQLPool, limits: PostgreSQLStore.Limits, random: any RandomSource) {
    (self.pool, self.limits, self.random) = (pool, limits, random)
    queue = CommitQueue(
      limit: 10_000, groupLimit: 60, threads: max(1, min(limits.writers, limits.connections)), name: "store writer")
    queue.start { [self] in run($0) }
  }

  var counts: CommitCounts { access.withLock { counted } }

  func setHook(_ hook: (@Sendable (CommitPoint) throws -> Void)?) { access.withLock { self.hook = hook } }

  // MARK: Running again

  /// After so many runs in vain, the next has no rival in this process.
  private static let patience = 3

  /// How one run ended.
  enum Run<Result> {
    case done(Result)
    /// Another run may succeed.
    case again(any Error)
    case failed(any Error)
  }

  /// Runs `once` until it is done or fails, with pauses that grow: up to 1 ms, 2 ms, … 500 ms.
  func repeating<Result>(_ once: (_ attempt: Int) throws -> Run<Result>) throws -> Result {
    var attempt = 0
    while true {
      let last: any Error
      do {
        switch try once(attempt) {
        case .done(let result): return result
        case .failed(let error): throw error
        case .again(let error): last = error
        }
      } catch StoreError.unavailable(let why) { last = StoreError.unavailable(why) }
      guard attempt < limits.reruns else { throw last }
      pause(attempt)
      attempt += 1
    }
  }

  private func pause(_ attempt: Int) {
    let longest = min(500_000, 1000 << min(attempt, 16))
    let part = random.bytes(2).reduce(0) { $0 << 8 | Int($1) }
    usleep(UInt32(longest * part / 65_536))
  }

  // MARK: One transaction on the caller's thread

  /// Runs `body` in a transaction and commits it; again where the server asks for it or went away before the commit.
  func commit<Result>(
    _ purpose: PostgreSQLConnection.Purpose, _ body: (PostgreSQLConnection) throws -> Result
  ) throws -> Result {
    if pool.isUsedHere { throw StoreError.misuse("a transaction was begun inside another") }
    return try repeating { attempt in
      try precedence.run(alone: attempt >= Self.patience) { try once(purpose, transactions: 1, body) }
    }
  }

  private func once<Result>(
    _ purpose: PostgreSQLConnection.Purpose, transactions: Int, _ body: (PostgreSQLConnection) throws -> Result
  ) throws -> Run<Result> {
    let connection = try pool.take()
    defer { pool.put(connection) }
    let hook = access.withLock { self.hook }
    do {
      try connection.begin(purpose)
      let result = try body(connection)
      try connection.check()
      try hook?(.before)
      try connection.commit()
      access.withLock {
        counted.commits += 1
        counted.transactions += transactions
      }
      try hook?(.after)
      return .done(result)
    } catch {
      // What the body made of it does not matter.
      let disruption = connection.disruption
      if connection.isInTransaction, !connection.isBroken { try? connection.rollBack() }
      return disruption == nil ? .failed(error) : .again(error)
    }
  }

  // MARK: Many transactions on a thread of the queue

  /// A job of a group did not succeed: its traces have to go.
  private struct Setback: Error {}

  /// Commits `group` together, and where that cannot be, each job for itself.
  ///
  /// Few jobs fail, so savepoints are spared at first.
  private func run(_ group: [Job]) {
    if group.count > 1 {
      for isGuarded in [false, true] {
        do {
          let run = try precedence.run(alone: false) {
            try once(.write, transactions: group.count) { try perform(group, isGuarded: isGuarded, on: $0) }
          }
          switch run {
          case .done: return finish(group, nil)
          case .again, .failed(is Setback): continue
          case .failed(let error): return finish(group, error)
          }
        } catch { continue }
      }
    }
    for job in group { run(alone: job) }
  }

  private func perform(_ group: [Job], isGuarded: Bool, on connection: PostgreSQLConnection) throws {
    for job in group {
      if isGuarded { try connection.save() }
      if !job.run(connection) {
        // After a disruption no savepoint helps.
        guard isGuarded, connection.disruption == nil else { throw Setback() }
        try connection.rollBackToSavepoint()
      }
      if isGuarded { try connection.release() }
    }
  }

  private func run(alone job: Job) {
    do {
      try repeating { attempt in
        try precedence.run(alone: attempt >= Self.patience) {
          try once(.write, transactions: 1) { if !job.run($0) { throw Setback() } }
        }
      }
      job.finish(nil)
    } catch is Setback {
      // The outcome tells what the body threw.
      job.finish(nil)
    } catch {
      job.finish(error)
    }
  }

  private func finish(_ group: [Job], _ failure: (any Error)?) { for job in group { job.finish(failure) } }
}
