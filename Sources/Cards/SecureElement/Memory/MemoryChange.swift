import Bytes

/// One change of a commit.
public enum MemoryChange: Hashable, Sendable {
  /// The item has this content from now on.
  case set(MemoryKey, [UInt8])
  /// The item is gone.
  case remove(MemoryKey)
  /// All items of the area are gone.
  case removeArea(MemoryArea)
}

extension MemoryChange {
  /// Appends the change: kind, key, and for a content its length and bytes.
  func encode(to bytes: inout [UInt8]) {
    switch self {
    case .set(let key, let content):
      bytes.append(1)
      Self.encode(key, to: &bytes)
      bytes += UInt32(content.count).bigEndianBytes
      bytes += content
    case .remove(let key):
      bytes.append(2)
      Self.encode(key, to: &bytes)
    case .removeArea(let area):
      bytes.append(3)
      bytes += area.rawValue.bigEndianBytes
    }
  }

  private static func encode(_ key: MemoryKey, to bytes: inout [UInt8]) {
    bytes += key.area.rawValue.bigEndianBytes
    bytes += key.item.bigEndianBytes
  }

  /// The changes in a record's payload; nil where it is malformed.
  static func list(_ payload: ArraySlice<UInt8>) -> [MemoryChange]? {
    var rest = payload
    func take(_ count: Int) -> ArraySlice<UInt8>? {
      guard rest.count >= count else { return nil }
      defer { rest = rest.dropFirst(count) }
      return rest.prefix(count)
    }
    func number<Number: FixedWidthInteger>(_ type: Number.Type) -> Number? {
      take(Number.bitWidth / 8).flatMap { Number(bigEndian: $0) }
    }
    var changes: [MemoryChange] = []
    while let kind = take(1)?.first {
      guard let area = number(UInt16.self).map(MemoryArea.init(rawValue:)) else { return nil }
      if kind == 3 {
        changes.append(.removeArea(area))
        continue
      }
      guard let item = number(UInt32.self) else { return nil }
      let key = MemoryKey(area, item)
      switch kind {
      case 1:
        guard let count = number(UInt32.self), let content = take(Int(count)) else { return nil }
        changes.append(.set(key, Array(content)))
      case 2: changes.append(.remove(key))
      default: return nil
      }
    }
    return changes
  }
}
