import Bytes
import CircleOfTrust
import Foundation
import Keys
import ProfilePackage

/// osmo-smdpp, the free SM-DP+ for test eUICCs, under the same devices with the same package, where it is installed:
/// SIMURGH_PYSIM names the checkout of osmocom/pysim, SIMURGH_PYTHON a Python with its requirements, SIMURGH_VECTORS the
/// published vectors with the SGP.26 certificates.
struct OsmoSMDPP {
  private static let name = "testsmdpplus1.example.com"
  private static let downloads = 50
  private let options: Options
  private let folder: URL
  private let environment = ProcessInfo.processInfo.environment

  init(_ options: Options, in folder: URL) { (self.options, self.folder) = (options, folder) }

  /// Measures it, and how many downloads of ours, of `ours` microseconds each, fit into one of its.
  func run(ours: Double, package: [UInt8], _ report: Report) throws {
    report.heading("Beside osmo-smdpp, the same package and devices")
    let label = "osmo-smdpp, CPU of a download"
    guard let pysim = environment["SIMURGH_PYSIM"],
      FileManager.default.fileExists(atPath: pysim + "/osmo-smdpp.py")
    else { return report.skip("osmo/download", label, because: "SIMURGH_PYSIM names no checkout of osmocom/pysim") }
    let vectors = URL(fileURLWithPath: environment["SIMURGH_VECTORS"] ?? "../shared/vectors")
      .appendingPathComponent("sgp26")
    guard FileManager.default.fileExists(atPath: vectors.path) else {
      return report.skip("osmo/download", label, because: "the SGP.26 certificates are missing: SIMURGH_VECTORS")
    }
    let data = try prepare(pysim: URL(fileURLWithPath: pysim), vectors: vectors, package: package)
    let port = 20_000 + Int(getpid() % 10_000)
    let server = try start(pysim: pysim, in: data, port: port)
    defer {
      // It has inherited blocked signals from this process's threads: nothing gentler reaches it.
      kill(server.processIdentifier, SIGKILL)
      server.waitUntilExit()
    }
    guard waitUntilUp(server, port: port) else {
      return report.skip("osmo/download", label, because: "osmo-smdpp does not start: SIMURGH_PYTHON")
    }
    let devices = try DeviceProcess(try plan(vectors, port: port), in: folder)
    let before = Measure.cpuSeconds(of: server.processIdentifier)
    let result = try devices.run()
    guard let before, let after = Measure.cpuSeconds(of: server.processIdentifier) else {
      throw BenchError("osmo-smdpp is gone")
    }
    let theirs = (after - before) * 1e6 / Double(result.done)
    report.add("osmo/download", label, theirs, "µs")
    report.add("osmo/ratio", "downloads of ours in the CPU of one of its", theirs / ours, "")
  }

  /// A copy of its data with our package, and with TLS certificates that are not out of date.
  private func prepare(pysim: URL, vectors: URL, package: [UInt8]) throws -> URL {
    let files = FileManager.default
    let data = folder.appendingPathComponent("osmo")
    try files.createDirectory(at: data, withIntermediateDirectories: true)
    try files.copyItem(
      at: pysim.appendingPathComponent("smdpp-data"), to: data.appendingPathComponent("smdpp-data"))
    let tls = data.appendingPathComponent("smdpp-data/certs/DPtls")
    for (ours, theirs) in [
      ("CERT_S_SM_DP_VARO_TLS_NIST.der", "CERT_S_SM_DP_TLS_NIST.der"),
      ("SK_S_SM_DP_TLS_NIST.pem", "SK_S_SM_DP_TLS_NIST.pem"),
    ] {
      try? files.removeItem(at: tls.appendingPathComponent(theirs))
      try files.copyItem(
        at: vectors.appendingPathComponent("DPtls/\(ours)"), to: tls.appendingPathComponent(theirs))
    }
    try? files.removeItem(at: tls.appendingPathComponent("CERT_S_SM_DP_TLS_NIST.pem"))
    try Data(Self.withDomainKeys(package)).write(to: data.appendingPathComponent("smdpp-data/upp/BENCH.der"))
    return data
  }

  /// The package with keys in its security domains: `keyList` is OPTIONAL, but osmo-smdpp reads no domain without.
  private static func withDomainKeys(_ bytes: [UInt8]) throws -> [UInt8] {
    var package = try Package(decoding: bytes)
    for index in 0..<package.count {
      package.update(PE.SecurityDomain.self, at: index) { domain in
        guard domain.keyList == nil else { return }
        domain.keyList = [
          KeyObject(
            usage: 0x18, identifier: 1, version: 0x30, type: 0x88, data: Secret([UInt8](repeating: 0x42, count: 16)))
        ]
      }
    }
    return package.encoded
  }

  private func start(pysim: String, in data: URL, port: Int) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "PYTHONPATH=\(pysim)", environment["SIMURGH_PYTHON"] ?? "python3", "\(pysim)/osmo-smdpp.py", "--in-memory",
      "--port", String(port),
    ]
    process.currentDirectoryURL = data
    (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
    try process.run()
    return process
  }

  /// Waits until somebody listens at `port`: it compiles its ASN.1 at each start, which takes a while.
  private func waitUntilUp(_ server: Process, port: Int) -> Bool {
    for _ in 0..<900 where server.isRunning {
      if Self.isListening(at: port) { return true }
      Thread.sleep(forTimeInterval: 0.2)
    }
    return false
  }

  private static func isListening(at port: Int) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    return withUnsafePointer(to: address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }

  /// Devices of SGP.26's circle.
  private func plan(_ vectors: URL, port: Int) throws -> DevicePlan {
    func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: vectors.appendingPathComponent(path))) }
    let key = try PrivateKey(pem: String(decoding: bytes("EUM/SK_EUM_ECDSA_NIST.pem"), as: UTF8.self))
    return DevicePlan(
      address: Self.name, place: "127.0.0.1:\(port)",
      roots: [try bytes("CertificateIssuer/CERT_CI_ECDSA_NIST.der").hex],
      eumCertificate: try bytes("EUM/CERT_EUM_ECDSA_NIST.der").hex, eumKey: key.scalar.bytes.hex,
      devices: min(8, options.devices),
      work: .downloads(tokens: [String](repeating: "BENCH", count: Self.downloads)))
  }
}
