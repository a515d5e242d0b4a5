import Identifiers
import Keys
import TLV

/// An X.509 certificate of SGP.22 §4.5.2 (RFC 5280 §4.1), version 3, signed with ECDSA and SHA-256.
///
/// Parsed, not trusted: ``Circle/verify(_:as:at:)`` makes a ``VerifiedCertificate`` of it.
public struct Certificate: TLVMessage, Hashable, Sendable {
  // Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue BIT STRING }
  // TBSCertificate ::= SEQUENCE { version [0] EXPLICIT, serialNumber, signature, issuer, validity, subject,
  //   subjectPublicKeyInfo, issuerUniqueID [1], subjectUniqueID [2], extensions [3] EXPLICIT }
  public static let tag: TLVTag = .sequence
  /// Its number, unique for the issuer.
  public let serialNumber: SerialNumber
  /// Who signed it.
  public let issuer: DistinguishedName
  /// From when to when it holds.
  public let validity: Validity
  /// Whom it is about.
  public let subject: DistinguishedName
  /// The subject's key, on its curve.
  public let publicKey: PublicKey
  /// The extensions.
  public let extensions: CertificateExtensions
  private let envelope: SignedEnvelope

  /// The certificate exactly as it arrived.
  public var encoded: [UInt8] { envelope.encoded }

  public init(_ element: TLVElement) throws(TLVError) {
    envelope = try SignedEnvelope(element)
    var reader = try TLVElement(envelope.body).reader()
    guard try Array(reader.element(0xA0).content) == [0x02, 0x01, 0x02] else {
      throw .invalid(0xA0, "the certificate's version is not 3")
    }
    serialNumber = try reader.read(.integer)
    try SignedEnvelope.readAlgorithm(from: &reader)
    issuer = try reader.read()
    validity = try reader.read()
    subject = try reader.read()
    publicKey = try reader.read(SubjectPublicKeyInfo.self).key
    // "CAs conforming to this profile MUST NOT generate certificates with unique identifiers."
    var wrapper = try reader.element(0xA3).reader()
    extensions = try wrapper.read()
    try wrapper.finish()
    try reader.finish()
  }

  public func encodeContent(to writer: inout TLVWriter) { writer.append(encoded: envelope.content) }

  public static func == (a: Certificate, b: Certificate) -> Bool { a.encoded == b.encoded }
  public func hash(into hasher: inout Hasher) { encoded.withUnsafeBytes { hasher.combine(bytes: $0) } }

  /// Whether `key` signed the certificate.
  func isSigned(by key: PublicKey) -> Bool { envelope.isSigned(by: key) }
}

extension Certificate {
  /// The identifier of the subject's key.
  public var subjectKeyIdentifier: KeyIdentifier? { extensions.subjectKeyIdentifier }
  /// The identifier of the issuer's key: of a certificate that the CI signed, the CI's PKID.
  public var authorityKeyIdentifier: KeyIdentifier? { extensions.authorityKeyIdentifier }
  /// The policies.
  public var policies: [OID] { extensions.policies }
  /// The EID of an eUICC's certificate: "serialNumber … SHALL contain the EID" (SGP.22 §4.5.2.1.0.4). Nil where that
  /// attribute is no EID.
  public var eid: EID? { subject.text(.serialNumber).flatMap { try? EID($0) } }
  /// SHA-256 of the whole certificate, 32 bytes: how a certificate is pinned.
  public var fingerprint: [UInt8] { sha256(encoded) }
  /// Whether issuer and subject are the same, as with a certificate issuer's own certificate.
  public var isSelfIssued: Bool { issuer.matches(subject) }
}
