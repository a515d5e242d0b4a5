import Bytes

/// Why a text is not the identifier it should be.
public struct InvalidIdentifier: Error, Equatable, CustomStringConvertible {
  /// The identifier's name: "ICCID".
  public let kind: String
  /// What is wrong with it, as the rest of a sentence.
  public let reason: String

  /// A complaint about an identifier of `kind`.
  public init(kind: String, reason: String) { (self.kind, self.reason) = (kind, reason) }

  public var description: String { "\(kind): \(reason)" }
}

/// Decimal digits, two to a byte.
public enum Digits {
  /// Packs digits low nibble first, filling an odd end with F (ITU-T E.118 in EF.ICCID, TS 31.102).
  static func swapped(_ digits: String) -> [UInt8] { pack(digits).map { $0 << 4 | $0 >> 4 } }

  /// Packs digits high nibble first, filling an odd end with F.
  static func pack(_ digits: String) -> [UInt8] {
    let nibbles = digits.utf8.map { $0 & 0x0F }
    return stride(from: 0, to: nibbles.count, by: 2).map { index in
      nibbles[index] << 4 | (index + 1 < nibbles.count ? nibbles[index + 1] : 0x0F)
    }
  }

  /// The digits in `bytes`, high nibble first, up to the filler; nil where a nibble is neither digit nor filler.
  static func unpack(_ bytes: some Sequence<UInt8>, swapped: Bool) -> String? {
    var digits: [UInt8] = []
    digits.reserveCapacity(32)
    var ended = false
    func take(_ nibble: UInt8) -> Bool {
      if nibble == 0x0F {
        ended = true
      } else if nibble > 9 || ended {
        return false
      } else {
        digits.append(0x30 + nibble)
      }
      return true
    }
    for byte in bytes {
      let (first, second) = swapped ? (byte & 0x0F, byte >> 4) : (byte >> 4, byte & 0x0F)
      guard take(first), take(second) else { return nil }
    }
    return String(decoding: digits, as: UTF8.self)
  }

  /// Whether the text is digits only.
  static func only(_ text: some StringProtocol) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
  }

  /// Whether the last digit is the Luhn check digit of the others (ISO/IEC 7812-1).
  public static func luhnHolds(_ text: some StringProtocol) -> Bool {
    let sum = text.utf8.reversed().enumerated().reduce(0) { sum, item in
      let digit = Int(item.element & 0x0F) * (item.offset % 2 == 1 ? 2 : 1)
      return sum + (digit > 9 ? digit - 9 : digit)
    }
    return sum % 10 == 0
  }
}
