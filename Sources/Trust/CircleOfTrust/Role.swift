import TLV

/// What a certificate makes its subject in remote SIM provisioning: SGP.22's roles (§4.5.2.1, id-rspRole), and those of
/// parties that SGP.22 does not know.
public enum Role: String, Hashable, Sendable, CaseIterable, Codable {
  /// GSMA's certificate issuer: CERT.CI.ECDSA.
  case certificateIssuer
  /// The eUICC's manufacturer: CERT.EUM.ECDSA.
  case eum
  /// CERT.EUICC.ECDSA
  case euicc
  /// The SM-DP+'s side of TLS: CERT.DP.TLS.
  case dpTLS
  /// The SM-DP+ in mutual authentication: CERT.DPauth.ECDSA.
  case dpAuthentication
  /// The SM-DP+ as it binds a profile: CERT.DPpb.ECDSA.
  case dpProfileBinding
  /// The SM-DS's side of TLS: CERT.DS.TLS.
  case dsTLS
  /// The SM-DS in mutual authentication: CERT.DSauth.ECDSA.
  case dsAuthentication
  /// An operator that calls ES2+ with a TLS client certificate; SGP.22 gives it no id-rspRole.
  case operatorTLS
  /// An SM-SR of SGP.02 among servers; SGP.02 leaves TLS certificates open.
  case srTLS
  /// A directory of addresses, which signs its answers with the same key.
  case directoryTLS

  /// id-rspRole: 2.23.146.1.2.1
  private static let rspRole: [UInt8] = [0x67, 0x81, 0x12, 0x01, 0x02, 0x01]
  /// Simurgh's own roles: 2.25 and the UUID 5b288ff3-a2b4-5e17-9fca-bdbf2ff8aaac (ITU-T X.667).
  private static let ownRole: [UInt8] = [
    0x69, 0x81, 0xB6, 0xA8, 0xC7, 0xFC, 0xF4, 0xAB, 0xA2, 0xF8, 0xAF, 0x9F, 0xE5, 0xAF, 0xB7, 0xF2, 0xFF, 0xE2, 0xD5,
    0x2C,
  ]

  private var octets: [UInt8]? {
    switch self {
    case .certificateIssuer: Self.rspRole + [0]
    case .euicc: Self.rspRole + [1]
    case .eum: Self.rspRole + [2]
    case .dpTLS: Self.rspRole + [3]
    case .dpAuthentication: Self.rspRole + [4]
    case .dpProfileBinding: Self.rspRole + [5]
    case .dsTLS: Self.rspRole + [6]
    case .dsAuthentication: Self.rspRole + [7]
    case .operatorTLS: nil
    case .srTLS: Self.ownRole + [1]
    case .directoryTLS: Self.ownRole + [2]
    }
  }

  /// The policy that says so; nil for an operator.
  public var oid: OID? { octets.map { OID(contentOctets: $0) } }

  /// Whose certificate signs one of this role; nil for the certificate issuer, who signs its own.
  public var issuer: Role? {
    switch self {
    case .certificateIssuer: nil
    case .euicc: .eum
    default: .certificateIssuer
    }
  }

  /// Whether the role issues certificates.
  public var isAuthority: Bool { self == .certificateIssuer || self == .eum }

  /// Whether the role's certificate serves TLS.
  public var isTLS: Bool {
    switch self {
    case .dpTLS, .dsTLS, .operatorTLS, .srTLS, .directoryTLS: true
    case .certificateIssuer, .eum, .euicc, .dpAuthentication, .dpProfileBinding, .dsAuthentication: false
    }
  }

  /// Whether the subject is known by an object identifier (subjectAltName, registeredID): every server.
  public var hasOID: Bool {
    switch self {
    case .dpTLS, .dpAuthentication, .dpProfileBinding, .dsTLS, .dsAuthentication, .srTLS, .directoryTLS: true
    case .certificateIssuer, .eum, .euicc, .operatorTLS: false
    }
  }

  /// The policies of `certificate` that are roles.
  static func policies(of certificate: Certificate) -> [OID] {
    certificate.policies.filter { $0.bytes.starts(with: rspRole) || $0.bytes.starts(with: ownRole) }
  }
}

extension Certificate {
  /// The role that the certificate claims: the one of its only policy that is a role, or an operator's where it has none but is
  /// made for TLS clients. Nil for anything else. A claim, no proof: ``Circle/verify(_:as:at:)`` is that.
  public var claimedRole: Role? {
    let policies = Role.policies(of: self)
    if policies.isEmpty { return extensions.extendedKeyUsage.contains(.clientAuth) ? .operatorTLS : nil }
    return policies.count == 1 ? Role.allCases.first { $0.oid == policies[0] } : nil
  }
}

extension OID {
  /// id-kp-serverAuth, 1.3.6.1.5.5.7.3.1
  static let serverAuth = OID(contentOctets: [0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01])
  /// id-kp-clientAuth, 1.3.6.1.5.5.7.3.2
  static let clientAuth = OID(contentOctets: [0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02])
}
