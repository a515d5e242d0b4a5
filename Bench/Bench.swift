import Bytes
import Foundation

/// `make bench`: figures beside the physical limit of the same run.
@main struct Bench {
  static func main() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("simurgh-bench-\(getpid())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let downloads = try Downloads(in: folder)
    let count = CommandLine.arguments.dropFirst().first.flatMap(Int.init) ?? 500
    let measured = try downloads.run(count)
    let floor = try Floors.cryptography(.p256, package: measured.packageBytes)
    let sync = try Floors.diskSync(in: folder)
    print(
      "package \(measured.packageBytes) bytes; \(count) downloads, one after the other, durable SQLite, without HTTP and TLS"
    )
    line("crypto floor of a download", floor, "µs CPU")
    line("SM-DP+, CPU of a download", measured.serverMicroseconds, "µs CPU")
    line("  of that beyond the floor", measured.serverMicroseconds - floor, "µs CPU")
    line("crypto floor / SM-DP+", floor / measured.serverMicroseconds * 100, "%")
    line("SM-DP+, downloads a CPU second", 1_000_000 / measured.serverMicroseconds, "")
    line("SM-DP+ and eUICC and LPA together", measured.wallMicroseconds, "µs wall")
    line("one disk sync of 4 KiB", sync, "µs wall")
  }

  private static func line(_ name: String, _ value: Double, _ unit: String) {
    let label = name.padding(toLength: 40, withPad: " ", startingAt: 0)
    print("\(label)\(String(format: "%10.1f", value)) \(unit)")
  }
}
