import Bytes
import CircleOfTrust
import Identifiers
import Keys
import SGP22
import TLV

/// What makes an eUICC out of a blank card: its identity, whom it trusts and what it tells about itself.
public struct Personalisation: Sendable {
  /// The eUICC under one certificate issuer.
  public struct Identity: Sendable {
    /// The certificate issuer's key, by which servers name the identity.
    public var ciPKId: KeyIdentifier
    /// SK.EUICC.ECDSA.
    public var key: PrivateKey
    /// CERT.EUICC.ECDSA.
    public var euiccCertificate: Certificate
    /// CERT.EUM.ECDSA, which signed it.
    public var eumCertificate: Certificate

    /// All fields.
    public init(ciPKId: KeyIdentifier, key: PrivateKey, euiccCertificate: Certificate, eumCertificate: Certificate) {
      (self.ciPKId, self.key) = (ciPKId, key)
      (self.euiccCertificate, self.eumCertificate) = (euiccCertificate, eumCertificate)
    }
  }

  /// The eUICC's identifier.
  public var eid: EID
  /// The identities it can sign under, the preferred first; several certificate issuers and curves are possible.
  public var identities: [Identity]
  /// The certificate issuers' own certificates that it verifies with.
  public var roots: [Certificate]
  /// When it was made: it has no clock, and takes this for the earliest time that it can be (see ``TimeSeen``).
  public var madeAt: Instant
  /// The default SM-DP+'s address.
  public var defaultDpAddress: String?
  /// The root SM-DS's address.
  public var rootDsAddress: String
  /// Who may use profile policy rules.
  public var rat: RulesAuthorisationTable = []
  /// Profile policy rules that nobody may use.
  public var forbiddenProfilePolicyRules: PprIds?
  /// What it tells about itself; the lists of keys and the memory are filled in when it is asked.
  public var info: EUICCInfo2
  /// Whether profiles of class "test" may be installed.
  public var acceptsTestProfiles = true

  /// An eUICC of the usual make.
  public init(
    eid: EID, identities: [Identity], roots: [Certificate], madeAt: Instant, defaultDpAddress: String? = nil,
    rootDsAddress: String
  ) {
    (self.eid, self.identities, self.roots, self.madeAt) = (eid, identities, roots, madeAt)
    (self.defaultDpAddress, self.rootDsAddress) = (defaultDpAddress, rootDsAddress)
    info = Self.standardInfo
  }

  /// SGP.22 v2.5.0, profile packages v2.3.1, TS 102 226's resources told when asked.
  public static let standardInfo: EUICCInfo2 = {
    var info = EUICCInfo2(
      profileVersion: VersionType(2, 3, 1), svn: VersionType(2, 5, 0), euiccFirmwareVer: VersionType(1, 0, 0),
      extCardResource: [],
      uiccCapability: [.usimSupport, .isimSupport, .akaMilenage, .akaTuak128, .akaTuak256, .multipleUsimSupport],
      rspCapability: [.additionalProfile, .crlSupport, .testProfileSupport, .deviceChangeSupport],
      euiccCiPKIdListForVerification: [],
      euiccCiPKIdListForSigning: [], ppVersion: VersionType(1, 0, 0), sasAcreditationNumber: "SIMURGH-LAB-0001")
    info.globalplatformVersion = VersionType(2, 3, 1)
    info.euiccCategory = .mediumEuicc
    return info
  }()

  // MARK: From a seed

  /// SK.EUICC.ECDSA of the card that is made from `seed`: the same each time.
  public static func key(seed: [UInt8], curve: Curve) -> PrivateKey {
    PrivateKey(curve, random: SeededRandomSource(seed: Array("Simurgh SK.EUICC \(curve.rawValue) ".utf8) + seed))
  }

  /// The EID of the card that is made from `seed`: `prefix` (the manufacturer's digits, at most 29), then digits that
  /// depend on the seed alone.
  public static func eid(prefix: String, seed: [UInt8]) throws(InvalidIdentifier) -> EID {
    let random = SeededRandomSource(seed: Array("Simurgh EID ".utf8) + seed).bytes(64)
    let digits = random.lazy.filter { $0 < 250 }.map { String($0 % 10) }.prefix(max(0, 30 - prefix.utf8.count))
    return try EID(prefix: prefix + digits.joined())
  }
}
