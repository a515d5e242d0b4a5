import Keys
import TLV

/// A public key as certificates carry it (RFC 5480 §2).
struct SubjectPublicKeyInfo: TLVMessage, TLVSequence {
  // SubjectPublicKeyInfo ::= SEQUENCE { algorithm AlgorithmIdentifier, subjectPublicKey BIT STRING }
  static let tag: TLVTag = .sequence
  let key: PublicKey

  init(_ key: PublicKey) { self.key = key }

  init(fields reader: inout TLVReader) throws(TLVError) {
    let curve = try Curve(algorithm: reader.element(.sequence))
    let bits = try reader.element(.bitString)
    guard bits.content.first == 0 else { throw .invalid(.bitString, "the public key has unused bits") }
    do { key = try PublicKey(curve, point: bits.content.dropFirst()) } catch {
      throw .invalid(.bitString, error.description)
    }
  }

  func encodeFields(to writer: inout TLVWriter) {
    writer.write(.sequence) { key.curve.encodeAlgorithm(to: &$0) }
    writer.write(.bitString, bytes: [0] + key.point)
  }
}

extension Curve {
  /// id-ecPublicKey, 1.2.840.10045.2.1
  private static let ecPublicKey: [UInt8] = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01]

  /// The content octets of the curve's object identifier: 1.2.840.10045.3.1.7 and 1.3.36.3.3.2.8.1.1.7.
  var oid: [UInt8] {
    switch self {
    case .p256: [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]
    case .brainpoolP256r1: [0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x07]
    }
  }

  /// The curve that an object identifier names.
  init(namedCurve element: TLVElement) throws(TLVError) {
    guard let curve = Self.allCases.first(where: { element.content.elementsEqual($0.oid) }) else {
      throw .invalid(element.tag, "the curve is neither P-256 nor brainpoolP256r1")
    }
    self = curve
  }

  /// RFC 5480 §2.1.1: the parameters are namedCurve; "implicitCurve and specifiedCurve MUST NOT be used in PKIX".
  init(algorithm element: TLVElement) throws(TLVError) {
    var reader = try element.reader()
    let algorithm = try reader.element(.objectIdentifier)
    guard algorithm.content.elementsEqual(Self.ecPublicKey) else {
      throw .invalid(.objectIdentifier, "the key is no elliptic-curve key")
    }
    self = try Curve(namedCurve: reader.element(.objectIdentifier))
    try reader.finish()
  }

  /// The content of the AlgorithmIdentifier.
  func encodeAlgorithm(to writer: inout TLVWriter) {
    writer.write(.objectIdentifier, bytes: Self.ecPublicKey)
    writer.write(.objectIdentifier, bytes: oid)
  }
}
