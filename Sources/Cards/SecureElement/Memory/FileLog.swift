import Glibc

/// A card's log in a directory: `card.log`, with a lock that keeps other programs from the card.
///
/// The directory is made where it is missing, for its owner alone. The lock goes with the object or the process.
public final class FileLog: LogStorage {
  public let place: String
  private let directory: String
  private let lock: FileDescriptor
  private var log: FileDescriptor

  /// The log in `directory`; refused with ``CardMemoryError/inUse(_:)`` while another program has it.
  public init(directory: String) throws(CardMemoryError) {
    self.directory = directory
    place = "\(directory)/card.log"
    if mkdir(directory, 0o700) != 0, errno != EEXIST { throw .last("cannot make the directory", directory) }
    lock = try FileDescriptor("\(directory)/card.lock", O_RDWR | O_CREAT)
    guard flock(lock.number, LOCK_EX | LOCK_NB) == 0 else {
      throw errno == EWOULDBLOCK ? .inUse(directory) : .last("cannot lock", directory)
    }
    let isNew = access(place, F_OK) != 0
    log = try FileDescriptor(place, O_RDWR | O_CREAT | O_APPEND)
    if isNew { try Self.synchronise(directory: directory) }
  }

  public func read() throws(CardMemoryError) -> [UInt8] {
    let end = lseek(log.number, 0, SEEK_END)
    guard end >= 0 else { throw .last("cannot read", place) }
    var bytes = [UInt8](repeating: 0, count: Int(end))
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeMutableBytes { buffer in
        pread(log.number, buffer.baseAddress?.advanced(by: done), buffer.count - done, off_t(done))
      }
      guard count > 0 else { throw .last("cannot read", place) }
      done += count
    }
    return bytes
  }

  public func append(_ bytes: [UInt8]) throws(CardMemoryError) {
    try log.write(bytes, place)
    guard fdatasync(log.number) == 0 else { throw .last("cannot write", place) }
  }

  public func truncate(to count: Int) throws(CardMemoryError) {
    guard ftruncate(log.number, off_t(count)) == 0, fsync(log.number) == 0 else { throw .last("cannot write", place) }
  }

  public func replace(with bytes: [UInt8]) throws(CardMemoryError) {
    let temporary = place + ".new"
    let file = try FileDescriptor(temporary, O_RDWR | O_CREAT | O_TRUNC | O_APPEND)
    try file.write(bytes, temporary)
    guard fsync(file.number) == 0, rename(temporary, place) == 0 else { throw .last("cannot write", place) }
    log = file
    try Self.synchronise(directory: directory)
  }

  /// Makes a new or renamed entry of the directory durable.
  private static func synchronise(directory: String) throws(CardMemoryError) {
    let entry = try FileDescriptor(directory, O_RDONLY | O_DIRECTORY)
    guard fsync(entry.number) == 0 else { throw .last("cannot write", directory) }
  }
}

/// An open file, closed with the object.
private final class FileDescriptor {
  let number: Int32

  init(_ path: String, _ flags: Int32) throws(CardMemoryError) {
    number = open(path, flags | O_CLOEXEC, 0o600)
    guard number >= 0 else { throw .last("cannot open", path) }
  }

  deinit { close(number) }

  func write(_ bytes: [UInt8], _ path: String) throws(CardMemoryError) {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        Glibc.write(number, buffer.baseAddress?.advanced(by: done), buffer.count - done)
      }
      guard count > 0 else {
        if errno == EINTR { continue }
        throw .last("cannot write", path)
      }
      done += count
    }
  }
}

extension CardMemoryError {
  /// What the system complained about last.
  fileprivate static func last(_ deed: String, _ path: String) -> CardMemoryError {
    .system("\(deed) \(path): \(String(cString: strerror(errno)))")
  }
}

extension LogMemory {
  /// The memory of a card that lives in `directory`.
  public convenience init(directory: String, pool: ContentPool? = .shared) throws(CardMemoryError) {
    try self.init(FileLog(directory: directory), pool: pool)
  }
}
