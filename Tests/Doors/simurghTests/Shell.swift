import Foundation

/// A directory of its own in which commands run.
final class Shell {
  let directory: URL
  private let environment: [String: String]
  private var servers: [Process] = []

  /// What a command left behind.
  struct Result {
    let status: Int32
    /// Standard output.
    let output: String
    /// Standard error.
    let errors: String
    var all: String { output + errors }
  }

  init(store: String? = nil) throws {
    directory = FileManager.default.temporaryDirectory.appendingPathComponent("simurgh-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    var environment = ProcessInfo.processInfo.environment
    environment["PATH"] = "\(Build.products):\(environment["PATH"] ?? "/usr/bin:/bin")"
    environment["PORT"] = String(try Self.freePort())
    environment["PORT2"] = String(try Self.freePort())
    environment["VECTORS"] = Build.vectors
    environment["LPAC"] = Build.lpac
    environment["STORE"] = store
    self.environment = environment
  }

  deinit {
    for server in servers where server.isRunning {
      server.terminate()
      server.waitUntilExit()
    }
    try? FileManager.default.removeItem(at: directory)
  }

  /// Runs `command` to its end; after two minutes it is ended.
  func run(_ command: String) throws -> Result {
    let process = try start("timeout 120 bash -c \(Self.quoted(command))", name: "run")
    process.waitUntilExit()
    return Result(status: process.terminationStatus, output: text("run.out"), errors: text("run.err"))
  }

  /// Starts a server and waits until it says that it is up.
  func serve(_ command: String) throws -> Result {
    let name = "server\(servers.count)"
    let process = try start("exec \(command)", name: name)
    servers.append(process)
    for _ in 0..<300 {
      if text("\(name).out").contains(" is up") || !process.isRunning { break }
      Thread.sleep(forTimeInterval: 0.1)
    }
    return Result(status: process.isRunning ? 0 : 1, output: text("\(name).out"), errors: text("\(name).err"))
  }

  private func start(_ command: String, name: String) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-c", command]
    process.currentDirectoryURL = directory
    process.environment = environment
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try file("\(name).out")
    process.standardError = try file("\(name).err")
    try process.run()
    return process
  }

  private func file(_ name: String) throws -> FileHandle {
    let path = directory.appendingPathComponent(name)
    try Data().write(to: path)
    return try FileHandle(forWritingTo: path)
  }

  private func text(_ name: String) -> String {
    (try? String(contentsOf: directory.appendingPathComponent(name), encoding: .utf8)) ?? ""
  }

  private static func quoted(_ text: String) -> String { "'\(text.replacingOccurrences(of: "'", with: "'\\''"))'" }

  private static func freePort() throws -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        bind(descriptor, generic, length) == 0 && getsockname(descriptor, generic, &length) == 0
      }
    }
    guard bound else { throw CocoaError(.fileReadUnknown) }
    return Int(UInt16(bigEndian: address.sin_port))
  }
}
