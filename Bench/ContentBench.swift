import Bytes
import CardManagement
import Foundation
import GlobalPlatform
import Identifiers
import Keys
import SecureChannel
import SecureElement
import SecurityDomains
import Transport
import TransportCard
import UICC
import World

/// Content management: bytes a second that a data package takes into a card over SCP03, host and card on one thread,
/// beside the cryptography of the same bytes.
struct ContentBench {
  private static let size = 100_000
  private let random = SystemRandomSource.shared

  func run(_ report: Report) throws {
    report.heading("Content of a GlobalPlatform card, host and card on one thread")
    let vault = try KeyVault(current: Secret(random.bytes(32)))
    let memory = VolatileMemory()
    let iccid = try ICCID("898821100000000001")

    try SoftwareManagedCard.make(on: memory, iccid: iccid, master: nil, vault: vault, random: random)
    let map = memory.map
    /// The card as it was made.
    func session(_ level: SCP03.SecurityLevel) throws -> ManagementSession {
      let card = SoftwareManagedCard(memory: VolatileMemory(map), vault: vault, random: random, freeBytes: 1_000_000)
      let link = InProcessCard(card)
      _ = try link.reset()
      return try ManagementSession(link, domain: Personalisation.usualIssuerDomain, level: level, random: random) {
        card throws(KeyError) in
        try SoftwareManagedCard.keys(master: nil, diversificationData: card.diversificationData)
      }
    }
    let open = try Measure.microseconds { _ = try session(.full) }
    report.add("content/sessions", "secure channels opened", 1e6 / open, "/s")
    let file = try package()
    let install = Install(.load(file: Self.name, domain: nil, hash: sha256(file.dataBlock)))
    for (name, level) in [("mac", SCP03.SecurityLevel.commandMAC), ("full", .full)] {
      let load = try Measure.microseconds(for: 1) { _ = try session(level).load(file, install) } - open
      let floor = try cryptography(file, level)
      let what = level == .full ? "encrypted, answers with a MAC" : "with C-MAC alone"
      report.add("content/load/\(name)", "a package of \(Self.size) bytes, \(what)", perSecond(load), "MB/s")
      report.add("content/floor/\(name)", "the same, if it were cryptography alone", perSecond(floor), "MB/s")
    }
  }

  private static let name = AID(literal: "A00000066701")

  /// Megabytes a second of a package that takes `microseconds`.
  private func perSecond(_ microseconds: Double) -> Double { Double(Self.size) / microseconds }

  private func package() throws -> LoadFile {
    let names: [FileIdentifier] = [0x6F01, 0x6F02, 0x6F03, 0x6F04, 0x6F05]
    let files = names.map { number in
      DataPackage.File(number, content: random.bytes(Self.size / names.count))
    }
    return LoadFile(
      dataBlock: DataPackage(module: AID(literal: "A0000006670101"), version: 0x0100, files: files).encoded)
  }

  /// CPU microseconds of what SCP03 obliges both sides to for each LOAD, and of the two hashes over the package.
  private func cryptography(_ file: LoadFile, _ level: SCP03.SecurityLevel) throws -> Double {
    let key = Secret(random.bytes(16))
    let zero = [UInt8](repeating: 0, count: 16)
    let blocks = file.commands().map { command in
      command.data + [UInt8](repeating: 0x80, count: 16 - command.data.count % 16)
    }
    let header = [UInt8](repeating: 0, count: 21)
    return try Measure.microseconds {
      for block in blocks {
        // A MAC covers chaining value and header; the card verifies what the host makes, and the other way round.
        for _ in 0..<2 { _ = try AES.cmac(header + block, key: key) }
        guard level == .full else { continue }
        for _ in 0..<2 {
          // The counter block becomes the initial vector (§6.2.6).
          let iv = try AES.encryptBlock(zero, key: key)
          _ = try AES.cbcEncrypt(block, key: key, iv: iv)
          _ = try AES.cmac(header, key: key)
        }
      }
      for _ in 0..<2 { _ = sha256(file.dataBlock) }
    }
  }
}
