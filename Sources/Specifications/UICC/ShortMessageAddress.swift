import Bytes
import TLV

/// The number of a short message's sender or receiver (3GPP TS 23.040 §9.1.2.5): at most 20 digits.
public struct ShortMessageAddress: Hashable, Sendable, CustomStringConvertible {
  /// The most digits of an address.
  static let digitLimit = 20

  /// Type of number and numbering plan: 91 international, 81 unknown.
  public let kind: UInt8
  /// The digits, without "+".
  public let digits: String

  /// The address "+491701234567", or "12345" in an unknown plan; nil where it is no number.
  public init?(_ text: some StringProtocol) {
    let isInternational = text.hasPrefix("+")
    let digits = String(isInternational ? text.dropFirst() : text[...])
    guard (1...Self.digitLimit).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) })
    else { return nil }
    (self.kind, self.digits) = (isInternational ? 0x91 : 0x81, digits)
  }

  /// The address of a data object of the toolkit: ``dialling``; nil where there is none.
  public init?(dialling bytes: [UInt8]) {
    let digits = bytes.dropFirst().flatMap { [$0 & 0x0F, $0 >> 4] }
    let count = digits.last == 0x0F ? digits.count - 1 : digits.count
    var rest = ([UInt8(clamping: count)] + bytes)[...]
    guard count > 0, let address = try? ShortMessageAddress(taking: &rest), rest.isEmpty else { return nil }
    self = address
  }

  /// Takes the address from the front of `bytes`: the count of digits, the kind, the digits two to a byte, low first.
  init(taking bytes: inout ArraySlice<UInt8>) throws(TLVError) {
    guard let count = bytes.popFirst(), let kind = bytes.popFirst() else { throw .truncated }
    let size = (Int(count) + 1) / 2
    guard count <= Self.digitLimit, bytes.count >= size else { throw .truncated }
    let nibbles = bytes.prefix(size).flatMap { [$0 & 0x0F, $0 >> 4] }
    guard nibbles.prefix(Int(count)).allSatisfy({ $0 < 10 }), nibbles.dropFirst(Int(count)).allSatisfy({ $0 == 0x0F })
    else { throw .malformedLength }
    bytes = bytes.dropFirst(size)
    self.kind = kind
    digits = String(decoding: nibbles.prefix(Int(count)).map { $0 | 0x30 }, as: UTF8.self)
  }

  /// The count of digits, the kind and the digits.
  var encoded: [UInt8] { [UInt8(digits.utf8.count), kind] + packedDigits }

  /// Kind and digits alone, as data objects of the toolkit carry an address (ETSI TS 102 223 §8.1).
  public var dialling: [UInt8] { [kind] + packedDigits }

  private var packedDigits: [UInt8] {
    let nibbles = digits.utf8.map { $0 & 0x0F }
    return stride(from: 0, to: nibbles.count, by: 2).map { index in
      (index + 1 < nibbles.count ? nibbles[index + 1] : 0x0F) << 4 | nibbles[index]
    }
  }

  public var description: String { (kind & 0x70 == 0x10 ? "+" : "") + digits }
}
