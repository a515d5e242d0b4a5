import Foundation

/// Transactions that wait for a driver's writing thread, where all that wait share one commit.
///
/// `@unchecked Sendable`: the state is used under `arrival` alone.
package final class CommitQueue<Connection>: @unchecked Sendable {
  /// A queued transaction.
  package struct Job: Sendable {
    /// Runs the body and keeps its outcome, a later run's over an earlier one's; returns whether it succeeded.
    package let run: @Sendable (Connection) -> Bool
    /// Tells who waits; an error overrides the outcome.
    package let finish: @Sendable ((any Error)?) -> Void
  }

  /// Commits a group, or not, and calls `finish` of each of its jobs once.
  package typealias Work = @Sendable ([Job]) -> Void

  private let limit: Int
  private let groupLimit: Int
  private let threads: Int
  private let patience: Duration
  private let name: String
  private let arrival = NSCondition()
  private var waiting: [Job] = []
  private var idle = 0
  private var started = 0
  /// Nil before the start and after the end.
  private var work: Work?

  /// At most `limit` transactions wait, more are refused with ``StoreError/busy``; at most `groupLimit` share one commit,
  /// which bounds how long the first of them waits for the last; up to `threads` groups are committed side by side.
  /// After a commit that was shared others are probably on their way: the next one lets them come for `patience`.
  package init(limit: Int, groupLimit: Int, threads: Int = 1, patience: Duration = .zero, name: String) {
    (self.limit, self.groupLimit, self.threads, self.name) = (limit, groupLimit, threads, name)
    self.patience = patience
  }

  /// Begins to hand groups to `work`, each on one of the queue's threads.
  package func start(_ work: @escaping Work) {
    arrival.lock()
    self.work = work
    arrival.unlock()
  }

  /// Lets the queued transactions finish and ends the threads.
  package func close() {
    arrival.lock()
    work = nil
    arrival.broadcast()
    arrival.unlock()
  }

  /// Queues `body` and waits for the commit that it shares.
  package func perform<Result: Sendable>(_ body: @escaping @Sendable (Connection) throws -> Result) async throws
    -> Result
  {
    try await withCheckedThrowingContinuation { continuation in
      let outcome = Outcome<Result>()
      enqueue(
        Job(
          run: { connection in
            let result = Swift.Result { try body(connection) }
            outcome.value = result
            return (try? result.get()) != nil
          },
          finish: { failure in
            if let failure {
              continuation.resume(throwing: failure)
            } else {
              continuation.resume(with: outcome.value)
            }
          }))
    }
  }

  /// The same on a thread that may wait: it blocks until the commit that `body` shares. `body` runs on one of the queue's
  /// threads meanwhile.
  package func performBlocking<Result>(_ body: (Connection) throws -> Result) throws -> Result {
    try withoutActuallyEscaping(body) { body in
      let (waiting, done) = (Waiting(body), DispatchSemaphore(value: 0))
      enqueue(
        Job(
          run: { waiting.run($0) },
          finish: { failure in
            waiting.end(failure)
            done.signal()
          }))
      done.wait()
      return try waiting.outcome.get()
    }
  }

  /// The transaction of a thread that waits. `@unchecked Sendable`: used by one of the queue's threads, and when that has
  /// ended it, by the one that waits.
  private final class Waiting<Value>: @unchecked Sendable {
    private var body: ((Connection) throws -> Value)?
    private(set) var outcome: Swift.Result<Value, any Error> = .failure(StoreError.misuse("the transaction never ran"))

    init(_ body: @escaping (Connection) throws -> Value) { self.body = body }

    func run(_ connection: Connection) -> Bool {
      guard let body else { return false }
      outcome = Swift.Result { try body(connection) }
      return (try? outcome.get()) != nil
    }

    /// Who waits takes the body back: the queue may hold the job for a moment longer.
    func end(_ failure: (any Error)?) {
      if let failure { outcome = .failure(failure) }
      body = nil
    }
  }

  private func enqueue(_ job: Job) {
    arrival.lock()
    guard let work, waiting.count < limit else {
      let error: StoreError = work == nil ? .misuse("the store is closed") : .busy
      arrival.unlock()
      return job.finish(error)
    }
    waiting.append(job)
    if idle == 0 && started < threads {
      started += 1
      let thread = Thread { [self] in serve(work) }
      thread.name = name
      thread.start()
    }
    arrival.signal()
    arrival.unlock()
  }

  private func serve(_ work: Work) {
    var wasShared = false
    while true {
      arrival.lock()
      idle += 1
      while waiting.isEmpty && self.work != nil { arrival.wait() }
      idle -= 1
      if wasShared, patience > .zero, self.work != nil {
        arrival.unlock()
        usleep(UInt32(patience / .microseconds(1)))
        arrival.lock()
      }
      let group = Array(waiting.prefix(groupLimit))
      waiting.removeFirst(group.count)
      arrival.unlock()
      if group.isEmpty { return }
      wasShared = group.count > 1
      work(group)
    }
  }

  /// What a queued body returned. `@unchecked Sendable`: written and read on one of the queue's threads.
  private final class Outcome<Value>: @unchecked Sendable {
    var value: Swift.Result<Value, any Error> = .failure(StoreError.misuse("the transaction never ran"))
  }
}
