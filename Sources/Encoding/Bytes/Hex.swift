/// Bytes that are not hexadecimal digits in pairs.
public struct NotHex: Error, Equatable, CustomStringConvertible {
  /// Offset of the first bad character, in characters.
  public let offset: Int

  /// A complaint about the character at `offset`.
  public init(offset: Int) { self.offset = offset }

  public var description: String { "not hexadecimal at character \(offset + 1)" }
}

extension [UInt8] {
  /// The bytes that `hex` writes: digits of either case in pairs, spaces and line breaks ignored.
  public init(hex: some StringProtocol) throws(NotHex) {
    self = []
    reserveCapacity(hex.utf8.count / 2)
    var high: UInt8?
    var offset = 0
    for character in hex.utf8 {
      defer { offset += 1 }
      let digit: UInt8
      switch character {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = character - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = character - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = character - UInt8(ascii: "A") + 10
      case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): continue
      default: throw NotHex(offset: offset)
      }
      if let first = high {
        append(first << 4 | digit)
        high = nil
      } else {
        high = digit
      }
    }
    if high != nil { throw NotHex(offset: offset) }
  }
}

extension Sequence<UInt8> {
  /// Upper-case hexadecimal digits without separators.
  public var hex: String {
    let digits = Array("0123456789ABCDEF".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(underestimatedCount * 2)
    for byte in self {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 0x0F)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}
