import CSQLite
import Foundation
import Store

/// The store in one SQLite file (write-ahead log, every commit synced), or in memory for tests and simulation.
public final class SQLiteStore: Store, Sendable {
  private let writer: SQLiteWriter
  /// Nil in memory, where the one connection reads too.
  private let readers: SQLiteReaders?
  /// Whether transactions of threads that wait share commits too.
  private let sharesCommits: Bool

  /// Opens the database at `path` and creates it where it is missing, readable by its owner alone.
  ///
  /// With `sharesCommits` the transactions of many threads share a commit, as those of many tasks do: for servers that
  /// decide on threads of their own. A body then runs on the writer's thread while its own waits.
  public init(path: String, readers: Int = 8, sharesCommits: Bool = false) throws(StoreError) {
    self.sharesCommits = sharesCommits
    // Only a new file is touched here: who closes any descriptor of a file drops all locks that the process holds on it
    // (POSIX fcntl), also those of a store that is open already, whose log another process would then take away.
    let descriptor = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
    guard descriptor >= 0 || errno == EEXIST else {
      throw .failed("\(path) cannot be opened: \(String(cString: strerror(errno)))")
    }
    if descriptor >= 0 { close(descriptor) }
    let connection = try SQLiteConnection(path: path, flags: SQLITE_OPEN_READWRITE)
    // With synchronous NORMAL a power cut loses commits that were acknowledged. A page that changes often goes from the
    // log to the database file once in 16 MiB of log.
    try connection.run(
      """
      PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;
      PRAGMA cache_size = -16000; PRAGMA wal_autocheckpoint = 4000; PRAGMA temp_store = MEMORY
      """)
    writer = SQLiteWriter(connection: connection)
    self.readers = SQLiteReaders(path: path, limit: max(1, readers))
  }

  private init(memory connection: SQLiteConnection) {
    writer = SQLiteWriter(connection: connection)
    readers = nil
    sharesCommits = false
  }

  /// A store that ends with the process: it keeps what was committed and nothing else, as the file does.
  public static func inMemory() throws(StoreError) -> SQLiteStore {
    let connection = try SQLiteConnection(path: ":memory:", flags: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
    try connection.run("PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF")
    return SQLiteStore(memory: connection)
  }

  deinit { writer.queue.close() }

  public func onCommit(_ hook: (@Sendable (CommitPoint) throws -> Void)?) { writer.setHook(hook) }

  public var counts: CommitCounts { writer.counts }

  public func transaction<Result>(_ body: (any Transaction) throws -> Result) throws -> Result {
    guard sharesCommits else { return try writer.transaction(body) }
    return try writer.sharedTransaction(body)
  }

  /// A transaction over the connection itself, for migrations.
  func withConnection(_ body: (SQLiteConnection) throws -> Void) throws { try writer.transaction(body) }

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
    guard let readers else { return try writer.exclusively { try body($0) } }
    return try readers.read(body)
  }
}
