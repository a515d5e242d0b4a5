import Identifiers
import TLV

/// Why a chain of certificates is not accepted, and which of them is to blame.
///
/// The SM-DP+ answers by ``certificate``: 8.1.2 for ``Role/eum``, 8.1.3 for ``Role/euicc``, with 6.3 (expired) for
/// ``Reason/expired``, 6.1 (verification failed) for the rest, and 8.11.1/3.9 for ``Reason/unknownRoot(_:)``. The eUICC
/// answers ciPKUnknown(7) for ``Reason/unknownRoot(_:)``, invalidOid(5) for ``Reason/noIdentity`` of an SM-DP+ or SM-DS,
/// invalidCertificate(1) for the rest.
public struct ChainError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong with the certificate.
  public enum Reason: Hashable, Sendable {
    /// The chain has more or fewer certificates than the role wants.
    case wrongLength(wanted: Int, found: Int)
    /// The chain leads to a certificate issuer that is not among the roots.
    case unknownRoot(KeyIdentifier?)
    /// Issuer's name or key identifier are not those of the certificate above.
    case notIssuedByNext
    /// The signature is not that of the certificate above.
    case badSignature
    /// It does not hold yet.
    case notYetValid(Instant)
    /// It holds no more.
    case expired(Instant)
    /// Its issuer has revoked it.
    case revoked(Instant)
    /// The issuer's revocation list should have been replaced by then, so nobody knows whether it is revoked.
    case outdatedRevocations(Instant)
    /// Its only role is not the one wanted.
    case wrongRole(found: [OID])
    /// It may not be used so: keyUsage, extendedKeyUsage, basicConstraints or the length of the path.
    case wrongUsage
    /// Its issuer may not give that name or EID.
    case nameConstraint
    /// What the role is known by is missing or malformed: EID, object identifier or host name.
    case noIdentity
    /// It has a critical extension that is not understood.
    case unknownCriticalExtension(OID)
  }

  /// What is wrong.
  public let reason: Reason
  /// The role in which the certificate stands in the chain.
  public let certificate: Role
  /// The certificate's subject; empty where there is no certificate.
  public let subject: String

  init(_ reason: Reason, _ role: Role, _ certificate: Certificate?) {
    (self.reason, self.certificate) = (reason, role)
    subject = certificate?.subject.description ?? ""
  }

  public var description: String { "the \(certificate.name)'s certificate (\(subject)) \(reason)" }
}

extension ChainError.Reason: CustomStringConvertible {
  /// The rest of a sentence that begins with the certificate.
  public var description: String {
    switch self {
    case .wrongLength(let wanted, let found): "comes in a chain of \(found) where \(wanted) are wanted"
    case .unknownRoot(let id?): "leads to the unknown certificate issuer \(id)"
    case .unknownRoot(nil): "does not say which key signed it"
    case .notIssuedByNext: "names another issuer than the certificate above it"
    case .badSignature: "does not bear its issuer's signature"
    case .notYetValid(let start): "holds only from \(start)"
    case .expired(let end): "has expired on \(end)"
    case .revoked(let date): "was revoked on \(date)"
    case .outdatedRevocations(let date): "cannot be judged: its issuer's revocation list ended on \(date)"
    case .wrongRole(let found):
      "has another role (\(found.isEmpty ? "none" : found.map(\.description).joined(separator: ", ")))"
    case .wrongUsage: "may not be used for this"
    case .nameConstraint: "names somebody its issuer may not certify"
    case .noIdentity: "lacks what its subject is known by"
    case .unknownCriticalExtension(let oid): "has the unknown critical extension \(oid)"
    }
  }
}

extension Role {
  /// The role's name in the field.
  public var name: String {
    switch self {
    case .certificateIssuer: "CI"
    case .eum: "EUM"
    case .euicc: "eUICC"
    case .dpTLS: "SM-DP+ TLS"
    case .dpAuthentication: "SM-DP+ (DPauth)"
    case .dpProfileBinding: "SM-DP+ (DPpb)"
    case .dsTLS: "SM-DS TLS"
    case .dsAuthentication: "SM-DS (DSauth)"
    case .operatorTLS: "operator TLS"
    case .srTLS: "SM-SR TLS"
    case .directoryTLS: "address directory"
    }
  }
}
