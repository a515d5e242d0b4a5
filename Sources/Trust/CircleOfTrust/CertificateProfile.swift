import Identifiers
import TLV

/// What a certificate shall certify: the roles of SGP.22 §4.5.2.1 with what each is known by.
public enum CertificateProfile: Sendable, Hashable {
  /// A manufacturer that may certify EIDs beginning with one of `eins`.
  case eum(organization: String, eins: [String], signsRevocationLists: Bool = false)
  /// The eUICC of an EID; the organisation is the EUM's.
  case euicc(EID)
  /// The SM-DP+ of an object identifier as TLS server of `hosts`.
  case dpTLS(OID, hosts: [String])
  /// The SM-DP+ of an object identifier in mutual authentication.
  case dpAuthentication(OID)
  /// The SM-DP+ of an object identifier as it binds profiles; the same identifier as in ``dpAuthentication(_:)``.
  case dpProfileBinding(OID)
  /// The same for one operator's profiles, whose network its subject names.
  case profileProvider(OID, of: PLMN)
  /// The SM-DS of an object identifier as TLS server of `hosts`.
  case dsTLS(OID, hosts: [String])
  /// The SM-DS of an object identifier in mutual authentication.
  case dsAuthentication(OID)
  /// An operator that calls ES2+.
  case operatorTLS
  /// The SM-SR of an object identifier as server of `hosts`, and as client of others.
  case srTLS(OID, hosts: [String])
  /// The directory of addresses of an object identifier as server of `hosts`.
  case directoryTLS(OID, hosts: [String])

  /// The role.
  public var role: Role {
    switch self {
    case .eum: .eum
    case .euicc: .euicc
    case .dpTLS: .dpTLS
    case .dpAuthentication: .dpAuthentication
    case .dpProfileBinding, .profileProvider: .dpProfileBinding
    case .dsTLS: .dsTLS
    case .dsAuthentication: .dsAuthentication
    case .operatorTLS: .operatorTLS
    case .srTLS: .srTLS
    case .directoryTLS: .directoryTLS
    }
  }

  /// The subject called `name`, under `issuer`.
  func subject(named name: String, under issuer: Certificate) -> DistinguishedName {
    switch self {
    case .eum(let organization, _, _): DistinguishedName([(.organizationName, organization), (.commonName, name)])
    case .euicc(let eid):
      DistinguishedName(
        [
          (.organizationName, issuer.subject.text(.organizationName) ?? ""), (.serialNumber, eid.digits),
          (.commonName, name),
        ])
    case .profileProvider(_, let network):
      DistinguishedName([(.organizationIdentifier, Certificate.operatorPrefix + network.digits), (.commonName, name)])
    default: DistinguishedName([(.commonName, name)])
    }
  }

  /// The extensions that depend on the role alone.
  var extensions: CertificateExtensions {
    var extensions = CertificateExtensions()
    extensions.policies = role.oid.map { [$0] } ?? []
    extensions.keyUsage = .digitalSignature
    switch self {
    case .eum(let organization, let eins, let signsRevocationLists):
      extensions.keyUsage = signsRevocationLists ? [.keyCertSign, .cRLSign] : .keyCertSign
      extensions.basicConstraints = BasicConstraints(isAuthority: true, pathLength: 0)
      extensions.nameConstraints = NameConstraints(organization: organization, eins: eins)
    case .dpTLS(let oid, let hosts), .dsTLS(let oid, let hosts), .srTLS(let oid, let hosts),
      .directoryTLS(let oid, let hosts):
      // The SM-DP+ is server on ES9+ and client towards the SM-DS on ES12; an SM-SR is both towards its like.
      extensions.extendedKeyUsage = [.serverAuth, .clientAuth]
      extensions.registeredIDs = [oid]
      extensions.hostNames = hosts
    case .dpAuthentication(let oid), .dpProfileBinding(let oid), .profileProvider(let oid, _),
      .dsAuthentication(let oid):
      extensions.registeredIDs = [oid]
    case .operatorTLS: extensions.extendedKeyUsage = [.clientAuth]
    case .euicc: break
    }
    return extensions
  }
}
