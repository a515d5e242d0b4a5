import Foundation

/// The repository that these tests stand in, read as text.
enum Repository {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// The text of a file, by its path from the root.
  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }

  /// Paths from the root of all files below `folder` whose name ends in `suffix`.
  static func files(below folder: String, suffix: String) -> [String] {
    let base = root.appendingPathComponent(folder)
    guard let walk = FileManager.default.enumerator(atPath: base.path) else { return [] }
    return walk.compactMap { $0 as? String }.filter { $0.hasSuffix(suffix) }.map { "\(folder)/\($0)" }.sorted()
  }
}

/// A line of Package.swift's table of rooms.
struct Room {
  let name: String
  let folder: String
  let dependencies: [String]

  /// The table, in its order.
  static func table() throws -> [Room] {
    let manifest = try Repository.text("Package.swift")
    let table = manifest.prefix(upTo: manifest.range(of: "let tests: ")?.lowerBound ?? manifest.endIndex)
    let line = try Regex(#"room\(\s*"([A-Za-z0-9/]+)"(?:,\s*(\[[^\]]*\])(\s*\+ \.nio)?)?\s*\)"#)
    return table.matches(of: line).compactMap { match in
      guard let place = match.output[1].substring else { return nil }
      let list = match.output[2].substring ?? ""
      let names = list.split(whereSeparator: { " ,[]\n\"".contains($0) }).map(String.init)
      let parts = place.split(separator: "/").map(String.init)
      return Room(
        name: parts.last ?? "", folder: "Sources/\(place)",
        dependencies: names + (match.output[3].substring == nil ? [] : [".nio"]))
    }
  }

  /// The modules that a dependency of the table stands for.
  static func modules(of dependency: String) -> [String] {
    switch dependency {
    case ".crypto": ["CryptoExtras", "Crypto"]
    case ".log": ["Logging"]
    case ".arguments": ["ArgumentParser"]
    case ".httpClient": ["AsyncHTTPClient"]
    case ".yaml": ["Yams"]
    case ".csv": ["SwiftCSV"]
    case ".nioHTTP1": ["NIOHTTP1"]
    case ".nio": ["NIOCore", "NIOPosix", "NIOSSL", "NIOTLS", "NIOConcurrencyHelpers"]
    default: [dependency]
    }
  }
}
