import Bytes
import CircleOfTrust
import Identifiers
import SGP02

/// E2: the operator asks the eUICC itself, over whatever line there is, on or off line: with a nonce of its own, and without
/// any SM-SR.
public struct DirectVerification: Sendable {
  /// What the eUICC is asked to sign.
  public let proof: IdentityProof

  /// A question of the operator called `name`; nil where the name is too long.
  public init?(name: String, random: any RandomSource) {
    guard let proof = IdentityProof(asker: name, nonce: random.bytes(32)) else { return nil }
    self.proof = proof
  }

  init(_ proof: IdentityProof) { self.proof = proof }

  /// The credentials in the eUICC's report, where it is the circle's and signed the question; the certificates come
  /// before anything else.
  public func credentials(
    of eid: EID, report: EUICCReport, signature: [UInt8], in circle: Circle, at now: Instant
  ) throws(CredentialError) -> EUICCCredentials {
    let credentials = EUICCCredentials(report, usesKeyOnRequest: report.keyOnRequest != nil)
    guard report.eid == eid else { throw .card("the report") }
    let euicc = try credentials.verified(in: circle, at: now)
    guard proof.isProven(signature, by: euicc.signatureKey, eid: eid) else { throw .card("the proof of identity") }
    return credentials
  }
}
