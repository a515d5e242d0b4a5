import Bytes
import CircleOfTrust
import Identifiers
import Keys
import ProfilePackage
import SecureMessages
import TLV

/// The provider's signature in a profile (Fig. 3, 306), with the certificate of the key that made it: CERT.DPpb. It travels
/// in the profile package, as an element of ours.
public struct ProfileSeal: TLVMessage, TLVSequence {
  // ProfileSeal ::= SEQUENCE { certificate Certificate, statement Signed }
  public static let tag: TLVTag = .sequence

  /// CERT.DPpb.
  public let certificate: Certificate
  private let statement: Signed<SealedIdentity>

  /// Signs `identity` with CERT.DPpb's key, which must be on P-256, as of `now`. A profile lives until it is deleted, so
  /// its seal has no end; `random` gives its number.
  public init(
    _ identity: SealedIdentity, certificate: Certificate, oid: OID, key: PrivateKey, now: Instant,
    random: any RandomSource
  ) throws {
    let serial = random.bytes(8).reduce(0) { $0 << 8 | Int($1) } & Int.max
    let term = Term(serial: serial, notBefore: now, notAfter: Term.times.upperBound)
    self.certificate = certificate
    statement = try Signed(identity, by: KeyHolder(.profileProvider(oid), key: key), term: term)
  }

  /// When it was made, unverified.
  public var claimedTime: Instant? { statement.claimedTerm?.notBefore }

  /// What it says, if `provider` is its certificate, verified as CERT.DPpb at ``claimedTime``.
  public func verified(by provider: VerifiedCertificate) throws -> SealedIdentity? {
    guard provider.certificate == certificate, let oid = provider.oid, let time = claimedTime else { return nil }
    return try statement.verified(from: KnownParty(.profileProvider(oid), key: provider.publicKey), at: time)
  }

  // MARK: In a package

  /// Who defines the element's content: 2.25 and a number that is this element's alone (ITU-T X.667).
  public static let issuer = OID(contentOctets: [
    0x69, 0x81, 0xFC, 0xBC, 0x8F, 0xD4, 0xCD, 0xD0, 0xDA, 0xAA, 0x9D, 0x9B, 0xB5, 0x96, 0xE3, 0xE8, 0xE1, 0xBD, 0x9A,
    0x07,
  ])

  /// PE-NonStandard with the seal. It is not mandated: an eUICC that does not know it leaves it out (§7.2).
  public func element(_ identification: Int) -> PE.NonStandard {
    PE.NonStandard(PEHeader(identification, isMandated: false), issuer: Self.issuer, content: encoded)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    certificate = try reader.read()
    statement = try reader.read(.sequence)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(certificate)
    writer.write(.sequence, statement)
  }
}
