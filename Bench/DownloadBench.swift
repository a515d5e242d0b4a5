import Bytes
import Foundation
import Identifiers
import Store
import StoreSQLite
import Synchronization
import Transport
import TransportHTTP

/// Complete downloads over TLS with durable commits, beside what they cannot cost less than.
struct DownloadBench {
  private let options: Options
  private let folder: URL
  private let store: SQLiteStore
  private let server: BenchServer
  private let requests = Counter()

  init(_ options: Options, in folder: URL) throws {
    (self.options, self.folder) = (options, folder)
    store = try SQLiteStore(path: folder.appendingPathComponent("bench.sqlite").path)
    server = try BenchServer(over: store, allNotifications: options.allNotifications)
    try store.migrate([Self.schema])
  }

  /// Where requests that only commit write.
  private static let schema = Schema(
    owner: "bench", versions: [[.table("bench", "id INTEGER PRIMARY KEY, at INTEGER NOT NULL")]])
  private static let emptyPath = "/bench/empty"
  private static let commitPath = "/bench/commit"

  /// What the server spent on each piece of work.
  private struct Run {
    let devices: DeviceResult
    let cpuMicroseconds: Double
    let transactionsPerCommit: Double
    let requests: Double
  }

  @MainActor func run(_ report: Report) async throws {
    let http = try await HTTPServer.start([listener])
    let place = "127.0.0.1:\(http.ports[0])"
    let tokens = try (0..<options.downloads).map(server.order)
    let downloads = try work(.downloads(tokens: tokens), at: place)
    let calls = downloads.requests.rounded()
    let empty = try work(.requests(path: Self.emptyPath, count: options.downloads * Int(calls)), at: place)
    let commit = try work(.requests(path: Self.commitPath, count: options.downloads * Int(calls)), at: place)
    await http.stop(grace: .seconds(1))
    let package = try server.package(0).count
    let floors = try Floors(package: package, in: folder)
    let stages = try Stages(options, floors: floors)

    let transport = calls * empty.cpuMicroseconds
    let commits = calls * max(0, commit.cpuMicroseconds - empty.cpuMicroseconds)
    report.heading(
      "\(options.downloads) downloads of \(package) bytes by \(options.devices) devices at a time, \(Int(calls)) requests each; "
        + "TLS 1.3, kept connections, durable SQLite"
    )
    let perSecond = Double(downloads.devices.done) / downloads.devices.seconds
    report.add(
      "downloads/cpu-second", "downloads in a second of the server's CPU", 1e6 / downloads.cpuMicroseconds, "/s")
    report.add("downloads/wall-second", "downloads in a second, devices on the same machine", perSecond, "/s")
    report.add(
      "downloads/median", "one download as the device sees it, median", downloads.devices.quantile(0.5) / 1000, "ms")
    report.add(
      "downloads/p99", "one download as the device sees it, 99 %", downloads.devices.quantile(0.99) / 1000, "ms")
    report.add("downloads/share", "transactions that share a commit", downloads.transactionsPerCommit, "")

    report.heading("Where the server's CPU goes, for each download")
    report.add("cpu/crypto-floor", "cryptography that the protocol asks for", floors.cryptography, "µs")
    for stage in stages.list { report.add("cpu/\(stage.name)", stage.label, stage.microseconds, "µs") }
    report.add("cpu/in-process", "= SM-DP+ without transport and disk", stages.total, "µs")
    report.add("cpu/transport", "HTTP and TLS: \(Int(calls)) empty requests", transport, "µs")
    report.add("cpu/commits", "durable commits: \(Int(calls)) shares of one row each", commits, "µs")
    let rest = downloads.cpuMicroseconds - stages.total - transport - commits
    report.add("cpu/rest", "longer messages and rows, contention", rest, "µs")
    report.add("cpu/download", "= SM-DP+ over TLS", downloads.cpuMicroseconds, "µs")

    report.heading("Beside the limits of the same run")
    let protocolFloor = floors.cryptography + transport + commits
    report.add("floor/protocol", "protocol floor: cryptography, HTTP and TLS, commits", protocolFloor, "µs")
    report.add(
      "floor/crypto-share", "crypto floor / SM-DP+ without transport and disk",
      floors.cryptography / stages.total * 100, "%")
    report.add(
      "floor/crypto-share-tls", "crypto floor / SM-DP+ over TLS", floors.cryptography / downloads.cpuMicroseconds * 100,
      "%")
    report.add(
      "floor/protocol-share", "protocol floor / SM-DP+ over TLS", protocolFloor / downloads.cpuMicroseconds * 100, "%")
    report.add("floor/disk-sync", "one sync of 4 KiB to the disk", floors.diskSync, "µs wall")
    try OsmoSMDPP(options, in: folder).run(ours: downloads.cpuMicroseconds, package: server.package(0), report)
  }

  private var listener: Listener {
    let (route, store, requests) = (server.route, store, requests)
    return Listener(port: 0, identity: server.identity, isPrompt: true) { message in
      switch message.path {
      case Self.emptyPath: return Reply(status: 204)
      case Self.commitPath:
        _ = try? await store.transaction { transaction in
          try transaction.execute("INSERT INTO bench (at) VALUES ($1)", Instant.now())
        }
        return Reply(status: 204)
      default:
        requests.count()
        return await route.respond(to: message)
      }
    }
  }

  /// Lets the devices do `work` and accounts for the server's CPU meanwhile: all of this process.
  private func work(_ work: DevicePlan.Work, at place: String) throws -> Run {
    let devices = try DeviceProcess(server.plan(work, devices: options.devices, at: place), in: folder)
    let before = (Measure.cpuSeconds(), store.counts, requests.value)
    let result = try devices.run()
    let after = (Measure.cpuSeconds(), store.counts, requests.value)
    let commits = max(1, after.1.commits - before.1.commits)
    return Run(
      devices: result, cpuMicroseconds: (after.0 - before.0) * 1e6 / Double(max(1, result.done)),
      transactionsPerCommit: Double(after.1.transactions - before.1.transactions) / Double(commits),
      requests: Double(after.2 - before.2) / Double(max(1, result.done)))
  }
}

extension BenchServer {
  /// The plan for devices of this server's circle.
  func plan(_ work: DevicePlan.Work, devices: Int, at place: String) -> DevicePlan {
    DevicePlan(
      address: Self.address, place: place, roots: circle.roots.map(\.encoded.hex),
      eumCertificate: eum.certificate.encoded.hex, eumKey: eum.key.scalar.bytes.hex, devices: devices, work: work)
  }
}

/// Counts from many threads.
final class Counter: Sendable {
  private let number = Atomic<Int>(0)
  func count() { number.add(1, ordering: .relaxed) }
  var value: Int { number.load(ordering: .relaxed) }
}
