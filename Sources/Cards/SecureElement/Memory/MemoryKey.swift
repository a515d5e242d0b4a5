import Bytes

/// A part of the card's memory with one owner: the card itself, an application, or one file system.
public struct MemoryArea: Hashable, Comparable, Sendable {
  /// The area's number.
  public let rawValue: UInt16

  /// Area number `rawValue`.
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// What belongs to no application: which file system is visible.
  public static let card = MemoryArea(rawValue: 0)

  /// The area of an application of the card (not of a file system): `number` 1 to 255, one for each kind.
  public static func application(_ number: UInt8) -> MemoryArea { MemoryArea(rawValue: UInt16(number)) }

  /// The areas from which new file systems get theirs.
  static let fileSystems: ClosedRange<UInt16> = 0x0100...0xFFFF

  public static func < (a: MemoryArea, b: MemoryArea) -> Bool { a.rawValue < b.rawValue }
}

/// Where one content stands in the card's memory.
public struct MemoryKey: Hashable, Comparable, Sendable {
  /// The owner's area.
  public let area: MemoryArea
  /// The owner's own number for it.
  public let item: UInt32

  /// Item `item` of `area`.
  public init(_ area: MemoryArea, _ item: UInt32) { (self.area, self.item) = (area, item) }

  /// Both in one number that sorts like them.
  var packed: UInt64 { UInt64(area.rawValue) << 32 | UInt64(item) }

  init(packed: UInt64) {
    self.init(MemoryArea(rawValue: UInt16(truncatingIfNeeded: packed >> 32)), UInt32(truncatingIfNeeded: packed))
  }

  public static func < (a: MemoryKey, b: MemoryKey) -> Bool { a.packed < b.packed }
}
