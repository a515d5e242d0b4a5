import CircleOfTrust
import Identifiers
import Keys
import TLV

/// What a server proves itself with under one certificate issuer: CERT.DPauth or CERT.DSauth, and its key.
public struct ServerCredentials: Sendable {
  /// The issuer's key, by which the eUICC chooses.
  public let issuer: KeyIdentifier
  /// The server's object identifier, which its certificates bear.
  public let oid: OID
  public let certificate: Certificate
  /// Signs serverSigned1.
  let key: PrivateKey

  /// Why a certificate and a key do not make credentials.
  public struct Mismatch: Error, CustomStringConvertible {
    public let description: String

    /// A sentence for the operator of the server.
    public init(_ description: String) { self.description = description }
  }

  /// Checks that the certificate is one of `role` under `circle` and that the key belongs to it.
  public init(_ certificate: Certificate, key: PrivateKey, as role: Role, circle: Circle, now: Instant) throws {
    let verified = try circle.verify([certificate], as: role, at: now)
    guard verified.publicKey == key.publicKey else {
      throw Mismatch("the private key does not belong to the certificate \(certificate.subject)")
    }
    guard let oid = verified.oid else { throw Mismatch("\(certificate.subject) bears no object identifier") }
    guard let issuer = certificate.authorityKeyIdentifier else {
      throw Mismatch("\(certificate.subject) does not name its issuer's key")
    }
    (self.issuer, self.oid, self.certificate, self.key) = (issuer, oid, certificate, key)
  }
}
