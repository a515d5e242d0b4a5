import Identifiers
import TLV

/// What SGP.22 §4.5.2.1 wants of a certificate in its role, under the certificate that issues it: all of §4.5.2.2 that
/// depends on neither keys nor time. Who issues obeys the same rules as who verifies.
enum CertificateRules {
  /// Checks `certificate` in the place of `role` directly under `issuer` (nil for a certificate issuer's own), with
  /// `authoritiesBelow` issuing certificates between it and the end of the chain.
  static func check(
    _ certificate: Certificate, as role: Role, under issuer: Certificate?, authoritiesBelow: Int
  ) throws(ChainError) {
    func refuse(_ reason: ChainError.Reason) -> ChainError { ChainError(reason, role, certificate) }
    // RFC 5280 §4.2: "A certificate-using system MUST reject the certificate if it encounters a critical extension it
    // does not recognize".
    if let unknown = certificate.extensions.unknownCritical.first { throw refuse(.unknownCriticalExtension(unknown)) }
    try checkRole(certificate, role)
    try checkUsage(certificate, role, authoritiesBelow: authoritiesBelow)
    try checkIdentity(certificate, role)
    guard let issuer else { return }
    // RFC 5280 §6.1.3 (a)(4): "The certificate issuer name is the working_issuer_name."
    guard certificate.issuer.matches(issuer.subject), let authority = certificate.authorityKeyIdentifier,
      authority == issuer.subjectKeyIdentifier
    else { throw refuse(.notIssuedByNext) }
    // SGP.22 §4.5.2.1.0.3: only EIDs in the EUM's ranges, for its own organisation.
    if role == .euicc, issuer.extensions.nameConstraints?.permits(certificate.subject) != true {
      throw refuse(.nameConstraint)
    }
  }

  /// The certificate policy is that of the role, and of no other.
  private static func checkRole(_ certificate: Certificate, _ role: Role) throws(ChainError) {
    let roles = Role.policies(of: certificate)
    guard roles == (role.oid.map { [$0] } ?? []) else { throw ChainError(.wrongRole(found: roles), role, certificate) }
  }

  private static func checkUsage(
    _ certificate: Certificate, _ role: Role, authoritiesBelow: Int
  ) throws(ChainError) {
    let extensions = certificate.extensions
    let usage = extensions.keyUsage ?? []
    let purposes = extensions.extendedKeyUsage
    let isAuthority = extensions.basicConstraints?.isAuthority ?? false
    let allowed =
      if role.isAuthority {
        isAuthority && usage.contains(.keyCertSign)
          && authoritiesBelow <= extensions.basicConstraints?.pathLength ?? .max
      } else {
        !isAuthority && usage.contains(.digitalSignature) && !usage.contains(.keyCertSign)
          && (!role.isTLS || purposes.contains(role == .operatorTLS ? .clientAuth : .serverAuth))
      }
    guard allowed else { throw ChainError(.wrongUsage, role, certificate) }
  }

  private static func checkIdentity(_ certificate: Certificate, _ role: Role) throws(ChainError) {
    let extensions = certificate.extensions
    let isKnown =
      switch role {
      case .certificateIssuer: certificate.subjectKeyIdentifier != nil
      // An EUM without ranges could issue no eUICC.
      case .eum: extensions.nameConstraints != nil && certificate.subjectKeyIdentifier != nil
      case .euicc: certificate.eid != nil
      case .dpTLS, .dsTLS, .srTLS, .directoryTLS: extensions.registeredIDs.count == 1 && !extensions.hostNames.isEmpty
      case .dpAuthentication, .dpProfileBinding, .dsAuthentication: extensions.registeredIDs.count == 1
      case .operatorTLS: !certificate.subject.relativeNames.isEmpty
      }
    guard isKnown else { throw ChainError(.noIdentity, role, certificate) }
  }
}
