import Bytes

/// The subscriber's identity in a mobile network: up to 15 digits, MCC, MNC, MSIN (TS 23.003 §2.2).
public struct IMSI: Hashable, Sendable, CustomStringConvertible {
  /// The digits.
  public let digits: String

  /// Checks length and digits.
  public init(_ digits: some StringProtocol) throws(InvalidIdentifier) {
    guard (6...15).contains(digits.utf8.count), Digits.only(digits) else {
      throw InvalidIdentifier(kind: "IMSI", reason: "6 to 15 digits are wanted")
    }
    self.digits = String(digits)
  }

  /// The IMSI in the 9 bytes of EF.IMSI: length, then parity and digits low nibble first (TS 31.102 §4.2.2).
  public init(bytes: some Collection<UInt8>) throws(InvalidIdentifier) {
    guard bytes.count == 9, let length = bytes.first, (1...8).contains(length),
      let text = Digits.unpack(bytes.dropFirst().prefix(Int(length)), swapped: true), let parity = text.utf8.first
    else { throw InvalidIdentifier(kind: "IMSI", reason: "EF.IMSI is malformed") }
    let odd = (text.utf8.count - 1) % 2 == 1
    guard parity & 0x0F == (odd ? 9 : 1) else {
      throw InvalidIdentifier(kind: "IMSI", reason: "EF.IMSI has the wrong parity")
    }
    try self.init(text.dropFirst())
  }

  /// The 9 bytes of EF.IMSI.
  public var bytes: [UInt8] {
    let odd = digits.utf8.count % 2 == 1
    let packed = Digits.swapped((odd ? "9" : "1") + digits)
    return [UInt8(packed.count)] + packed + [UInt8](repeating: 0xFF, count: 8 - packed.count)
  }

  public var description: String { digits }
}
