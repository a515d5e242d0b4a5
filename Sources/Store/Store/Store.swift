/// One dialect for every driver: parameters `$1`…, RETURNING, ON CONFLICT, integer times, no booleans.
///
/// Statements are literals, so nothing that comes from outside ever becomes SQL. A parameter takes its type from what it
/// is compared with or put into: `state = COALESCE($1, state)` and not `$1 IS NULL OR …`, which says nothing of it.
/// Texts hold no U+0000 and compare by their UTF-8 bytes.
public protocol Reader: AnyObject {
  /// Runs one statement and returns its rows; `$1` stands for the first of `values`.
  func query(_ sql: StaticString, values: [SQLValue]) throws(StoreError) -> [Row]
}

/// The inside of a transaction. A statement that fails ends it: later ones fail as the first did, nothing is committed,
/// whatever the body does about it.
public protocol Transaction: Reader {
  /// Runs one statement and returns how many rows it inserted, changed or deleted.
  @discardableResult func execute(_ sql: StaticString, values: [SQLValue]) throws(StoreError) -> Int

  /// How ``Outbox`` finds what may be claimed: the one query of which a driver may have its own.
  var outboxCandidates: StaticString { get }
}

extension Reader {
  /// Runs one statement and returns its rows; `$1` stands for the first of `values`.
  public func query(_ sql: StaticString, _ values: any SQLConvertible...) throws(StoreError) -> [Row] {
    try query(sql, values: values.map(\.sqlValue))
  }

  /// The first row of the answer, or nil.
  public func first(_ sql: StaticString, _ values: any SQLConvertible...) throws(StoreError) -> Row? {
    try query(sql, values: values.map(\.sqlValue)).first
  }
}

extension Transaction {
  public var outboxCandidates: StaticString { Outbox.candidates }

  /// Runs one statement and returns how many rows it inserted, changed or deleted.
  @discardableResult
  public func execute(_ sql: StaticString, _ values: any SQLConvertible...) throws(StoreError) -> Int {
    try execute(sql, values: values.map(\.sqlValue))
  }

  /// Runs a statement that must touch exactly one row: `UPDATE … WHERE id = $1 AND version = $2`.
  ///
  /// Throws ``StoreError/conflict`` where it touches none.
  public func executeOne(_ sql: StaticString, _ values: any SQLConvertible...) throws(StoreError) {
    switch try execute(sql, values: values.map(\.sqlValue)) {
    case 1: return
    case 0: throw .conflict
    case let count: throw .unexpected("\(count) records where one was meant")
    }
  }
}

/// Records that outlive the process.
///
/// Transactions happen as if one after the other. A body runs on the driver's thread and must neither block nor call the
/// store again; it may run more than once before one run is committed, so all it changes is in the store. What it throws
/// undoes what it did. When `transaction` returns, what the body did is durable.
public protocol Store: AnyObject, Sendable {
  /// Brings the tables of `schemas` up to date, forward only; all or nothing.
  func migrate(_ schemas: [Schema]) throws

  /// Runs `body` on the calling thread and commits.
  func transaction<Result>(_ body: (any Transaction) throws -> Result) throws -> Result

  /// Queues `body` to the writer, where all that wait share one commit; resumes after the commit is durable.
  func transaction<Result: Sendable>(
    _ body: @escaping @Sendable (any Transaction) throws -> Result
  ) async throws -> Result

  /// Runs `body` on the calling thread over one consistent state, without waiting for writers.
  func read<Result>(_ body: (any Reader) throws -> Result) throws -> Result

  /// Calls `hook` around every commit. What it throws before a commit undoes the transactions in it; what it throws
  /// after reaches those who wait although everything is durable: a power cut as the caller sees it.
  func onCommit(_ hook: (@Sendable (CommitPoint) throws -> Void)?)

  /// How many transactions were committed, in how many commits.
  var counts: CommitCounts { get }
}

/// What a store has committed since it was opened.
public struct CommitCounts: Sendable, Equatable {
  public var transactions = 0
  public var commits = 0

  /// Nothing yet.
  public init() {}
}

extension Store {
  /// Runs `body` again while it ends in a ``StoreError/conflict``, at most `limit` times.
  public func retrying<Result>(limit: Int = 8, _ body: (any Store) throws -> Result) throws -> Result {
    for _ in 1..<max(1, limit) {
      do { return try body(self) } catch StoreError.conflict { continue }
    }
    return try body(self)
  }

  /// Runs `body` again while it ends in a ``StoreError/conflict``, at most `limit` times.
  public func retrying<Result>(
    limit: Int = 8, _ body: (any Store) async throws -> Result
  ) async throws -> Result {
    for _ in 1..<max(1, limit) {
      do { return try await body(self) } catch StoreError.conflict { continue }
    }
    return try await body(self)
  }
}
