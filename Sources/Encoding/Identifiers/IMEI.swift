import Bytes

/// The device's identity: 14 digits (8 of them the TAC) and a Luhn check digit (TS 23.003 §6.2).
public struct IMEI: Hashable, Sendable, CustomStringConvertible {
  /// The 15 digits, check digit included.
  public let digits: String

  /// Checks length, digits and the check digit.
  public init(_ digits: some StringProtocol) throws(InvalidIdentifier) {
    guard digits.utf8.count == 15, Digits.only(digits) else {
      throw InvalidIdentifier(kind: "IMEI", reason: "15 digits are wanted")
    }
    guard Digits.luhnHolds(digits) else {
      throw InvalidIdentifier(kind: "IMEI", reason: "the check digit does not fit")
    }
    self.digits = String(digits)
  }

  /// The 8 bytes of SGP.22's DeviceInfo: digits low nibble first, high nibble of the last byte filled with F.
  public var bytes: [UInt8] { Digits.swapped(digits) }

  /// The type allocation code's 4 bytes, low nibble first.
  public var tac: [UInt8] { Digits.swapped(String(digits.prefix(8))) }

  public var description: String { digits }
}
