import CircleOfTrust
import Identifiers
import Keys
import TLV
import Testing

/// A circle of trust made from a seed: its issuer, a card maker, and the keys to everything.
package struct TestCircle {
  /// Within every validity.
  package static let start = Instant(seconds: 1_780_000_000)

  /// A certificate with its key.
  package struct Party {
    package let certificate: Certificate
    package let key: PrivateKey

    package init(certificate: Certificate, key: PrivateKey) { (self.certificate, self.key) = (certificate, key) }
  }

  package let random: SeededRandomSource
  package let root: Authority
  package let eum: Authority
  package let oid: OID
  package let validity = Validity(from: TestCircle.start - .seconds(86_400), days: 3650)

  package init(_ curve: Curve = .p256, seed: String = "circle") throws {
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

  package var curve: Curve { root.key.curve }
  package var ciPKId: KeyIdentifier { KeyIdentifier(of: root.key.publicKey) }

  /// A certificate of a role for a new key, or for `key`.
  package func issue(_ profile: CertificateProfile, to key: PrivateKey? = nil, validity: Validity? = nil) throws
    -> Party
  {
    let key = key ?? PrivateKey(curve, random: random)
    let issuer = profile.role.issuer == .eum ? eum : root
    return Party(
      certificate: try issuer.issue(
        profile, named: "party", to: key.publicKey, validity: validity ?? self.validity, random: random), key: key)
  }
}
