import Bytes
import TLV

/// A certificate's number, unique for its issuer: the content octets of an INTEGER, 1 to 20 (RFC 5280 §4.1.2.2).
public struct SerialNumber: TLVContent, Hashable, CustomStringConvertible {
  /// The content octets.
  public let bytes: [UInt8]

  /// A new number of 16 random bytes: positive, and never met before.
  public init(random: any RandomSource) {
    var bytes = random.bytes(16)
    bytes[0] = bytes[0] & 0x3F | 0x40
    self.bytes = bytes
  }

  /// The number `value`, not negative.
  public init(_ value: UInt32) {
    let bytes = Array(([0] + value.bigEndianBytes).drop { $0 == 0 })
    self.bytes = (bytes.first ?? 0x80) < 0x80 ? bytes : [0] + bytes
  }

  /// Zero and negative numbers are against the rules but exist: RFC 5280 wants them handled gracefully.
  public init(_ element: TLVElement) throws(TLVError) {
    let content = element.content
    guard (1...20).contains(content.count), let first = content.first else {
      throw .invalid(element.tag, "a serial number has 1 to 20 bytes")
    }
    if let second = content.dropFirst().first {
      // X.690 §8.3.2: the first nine bits shall not all be ones or all zero.
      guard !(first == 0 && second < 0x80), !(first == 0xFF && second >= 0x80) else {
        throw .invalid(element.tag, "an INTEGER is written in the fewest bytes")
      }
    }
    bytes = Array(content)
  }

  public func encodeContent(to writer: inout TLVWriter) { writer.append(encoded: bytes) }

  /// Upper-case hexadecimal digits.
  public var description: String { bytes.hex }
}
