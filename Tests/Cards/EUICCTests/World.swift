import Bytes
import CircleOfTrust
import EUICC
import Identifiers
import Keys
import SGP22
import TLV
import Testing

/// A circle of trust with an SM-DP+ and an SM-DS, and the keys to everything.
struct World {
  static let start = Instant(seconds: 1_780_000_000)
  static let address = "dp.example.com"

  struct Party {
    let certificate: Certificate
    let key: PrivateKey
  }

  let curve: Curve
  let random: SeededRandomSource
  let root: Authority
  let eum: Authority
  let oid: OID
  let validity = Validity(from: World.start - .seconds(86_400), days: 3650)

  init(_ curve: Curve = .p256, seed: String = "circle") throws {
    self.curve = curve
    random = SeededRandomSource(seed: Array(seed.utf8))
    oid = try #require(OID("2.999.10"))
    root = try Authority(
      certificateIssuer: DistinguishedName([(.commonName, "Test CI \(seed)")]),
      key: PrivateKey(curve, random: random), validity: validity, random: random)
    let eumKey = PrivateKey(curve, random: random)
    eum = try Authority(
      certificate: root.issue(
        .eum(organization: "Test EUM", eins: ["89049032"]), named: "EUM", to: eumKey.publicKey, validity: validity,
        random: random), key: eumKey)
  }

  var ciPKId: KeyIdentifier { KeyIdentifier(of: root.key.publicKey) }

  func issue(_ profile: CertificateProfile, validity: Validity? = nil) throws -> Party {
    let key = PrivateKey(curve, random: random)
    let issuer = profile.role.issuer == .eum ? eum : root
    return Party(
      certificate: try issuer.issue(
        profile, named: "party", to: key.publicKey, validity: validity ?? self.validity, random: random), key: key)
  }

  func identity(_ eid: EID, key: PrivateKey) throws -> Personalisation.Identity {
    Personalisation.Identity(
      ciPKId: ciPKId, key: key,
      euiccCertificate: try eum.issue(
        .euicc(eid), named: "eUICC", to: key.publicKey, validity: validity, random: random),
      eumCertificate: eum.certificate)
  }

  func personalisation(seed: String = "card") throws -> Personalisation {
    let seed = Array(seed.utf8)
    let eid = try Personalisation.eid(prefix: "89049032", seed: seed)
    var personalisation = Personalisation(
      eid: eid, identities: [try identity(eid, key: Personalisation.key(seed: seed, curve: curve))],
      roots: [root.certificate], madeAt: World.start, rootDsAddress: "ds.example.com")
    personalisation.defaultDpAddress = World.address
    return personalisation
  }
}
