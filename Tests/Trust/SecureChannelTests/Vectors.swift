import Bytes
import Foundation
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

  /// The JSON file at `path` in the folder.
  static func load<Content: Decodable>(_ path: String, as type: Content.Type = Content.self) throws -> Content {
    try JSONDecoder().decode(type, from: Data(contentsOf: folder.appendingPathComponent(path)))
  }
}

/// Bytes written in hexadecimal digits.
struct Hex: Decodable {
  let bytes: [UInt8]

  init(from decoder: any Decoder) throws {
    bytes = try [UInt8](hex: decoder.singleValueContainer().decode(String.self))
  }
}

/// A file of Wycheproof: groups of tests.
struct Wycheproof<Group: Decodable>: Decodable { let testGroups: [Group] }
