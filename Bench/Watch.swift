import SMDPPlus
import ProfileFactory
import Stations
import Store

/// Adds up the CPU time of the calling thread.
final class Watch {
  private(set) var seconds = 0.0

  func time<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    let begin = Measure.threadSeconds()
    defer { seconds += Measure.threadSeconds() - begin }
    return try body()
  }

  func reset() { seconds = 0 }
}

/// A store with a watch on what is its own work, not its callers'. `@unchecked Sendable`: one thread uses it.
final class WatchedStore: Store, @unchecked Sendable {
  let reading = Watch()
  let writing = Watch()
  private let inner: any Store

  init(_ inner: any Store) { self.inner = inner }

  func reset() {
    reading.reset()
    writing.reset()
  }

  func migrate(_ schemas: [Schema]) throws { try inner.migrate(schemas) }

  func transaction<Result>(_ body: (any Transaction) throws -> Result) throws -> Result {
    try inner.transaction { try body(WatchedTransaction($0, self.writing)) }
  }

  func transaction<Result: Sendable>(
    _ body: @escaping @Sendable (any Transaction) throws -> Result
  ) async throws -> Result { try await inner.transaction(body) }

  func read<Result>(_ body: (any Reader) throws -> Result) throws -> Result {
    try inner.read { try body(WatchedReader($0, self.reading)) }
  }

  func onCommit(_ hook: (@Sendable (CommitPoint) throws -> Void)?) { inner.onCommit(hook) }

  var counts: CommitCounts { inner.counts }

  private final class WatchedReader: Reader {
    private let inner: any Reader
    private let watch: Watch
    init(_ inner: any Reader, _ watch: Watch) { (self.inner, self.watch) = (inner, watch) }

    func query(_ sql: StaticString, values: [SQLValue]) throws(StoreError) -> [Row] {
      try watch.time { () throws(StoreError) in try inner.query(sql, values: values) }
    }
  }

  private final class WatchedTransaction: Transaction {
    private let inner: any Transaction
    private let watch: Watch
    init(_ inner: any Transaction, _ watch: Watch) { (self.inner, self.watch) = (inner, watch) }

    func query(_ sql: StaticString, values: [SQLValue]) throws(StoreError) -> [Row] {
      try watch.time { () throws(StoreError) in try inner.query(sql, values: values) }
    }

    func execute(_ sql: StaticString, values: [SQLValue]) throws(StoreError) -> Int {
      try watch.time { () throws(StoreError) in try inner.execute(sql, values: values) }
    }
  }
}

/// A source of packages with a watch. `@unchecked Sendable`: one thread uses it.
struct WatchedPackages: PackageSource, @unchecked Sendable {
  let inner: any PackageSource
  let watch: Watch

  func contents(of order: Order, given: Given, in reader: any Reader) throws -> BoundProfile.Contents {
    let result = watch.time { Result { try inner.contents(of: order, given: given, in: reader) } }
    return try result.get()
  }

  func package(of order: Order, in reader: any Reader) throws -> [UInt8] {
    try inner.package(of: order, in: reader)
  }
}
