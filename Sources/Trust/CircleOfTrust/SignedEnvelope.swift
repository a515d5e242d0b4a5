import Keys
import TLV

/// What certificates and revocation lists have in common: a body, an algorithm and the issuer's signature over the
/// body's bytes as they arrived (RFC 5280 §4.1.1, §5.1.1).
struct SignedEnvelope: Sendable {
  // SEQUENCE { tbs…, signatureAlgorithm AlgorithmIdentifier, signatureValue BIT STRING }
  /// All of it.
  let encoded: [UInt8]
  /// The content octets of the outer SEQUENCE.
  let content: ArraySlice<UInt8>
  /// The body with its tag and length.
  let body: ArraySlice<UInt8>
  /// ECDSA-Sig-Value in DER.
  private let signature: ArraySlice<UInt8>

  /// AlgorithmIdentifier of ecdsa-with-SHA256, 1.2.840.10045.4.3.2, whole.
  /// RFC 5758 §3.2: "the encoding MUST omit the parameters field".
  private static let algorithm: [UInt8] = [
    0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02,
  ]

  init(_ element: TLVElement) throws(TLVError) {
    guard element.tag == .sequence else { throw .missing(wanted: .sequence, found: element.tag) }
    encoded = Array(element.encoded)
    let whole = try TLVElement(encoded)
    content = whole.content
    var reader = try whole.reader()
    body = try reader.element(.sequence).encoded
    try Self.readAlgorithm(from: &reader)
    let bits = try reader.element(.bitString)
    guard bits.content.first == 0 else { throw .invalid(.bitString, "the signature has unused bits") }
    signature = bits.content.dropFirst()
    try reader.finish()
  }

  /// Signs what `body` writes as the content of the body's SEQUENCE.
  static func sign(with key: PrivateKey, _ body: (inout TLVWriter) -> Void) throws(KeyError) -> [UInt8] {
    var inner = TLVWriter(capacity: 512)
    inner.write(.sequence, body)
    let signature = try key.sign(inner.bytes)
    guard let der = ECDSAEncoding.der(fromPlain: signature) else { throw KeyError("the signature is malformed") }
    var writer = TLVWriter(capacity: 640)
    writer.write(.sequence) { writer in
      writer.append(encoded: inner.bytes)
      writeAlgorithm(to: &writer)
      writer.write(.bitString, bytes: [0] + der)
    }
    return writer.bytes
  }

  /// Whether `key` signed the body.
  func isSigned(by key: PublicKey) -> Bool {
    guard let plain = ECDSAEncoding.plain(fromDER: Array(signature)) else { return false }
    return key.verifies(plain, over: Array(body))
  }

  /// The only algorithm there is: inside the body and outside it must be the same.
  static func readAlgorithm(from reader: inout TLVReader) throws(TLVError) {
    guard try reader.element(.sequence).encoded.elementsEqual(algorithm) else {
      throw .invalid(.sequence, "the signature's algorithm is not ecdsa-with-SHA256")
    }
  }

  static func writeAlgorithm(to writer: inout TLVWriter) { writer.append(encoded: algorithm) }
}
