import Foundation
import Glibc
import TestPrograms

/// A directory of its own in which commands run.
actor Shell {
  nonisolated let directory: URL
  /// What commands and servers say, beside the directory.
  private nonisolated let outputs: URL
  private let environment: [String: String]
  private var servers: [RunningProgram] = []
  /// Keeps a network alive that only this directory's commands are in, so that their usual ports are free; nil where
  /// making one is not allowed.
  private var network: RunningProgram?

  /// What a command left behind.
  struct Result {
    let status: Int32
    /// Standard output.
    let output: String
    /// Standard error.
    let errors: String
    var all: String { output + errors }
  }

  /// Gives `body` a directory; afterwards its servers have ended, and it is gone.
  static func with<R: Sendable>(
    store: String? = nil, database: String? = nil, _ body: (Shell) async throws -> R
  ) async throws -> R {
    let shell = try await Shell(store: store, database: database)
    do {
      let result = try await body(shell)
      await shell.close()
      return result
    } catch {
      await shell.close()
      throw error
    }
  }

  private init(store: String?, database: String?) async throws {
    outputs = FileManager.default.temporaryDirectory.appendingPathComponent("simurgh-\(UUID().uuidString.prefix(8))")
    directory = outputs.appendingPathComponent("site")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    var environment = ProcessInfo.processInfo.environment
    environment["PATH"] = "\(Build.products):\(environment["PATH"] ?? "/usr/bin:/bin")"
    for name in ["PORT", "PORT2", "PORT3", "PORT4"] { environment[name] = String(try Self.freePort()) }
    environment["VECTORS"] = Build.vectors
    environment["LPAC"] = Build.lpac
    environment["STORE"] = store
    environment["DATABASE"] = database
    self.environment = environment
    try await makeNetwork()
  }

  private func close() async {
    for server in servers { await server.stop() }
    // Only this signal cannot be blocked.
    await network?.stop(SIGKILL)
    try? FileManager.default.removeItem(at: outputs)
  }

  /// Runs `command` to its end; after two minutes it is ended.
  func run(_ command: String) async throws -> Result {
    try await run(["timeout", "-k", "5", "120", "bash", "-c", command], in: directory)
  }

  /// Runs a program with `arguments` as they stand in `folder` of the directory; after a minute it is ended.
  func run(arguments: [String], in folder: String) async throws -> Result {
    try await run(["timeout", "-k", "5", "60"] + arguments, in: directory.appendingPathComponent(folder))
  }

  private func run(_ command: [String], in folder: URL) async throws -> Result {
    let status = try await program(command, in: folder).run(output: path("run.out"), errors: path("run.err"))
    return Result(status: status, output: text("run.out"), errors: text("run.err"))
  }

  /// Starts a server and waits until it says that it is up; after half a minute, no longer.
  func serve(_ command: String) async throws -> Result {
    let name = "server\(servers.count)"
    let server = try await RunningProgram(
      program(["bash", "-c", "exec \(command)"], in: directory), output: path("\(name).out"),
      errors: path("\(name).err"))
    servers.append(server)
    for _ in 0..<300 {
      if text("\(name).out").contains(" is up") || !server.isRunning { break }
      try await Task.sleep(for: .milliseconds(100))
    }
    return Result(status: server.isRunning ? 0 : 1, output: text("\(name).out"), errors: text("\(name).err"))
  }

  private func program(_ command: [String], in folder: URL) -> Program {
    let inNetwork = network.map { ["nsenter", "--net=/proc/\($0.process)/ns/net"] } ?? []
    return Program(inNetwork + command, in: folder.path, environment: environment)
  }

  private func makeNetwork() async throws {
    guard geteuid() == 0 else { return }
    let keeper = try await RunningProgram(
      Program(["unshare", "--net", "bash", "-c", "ip link set lo up && echo up && exec sleep 1800"]),
      output: path("network.out"), errors: path("network.err"))
    while keeper.isRunning {
      if text("network.out") == "up\n" { return network = keeper }
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  private nonisolated func path(_ name: String) -> String { outputs.appendingPathComponent(name).path }

  private nonisolated func text(_ name: String) -> String {
    (try? String(contentsOfFile: path(name), encoding: .utf8)) ?? ""
  }

  private static func freePort() throws -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { Glibc.close(descriptor) }
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
