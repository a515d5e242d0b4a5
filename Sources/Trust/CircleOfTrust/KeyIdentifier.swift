import Bytes
import Keys
import TLV

/// A key's identifier: 20 bytes, OCTET STRING (RFC 5280 §4.2.1.2). SGP.22 names CIs by it (`euiccCiPKId…`).
public struct KeyIdentifier: TLVMessage, Hashable, CustomStringConvertible {
  public static let tag: TLVTag = .octetString
  /// The 20 bytes.
  public let bytes: [UInt8]

  /// Takes 20 bytes; nil where there are more or less.
  public init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == 20 else { return nil }
    self.bytes = Array(bytes)
  }

  /// RFC 5280 §4.2.1.2 method (1): the SHA-1 of the value of the BIT STRING subjectPublicKey.
  public init(of key: PublicKey) { bytes = sha1(key.point) }

  public init(_ element: TLVElement) throws(TLVError) {
    guard element.content.count == 20 else { throw .invalid(element.tag, "a key identifier has 20 bytes") }
    bytes = Array(element.content)
  }

  public func encodeContent(to writer: inout TLVWriter) { writer.append(encoded: bytes) }

  /// Upper-case hexadecimal digits.
  public var description: String { bytes.hex }
}
