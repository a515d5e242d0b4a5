/// A BER tag of one to three bytes, as the specifications print it: `0x5A`, `0xBF38`, `0x9F70`.
public struct TLVTag: Hashable, Sendable, ExpressibleByIntegerLiteral, CustomStringConvertible {
  /// The tag's bytes as one big-endian number.
  public let rawValue: UInt32

  /// The tag whose bytes are `rawValue`, most significant first.
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  public init(integerLiteral value: UInt32) { self.init(rawValue: value) }

  /// The context-specific tag `[number]` of a value that is constructed or not.
  public static func context(_ number: UInt32, constructed: Bool) -> TLVTag {
    let lead: UInt32 = constructed ? 0xA0 : 0x80
    if number < 31 { return TLVTag(rawValue: lead | number) }
    if number < 128 { return TLVTag(rawValue: (lead | 0x1F) << 8 | number) }
    return TLVTag(rawValue: (lead | 0x1F) << 16 | (0x80 | number >> 7) << 8 | number & 0x7F)
  }

  /// How many bytes the tag takes: 1, 2 or 3.
  public var length: Int { rawValue > 0xFFFF ? 3 : rawValue > 0xFF ? 2 : 1 }

  /// Whether the value is a series of TLVs (bit 6 of the first byte).
  public var isConstructed: Bool { rawValue >> (UInt32(length - 1) * 8) & 0x20 != 0 }

  /// The number n of a context-specific tag `[n]`; nil for tags of other classes.
  public var contextNumber: UInt32? {
    let lead = rawValue >> (UInt32(length - 1) * 8)
    guard lead & 0xC0 == 0x80 else { return nil }
    switch length {
    case 1: return rawValue & 0x1F
    case 2: return rawValue & 0x7F
    default: return (rawValue >> 8 & 0x7F) << 7 | rawValue & 0x7F
    }
  }

  public var description: String {
    let text = String(rawValue, radix: 16, uppercase: true)
    return text.utf8.count % 2 == 0 ? text : "0" + text
  }
}

extension TLVTag {
  /// Universal tags of ASN.1.
  public static let boolean: TLVTag = 0x01
  public static let integer: TLVTag = 0x02
  public static let bitString: TLVTag = 0x03
  public static let octetString: TLVTag = 0x04
  public static let null: TLVTag = 0x05
  public static let objectIdentifier: TLVTag = 0x06
  public static let utf8String: TLVTag = 0x0C
  public static let sequence: TLVTag = 0x30
  public static let set: TLVTag = 0x31
}
