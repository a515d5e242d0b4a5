/// A log whose power goes at a chosen moment: for tests, simulations and fault injection.
public final class PowerCutLog: LogStorage {
  /// When power goes, within one durable write.
  public enum Moment: Hashable, Sendable {
    /// After this many of the write's bytes; more than it has means after the whole write.
    case afterBytes(Int)
    /// When everything is durable, but before the card can go on.
    case afterWrite
  }

  private let storage: any LogStorage
  private var remaining: (writes: Int, moment: Moment)?
  private var isDead = false

  /// How many durable writes there have been since the log was made.
  public private(set) var writes = 0
  /// How often it was read: at each return of power.
  public private(set) var reads = 0

  /// A log over `storage` whose power stays on.
  public init(_ storage: any LogStorage) { self.storage = storage }

  /// Lets power go at `moment` of the `number`th durable write from now, 1 being the next.
  public func cut(atWrite number: Int, _ moment: Moment) { remaining = (number, moment) }

  public var place: String { storage.place }

  /// Reading is what happens when power is back.
  public func read() throws(CardMemoryError) -> [UInt8] {
    isDead = false
    reads += 1
    return try storage.read()
  }

  public func append(_ bytes: [UInt8]) throws(CardMemoryError) {
    guard let moment = try begin() else { return try storage.append(bytes) }
    if case .afterBytes(let count) = moment, count < bytes.count {
      try storage.append(Array(bytes.prefix(max(0, count))))
    } else {
      try storage.append(bytes)
    }
    throw .powerCut
  }

  public func replace(with bytes: [UInt8]) throws(CardMemoryError) {
    guard let moment = try begin() else { return try storage.replace(with: bytes) }
    // Replacing is atomic: the new bytes are there as a whole or not at all.
    if moment == .afterWrite { try storage.replace(with: bytes) }
    throw .powerCut
  }

  public func truncate(to count: Int) throws(CardMemoryError) {
    if isDead { throw .powerCut }
    try storage.truncate(to: count)
  }

  /// Counts a durable write; the moment at which power goes in it, or nil.
  private func begin() throws(CardMemoryError) -> Moment? {
    if isDead { throw .powerCut }
    writes += 1
    guard let (number, moment) = remaining else { return nil }
    remaining = number > 1 ? (number - 1, moment) : nil
    guard number <= 1 else { return nil }
    isDead = true
    return moment
  }
}
