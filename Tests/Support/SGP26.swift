import CircleOfTrust
import Keys
import Testing

/// GSMA's test certificates (SGP.26) on one curve, in the folder of published vectors.
package enum SGP26: String, CaseIterable, CustomTestStringConvertible {
  case nist = "NIST"
  case brainpool = "BRP"

  package var testDescription: String { "SGP.26 \(rawValue)" }
  package var curve: Curve { self == .nist ? .p256 : .brainpoolP256r1 }

  /// The certificate at `path`, without its ending and the curve.
  package func certificate(_ path: String) throws -> Certificate {
    try Certificate(encoded: Vectors.bytes("sgp26/\(path)_\(rawValue).der"))
  }

  /// The private key at `path`, without its ending and the curve.
  package func key(_ path: String) throws -> PrivateKey {
    try PrivateKey(pem: Vectors.text("sgp26/\(path)_\(rawValue).pem"))
  }

  /// Paths of all certificates of the set, on both curves, from the folder of vectors.
  package static let allCertificates: [String] = Vectors.names(in: "sgp26").flatMap { folder in
    Vectors.names(in: "sgp26/\(folder)", suffix: ".der").map { "sgp26/\(folder)/\($0)" }
  }

  package var ci: Certificate { get throws { try certificate("CertificateIssuer/CERT_CI_ECDSA") } }
  package var eum: Certificate { get throws { try certificate("EUM/CERT_EUM_ECDSA") } }
  package var euicc: Certificate { get throws { try certificate("eUICC/CERT_EUICC_ECDSA") } }
  package var euiccKey: PrivateKey { get throws { try key("eUICC/SK_EUICC_ECDSA") } }
  package var dpAuth: Certificate { get throws { try certificate("DPauth/CERT_S_SM_DPauth_ECDSA") } }
  package var dpAuthKey: PrivateKey { get throws { try key("DPauth/SK_S_SM_DPauth_ECDSA") } }
  package var dpPb: Certificate { get throws { try certificate("DPpb/CERT_S_SM_DPpb_ECDSA") } }
  package var dpPbKey: PrivateKey { get throws { try key("DPpb/SK_S_SM_DPpb_ECDSA") } }
  package var dpTLS: Certificate { get throws { try certificate("DPtls/CERT_S_SM_DP_VARO_TLS") } }
  package var dpTLSKey: PrivateKey { get throws { try key("DPtls/SK_S_SM_DP_TLS") } }
}
