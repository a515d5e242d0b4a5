import AuC
import Bytes
import Foundation
import Keys
import TransportSocket

/// Authentication vectors a second over GSUP, on one core each, from our authentication centre and from osmo-hlr: the
/// same subscribers, the same requests of five tuples, on the disk under `folder` and in memory.
struct AuthenticationBench {
  private static let subscribers = 1000
  private static let seconds = 5.0
  private let folder: URL

  init(in folder: URL) { self.folder = folder }

  func run(_ report: Report) throws {
    let memory = URL(fileURLWithPath: "/dev/shm").appendingPathComponent(folder.lastPathComponent)
    try FileManager.default.createDirectory(at: memory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: memory) }
    for (place, name, label) in [(folder, "disk", "on the disk"), (memory, "tmpfs", "on tmpfs")] {
      report.heading("Authentication vectors over GSUP, one core, five a request, \(label)")
      let ours = try measureOurs(in: place)
      report.add("auc/\(name)", "vectors of ours", ours.rate, "/s")
      report.add("auc/\(name)-cpu", "CPU of one vector of ours", ours.cpuMicroseconds, "µs")
      let label = "vectors of osmo-hlr"
      guard FileManager.default.isExecutableFile(atPath: OsmoHLRProcess.program) else {
        report.skip("osmo-hlr/\(name)", label, because: "osmo-hlr is missing (apt-get install osmo-hlr)")
        continue
      }
      let theirs = try measureOsmoHLR(in: place)
      report.add("osmo-hlr/\(name)", label, theirs.rate, "/s")
      report.add("osmo-hlr/\(name)-cpu", "CPU of one vector of osmo-hlr", theirs.cpuMicroseconds, "µs")
      report.add("auc/\(name)-ratio", "vectors of ours for one of osmo-hlr", ours.rate / theirs.rate, "")
    }
  }

  private struct Figures {
    /// Vectors in a second of the clock.
    let rate: Double
    let cpuMicroseconds: Double
  }

  private func measureOurs(in place: URL) throws -> Figures {
    let centre = try CentreProcess(store: place.appendingPathComponent("auc.sqlite").path, Self.subscribers)
    defer { centre.end() }
    return try measure(centre.processIdentifier, "127.0.0.1", centre.port)
  }

  private func measureOsmoHLR(in place: URL) throws -> Figures {
    let hlr = try OsmoHLRProcess(in: place)
    defer { hlr.end() }
    try hlr.enter(Self.subscribers)
    return try measure(hlr.processIdentifier, hlr.host, 4222)
  }

  private func measure(_ process: Int32, _ host: String, _ port: Int) throws -> Figures {
    let load = AuthenticationLoad(host: host, port: port, subscribers: Self.subscribers)
    _ = try load.run(seconds: 1)
    let before = Measure.cpuSeconds(of: process)
    let result = try load.run(seconds: Self.seconds)
    guard let before, let after = Measure.cpuSeconds(of: process), result.recomputed > 0 else {
      throw BenchError("the centre at \(host):\(port) is gone")
    }
    return Figures(
      rate: Double(result.vectors) / result.seconds,
      cpuMicroseconds: (after - before) * 1e6 / Double(result.vectors))
  }
}

/// A program on the first core; the load has the others.
private func onOneCore(_ program: String, _ arguments: [String]) -> Process {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/taskset")
  process.arguments = ["-c", "0", program] + arguments
  return process
}

/// ``AuthenticationCentre`` in its own process.
final class CentreProcess {
  private let process: Process
  private let input = Pipe()
  let port: Int
  var processIdentifier: Int32 { process.processIdentifier }

  init(store: String, _ subscribers: Int) throws {
    process = onOneCore(CommandLine.arguments[0], ["centre", store, String(subscribers)])
    let output = Pipe()
    (process.standardInput, process.standardOutput) = (input, output)
    try process.run()
    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    guard let port = Int(line.trimmingCharacters(in: .whitespacesAndNewlines)) else {
      throw BenchError("our authentication centre does not start")
    }
    self.port = port
  }

  func end() {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }
}

/// An osmo-hlr of the bench's own, on a loopback address of its own: its ports are fixed.
final class OsmoHLRProcess {
  static let program = "/usr/bin/osmo-hlr"
  private let process: Process
  let host: String
  var processIdentifier: Int32 { process.processIdentifier }

  init(in place: URL) throws {
    host = "127.77.\(getpid() >> 8 & 0xFF).\(getpid() & 0xFF)"
    let configuration = place.appendingPathComponent("osmo-hlr.cfg")
    try "hlr\n gsup\n  bind ip \(host)\nctrl\n bind \(host)\nline vty\n bind \(host)\n"
      .write(to: configuration, atomically: true, encoding: .utf8)
    process = onOneCore(
      Self.program, ["-c", configuration.path, "-l", place.appendingPathComponent("hlr.db").path])
    process.currentDirectoryURL = place
    (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
    try process.run()
    for _ in 0..<100 where process.isRunning {
      if (try? FrameClient(host: host, port: 4222, framing: GSUPService.framing, patience: .seconds(1))) != nil {
        return
      }
      Thread.sleep(forTimeInterval: 0.1)
    }
    end()
    throw BenchError("osmo-hlr does not start")
  }

  /// Enters subscribers over its control interface.
  func enter(_ count: Int) throws {
    let link = ControlClient(host: host)
    for number in 0..<count {
      let (imsi, keys) = (try AuthenticationLoad.imsi(number), try AuthenticationLoad.keys(number))
      guard case .milenage(let opc, _) = keys.algorithm else { continue }
      try link.set("subscriber.create", imsi.digits)
      try link.set(
        "subscriber.by-imsi-\(imsi).aud3g", "milenage,\(keys.k.bytes.hex),OPC,\(opc.bytes.hex),5".lowercased())
    }
  }

  func end() {
    // It has inherited blocked signals from this process's threads: nothing gentler reaches it.
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }
}
