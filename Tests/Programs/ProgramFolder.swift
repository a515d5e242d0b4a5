import Foundation

/// A folder of a test's own in which it lets programs run on its files; gone after it.
public final class ProgramFolder: Sendable {
  public let path: String

  /// A folder with `files`, called after their keys.
  public init(_ files: [String: [UInt8]] = [:]) throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("programs-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    for (name, content) in files { try write(name, content) }
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Puts a file in, or another in its place.
  public func write(_ name: String, _ content: [UInt8]) throws {
    try Data(content).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
  }

  /// The content of a file.
  public func read(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)")))
  }

  /// Runs a program in the folder, to its end.
  @discardableResult public func run(_ command: String...) async throws -> Program.Result { try await run(command) }

  /// Runs a program in the folder, to its end.
  @discardableResult public func run(_ command: [String]) async throws -> Program.Result {
    try await Program(command, in: path).run()
  }
}

/// The system's openssl, which knows nothing of us.
public enum OpenSSL {
  public static let isInstalled = FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")
}
