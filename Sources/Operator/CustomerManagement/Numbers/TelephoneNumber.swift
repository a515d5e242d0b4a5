/// A telephone number with its country code (ITU-T E.164 §6.2): 5 to 15 digits that do not begin with 0.
public struct TelephoneNumber: Hashable, Sendable, CustomStringConvertible {
  /// The digits, without "+".
  public let digits: String

  /// Reads a number, with "+" or without.
  public init(_ text: some StringProtocol) throws(CustomerError) {
    let digits = text.hasPrefix("+") ? text.dropFirst() : text[...]
    guard (5...15).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      digits.utf8.first != UInt8(ascii: "0")
    else { throw .invalid("number", "5 to 15 digits with the country code are wanted, like +4915550000000") }
    self.digits = String(digits)
  }

  /// The number `distance` above this one.
  func advanced(by distance: Int) throws(CustomerError) -> TelephoneNumber {
    // 15 digits fit 64 bits with room for any count of a pool.
    try TelephoneNumber(String((Int64(digits) ?? 0) + Int64(distance)))
  }

  public var description: String { "+" + digits }
}
