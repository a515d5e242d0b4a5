import Foundation
import ProfilePackage
import Testing

/// GSMA's TS.48 test profiles, which are not part of the repository.
enum TestProfiles {
  static let folder: URL = {
    if let path = ProcessInfo.processInfo.environment["SIMURGH_VECTORS"] {
      return URL(fileURLWithPath: path).appendingPathComponent("profiles")
    }
    let repository = (0..<4).reduce(URL(fileURLWithPath: #filePath)) { url, _ in url.deletingLastPathComponent() }
    return repository.deletingLastPathComponent().appendingPathComponent("shared/vectors/profiles")
  }()

  static let exist = FileManager.default.fileExists(atPath: folder.path)
  static let missing: Comment = "the TS.48 profiles are missing: set SIMURGH_VECTORS"

  /// The profiles' file names.
  static let names: [String] = {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return files.filter { $0.hasSuffix(".der") }.sorted()
  }()

  static func bytes(_ name: String) throws -> [UInt8] {
    try [UInt8](Data(contentsOf: folder.appendingPathComponent(name)))
  }

  static func package(_ name: String) throws -> Package { try Package(decoding: bytes(name)) }
}

/// A small generator for mutations: the same each time.
struct Dice {
  var state: UInt64

  mutating func roll(_ sides: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % max(1, sides)
  }
}
