/// What a terminal can do: the data field of TERMINAL PROFILE (ETSI TS 102 223 §5.2).
public struct TerminalProfile: Hashable, Sendable {
  /// The bytes as they came.
  public let bytes: [UInt8]

  /// A profile of `bytes`.
  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Whether bit `bit` (1 to 8) of byte `byte` (from 1) is set.
  public func supports(byte: Int, bit: Int) -> Bool {
    byte >= 1 && byte <= bytes.count && (1...8).contains(bit) && bytes[byte - 1] & 1 << UInt8(bit - 1) != 0
  }

  /// Byte 3, bit 8: proactive REFRESH.
  public var supportsRefresh: Bool { supports(byte: 3, bit: 8) }
  /// Byte 3, bit 6: proactive POLL INTERVAL.
  public var supportsPollInterval: Bool { supports(byte: 3, bit: 6) }
}
