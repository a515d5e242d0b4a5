import Identifiers
import Keys
import TLV

/// What one party trusts: the certificate issuers it knows and the revocation lists it has loaded.
///
/// A value: copies share nothing but the memory of signatures already verified.
public struct Circle: Sendable {
  /// The certificate issuers' own certificates, in the order of preference.
  public let roots: [Certificate]
  /// Whether a revocation list that should have been replaced by now stops its issuer's certificates from being
  /// accepted. What an old list revokes is refused in either case.
  public var refusesOutdatedRevocations = true
  private var revocations = RevocationShelf()
  private let signatures = SignatureCache(capacity: 256)

  /// A party that trusts `roots`.
  public init(roots: [Certificate]) { self.roots = roots }

  /// The identifiers of the roots' keys, in the order of preference: `euiccCiPKIdListForVerification`.
  public var keyIdentifiers: [KeyIdentifier] { roots.compactMap(\.subjectKeyIdentifier) }

  /// The root whose key bears the identifier.
  public func root(_ identifier: KeyIdentifier) -> Certificate? {
    roots.first { $0.subjectKeyIdentifier == identifier }
  }

  /// The revocation lists in force.
  public var revocationLists: [RevocationList] { revocations.lists }

  // MARK: Chains

  /// SGP.22 §4.5.2.2: verifies a chain, leaf first and without the root, for a role.
  ///
  /// A root of this circle at the end of the chain, as TLS servers send it, is passed over. The error names the
  /// certificate nearest to the root that is at fault. `now` is nil for a party without a clock, as eUICCs are: it
  /// checks neither validity nor the age of revocation lists.
  public func verify(
    _ chain: [Certificate], as role: Role, at now: Instant?
  ) throws(ChainError) -> VerifiedCertificate {
    let roles = Array(sequence(first: role, next: \.issuer))
    var chain = chain
    if chain.count == roles.count, let last = chain.last, roots.contains(last) { chain.removeLast() }
    guard role != .certificateIssuer, chain.count == roles.count - 1, let top = chain.last, let leaf = chain.first
    else { throw ChainError(.wrongLength(wanted: roles.count - 1, found: chain.count), role, chain.first) }
    guard let identifier = top.authorityKeyIdentifier, let root = root(identifier) else {
      throw ChainError(.unknownRoot(top.authorityKeyIdentifier), roles[chain.count - 1], top)
    }
    try CertificateRules.check(root, as: .certificateIssuer, under: nil, authoritiesBelow: chain.count - 1)
    try checkValidity(of: root, as: .certificateIssuer, at: now)
    var issuer = root
    for index in chain.indices.reversed() {
      try verify(chain[index], as: roles[index], under: issuer, authoritiesBelow: max(0, index - 1), at: now)
      issuer = chain[index]
    }
    return VerifiedCertificate(leaf, role: role, root: identifier)
  }

  private func verify(
    _ certificate: Certificate, as role: Role, under issuer: Certificate, authoritiesBelow: Int, at now: Instant?
  ) throws(ChainError) {
    try CertificateRules.check(certificate, as: role, under: issuer, authoritiesBelow: authoritiesBelow)
    let isSigned =
      role.isAuthority
      ? signatures.isSigned(certificate, by: issuer.publicKey) : certificate.isSigned(by: issuer.publicKey)
    guard isSigned else { throw ChainError(.badSignature, role, certificate) }
    try checkValidity(of: certificate, as: role, at: now)
    for list in revocations.lists(by: issuer) {
      if let date = list.revoked[certificate.serialNumber] { throw ChainError(.revoked(date), role, certificate) }
      if refusesOutdatedRevocations, let now, let next = list.nextUpdate, next < now {
        throw ChainError(.outdatedRevocations(next), role, certificate)
      }
    }
  }

  private func checkValidity(of certificate: Certificate, as role: Role, at now: Instant?) throws(ChainError) {
    guard let now else { return }
    let (start, end) = (certificate.validity.notBefore, certificate.validity.notAfter)
    if now.seconds < start.seconds { throw ChainError(.notYetValid(start), role, certificate) }
    if now.seconds > end.seconds { throw ChainError(.expired(end), role, certificate) }
  }

  // MARK: Revocation lists

  /// When a list in force of the certificate's issuer revokes it; nil where none does. For certificates that are known
  /// one by one, without a chain.
  public func revocation(of certificate: Certificate) -> Instant? {
    revocations.lists.lazy.filter { $0.authorityKeyIdentifier == certificate.authorityKeyIdentifier }
      .compactMap { $0.revoked[certificate.serialNumber] }.first
  }

  /// Verifies a revocation list and puts it in force (ES10b.LoadCRL, or a file). An EUM's list needs the EUM's
  /// certificate; a root's needs nothing more.
  ///
  /// Returns the numbers of the parts that are still missing where the list was divided.
  @discardableResult public mutating func load(
    _ list: RevocationList, issuedBy eum: Certificate? = nil, at now: Instant?
  ) throws(RevocationError) -> [Int] {
    var issuer = root(list.authorityKeyIdentifier)
    if issuer == nil, let eum, eum.subjectKeyIdentifier == list.authorityKeyIdentifier {
      do { issuer = try verify([eum], as: .eum, at: now).certificate } catch { throw .issuer(error) }
    }
    guard let issuer else { throw .unknownIssuer(list.authorityKeyIdentifier) }
    // RFC 5280 §6.3.3 (f): "If a key usage extension is present in the CRL issuer's certificate, verify that the cRLSign
    // bit is set."
    guard issuer.subject.matches(list.issuer), issuer.extensions.keyUsage?.contains(.cRLSign) ?? false else {
      throw .issuerMayNot
    }
    guard list.isSigned(by: issuer.publicKey) else { throw .badSignature }
    if let now {
      if list.thisUpdate > now { throw .notYetIssued(list.thisUpdate) }
      if let next = list.nextUpdate, next < now { throw .outdated(next) }
    }
    return try revocations.insert(list)
  }
}

/// Why a revocation list is not put in force.
///
/// LoadCRLError of SGP.22 §5.7.12: ``badSignature`` is invalidSignature(1), ``unknownIssuer(_:)`` and ``issuer(_:)``
/// verificationKeyNotFound(4), ``fresherLoaded`` fresherCrlAlreadyLoaded(5), the rest undefinedError(127). A list that
/// cannot be parsed is invalidCRLFormat(2).
public enum RevocationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Nobody in the circle has that key.
  case unknownIssuer(KeyIdentifier)
  /// The certificate of the EUM that issued it is not accepted.
  case issuer(ChainError)
  /// The issuer's certificate is another's or does not allow signing lists (cRLSign).
  case issuerMayNot
  /// The list does not bear its issuer's signature.
  case badSignature
  /// The list is of the future.
  case notYetIssued(Instant)
  /// The list should have been replaced by now.
  case outdated(Instant)
  /// One with a higher number is in force.
  case fresherLoaded

  public var description: String {
    switch self {
    case .unknownIssuer(let id): "the revocation list comes from the unknown issuer \(id)"
    case .issuer(let error): "the revocation list's issuer is not accepted: \(error)"
    case .issuerMayNot: "the revocation list's issuer may not sign such lists"
    case .badSignature: "the revocation list does not bear its issuer's signature"
    case .notYetIssued(let date): "the revocation list is of \(date), which is in the future"
    case .outdated(let date): "the revocation list ended on \(date): get the next one"
    case .fresherLoaded: "a newer revocation list is in force already"
    }
  }
}
