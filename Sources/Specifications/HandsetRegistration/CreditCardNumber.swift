import Bytes
import Identifiers
import TLV

/// A credit card's number (ISO/IEC 7812-1): 12 to 19 digits, the last of which checks the others. It prints masked.
public struct CreditCardNumber: Hashable, Sendable, CustomStringConvertible {
  /// The digits.
  public let digits: Secret

  /// The number that was keyed in; spaces and hyphens between digits are passed over. nil where the count or the check
  /// digit is wrong.
  public init?(_ text: String) {
    let digits = text.utf8.filter { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "-") }
    guard (12...19).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }),
      Digits.luhnHolds(String(decoding: digits, as: UTF8.self))
    else { return nil }
    self.digits = Secret(digits)
  }

  /// The last four digits, as a receipt shows them.
  public var description: String { "•••• " + String(decoding: digits.bytes.suffix(4), as: UTF8.self) }
}

extension CreditCardNumber: TLVContent {
  public init(_ element: TLVElement) throws(TLVError) {
    guard let number = CreditCardNumber(try String(element)) else {
      throw .invalid(element.tag, "this is no credit card number")
    }
    self = number
  }

  public func encodeContent(to writer: inout TLVWriter) { digits.encodeContent(to: &writer) }
}
