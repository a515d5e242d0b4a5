import Foundation

/// Debian's openssl, and a folder of its own for what it reads.
final class OpenSSL {
  static let isInstalled = FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")

  private let folder: URL

  init(files: [(name: String, content: [UInt8])]) throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("evidence-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for file in files { try write(file.name, file.content) }
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func write(_ name: String, _ content: [UInt8]) throws {
    try Data(content).write(to: folder.appendingPathComponent(name))
  }

  func run(_ program: String, _ arguments: String...) throws -> String { try run(program, arguments) }

  /// What `program` prints, whether it succeeds or not.
  func run(_ program: String, _ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    process.currentDirectoryURL = folder
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    return output
  }
}
