/// What a card's memory holds: contents by key, in two sorted arrays, 16 bytes an item beside the content itself.
///
/// A value: copies share everything until one of them changes, and contents that came through a ``ContentPool`` are
/// shared between cards.
public struct MemoryMap: Sendable {
  private var keys: [UInt64] = []
  private var contents: [[UInt8]] = []

  /// How many bytes the items take: contents and six bytes of key each.
  public private(set) var usedBytes = 0

  /// Nothing.
  public init() {}

  /// How many items there are.
  public var count: Int { keys.count }

  /// The content at `key`, or nil.
  public subscript(key: MemoryKey) -> [UInt8]? {
    let index = lowerBound(key.packed)
    return index < keys.count && keys[index] == key.packed ? contents[index] : nil
  }

  /// The keys in `area`, ascending.
  public func keys(in area: MemoryArea) -> [MemoryKey] { keys[range(of: area)].map(MemoryKey.init(packed:)) }

  /// The areas that hold something, ascending.
  public var areas: [MemoryArea] {
    var result: [MemoryArea] = []
    var index = 0
    while index < keys.count {
      let area = MemoryKey(packed: keys[index]).area
      result.append(area)
      index = range(of: area).upperBound
    }
    return result
  }

  /// Carries out `changes`; contents are taken from `pool` where it knows them.
  public mutating func apply(_ changes: [MemoryChange], pool: ContentPool? = nil) {
    for change in changes {
      switch change {
      case .set(let key, let content): set(key.packed, pool?.shared(content) ?? content)
      case .remove(let key): remove(key.packed)
      case .removeArea(let area): removeAll(range(of: area))
      }
    }
  }

  /// The changes that make this out of nothing.
  public var snapshot: [MemoryChange] {
    zip(keys, contents).map { .set(MemoryKey(packed: $0), $1) }
  }

  /// What one item adds to ``usedBytes``.
  static func size(of content: [UInt8]) -> Int { content.count + 6 }

  private mutating func set(_ key: UInt64, _ content: [UInt8]) {
    let index = lowerBound(key)
    if index < keys.count, keys[index] == key {
      usedBytes += content.count - contents[index].count
      contents[index] = content
    } else {
      keys.insert(key, at: index)
      contents.insert(content, at: index)
      usedBytes += Self.size(of: content)
    }
  }

  private mutating func remove(_ key: UInt64) {
    let index = lowerBound(key)
    guard index < keys.count, keys[index] == key else { return }
    removeAll(index..<index + 1)
  }

  private mutating func removeAll(_ range: Range<Int>) {
    for index in range { usedBytes -= Self.size(of: contents[index]) }
    keys.removeSubrange(range)
    contents.removeSubrange(range)
  }

  private func range(of area: MemoryArea) -> Range<Int> {
    let start = lowerBound(UInt64(area.rawValue) << 32)
    return start..<max(start, lowerBound((UInt64(area.rawValue) + 1) << 32))
  }

  private func lowerBound(_ key: UInt64) -> Int {
    var (low, high) = (0, keys.count)
    while low < high {
      let middle = (low + high) / 2
      if keys[middle] < key { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
