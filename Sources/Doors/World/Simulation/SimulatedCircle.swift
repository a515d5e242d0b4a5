import Bytes
import CircleOfTrust
import Identifiers
import Keys
import MutualAuthentication
import ProfileFactory
import ProfilePackage
import SMDPPlus
import SecureElement
import TLV

/// What all simulations of a process share, since it costs much and does not depend on the seed: the certificates, the
/// SM-DP+'s template, and an eUICC's memory as its maker left it.
public struct SimulatedCircle: Sendable {
  /// The circle of this process.
  public static let shared = Result { try SimulatedCircle() }

  /// When the simulations begin.
  static let start = Instant(seconds: 1_800_000_000)
  /// The SM-DP+'s host.
  static let smdpPlus = "smdp-plus.example"
  /// The SM-DS's host, which eUICCs know as their root SM-DS.
  static let smds = "sm-ds.example"
  /// The operator's host.
  static let mobileOperator = "operator.example"

  let circle: Circle
  let smdpCredentials: SMDPPlus.Credentials
  /// What the SM-DP+ shows when it calls others.
  let smdpCertificate: [UInt8]
  let smdsCredentials: ServerCredentials
  let operatorCertificate: [UInt8]
  /// Has profiles backed up, as the SM-DP+ of the operator's.
  let backups: BackupDesk
  let templates: [String: any PackageBuilder]
  let vault: KeyVault
  let eid: EID
  /// The log of the eUICC's memory.
  let card: [UInt8]
  /// Another eUICC.
  let otherEID: EID
  let otherCard: [UInt8]

  private init() throws {
    let random = SeededRandomSource(seed: Array("the simulations' circle".utf8))
    let validity = Validity(from: Self.start - .seconds(86_400), days: 3650)
    let root = try Authority(
      certificateIssuer: DistinguishedName([(.commonName, "Simulated CI")]), key: PrivateKey(.p256, random: random),
      validity: validity, random: random)
    func issue(_ profile: CertificateProfile, _ name: String) throws -> (certificate: Certificate, key: PrivateKey) {
      let key = PrivateKey(.p256, random: random)
      return (
        try root.issue(profile, named: name, to: key.publicKey, validity: validity, random: random), key
      )
    }
    let maker = try issue(.eum(organization: "Simulated EUM", eins: [SoftwareEUICC.laboratoryPrefix]), "EUM")
    guard let oid = OID("2.999.10") else { throw AuthorityError.malformed("the simulated SM-DP+'s identifier") }
    let (auth, binding) = (
      try issue(.dpAuthentication(oid), "DPauth"), try issue(.profileProvider(oid, of: PLMN("00101")), "DPpb")
    )
    circle = Circle(roots: [root.certificate])
    smdpCredentials = try SMDPPlus.Credentials(
      authentication: auth.certificate, authenticationKey: auth.key, profileBinding: binding.certificate,
      profileBindingKey: binding.key, circle: circle, now: Self.start)
    backups = BackupDesk(
      binding.certificate, oid: oid, key: binding.key, secret: Secret(random.bytes(32)), circle: circle)
    operatorCertificate = try issue(.operatorTLS, "operator").certificate.encoded
    templates = ["base": SubscriberTemplate(try BaseProfile.template(contacts: 10))]
    vault = try KeyVault(current: Secret(random.bytes(32)))
    let manufacturer = try Authority(certificate: maker.certificate, key: maker.key)
    func make(_ seed: UInt8, vault: KeyVault) throws -> (eid: EID, log: [UInt8]) {
      let log = VolatileLog()
      let eid = try SoftwareEUICC.make(
        on: LogMemory(log), seed: [seed], manufacturers: [manufacturer], roots: [root.certificate], validity: validity,
        rootSMDS: Self.smds, vault: vault, now: Self.start)
      return (eid, log.bytes)
    }
    (eid, card) = try make(1, vault: vault)
    (otherEID, otherCard) = try make(2, vault: vault)
    guard let smdsOid = OID("2.999.20") else { throw AuthorityError.malformed("the simulated SM-DS's identifier") }
    smdpCertificate = try issue(.dpTLS(oid, hosts: [Self.smdpPlus]), "SM-DP+").certificate.encoded
    let discovery = try issue(.dsAuthentication(smdsOid), "DSauth")
    smdsCredentials = try ServerCredentials(
      discovery.certificate, key: discovery.key, as: .dsAuthentication, circle: circle, now: Self.start)
  }
}
