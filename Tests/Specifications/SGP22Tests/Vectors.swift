import Foundation
import Testing

/// The folder of recorded sessions: in SIMURGH_VECTORS or beside the repository.
enum Vectors {
  static let folder: URL? = {
    let environment = ProcessInfo.processInfo.environment["SIMURGH_VECTORS"].map { URL(fileURLWithPath: $0) }
    let beside = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
      .appendingPathComponent("../shared/vectors")
    return [environment, beside].compactMap(\.self).first { FileManager.default.fileExists(atPath: $0.path) }
  }()

  static let missing: Comment = "the folder of vectors is missing: set SIMURGH_VECTORS"

  static func bytes(_ path: String) throws -> [UInt8] {
    guard let folder else { throw CocoaError(.fileNoSuchFile) }
    return Array(try Data(contentsOf: folder.appendingPathComponent(path)))
  }

  static func text(_ path: String) throws -> String { String(decoding: try bytes(path), as: UTF8.self) }
}
