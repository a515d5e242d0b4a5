import CircleOfTrust
import Identifiers
import Keys
import MutualAuthentication
import ProfileFactory
import TLV

/// What the SM-DP+ proves itself with under one certificate issuer.
public struct Credentials: Sendable {
  /// CERT.DPauth and its key: signs serverSigned1.
  let authentication: ServerCredentials
  /// CERT.DPpb.
  let profileBindingCertificate: Certificate
  /// Its key: signs smdpSigned2 and the key agreement of the bound package.
  let profileBindingKey: PrivateKey

  /// The issuer's key, by which the eUICC chooses.
  public var issuer: KeyIdentifier { authentication.issuer }
  /// Signs profiles for their eUICCs; nil where CERT.DPpb is on another curve than P-256.
  var sealer: Sealer? {
    profileBindingKey.curve == .p256
      ? Sealer(profileBindingCertificate, oid: oid, key: profileBindingKey) : nil
  }

  /// The SM-DP+'s object identifier, which both certificates bear.
  public var oid: OID { authentication.oid }

  /// Checks that both certificates are what they should be under `circle` and that keys and certificates fit.
  public init(
    authentication: Certificate, authenticationKey: PrivateKey, profileBinding: Certificate,
    profileBindingKey: PrivateKey, circle: Circle, now: Instant
  ) throws {
    self.authentication = try ServerCredentials(
      authentication, key: authenticationKey, as: .dpAuthentication, circle: circle, now: now)
    let dpPb = try ServerCredentials(
      profileBinding, key: profileBindingKey, as: .dpProfileBinding, circle: circle, now: now)
    // SGP.22 §4.5.2.1.1.4: the OIDs of CERT.DPauth and CERT.DPpb SHALL be the same.
    guard dpPb.oid == self.authentication.oid else {
      throw ServerCredentials.Mismatch("CERT.DPauth and CERT.DPpb bear different object identifiers")
    }
    guard dpPb.issuer == self.authentication.issuer else {
      throw ServerCredentials.Mismatch("CERT.DPauth and CERT.DPpb come from different certificate issuers")
    }
    (profileBindingCertificate, self.profileBindingKey) = (profileBinding, profileBindingKey)
  }
}
