/// A memory that writes each commit as one checksummed record to a log and compacts the log when it has grown.
public final class LogMemory: CardMemory {
  public private(set) var map = MemoryMap()
  private let storage: any LogStorage
  private let pool: ContentPool?
  private var sequence: UInt32 = 0
  private var length = 0

  /// The memory whose log `storage` keeps; new contents are shared through `pool`.
  public init(_ storage: any LogStorage, pool: ContentPool? = .shared) throws(CardMemoryError) {
    (self.storage, self.pool) = (storage, pool)
    try restorePower()
  }

  public func restorePower() throws(CardMemoryError) {
    let log = try storage.read()
    map = MemoryMap()
    sequence = 0
    length = 0
    while let record = LogRecord(log, at: length), sequence == 0 || record.sequence == sequence &+ 1 {
      guard let changes = MemoryChange.list(record.payload) else { throw .damaged(storage.place) }
      map.apply(changes, pool: pool)
      sequence = record.sequence
      length += LogRecord.headerLength + record.payload.count
    }
    guard length < log.count else { return }
    // Each commit is durable before the next begins, so only the last can be torn: a whole record behind a broken one
    // means damage, and dropping it would undo what the card has promised.
    guard !LogRecord.isAnywhere(in: log, from: length) else { throw .damaged(storage.place) }
    try storage.truncate(to: length)
  }

  public func commit(_ changes: [MemoryChange]) throws(CardMemoryError) {
    let record = LogRecord.encode(changes, sequence: sequence &+ 1)
    do {
      try storage.append(record)
    } catch {
      // What was written of the record must not stand before the next one.
      try? storage.truncate(to: length)
      throw error
    }
    sequence &+= 1
    length += record.count
    map.apply(changes, pool: pool)
    if length > Self.compactionFloor + 4 * map.usedBytes {
      // The commit is durable already: a compaction that fails is tried again after the next one.
      do { try compact() } catch .powerCut { throw .powerCut } catch {}
    }
  }

  /// Logs shorter than this many bytes are left alone.
  private static let compactionFloor = 1 << 16

  /// Replaces the log by one record with all that the memory holds.
  private func compact() throws(CardMemoryError) {
    let record = LogRecord.encode(map.snapshot, sequence: sequence &+ 1)
    try storage.replace(with: record)
    sequence &+= 1
    length = record.count
  }
}
