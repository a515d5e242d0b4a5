import Bytes
import TLV

/// The name of an RSP session, chosen by the server.
///
/// ```
/// TransactionId ::= OCTET STRING (SIZE(1..16))
/// ```
public struct TransactionId: TLVContent, Hashable, CustomStringConvertible {
  /// 1 to 16 bytes.
  public let bytes: [UInt8]

  /// nil where there are not 1 to 16 bytes.
  public init?(_ bytes: some Collection<UInt8>) {
    guard (1...16).contains(bytes.count) else { return nil }
    self.bytes = Array(bytes)
  }

  /// SGP.22 §6.5.2: hexadecimal digits; either case is read.
  public init?(hex: some StringProtocol) {
    guard hex.utf8.count <= 32, let bytes = try? [UInt8](hex: hex) else { return nil }
    self.init(bytes)
  }

  public init(_ element: TLVElement) throws(TLVError) {
    guard let value = TransactionId(element.content) else { throw .invalid(element.tag, "1 to 16 bytes are wanted") }
    self = value
  }

  public func encodeContent(to writer: inout TLVWriter) { writer.append(encoded: bytes) }

  /// Upper-case hexadecimal digits, as the JSON binding writes it.
  public var description: String { bytes.hex }
}
