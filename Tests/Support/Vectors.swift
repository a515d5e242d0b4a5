import Bytes
import Foundation
import Testing

/// The folder of published vectors: in SIMURGH_VECTORS or beside the repository.
package enum Vectors {
  package static let folder: URL = {
    if let path = ProcessInfo.processInfo.environment["SIMURGH_VECTORS"] { return URL(fileURLWithPath: path) }
    let repository = (0..<3).reduce(URL(fileURLWithPath: #filePath)) { url, _ in url.deletingLastPathComponent() }
    return repository.deletingLastPathComponent().appendingPathComponent("shared/vectors")
  }()

  package static let exist = FileManager.default.fileExists(atPath: folder.path)
  package static let missing: Comment = "the folder of vectors is missing: set SIMURGH_VECTORS"

  package static func bytes(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: folder.appendingPathComponent(path)))
  }

  package static func text(_ path: String) throws -> String { String(decoding: try bytes(path), as: UTF8.self) }

  /// The names of the files in the folder at `path` that end in `suffix`; none where the folder is missing.
  package static func names(in path: String, suffix: String = "") -> [String] {
    let files = try? FileManager.default.contentsOfDirectory(atPath: folder.appendingPathComponent(path).path)
    return (files ?? []).filter { $0.hasSuffix(suffix) }.sorted()
  }

  /// The JSON file at `path` in the folder.
  package static func load<Content: Decodable>(_ path: String, as type: Content.Type = Content.self) throws -> Content {
    try JSONDecoder().decode(type, from: Data(contentsOf: folder.appendingPathComponent(path)))
  }
}

/// Bytes written in hexadecimal digits.
package struct Hex: Decodable {
  package let bytes: [UInt8]

  package init(from decoder: any Decoder) throws {
    bytes = try [UInt8](hex: decoder.singleValueContainer().decode(String.self))
  }
}
