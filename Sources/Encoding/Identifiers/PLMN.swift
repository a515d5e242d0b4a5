import Bytes

/// A mobile network: three digits MCC and two or three MNC (TS 23.003 §12.1).
public struct PLMN: Hashable, Sendable, CustomStringConvertible {
  /// Mobile country code, three digits.
  public let mcc: String
  /// Mobile network code, two or three digits.
  public let mnc: String

  /// Checks lengths and digits.
  public init(mcc: some StringProtocol, mnc: some StringProtocol) throws(InvalidIdentifier) {
    guard mcc.utf8.count == 3, Digits.only(mcc), (2...3).contains(mnc.utf8.count), Digits.only(mnc) else {
      throw InvalidIdentifier(kind: "PLMN", reason: "three digits MCC and two or three MNC are wanted")
    }
    (self.mcc, self.mnc) = (String(mcc), String(mnc))
  }

  /// The network in three bytes (TS 24.008 §10.5.1.13).
  public init(bytes: some Collection<UInt8>) throws(InvalidIdentifier) {
    let b = Array(bytes)
    guard b.count == 3 else { throw InvalidIdentifier(kind: "PLMN", reason: "3 bytes are wanted") }
    let digits = [b[0] & 15, b[0] >> 4, b[1] & 15, b[2] & 15, b[2] >> 4] + (b[1] >> 4 == 15 ? [] : [b[1] >> 4])
    let text = digits.map { String($0) }
    try self.init(mcc: text[0..<3].joined(), mnc: text[3...].joined())
  }

  /// "00101": MCC and MNC together, five or six digits.
  public init(_ digits: some StringProtocol) throws(InvalidIdentifier) {
    try self.init(mcc: digits.prefix(3), mnc: digits.dropFirst(3))
  }

  /// The three bytes of TS 24.008 §10.5.1.13.
  public var bytes: [UInt8] {
    let c = mcc.utf8.map { $0 & 15 }
    let n = mnc.utf8.map { $0 & 15 }
    return [c[1] << 4 | c[0], (n.count == 3 ? n[2] : 15) << 4 | c[2], n[1] << 4 | n[0]]
  }

  /// "00101"
  public var digits: String { mcc + mnc }

  public var description: String { "\(mcc)-\(mnc)" }
}
