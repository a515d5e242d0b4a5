import CircleOfTrust
import Identifiers
import Keys
import SGP22
import TLV

/// The certificates by which everybody tells whether an eUICC is the circle's, and for which key it is spoken to (E1, E2
/// of the founding document): the maker's, and those of the static keys, or of the key that was made on request.
///
/// ```
/// BF72 { 5A EID, 80 CERT.EUM, 81 CERT.ECASD.ECDSA, 82 CERT.ECASD.ECKA, 83 certificate of the key on request? }
/// ```
public struct EUICCCredentials: TLVMessage, TLVSequence, Hashable {
  public static let tag: TLVTag = 0xBF72

  /// The eUICC.
  public let eid: EID
  private let eumCertificate: [UInt8]
  private let signatureCertificate: [UInt8]
  private let agreementCertificate: [UInt8]
  private let keyOnRequest: [UInt8]?

  /// Those in a report; with the key that was made on request where `usesKeyOnRequest`.
  public init(_ report: EUICCReport, usesKeyOnRequest: Bool = false) {
    (eid, eumCertificate) = (report.eid, report.eumCertificate)
    (signatureCertificate, agreementCertificate) = (report.signatureCertificate, report.agreementCertificate)
    keyOnRequest = usesKeyOnRequest ? report.keyOnRequest : nil
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (eid, eumCertificate) = (try reader.read(0x5A), try reader.read(0x80))
    (signatureCertificate, agreementCertificate) = (try reader.read(0x81), try reader.read(0x82))
    keyOnRequest = try reader.readIfPresent(0x83)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x5A, eid)
    writer.write(0x80, eumCertificate)
    writer.write(0x81, signatureCertificate)
    writer.write(0x82, agreementCertificate)
    writer.write(0x83, keyOnRequest)
  }

  /// What was verified: nobody speaks to an eUICC before.
  public struct Verified: Hashable, Sendable {
    /// The eUICC.
    public let eid: EID
    /// The key that it signs with.
    public let signatureKey: PublicKey
    /// The key that it agrees with.
    public let agreementKey: PublicKey
    /// Whether that is the one that was made on request.
    public let isKeyOnRequest: Bool
  }

  /// Verifies all of them; the maker's may be revoked, and may be another's eUICC's.
  public func verified(in circle: Circle, at now: Instant) throws(CredentialError) -> Verified {
    let maker: VerifiedCertificate
    do {
      maker = try circle.verify([Certificate(encoded: eumCertificate)], as: .eum, at: now)
    } catch { throw .maker("\(error)") }
    let eins = maker.certificate.extensions.nameConstraints?.eins ?? []
    guard eins.contains(where: { eid.digits.hasPrefix($0) }) else { throw .maker("it makes no eUICCs of that range") }
    let day = String("\(now)".filter(\.isNumber).prefix(8))
    func key(
      _ bytes: [UInt8], _ role: PartyCertificate.Role, by authority: PublicKey
    ) throws(CredentialError) -> PublicKey {
      guard let certificate = try? PartyCertificate(encoded: bytes), certificate.role == role, certificate.eid == eid,
        certificate.isGood(under: authority, on: day)
      else { throw .card(role == .ecasdSignature ? "CERT.ECASD.ECDSA" : "CERT.ECASD.ECKA") }
      return certificate.key
    }
    let signatureKey = try key(signatureCertificate, .ecasdSignature, by: maker.publicKey)
    let fixed = try key(agreementCertificate, .ecasdAgreement, by: maker.publicKey)
    // E1: that key certifies any key made on request.
    let made = try keyOnRequest.map { bytes throws(CredentialError) in
      try key(bytes, .ecasdAgreement, by: signatureKey)
    }
    return Verified(
      eid: eid, signatureKey: signatureKey, agreementKey: made ?? fixed, isKeyOnRequest: made != nil)
  }
}

/// Why an eUICC is not spoken to.
public enum CredentialError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The maker's certificate is not the circle's, or revoked, or does not cover the eUICC.
  case maker(String)
  /// A certificate of the eUICC's is another's, out of date, or not its maker's.
  case card(String)

  public var description: String {
    switch self {
    case .maker(let why): "the certificate of the eUICC's maker is not good: \(why)"
    case .card(let name): "\(name) is not the eUICC's, or not good any more"
    }
  }
}
