import Bytes
import CircleOfTrust
import Identifiers
import Keys
import MutualAuthentication
import TLV
import Testing

/// A circle with everybody in it whom an SM-DS meets.
struct TestCircle {
  let ci: Authority
  let eum: Authority
  let circle: Circle
  let random: SeededRandomSource

  static let now = Instant(seconds: 1_800_000_000)
  static let validity = Validity(notBefore: now - .seconds(86_400), notAfter: now + .seconds(86_400 * 400))
  static let eids = ["89001012012341234012345678901224", "89049032123451234512345678901235"]

  init(seed: String = "sm-ds") throws {
    random = SeededRandomSource(seed: Array(seed.utf8))
    let key = PrivateKey(.p256, random: random)
    ci = try Authority(
      certificateIssuer: DistinguishedName([(.commonName, "Test CI")]), key: key, validity: Self.validity,
      random: random)
    let eumKey = PrivateKey(.p256, random: random)
    eum = try Authority(
      certificate: ci.issue(
        .eum(organization: "Card Maker", eins: ["89001012", "89049032"], signsRevocationLists: true), named: "EUM",
        to: eumKey.publicKey, validity: Self.validity, random: random), key: eumKey)
    circle = Circle(roots: [ci.certificate])
  }

  /// A certificate of the CI and its key.
  func issue(_ profile: CertificateProfile, validity: Validity = Self.validity) throws -> (Certificate, PrivateKey) {
    let key = PrivateKey(.p256, random: random)
    return (
      try ci.issue(profile, named: "\(profile.role)", to: key.publicKey, validity: validity, random: random), key
    )
  }

  /// The TLS certificate of the SM-DP+ with the object identifier `oid`.
  func smdpPlus(_ oid: String, validity: Validity = Self.validity) throws -> [UInt8] {
    try issue(.dpTLS(try #require(OID(oid)), hosts: ["smdp.example.com"]), validity: validity).0.encoded
  }
}
