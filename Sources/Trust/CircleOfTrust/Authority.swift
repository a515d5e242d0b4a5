import Bytes
import Identifiers
import Keys
import TLV

/// Who issues certificates and revocation lists: a certificate with its private key.
public struct Authority: Sendable {
  /// The issuer's own certificate.
  public let certificate: Certificate
  /// The key that signs.
  public let key: PrivateKey

  /// The issuer of `certificate`; refused unless the key is its key and it may issue.
  public init(certificate: Certificate, key: PrivateKey) throws(AuthorityError) {
    guard certificate.publicKey == key.publicKey else { throw .keyDoesNotFit }
    guard let role = certificate.claimedRole, role.isAuthority, certificate.subjectKeyIdentifier != nil else {
      throw .notAnAuthority
    }
    (self.certificate, self.key) = (certificate, key)
  }

  /// A new certificate issuer, which signs its own certificate (SGP.22 §4.5.2.1.0.2).
  public init(
    certificateIssuer name: DistinguishedName, key: PrivateKey, validity: Validity, revocationListURLs: [String] = [],
    random: any RandomSource
  ) throws(AuthorityError) {
    var extensions = CertificateExtensions()
    extensions.subjectKeyIdentifier = KeyIdentifier(of: key.publicKey)
    extensions.keyUsage = [.keyCertSign, .cRLSign]
    extensions.policies = Role.certificateIssuer.oid.map { [$0] } ?? []
    extensions.basicConstraints = BasicConstraints(isAuthority: true)
    extensions.revocationListURLs = revocationListURLs
    let certificate = try Self.sign(
      subject: name, issuer: name, subjectKey: key.publicKey, with: key, validity: validity, extensions: extensions,
      random: random)
    do {
      try CertificateRules.check(certificate, as: .certificateIssuer, under: nil, authoritiesBelow: 0)
    } catch { throw .wouldBeRefused(error) }
    try self.init(certificate: certificate, key: key)
  }

  /// A certificate for the owner of `subjectKey`, called `name` (its common name), with a new serial number.
  ///
  /// What a ``Circle`` would refuse is not issued: an EID outside the EUM's ranges, an SM-DP+ signed by an EUM, a name
  /// that is too long.
  public func issue(
    _ profile: CertificateProfile, named name: String, to subjectKey: PublicKey, validity: Validity,
    revocationListURLs: [String] = [], random: any RandomSource
  ) throws(AuthorityError) -> Certificate {
    guard certificate.claimedRole == profile.role.issuer else { throw .wrongAuthority(profile.role) }
    try Self.check(profile, named: name)
    var extensions = profile.extensions
    extensions.authorityKeyIdentifier = certificate.subjectKeyIdentifier
    extensions.subjectKeyIdentifier = KeyIdentifier(of: subjectKey)
    extensions.revocationListURLs = revocationListURLs
    let subject = profile.subject(named: name, under: certificate)
    let issued = try Self.sign(
      subject: subject, issuer: certificate.subject, subjectKey: subjectKey, with: key, validity: validity,
      extensions: extensions, random: random)
    do {
      try CertificateRules.check(issued, as: profile.role, under: certificate, authoritiesBelow: 0)
    } catch { throw .wouldBeRefused(error) }
    return issued
  }

  /// What a person may have typed wrong.
  private static func check(_ profile: CertificateProfile, named name: String) throws(AuthorityError) {
    // ub-common-name of X.520
    guard (1...64).contains(name.unicodeScalars.count) else { throw .malformed("a name has 1 to 64 characters") }
    switch profile {
    case .eum(let organization, let eins, _):
      guard (1...64).contains(organization.unicodeScalars.count) else {
        throw .malformed("an organisation's name has 1 to 64 characters")
      }
      let areDigits = eins.allSatisfy { ein in
        (1...32).contains(ein.utf8.count) && ein.utf8.allSatisfy { (0x30...0x39).contains($0) }
      }
      guard !eins.isEmpty, areDigits else { throw .malformed("an EUM needs the digits its EIDs begin with") }
    case .dpTLS(_, let hosts), .dsTLS(_, let hosts), .srTLS(_, let hosts), .directoryTLS(_, let hosts):
      for host in hosts where !HostName.isCertifiable(host) {
        throw .malformed("'\(host)' is no host name that a TLS client would accept")
      }
    default: break
    }
  }

  private static func sign(
    subject: DistinguishedName, issuer: DistinguishedName, subjectKey: PublicKey, with key: PrivateKey,
    validity: Validity, extensions: CertificateExtensions, random: any RandomSource
  ) throws(AuthorityError) -> Certificate {
    guard validity.notBefore <= validity.notAfter else { throw .malformed("the validity ends before it begins") }
    let serialNumber = SerialNumber(random: random)
    do {
      let encoded = try SignedEnvelope.sign(with: key) { writer in
        writer.write(0xA0) { $0.write(.integer, 2) }
        writer.write(.integer, serialNumber)
        SignedEnvelope.writeAlgorithm(to: &writer)
        writer.write(issuer)
        writer.write(validity)
        writer.write(subject)
        writer.write(SubjectPublicKeyInfo(subjectKey))
        writer.write(0xA3) { $0.write(extensions) }
      }
      return try Certificate(encoded: encoded)
    } catch let error as KeyError { throw .malformed(error.description) } catch { throw .malformed("\(error)") }
  }

  /// A revocation list, or a part of one: `revoked` holds all certificates revoked so far, with the time of each.
  /// `number` must be higher than that of the list before.
  public func revocationList(
    number: Int, revoked: [SerialNumber: Instant], part: RevocationList.Part? = nil, thisUpdate: Instant,
    nextUpdate: Instant
  ) throws(AuthorityError) -> RevocationList {
    guard let authority = certificate.subjectKeyIdentifier,
      certificate.extensions.keyUsage?.contains(.cRLSign) ?? false
    else { throw .mayNotRevoke }
    guard number >= 0, thisUpdate <= nextUpdate else { throw .malformed("the list's number or times are wrong") }
    let entries = revoked.sorted { $0.key.bytes.lexicographicallyPrecedes($1.key.bytes) }
    do {
      let encoded = try SignedEnvelope.sign(with: key) { writer in
        writer.write(.integer, 1)
        SignedEnvelope.writeAlgorithm(to: &writer)
        writer.write(certificate.subject)
        Time.write(thisUpdate, to: &writer)
        Time.write(nextUpdate, to: &writer)
        if !entries.isEmpty { writer.write(.sequence) { Self.write(entries, to: &$0) } }
        writer.write(0xA0) { writer in
          writer.write(.sequence) {
            RevocationListExtensions.write(authority: authority, number: number, part: part, to: &$0)
          }
        }
      }
      return try RevocationList(encoded: encoded)
    } catch let error as KeyError { throw .malformed(error.description) } catch { throw .malformed("\(error)") }
  }

  private static func write(
    _ entries: [(key: SerialNumber, value: Instant)], to writer: inout TLVWriter
  ) {
    for (serialNumber, date) in entries {
      writer.write(.sequence) { writer in
        writer.write(.integer, serialNumber)
        Time.write(date, to: &writer)
      }
    }
  }
}

/// Why a certificate or revocation list is not issued.
public enum AuthorityError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The private key is not that of the certificate.
  case keyDoesNotFit
  /// The certificate is neither a certificate issuer's nor an EUM's.
  case notAnAuthority
  /// Certificates of that role come from another issuer.
  case wrongAuthority(Role)
  /// The issuer's certificate does not allow revocation lists (cRLSign).
  case mayNotRevoke
  /// The certificate would be accepted nowhere.
  case wouldBeRefused(ChainError)
  /// What shall be issued cannot be written; the rest of a sentence.
  case malformed(String)

  public var description: String {
    switch self {
    case .keyDoesNotFit: "the private key does not belong to the certificate"
    case .notAnAuthority: "the certificate is neither a certificate issuer's nor an EUM's, so it cannot issue others"
    case .wrongAuthority(let role):
      "a certificate for \(role.name) is issued by the \(role.issuer?.name ?? "CI"), not by this one"
    case .mayNotRevoke: "the issuer's certificate does not allow it to sign revocation lists (cRLSign)"
    case .wouldBeRefused(let error): "nobody would accept that certificate: \(error)"
    case .malformed(let reason): "the certificate cannot be issued: \(reason)"
    }
  }
}
