import Bytes

/// A PIN's key reference: P2 of the PIN commands, tag 83 in access rules (ETSI TS 102 221 §9.5.1).
public struct PINReference: Hashable, Sendable, ExpressibleByIntegerLiteral, CustomStringConvertible {
  /// The key reference's byte.
  public let rawValue: UInt8

  /// The reference whose byte is `rawValue`.
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  public init(integerLiteral value: UInt8) { self.init(rawValue: value) }

  /// PIN of application 1 (global).
  public static let pin1: PINReference = 0x01
  /// Second PIN of application 1 (local).
  public static let pin2: PINReference = 0x81
  /// The universal PIN, which can stand in for the applications' PINs.
  public static let universal: PINReference = 0x11
  /// The first administrative key.
  public static let adm1: PINReference = 0x0A

  /// Table 9.3: bit 8 set marks a local key: one of the current application's own.
  public var isLocal: Bool { rawValue & 0x80 != 0 }

  /// Whether this is an administrative key: 0A to 0E and 8A to 8E.
  public var isAdministrative: Bool { (0x0A...0x0E).contains(rawValue & 0x7F) }

  /// Whether Table 9.3 knows the reference.
  public var isValid: Bool {
    switch rawValue & 0x7F {
    case 0x01...0x08, 0x0A...0x0E: true
    case 0x11: !isLocal
    default: false
    }
  }

  public var description: String { [rawValue].hex }
}
