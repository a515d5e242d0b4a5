import Bytes
import Store

/// The store in a PostgreSQL database, for several processes at once. Transactions are SERIALIZABLE: what would not be as
/// if one after the other runs again.
public final class PostgreSQLStore: Store, Sendable {
  /// How much is waited for, and how much is opened.
  public struct Limits: Sendable {
    /// Connections that write; as many again may read.
    public var connections = 8
    /// Groups of queued transactions that are committed side by side.
    public var writers = 2
    /// One statement.
    public var statement: Duration = .seconds(30)
    /// One lock, or a free connection.
    public var lock: Duration = .seconds(10)
    /// Between two statements of a transaction.
    public var idleInTransaction: Duration = .seconds(60)
    /// How often a transaction runs again.
    public var reruns = 12

    /// The usual limits.
    public init() {}
  }

  private let writer: PostgreSQLWriter
  private let readers: PostgreSQLPool

  /// The store at `address`; throws where it cannot be reached or where its commits would not be durable. `random` spreads
  /// the pauses before a transaction runs again.
  public init(
    _ address: PostgreSQLAddress, limits: Limits = Limits(), random: any RandomSource
  ) throws(StoreError) {
    let pool = PostgreSQLPool(address, limits: limits, limit: limits.connections)
    pool.put(try pool.take())
    readers = PostgreSQLPool(address, limits: limits, limit: limits.connections)
    writer = PostgreSQLWriter(pool, limits: limits, random: random)
  }

  deinit { writer.queue.close() }

  public func onCommit(_ hook: (@Sendable (CommitPoint) throws -> Void)?) { writer.setHook(hook) }

  public var counts: CommitCounts { writer.counts }

  public func migrate(_ schemas: [Schema]) throws {
    try writer.commit(.migration) { try $0.migrate(schemas) }
  }

  public func transaction<Result>(_ body: (any Transaction) throws -> Result) throws -> Result {
    try writer.commit(.write) { try body($0) }
  }

  public func transaction<Result: Sendable>(
    _ body: @escaping @Sendable (any Transaction) throws -> Result
  ) async throws -> Result {
    try await writer.queue.perform { connection in
      let result = try body(connection)
      try connection.check()
      return result
    }
  }

  public func read<Result>(_ body: (any Reader) throws -> Result) throws -> Result {
    try writer.repeating { _ in
      let connection = try readers.take()
      defer { readers.put(connection) }
      do {
        try connection.begin(.read)
        let result = try body(connection)
        try connection.endRead()
        return .done(result)
      } catch {
        let isLost = connection.disruption == .lostConnection
        if !connection.isBroken { try? connection.rollBack() }
        return isLost ? .again(error) : .failed(error)
      }
    }
  }
}
