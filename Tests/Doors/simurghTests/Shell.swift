import Foundation

/// A directory of its own in which commands run.
final class Shell: @unchecked Sendable {
  let directory: URL
  private let environment: [String: String]
  private var servers: [Process] = []
  /// Keeps a network alive that only this directory's commands are in, so that their usual ports are free; nil where
  /// making one is not allowed.
  private let network: Process?

  /// What a command left behind.
  struct Result {
    let status: Int32
    /// Standard output.
    let output: String
    /// Standard error.
    let errors: String
    var all: String { output + errors }
  }

  init(store: String? = nil, database: String? = nil) throws {
    directory = FileManager.default.temporaryDirectory.appendingPathComponent("simurgh-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    var environment = ProcessInfo.processInfo.environment
    environment["PATH"] = "\(Build.products):\(environment["PATH"] ?? "/usr/bin:/bin")"
    environment["PORT"] = String(try Self.freePort())
    environment["PORT2"] = String(try Self.freePort())
    environment["VECTORS"] = Build.vectors
    environment["LPAC"] = Build.lpac
    environment["STORE"] = store
    environment["DATABASE"] = database
    self.environment = environment
    network = try Self.network()
  }

  deinit {
    // Whoever starts processes from a test blocks signals in them; this one cannot be blocked.
    if let network { kill(network.processIdentifier, SIGKILL) }
    for server in servers where server.isRunning {
      server.terminate()
      server.waitUntilExit()
    }
    try? FileManager.default.removeItem(at: directory)
  }

  /// Runs `command` to its end; after two minutes it is ended.
  func run(_ command: String) throws -> Result {
    let process = try start("timeout -k 5 120 bash -c \(Self.quoted(command))", name: "run")
    process.waitUntilExit()
    return Result(status: process.terminationStatus, output: text("run.out"), errors: text("run.err"))
  }

  /// Runs a program with `arguments` as they stand in `folder` of the directory; after a minute it is ended.
  func run(arguments: [String], in folder: String) throws -> Result {
    let process = try start(
      ["timeout", "-k", "5", "60"] + arguments, name: "run", in: directory.appendingPathComponent(folder))
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
    try start(["bash", "-c", command], name: name, in: directory)
  }

  private func start(_ arguments: [String], name: String, in folder: URL) throws -> Process {
    let process = Process()
    let inNetwork = network.map { ["nsenter", "--net=/proc/\($0.processIdentifier)/ns/net"] } ?? []
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = inNetwork + arguments
    process.currentDirectoryURL = folder
    process.environment = environment
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try file("\(name).out")
    process.standardError = try file("\(name).err")
    try process.run()
    return process
  }

  private static func network() throws -> Process? {
    guard geteuid() == 0 else { return nil }
    let (process, isUp) = (Process(), Pipe())
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["unshare", "--net", "bash", "-c", "ip link set lo up && echo up && exec 1>&- sleep 1800"]
    (process.standardInput, process.standardOutput) = (FileHandle.nullDevice, isUp)
    process.standardError = FileHandle.nullDevice
    try process.run()
    guard try isUp.fileHandleForReading.readToEnd()?.isEmpty == false else { return nil }
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
