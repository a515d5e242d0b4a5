import Bytes

/// SQN: 48 bits, SEQ in the upper and IND in the lower bits (TS 33.102 §C.1.1.1).
public struct SequenceNumber: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The number, below 2⁴⁸.
  public let value: UInt64

  /// Zero.
  public static let zero = SequenceNumber(unchecked: 0)

  private init(unchecked value: UInt64) { self.value = value }

  /// The number `value`; nil from 2⁴⁸ on.
  public init?(_ value: UInt64) {
    guard value < 1 << 48 else { return nil }
    self.value = value
  }

  /// The number in 6 bytes; nil where there are more or fewer.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == 6, let value = UInt64(bigEndian: bytes) else { return nil }
    self.value = value
  }

  /// 6 bytes, most significant first.
  public var bytes: [UInt8] { Array(value.bigEndianBytes.dropFirst(2)) }

  public static func < (a: SequenceNumber, b: SequenceNumber) -> Bool { a.value < b.value }

  public var description: String { bytes.hex }
}
