/// What a card keeps without power: contents by key, changed by whole commits.
///
/// A commit is all or nothing whenever power goes; when it returns, it is durable.
public protocol CardMemory: AnyObject {
  /// What the memory holds now.
  var map: MemoryMap { get }
  /// Makes `changes` durable, all together.
  func commit(_ changes: [MemoryChange]) throws(CardMemoryError)
  /// Power comes back: what was committed is read again, a torn commit is cleared away.
  func restorePower() throws(CardMemoryError)
}

/// Why the memory could not do its work.
public enum CardMemoryError: Error, Hashable, CustomStringConvertible {
  /// Power went away before the commit was durable, or while it became so.
  case powerCut
  /// Another process uses the card at this place.
  case inUse(String)
  /// The contents at this place cannot be trusted: a record in their middle is damaged.
  case damaged(String)
  /// The system refused to read or write.
  case system(String)

  public var description: String {
    switch self {
    case .powerCut: "the card lost its power"
    case .inUse(let place): "another program uses the card in \(place): end it first"
    case .damaged(let place): "the card's memory \(place) is damaged: restore it from a copy"
    case .system(let text): text
    }
  }
}

/// A memory in RAM alone: lost with the process, cheap to copy.
public final class VolatileMemory: CardMemory {
  public private(set) var map: MemoryMap
  private let pool: ContentPool?

  /// A memory that holds `map`; new contents are shared through `pool`.
  public init(_ map: MemoryMap = MemoryMap(), pool: ContentPool? = .shared) { (self.map, self.pool) = (map, pool) }

  public func commit(_ changes: [MemoryChange]) { map.apply(changes, pool: pool) }

  public func restorePower() {}
}
