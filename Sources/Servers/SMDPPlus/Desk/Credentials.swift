import CircleOfTrust
import Identifiers
import Keys
import TLV

/// What the SM-DP+ proves itself with under one certificate issuer.
public struct Credentials: Sendable {
  /// The issuer's key, by which the eUICC chooses.
  public let issuer: KeyIdentifier
  /// The SM-DP+'s object identifier, which both certificates bear.
  public let oid: OID
  /// CERT.DPauth and its key: signs serverSigned1.
  let authentication: Pair
  /// CERT.DPpb and its key: signs smdpSigned2 and the key agreement of the bound package.
  let profileBinding: Pair

  struct Pair: Sendable {
    let certificate: Certificate
    let key: PrivateKey
  }

  /// Why certificates and keys do not make credentials.
  public struct Mismatch: Error, CustomStringConvertible {
    public let description: String
  }

  /// Checks that both certificates are what they should be under `circle` and that keys and certificates fit.
  public init(
    authentication: Certificate, authenticationKey: PrivateKey, profileBinding: Certificate,
    profileBindingKey: PrivateKey, circle: Circle, now: Instant
  ) throws {
    let dpAuth = try circle.verify([authentication], as: .dpAuthentication, at: now)
    let dpPb = try circle.verify([profileBinding], as: .dpProfileBinding, at: now)
    guard dpAuth.publicKey == authenticationKey.publicKey, dpPb.publicKey == profileBindingKey.publicKey else {
      throw Mismatch(description: "a private key of the SM-DP+ does not belong to its certificate")
    }
    // SGP.22 §4.5.2.1.1.4: the OIDs of CERT.DPauth and CERT.DPpb SHALL be the same.
    guard let oid = dpAuth.oid, oid == dpPb.oid else {
      throw Mismatch(description: "CERT.DPauth and CERT.DPpb bear different object identifiers, or none")
    }
    guard let issuer = authentication.authorityKeyIdentifier, issuer == profileBinding.authorityKeyIdentifier else {
      throw Mismatch(description: "CERT.DPauth and CERT.DPpb come from different certificate issuers")
    }
    (self.issuer, self.oid) = (issuer, oid)
    self.authentication = Pair(certificate: authentication, key: authenticationKey)
    self.profileBinding = Pair(certificate: profileBinding, key: profileBindingKey)
  }
}
