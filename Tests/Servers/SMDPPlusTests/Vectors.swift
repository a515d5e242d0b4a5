import Bytes
import CircleOfTrust
import Foundation
import Keys
import Testing

/// The folder of published vectors: in SIMURGH_VECTORS or beside the repository.
enum Vectors {
  static let folder: URL = {
    if let path = ProcessInfo.processInfo.environment["SIMURGH_VECTORS"] { return URL(fileURLWithPath: path) }
    let repository = (0..<4).reduce(URL(fileURLWithPath: #filePath)) { url, _ in url.deletingLastPathComponent() }
    return repository.deletingLastPathComponent().appendingPathComponent("shared/vectors")
  }()

  static let exist = FileManager.default.fileExists(atPath: folder.path)
  static let missing: Comment = "the folder of vectors is missing: set SIMURGH_VECTORS"

  static func bytes(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: folder.appendingPathComponent(path)))
  }
}

/// The test certificates of SGP.26 on one curve.
enum SGP26: String, CaseIterable, CustomTestStringConvertible {
  case nist = "NIST"
  case brainpool = "BRP"

  var testDescription: String { "SGP.26 \(rawValue)" }
  var curve: Curve { self == .nist ? .p256 : .brainpoolP256r1 }

  func certificate(_ path: String) throws -> Certificate {
    try Certificate(encoded: Vectors.bytes("sgp26/\(path)_ECDSA_\(rawValue).der"))
  }

  /// The key in "-----BEGIN EC PRIVATE KEY-----": ECPrivateKey ::= SEQUENCE { version 1, privateKey OCTET STRING … }.
  func key(_ path: String) throws -> PrivateKey {
    let text = String(decoding: try Vectors.bytes("sgp26/\(path)_ECDSA_\(rawValue).pem"), as: UTF8.self)
    let block = try #require(text.components(separatedBy: "-----BEGIN EC PRIVATE KEY-----").last)
    let lines = block.split(whereSeparator: \.isNewline).prefix { !$0.hasPrefix("-----END") }
    let der = [UInt8](try #require(Data(base64Encoded: lines.joined())))
    let start = try #require(zip(der, der.dropFirst()).enumerated().first { $0.element == (0x04, 0x20) }?.offset)
    return try PrivateKey(curve, scalar: der[(start + 2)..<(start + 34)])
  }
}
