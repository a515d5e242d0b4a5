import APDU

/// The changes of one command, laid over the memory until they are committed together.
public final class MemoryTransaction {
  private let memory: any CardMemory
  private let capacity: Int
  private var written: [MemoryKey: [UInt8]?] = [:]
  private var removedAreas: Set<MemoryArea> = []
  /// Why the last commit failed, if it did.
  private(set) var failure: CardMemoryError?

  /// No changes yet over `memory`, which may grow to `capacity` bytes.
  public init(over memory: any CardMemory, capacity: Int = .max) { (self.memory, self.capacity) = (memory, capacity) }

  /// The content at `key` as this transaction leaves it.
  public func read(_ key: MemoryKey) -> [UInt8]? {
    if !written.isEmpty, let change = written[key] { return change }
    if !removedAreas.isEmpty, removedAreas.contains(key.area) { return nil }
    return memory.map[key]
  }

  /// Gives `key` a content.
  public func write(_ key: MemoryKey, _ content: [UInt8]) { written[key] = .some(content) }

  /// Removes `key`.
  public func remove(_ key: MemoryKey) { written[key] = .some(nil) }

  /// Removes everything in `area`.
  public func removeAll(in area: MemoryArea) {
    written = written.filter { $0.key.area != area }
    removedAreas.insert(area)
  }

  /// The keys in `area` as this transaction leaves them, ascending.
  public func keys(in area: MemoryArea) -> [MemoryKey] {
    var keys = Set(removedAreas.contains(area) ? [] : memory.map.keys(in: area))
    for (key, content) in written where key.area == area {
      if content == nil { keys.remove(key) } else { keys.insert(key) }
    }
    return keys.sorted()
  }

  /// The areas that hold something as this transaction leaves them, ascending.
  public var areas: [MemoryArea] {
    Set(memory.map.areas + written.keys.map(\.area)).filter { !keys(in: $0).isEmpty }.sorted()
  }

  /// Bytes that may still be written.
  public var freeBytes: Int { max(0, capacity - memory.map.usedBytes - growth(of: changes)) }

  /// Makes the changes so far durable, now: 6A84 where they do not fit, 6581 where the memory fails; then nothing is
  /// changed.
  public func commit() throws(StatusWordError) {
    let changes = changes
    guard !changes.isEmpty else { return }
    let growth = growth(of: changes)
    guard growth <= 0 || memory.map.usedBytes + growth <= capacity else {
      discard()
      throw StatusWordError(.notEnoughMemory)
    }
    do {
      try memory.commit(changes)
    } catch {
      failure = error
      discard()
      throw StatusWordError(.memoryProblem)
    }
    discard()
  }

  /// Forgets the changes since the last commit.
  func discard() {
    written = [:]
    removedAreas = []
  }

  /// The changes in their order of execution, without those that change nothing.
  private var changes: [MemoryChange] {
    let map = memory.map
    let areas = removedAreas.sorted().filter { !map.keys(in: $0).isEmpty }
    var changes = areas.map(MemoryChange.removeArea)
    for (key, content) in written.sorted(by: { $0.key < $1.key }) {
      let before = removedAreas.contains(key.area) ? nil : map[key]
      guard content != before else { continue }
      changes.append(content.map { .set(key, $0) } ?? .remove(key))
    }
    return changes
  }

  private func growth(of changes: [MemoryChange]) -> Int {
    let map = memory.map
    func size(_ key: MemoryKey) -> Int {
      removedAreas.contains(key.area) ? 0 : map[key].map(MemoryMap.size) ?? 0
    }
    return changes.reduce(0) { sum, change in
      switch change {
      case .set(let key, let content): sum + MemoryMap.size(of: content) - size(key)
      case .remove(let key): sum - size(key)
      case .removeArea(let area): sum - map.keys(in: area).reduce(0) { $0 + (map[$1].map(MemoryMap.size) ?? 0) }
      }
    }
  }
}
