import Bytes
import CircleOfTrust
import Foundation
import Testing

/// GSMA's test certificates (SGP.26), in the folder of published vectors: in SIMURGH_VECTORS or beside the repository.
enum SGP26 {
  static let folder: URL = {
    let vectors: URL
    if let path = ProcessInfo.processInfo.environment["SIMURGH_VECTORS"] {
      vectors = URL(fileURLWithPath: path)
    } else {
      let repository = (0..<4).reduce(URL(fileURLWithPath: #filePath)) { url, _ in url.deletingLastPathComponent() }
      vectors = repository.deletingLastPathComponent().appendingPathComponent("shared/vectors")
    }
    return vectors.appendingPathComponent("sgp26")
  }()

  static let exist = FileManager.default.fileExists(atPath: folder.path)
  static let missing: Comment = "SGP.26's certificates are missing: set SIMURGH_VECTORS"

  /// The two curves as SGP.26's file names write them.
  static let curves = ["NIST", "BRP"]

  static func bytes(_ path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: folder.appendingPathComponent(path)))
  }

  static func text(_ path: String) throws -> String { String(decoding: try bytes(path), as: UTF8.self) }

  static func certificate(_ path: String) throws -> Certificate { try Certificate(encoded: bytes(path)) }

  static func ci(_ curve: String) throws -> Certificate {
    try certificate("CertificateIssuer/CERT_CI_ECDSA_\(curve).der")
  }
  static func eum(_ curve: String) throws -> Certificate { try certificate("EUM/CERT_EUM_ECDSA_\(curve).der") }
  static func euicc(_ curve: String) throws -> Certificate { try certificate("eUICC/CERT_EUICC_ECDSA_\(curve).der") }
  static func dpAuth(_ curve: String) throws -> Certificate {
    try certificate("DPauth/CERT_S_SM_DPauth_ECDSA_\(curve).der")
  }
  static func dpPb(_ curve: String) throws -> Certificate { try certificate("DPpb/CERT_S_SM_DPpb_ECDSA_\(curve).der") }
  static func dpTLS(_ curve: String) throws -> Certificate {
    try certificate("DPtls/CERT_S_SM_DP_VARO_TLS_\(curve).der")
  }

  /// All certificates of the set.
  static var allPaths: [String] {
    (FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? [])
      .filter { $0.hasSuffix(".der") }.sorted()
  }
}
