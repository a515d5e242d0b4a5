import Bytes
import DataProvidingApparatus
import Foundation
import GlobalPlatform
import Identifiers
import IssuingApparatus
import Keys
import MutualAgreement
import SecureMessages
import StoreSQLite
import UserApparatus
import World

/// Storing by mutual agreement (system C): how many cards a second are registered, and get data that issuer and provider
/// both agree to (C3), books closed on both sides; all parties and cards on one thread, over durable stores.
struct AgreementBench {
  private static let file = AID(literal: "A00000066701")
  private static let size = 600
  private let cards: Int
  private let folder: URL

  init(_ options: Options, in folder: URL) { (cards, self.folder) = (options.cards, folder) }

  func run(_ report: Report) throws {
    report.heading("Data stored by mutual agreement (C3) on \(cards) cards, all parties on one thread, durable SQLite")
    var count = 0
    let world = try AgreementWorld(makeStore: {
      count += 1
      // A card's own terminal keeps little: the servers' stores are the ones whose commits count.
      return count <= 4
        ? try SQLiteStore(path: folder.appendingPathComponent("agreement-\(count).sqlite").path)
        : try SQLiteStore.inMemory()
    })
    let (issuer, provider) = (
      try world.addIssuer("bank"), try world.addProvider("bus", domain: AID(literal: "A000000667020000"))
    )
    try world.agree(issuer, provider, .throughProvider)
    try offer(in: world, of: provider)
    var (admitted, stored) = (Spent(), Spent())
    for number in 0..<cards {
      let card = try world.card(ICCID(String(8_949_020_000_100_000_000 + number)), of: issuer)
      try admitted.add(world, card) {
        try card.terminal.register(with: issuer, user: "user \(number)", now: world.now, random: world.random)
        do {
          try card.terminal.admit(provider, now: world.now, random: world.random)
        } catch UserApparatusError
          .refused(.noDomain)
        {
          try world.deliver()
          try card.terminal.resume()
        }
      }
      try stored.add(world, card) {
        try card.terminal.ask(
          .store, StoringDataInformation(loadFile: Self.file, version: 1), of: provider, through: provider,
          now: world.now, random: world.random)
      }
    }
    guard let issuing = world.issuers[issuer]?.desk, let providing = world.providers[provider]?.desk,
      try issuing.book().count == cards, try providing.book().count == cards,
      try issuing.book().allSatisfy({ $0.version == 1 && $0.wanted == nil })
    else { throw BenchError("the books are not those of \(cards) cards") }
    let floors = try Floors(package: 16, in: folder)
    try tell(admitted, "registered", "cards registered, and a provider admitted", floors, report)
    try tell(stored, "stored", "data of \(Self.size) bytes stored, both books closed", floors, report)
  }

  /// What one kind of agreement costs, beside its floor taken apart.
  private func tell(
    _ spent: Spent, _ name: String, _ text: String, _ floors: Floors, _ report: Report
  ) throws {
    let count = Double(cards)
    // What is signed is verified by its receiver; a token is verified by the card too.
    let signatures =
      (Double(spent.signed) * (floors.sign + floors.verify) + Double(spent.tokens) * (floors.sign + 2 * floors.verify))
      / count
    let channel = try ChannelFloor.microseconds(of: spent.sample)
    let commits = Double(spent.commits) / count
    report.add("agreement/\(name)", text, count / spent.cpu, "/s CPU")
    report.add("agreement/\(name)/elapsed", "the same, waiting for the disk included", count / spent.elapsed, "/s")
    report.add("agreement/\(name)/cpu", "CPU of each", spent.cpu / count * 1e6, "µs")
    report.add("agreement/\(name)/card", "of that within the card", spent.card / count * 1e6, "µs")
    report.add("agreement/\(name)/commands", "commands for the card", Double(spent.commands) / count, "")
    report.add("agreement/\(name)/messages", "signed messages", Double(spent.signed) / count, "")
    report.add("agreement/\(name)/commits", "durable commits of issuer and provider", commits, "")
    report.add("agreement/\(name)/floor/signatures", "floor: signatures and verifications", signatures, "µs CPU")
    report.add("agreement/\(name)/floor/channel", "floor: AES of the secure channel, both ends", channel, "µs CPU")
    report.add("agreement/\(name)/floor/disk", "floor: syncs of those commits", commits * floors.diskSync, "µs")
    report.add(
      "agreement/\(name)/floor", "the same, if it were that cryptography alone", 1e6 / (signatures + channel), "/s CPU")
  }

  /// What was spent on one kind of agreement, and what was said for it.
  private struct Spent {
    var (cpu, elapsed, card) = (0.0, 0.0, 0.0)
    var (signed, tokens, commands, commits) = (0, 0, 0, 0)
    /// The commands of one agreement, as they went over the line.
    var sample: [[UInt8]] = []

    mutating func add(_ world: AgreementWorld, _ card: AgreementCard, _ body: () throws -> Void) throws {
      world.net.clear()
      func written() -> Int {
        world.issuers.values.reduce(0) { $0 + $1.fuse.writes }
          + world.providers.values.reduce(0) { $0 + $1.fuse.writes }
      }
      let (commits, commands, began) = (written(), card.link.commands, ContinuousClock.now)
      var within = 0.0
      card.link.meter = { transmit in
        let start = Measure.cpuSeconds()
        transmit()
        within += Measure.cpuSeconds() - start
      }
      let start = Measure.cpuSeconds()
      try body()
      try world.deliver()
      cpu += Measure.cpuSeconds() - start
      elapsed +=
        Double((ContinuousClock.now - began).components.attoseconds) / 1e18
        + Double((ContinuousClock.now - began).components.seconds)
      self.card += within
      card.link.meter = { $0() }
      self.commits += written() - commits
      self.commands += card.link.commands - commands
      sample = []
      for passage in world.net.passages {
        for message in [passage.message, passage.answer ?? []] {
          if case .signed? = MessageKind.of(message) { signed += 1 }
          if let step = try? ErrandStep(encoded: message) { sample += step.commands }
          if let sa = try? Signed<StoringAuthorisation>(encoded: message) { tokens += sa.claimedBody.tokens.count }
        }
      }
    }
  }

  private func offer(in world: AgreementWorld, of provider: Party) throws {
    let package = DataPackage(
      module: AID(literal: "A0000006670101"), version: 1,
      files: [.init(0x6F01, shortIdentifier: 1, content: world.random.bytes(Self.size))])
    try world.providers[provider]?.desk.offer(
      CatalogueItem(
        title: "Bus ticket", loadFile: Self.file, application: AID(literal: "A000000667010101"), package: package,
        price: 250, issuers: []))
  }
}
