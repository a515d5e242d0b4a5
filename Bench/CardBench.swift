import APDU
import Bytes
import Foundation
import Keys
import LPA
import SGP22
import SecureElement
import StoreSQLite
import Transport
import World

/// The factory's and the card's side: profiles built a second, commands a second, bytes of a card that waits.
struct CardBench {
  private let server: BenchServer

  init() throws { server = try BenchServer(over: SQLiteStore.inMemory()) }

  func run(_ report: Report) throws {
    report.heading("Factory and cards, one thread")
    // Before others leave free memory behind, into which cards would go uncounted.
    let idle = try idleBytes()
    let build = try Measure.microseconds { _ = try server.package(7) }
    report.add("factory/builds", "profiles built from a template", 1e6 / build, "/s")
    let card = try enabledCard()
    let select = try rate(card, [0x00, 0xA4, 0x00, 0x04, 0x02, 0x2F, 0xE2])
    report.add("card/select", "SELECT of EF.ICCID on an enabled profile", select, "/s")
    report.add("card/read", "READ BINARY of its 10 bytes", try rate(card, [0x00, 0xB0, 0x00, 0x00, 0x0A]), "/s")
    report.add("card/idle", "an eUICC without power, in memory", idle, "bytes")
  }

  /// A card whose downloaded profile is enabled.
  private func enabledCard() throws -> any CardLink {
    let servers = InProcessServers()
    servers.place(BenchServer.address) { [server] in server.route.respond(to: $0) }
    let device = try BenchDevice(eum: server.eum, roots: server.circle.roots)
    let (client, iccid) = try device.download(server.order(0), from: BenchServer.address, over: servers)
    try client.isdr.enable(.iccid(iccid), refresh: false)
    client.isdr.close()
    _ = try device.link.reset()
    return device.link
  }

  /// How often a second the card carries out `bytes`.
  private func rate(_ card: any CardLink, _ bytes: [UInt8]) throws -> Double {
    let command = try Command(bytes: bytes)
    let status = try card.transmit(command).status.rawValue
    guard status == 0x9000 || status >> 8 == 0x61 else { throw BenchError("\(bytes.hex) is answered with \(status)") }
    return 1e6 / (try Measure.microseconds { _ = try card.transmit(command) })
  }

  /// What the process grows by for each card.
  private func idleBytes() throws -> Double {
    let vault = try KeyVault(current: Secret(SystemRandomSource.shared.bytes(32)), former: [])
    func cards(_ count: Int) throws -> [VolatileMemory] {
      try (0..<count).map { _ in
        try BenchDevice.memory(eum: server.eum, roots: server.circle.roots, vault: vault)
      }
    }
    // What the first cards bring to life stays out of the account.
    let first = try cards(200)
    let before = try Measure.residentBytes()
    let waiting = try cards(2000)
    let after = try Measure.residentBytes()
    return withExtendedLifetime((first, waiting)) { Double(after - before) / Double(waiting.count) }
  }
}
