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
}
