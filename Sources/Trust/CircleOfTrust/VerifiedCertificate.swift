import Identifiers
import Keys
import TLV

/// A certificate that a ``Circle`` has verified: only ``Circle/verify(_:as:at:)`` makes one.
public struct VerifiedCertificate: Sendable, Hashable {
  /// The certificate.
  public let certificate: Certificate
  /// The role it was verified for.
  public let role: Role
  /// The certificate issuer's key at the end of the chain: SGP.22's `euiccCiPKId…`.
  public let root: KeyIdentifier

  init(_ certificate: Certificate, role: Role, root: KeyIdentifier) {
    (self.certificate, self.role, self.root) = (certificate, role, root)
    eid = role == .euicc ? certificate.eid : nil
  }

  /// The subject's key.
  public var publicKey: PublicKey { certificate.publicKey }
  /// The EID of an eUICC; nil in every other role.
  public let eid: EID?
  /// The object identifier of an SM-DP+ or SM-DS; nil in every other role.
  public var oid: OID? { role.hasOID ? certificate.extensions.registeredIDs.first : nil }
}

extension Certificate {
  /// What comes before a network's digits in organizationIdentifier (X.520 §6.4.4; ETSI EN 319 412-1 §5.1.4 has the form).
  static let operatorPrefix = "PLMN-"

  /// The operator whose profiles the subject of CERT.DPpb provides; nil where the certificate names none.
  public var operatorNetwork: PLMN? {
    guard let text = subject.text(.organizationIdentifier), text.hasPrefix(Self.operatorPrefix) else { return nil }
    return try? PLMN(text.dropFirst(Self.operatorPrefix.count))
  }
}
