/// Where a card's log stands: bytes that are appended durably and now and then replaced as a whole.
public protocol LogStorage: AnyObject {
  /// The place's name, for a sentence about it.
  var place: String { get }
  /// All bytes of the log.
  func read() throws(CardMemoryError) -> [UInt8]
  /// Appends `bytes` and returns when they are durable. After an error any beginning of them may stand there.
  func append(_ bytes: [UInt8]) throws(CardMemoryError)
  /// Puts `bytes` in the log's place, atomically, and returns when that is durable.
  func replace(with bytes: [UInt8]) throws(CardMemoryError)
  /// Cuts the log to its first `count` bytes.
  func truncate(to count: Int) throws(CardMemoryError)
}

/// A log in RAM.
public final class VolatileLog: LogStorage {
  /// The log's bytes.
  public private(set) var bytes: [UInt8]

  /// A log that holds `bytes`.
  public init(_ bytes: [UInt8] = []) { self.bytes = bytes }

  public var place: String { "in RAM" }
  public func read() -> [UInt8] { bytes }
  public func append(_ bytes: [UInt8]) { self.bytes += bytes }
  public func replace(with bytes: [UInt8]) { self.bytes = bytes }
  public func truncate(to count: Int) { bytes.removeLast(max(0, bytes.count - count)) }
}
