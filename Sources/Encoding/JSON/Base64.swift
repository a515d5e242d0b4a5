/// Base 64 (RFC 4648 §4).
public enum Base64 {
  private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 0xFF, count: 256)
    for (value, digit) in digits.enumerated() { values[Int(digit)] = UInt8(value) }
    return values
  }()

  /// The text for `bytes`, padded, on one line.
  public static func encode(_ bytes: [UInt8]) -> String {
    let digits = digits
    return String(unsafeUninitializedCapacity: (bytes.count + 2) / 3 * 4) { text in
      var position = 0
      var index = 0
      while index < bytes.count {
        let left = bytes.count - index
        let first = bytes[index]
        let second = left > 1 ? bytes[index + 1] : 0
        let third = left > 2 ? bytes[index + 2] : 0
        text[position] = digits[Int(first >> 2)]
        text[position + 1] = digits[Int(first << 4 & 0x3F | second >> 4)]
        text[position + 2] = left > 1 ? digits[Int(second << 2 & 0x3F | third >> 6)] : UInt8(ascii: "=")
        text[position + 3] = left > 2 ? digits[Int(third & 0x3F)] : UInt8(ascii: "=")
        position += 4
        index += 3
      }
      return position
    }
  }

  /// The bytes that `text` writes; nil where it is no base 64. Spaces and line breaks are passed over, since servers
  /// send them; padding is required and unused bits are zero.
  public static func decode(_ text: String) -> [UInt8]? {
    var text = text
    return text.withUTF8 { characters in
      values.withUnsafeBufferPointer { values in decode(characters, values) }
    }
  }

  private static func decode(
    _ characters: UnsafeBufferPointer<UInt8>, _ values: UnsafeBufferPointer<UInt8>
  ) -> [UInt8]? {
    var isValid = true
    let result = [UInt8](unsafeUninitializedCapacity: characters.count / 4 * 3 + 3) { result, count in
      var index = 0
      // Groups of four digits without anything between them: nearly all of a long text.
      while index + 4 <= characters.count {
        let (a, b) = (values[Int(characters[index])], values[Int(characters[index + 1])])
        let (c, d) = (values[Int(characters[index + 2])], values[Int(characters[index + 3])])
        guard a | b | c | d < 64 else { break }
        result[count] = a << 2 | b >> 4
        result[count + 1] = b << 4 | c >> 2
        result[count + 2] = c << 6 | d
        index += 4
        count += 3
      }
      if let rest = end(characters[index...], values) {
        for byte in rest {
          result[count] = byte
          count += 1
        }
      } else {
        isValid = false
      }
    }
    return isValid ? result : nil
  }

  /// Digits one by one, with spaces between them and padding at the end.
  private static func end(
    _ characters: Slice<UnsafeBufferPointer<UInt8>>, _ values: UnsafeBufferPointer<UInt8>
  ) -> [UInt8]? {
    var result: [UInt8] = []
    var group: UInt32 = 0
    var count = 0
    var padding = 0
    for character in characters {
      let value = values[Int(character)]
      if value != 0xFF {
        guard padding == 0 else { return nil }
        group = group << 6 | UInt32(value)
        count += 1
        if count == 4 {
          result += [
            UInt8(truncatingIfNeeded: group >> 16), UInt8(truncatingIfNeeded: group >> 8),
            UInt8(truncatingIfNeeded: group),
          ]
          (group, count) = (0, 0)
        }
      } else if character == UInt8(ascii: "=") {
        padding += 1
      } else if ![0x20, 0x0A, 0x0D, 0x09].contains(character) {
        return nil
      }
    }
    switch (count, padding) {
    case (0, 0): break
    case (2, 2) where group & 0x0F == 0: result.append(UInt8(truncatingIfNeeded: group >> 4))
    case (3, 1) where group & 0x03 == 0:
      result.append(UInt8(truncatingIfNeeded: group >> 10))
      result.append(UInt8(truncatingIfNeeded: group >> 2))
    default: return nil
    }
    return result
  }
}
