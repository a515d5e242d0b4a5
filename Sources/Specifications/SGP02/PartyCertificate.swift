import Bytes
import GlobalPlatform
import Identifiers
import Keys
import TLV

/// A certificate of the circle in the form that the card reads (SGP.02 §2.3.2): CERT.DP.ECDSA and CERT.SR.ECDSA, which the
/// certificate issuer signs, and the ECASD's, which the eUICC's maker signs.
public struct PartyCertificate: Hashable, Sendable {
  /// Whom it is about.
  public enum Role: Hashable, Sendable {
    /// CERT.DP.ECDSA: discretionary data C8 01.
    case smdp
    /// CERT.SR.ECDSA: discretionary data C8 02.
    case smsr
    /// CERT.ECASD.ECKA: the eUICC's key for agreement; C8 03 is *ours*.
    case ecasdAgreement
    /// CERT.ECASD.ECDSA: the eUICC's key for signatures; C8 04 is *ours*.
    case ecasdSignature

    fileprivate var code: UInt8 {
      switch self {
      case .smdp: 0x01
      case .smsr: 0x02
      case .ecasdAgreement: 0x03
      case .ecasdSignature: 0x04
      }
    }

    fileprivate var usage: CardCertificate.Usage { self == .ecasdAgreement ? .keyAgreement : .signatureVerification }
  }

  /// The certificate as it goes to the card and comes from it.
  public let certificate: CardCertificate
  /// Whom it is about.
  public let role: Role
  /// The identifier of the key that signed it, 20 bytes.
  public let authorityKeyIdentifier: [UInt8]

  /// Certifies `key`. `subject`, 1 to 16 bytes, is the party's identifier, an eUICC's EID; days are YYYYMMDD.
  public init(
    _ role: Role, serialNumber: [UInt8], issuer: [UInt8], subject: [UInt8], effective: String, expiration: String,
    key: PublicKey, signedBy authority: PrivateKey
  ) throws(KeyError) {
    authorityKeyIdentifier = sha1(authority.publicKey.point)
    var writer = TLVWriter()
    writer.write(0xC8, bytes: [role.code])
    writer.write(0xC9, authorityKeyIdentifier)
    let body = CardCertificate.Body(
      serialNumber: serialNumber, issuer: issuer, subject: subject, effective: effective, expiration: expiration,
      key: key, usage: role.usage, discretionaryData: writer.bytes)
    certificate = try CardCertificate(body, signedBy: authority)
    self.role = role
  }

  /// The certificate that `bytes` are (7F21), not verified yet.
  public init(encoded bytes: [UInt8]) throws(TLVError) {
    certificate = try CardCertificate(encoded: bytes)
    var reader = TLVReader(certificate.body.discretionaryData ?? [])
    let code: [UInt8] = try reader.read(0xC8)
    authorityKeyIdentifier = try reader.read(0xC9)
    try reader.finish()
    let roles: [Role] = [.smdp, .smsr, .ecasdAgreement, .ecasdSignature]
    guard let role = roles.first(where: { [$0.code] == code }) else { throw .invalid(0xC8, "an unknown role") }
    // §2.3.2: a key serves what its role says, and nothing else.
    guard certificate.body.usage == role.usage, certificate.body.effective != nil else {
      throw .invalid(0x95, "the key is not for what its owner's role needs")
    }
    self.role = role
  }

  /// The certificate in bytes.
  public var encoded: [UInt8] { certificate.encoded }
  /// The certified key.
  public var key: PublicKey { certificate.body.key }
  /// The party's identifier.
  public var subject: [UInt8] { certificate.body.subject }
  /// The eUICC that the certificate is about; nil where it is another party's.
  public var eid: EID? { try? EID(bytes: subject) }

  /// Whether `authority` signed it, and names itself, and `day` (YYYYMMDD) lies within its life.
  public func isGood(under authority: PublicKey, on day: String) -> Bool {
    authorityKeyIdentifier == sha1(authority.point) && certificate.isSigned(by: authority)
      && (certificate.body.effective ?? "") <= day && day <= certificate.body.expiration
  }
}
