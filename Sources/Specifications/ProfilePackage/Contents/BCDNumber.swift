/// A dialling number as files hold it, in BCD: "+49151…" is international (TS 24.008 §10.5.4.7).
public struct BCDNumber: Hashable, Sendable, CustomStringConvertible {
  /// Digits, `*` and `#`, without the plus sign.
  public let digits: String
  /// Whether the number begins with the country code.
  public let isInternational: Bool

  /// 1 to 20 digits, perhaps behind a plus sign; nil for anything else.
  public init?(_ text: some StringProtocol) {
    isInternational = text.hasPrefix("+")
    digits = String(isInternational ? text.dropFirst() : text[...])
    guard (1...20).contains(digits.utf8.count), digits.allSatisfy({ Self.codes[$0] != nil }) else { return nil }
  }

  /// The number in type of number and BCD digits; nil where it is none.
  public init?(_ bytes: some Collection<UInt8>) {
    guard let type = bytes.first, type & 0x80 != 0 else { return nil }
    isInternational = type & 0x70 == 0x10
    var text = ""
    for nibble in bytes.dropFirst().flatMap({ [$0 & 0x0F, $0 >> 4] }) {
      guard nibble != 0x0F else { break }
      guard let digit = Self.codes.first(where: { $0.value == nibble })?.key else { return nil }
      text.append(digit)
    }
    guard !text.isEmpty else { return nil }
    digits = text
  }

  private static let codes: [Character: UInt8] = [
    "0": 0, "1": 1, "2": 2, "3": 3, "4": 4, "5": 5, "6": 6, "7": 7, "8": 8, "9": 9, "*": 10, "#": 11,
  ]

  /// Type of number and BCD digits: 2 to 11 bytes.
  public var bytes: [UInt8] {
    let nibbles = digits.compactMap { Self.codes[$0] }
    // TS 24.008 Table 10.5.118: 91 international, 81 unknown, both in the ISDN numbering plan.
    return [isInternational ? 0x91 : 0x81]
      + stride(from: 0, to: nibbles.count, by: 2).map { place in
        (place + 1 < nibbles.count ? nibbles[place + 1] : 0x0F) << 4 | nibbles[place]
      }
  }

  public var description: String { (isInternational ? "+" : "") + digits }
}

/// A record of EF.MSISDN, EF.ADN and their like: name, number (TS 31.102 §4.2.26, §4.4.2.3).
public struct DiallingNumber: Hashable, Sendable {
  /// What a person calls it.
  public var name: String
  /// The number; nil in an empty record.
  public var number: BCDNumber?

  /// A record's contents.
  public init(name: String = "", number: BCDNumber?) { (self.name, self.number) = (name, number) }

  /// The record; nil where it is malformed.
  public init?(_ record: [UInt8]) {
    guard record.count >= 14, let name = GSMText.decode(record.prefix(record.count - 14)) else { return nil }
    let tail = Array(record.suffix(14))
    self.name = name
    guard (1...11).contains(tail[0]) else { return }
    number = BCDNumber(tail[1..<1 + Int(tail[0])])
  }

  /// The record in `length` bytes, 14 at least; nil where name or number do not fit.
  public func bytes(length: Int) -> [UInt8]? {
    guard length >= 14, let text = GSMText.encode(name, limit: length - 14) else { return nil }
    let digits = number?.bytes ?? []
    guard digits.count <= 11 else { return nil }
    var record = [UInt8](repeating: 0xFF, count: length)
    record.replaceSubrange(0..<text.count, with: text)
    if !digits.isEmpty {
      record[length - 14] = UInt8(digits.count)
      record.replaceSubrange(length - 13..<length - 13 + digits.count, with: digits)
    }
    return record
  }
}

/// A record of EF.SMSP: the short message service centre (TS 31.102 §4.2.27).
public enum ShortMessageParameters {
  /// The record in `length` bytes, 28 at least: service centre, protocol 00, coding 00, valid for a day.
  public static func bytes(serviceCentre: BCDNumber, length: Int) -> [UInt8]? {
    guard length >= 28 else { return nil }
    let digits = serviceCentre.bytes
    let address = [UInt8(digits.count)] + digits + [UInt8](repeating: 0xFF, count: max(0, 11 - digits.count))
    // Indicators: 0 for what is present; bit 1 destination, 2 service centre, 3 protocol, 4 coding, 5 validity.
    return [UInt8](repeating: 0xFF, count: length - 28) + [0xE1] + [UInt8](repeating: 0xFF, count: 12) + address
      + [0x00, 0x00, 0xA7]
  }

  /// The service centre in a record; nil where there is none.
  public static func serviceCentre(_ record: [UInt8]) -> BCDNumber? {
    guard record.count >= 28 else { return nil }
    let tail = Array(record.suffix(28))
    guard tail[0] & 0x02 == 0, (2...11).contains(tail[13]) else { return nil }
    return BCDNumber(tail[14..<14 + Int(tail[13])])
  }
}
