import Bytes

/// The eUICC's identifier: 32 digits that are 1 modulo 97 (SGP.02 §2.2.2, SGP.29).
public struct EID: Hashable, Sendable, CustomStringConvertible {
  /// The 32 digits.
  public let digits: String

  /// Checks length, digits and the modulo 97 rule.
  public init(_ digits: some StringProtocol) throws(InvalidIdentifier) {
    let digits = String(digits)
    guard digits.utf8.count == 32, Digits.only(digits) else {
      throw InvalidIdentifier(kind: "EID", reason: "32 digits are wanted")
    }
    let remainder = Self.remainder(digits)
    guard remainder == 1 else {
      throw InvalidIdentifier(
        kind: "EID", reason: "the check digits do not fit (modulo 97 gives \(remainder), not 1)")
    }
    self.digits = digits
  }

  /// The EID in the 16 bytes of tag 5A (digits high nibble first).
  public init(bytes: some Collection<UInt8>) throws(InvalidIdentifier) {
    guard bytes.count == 16, let digits = Digits.unpack(bytes, swapped: false) else {
      throw InvalidIdentifier(kind: "EID", reason: "16 bytes of digits are wanted")
    }
    try self.init(digits)
  }

  /// The EID whose first 30 digits are `prefix`; the last two are computed.
  public init(prefix: some StringProtocol) throws(InvalidIdentifier) {
    guard prefix.utf8.count == 30, Digits.only(prefix) else {
      throw InvalidIdentifier(kind: "EID", reason: "30 digits are wanted before the check digits")
    }
    let check = 98 - Self.remainder("\(prefix)00")
    try self.init("\(prefix)\(check < 10 ? "0" : "")\(check)")
  }

  /// The 16 bytes of tag 5A.
  public var bytes: [UInt8] { Digits.pack(digits) }

  public var description: String { digits }

  private static func remainder(_ digits: String) -> Int {
    digits.utf8.reduce(0) { ($0 * 10 + Int($1 & 0x0F)) % 97 }
  }
}
