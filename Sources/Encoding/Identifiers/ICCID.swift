import Bytes

/// The card's or profile's number: 18 to 20 digits beginning with 89 (ITU-T E.118).
///
/// The last digit of a well-made ICCID is a Luhn check digit. Real profiles exist whose is not, so `init` lets them
/// pass and ``hasCheckDigit`` tells.
public struct ICCID: Hashable, Sendable, CustomStringConvertible {
  /// The digits, without filler.
  public let digits: String

  /// Checks length, digits and the leading 89.
  public init(_ digits: some StringProtocol) throws(InvalidIdentifier) {
    guard (18...20).contains(digits.utf8.count), Digits.only(digits) else {
      throw InvalidIdentifier(kind: "ICCID", reason: "18 to 20 digits are wanted")
    }
    guard digits.utf8.starts(with: "89".utf8) else {
      throw InvalidIdentifier(kind: "ICCID", reason: "the first two digits are 89")
    }
    self.digits = String(digits)
  }

  /// The ICCID in the 10 bytes of EF.ICCID and of tag 5A (low nibble first).
  public init(bytes: some Collection<UInt8>) throws(InvalidIdentifier) {
    guard bytes.count == 10, let digits = Digits.unpack(bytes, swapped: true) else {
      throw InvalidIdentifier(kind: "ICCID", reason: "10 bytes of digits are wanted")
    }
    try self.init(digits)
  }

  /// The ICCID in the 10 bytes of a profile package's header (high nibble first).
  public init(headerBytes: some Collection<UInt8>) throws(InvalidIdentifier) {
    guard headerBytes.count == 10, let digits = Digits.unpack(headerBytes, swapped: false) else {
      throw InvalidIdentifier(kind: "ICCID", reason: "10 bytes of digits are wanted")
    }
    try self.init(digits)
  }

  /// The 10 bytes of EF.ICCID and of tag 5A.
  public var bytes: [UInt8] { Digits.swapped(digits.padding(to: 20)) }

  /// The 10 bytes of a profile package's header.
  public var headerBytes: [UInt8] { Digits.pack(digits.padding(to: 20)) }

  /// Whether the last digit is the Luhn check digit of the others.
  public var hasCheckDigit: Bool { Digits.luhnHolds(digits) }

  public var description: String { digits }
}

extension String {
  /// The digits followed by as many fillers (nibble F, here "?", whose low nibble is F) as `length` wants.
  fileprivate func padding(to length: Int) -> String {
    self + String(repeating: "?", count: max(0, length - utf8.count))
  }
}
