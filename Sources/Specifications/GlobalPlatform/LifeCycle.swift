/// The card's stage of life: that of its issuer security domain (GlobalPlatform Card Specification 2.3 §5.1, table 11-6).
public enum CardLifeCycle: UInt8, Sendable, CaseIterable {
  case opReady = 0x01
  case initialized = 0x07
  case secured = 0x0F
  case cardLocked = 0x7F
  case terminated = 0xFF

  /// §5.1.2: forwards alone, but for the lock, which can be taken off again.
  public func canBecome(_ next: CardLifeCycle) -> Bool {
    switch (self, next) {
    case (.terminated, _): false
    case (.cardLocked, .secured), (_, .terminated): true
    case (.secured, .cardLocked): true
    default: next.rawValue > rawValue && next != .cardLocked
    }
  }
}

/// The stage of life of an application, a security domain or a load file (§5.3, §5.4, tables 11-3 to 11-5).
public struct LifeCycle: Hashable, Sendable {
  /// The byte as the registry shows it.
  public let rawValue: UInt8

  /// Any byte.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// A load file is there.
  public static let loaded = LifeCycle(rawValue: 0x01)
  /// An application is in the registry and cannot be selected.
  public static let installed = LifeCycle(rawValue: 0x03)
  /// It can be selected.
  public static let selectable = LifeCycle(rawValue: 0x07)
  /// A security domain has its keys.
  public static let personalized = LifeCycle(rawValue: 0x0F)

  /// Bit 8: locked.
  public var isLocked: Bool { rawValue & 0x80 != 0 }
  /// Whether it can be selected.
  public var isSelectable: Bool { !isLocked && rawValue & 0x07 == 0x07 }
  /// The same, locked.
  public var locked: LifeCycle { LifeCycle(rawValue: rawValue | 0x80) }
  /// The same, no longer locked.
  public var unlocked: LifeCycle { LifeCycle(rawValue: rawValue & 0x7F) }
}
