import TLV

/// What a certificate makes its subject in remote SIM provisioning (SGP.22 §4.5.2.1, id-rspRole).
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

  /// id-rspRole: 2.23.146.1.2.1
  private static let arc: [UInt8] = [0x67, 0x81, 0x12, 0x01, 0x02, 0x01]

  private var number: UInt8? {
    switch self {
    case .certificateIssuer: 0
    case .euicc: 1
    case .eum: 2
    case .dpTLS: 3
    case .dpAuthentication: 4
    case .dpProfileBinding: 5
    case .dsTLS: 6
    case .dsAuthentication: 7
    case .operatorTLS: nil
    }
  }

  /// The policy that says so; nil for an operator.
  public var oid: OID? { number.flatMap { number in OID(contentOctets: Self.arc + [number]) } }

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
  public var isTLS: Bool { self == .dpTLS || self == .dsTLS || self == .operatorTLS }

  /// Whether the subject is known by an object identifier (subjectAltName, registeredID): SM-DP+ and SM-DS.
  public var hasOID: Bool {
    switch self {
    case .dpTLS, .dpAuthentication, .dpProfileBinding, .dsTLS, .dsAuthentication: true
    case .certificateIssuer, .eum, .euicc, .operatorTLS: false
    }
  }

  /// The policies among `policies` that are roles of SGP.22.
  static func policies(of certificate: Certificate) -> [OID] {
    certificate.policies.filter { $0.bytes.starts(with: arc) }
  }
}

extension Certificate {
  /// The role that the certificate claims: the one of its only id-rspRole, or an operator's where it has none but is
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
