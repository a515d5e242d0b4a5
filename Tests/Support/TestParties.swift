import CircleOfTrust
import Identifiers
import Keys
import Testing

/// A whole circle's certificates and keys: made here, or GSMA's.
package struct TestParties: Sendable, CustomTestStringConvertible {
  package let name: String
  package let ci, eum, euicc, dpAuth, dpPb: Certificate
  package let ciKey, euiccKey, dpAuthKey, dpPbKey: PrivateKey

  package var testDescription: String { name }

  /// A circle made here, on P-256.
  package static var nist: TestParties { get throws { try made[0].get() } }
  /// A circle made here, on brainpoolP256r1.
  package static var brainpool: TestParties { get throws { try made[1].get() } }

  private static let made = [Curve.p256, .brainpoolP256r1].map { curve in Result { try TestParties(made: curve) } }

  /// GSMA's test certificates, from the folder of published vectors.
  package init(_ set: SGP26) throws {
    name = set.testDescription
    (ci, eum, euicc) = (try set.ci, try set.eum, try set.euicc)
    (dpAuth, dpPb) = (try set.dpAuth, try set.dpPb)
    ciKey = try set.key("CertificateIssuer/SK_CI_ECDSA")
    (euiccKey, dpAuthKey, dpPbKey) = (try set.euiccKey, try set.dpAuthKey, try set.dpPbKey)
  }

  private init(made curve: Curve) throws {
    let circle = try TestCircle(curve)
    name = "a circle on \(curve)"
    (ci, eum, ciKey) = (circle.root.certificate, circle.eum.certificate, circle.root.key)
    let card = try circle.issue(.euicc(EID("89049032123451234512345678901235")))
    let authentication = try circle.issue(.dpAuthentication(circle.oid))
    let binding = try circle.issue(.dpProfileBinding(circle.oid))
    (euicc, euiccKey) = (card.certificate, card.key)
    (dpAuth, dpAuthKey) = (authentication.certificate, authentication.key)
    (dpPb, dpPbKey) = (binding.certificate, binding.key)
  }
}
