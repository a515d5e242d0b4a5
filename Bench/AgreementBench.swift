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
    var (admitted, stored, signed) = (0.0, 0.0, 0)
    for number in 0..<cards {
      let card = try world.card(ICCID(String(8_949_020_000_100_000_000 + number)), of: issuer)
      var begin = Measure.cpuSeconds()
      try card.terminal.register(with: issuer, user: "user \(number)", now: world.now, random: world.random)
      do { try card.terminal.admit(provider, now: world.now, random: world.random) } catch UserApparatusError.refused(
        .noDomain)
      {
        try world.deliver()
        try card.terminal.resume()
      }
      try world.deliver()
      admitted += Measure.cpuSeconds() - begin
      world.net.clear()
      begin = Measure.cpuSeconds()
      try card.terminal.ask(
        .store, StoringDataInformation(loadFile: Self.file, version: 1), of: provider, through: provider,
        now: world.now, random: world.random)
      try world.deliver()
      stored += Measure.cpuSeconds() - begin
      for passage in world.net.passages {
        for message in [passage.message, passage.answer ?? []] {
          if case .signed? = MessageKind.of(message) { signed += 1 }
        }
      }
    }
    guard let issuing = world.issuers[issuer]?.desk, let providing = world.providers[provider]?.desk,
      try issuing.book().count == cards, try providing.book().count == cards
    else { throw BenchError("the books are not those of \(cards) cards") }
    let floors = try Floors(package: 16, in: folder)
    // What is signed is verified by its receiver; the token that is SA is verified by the card too.
    let messages = Double(signed) / Double(cards)
    let cryptography = messages * (floors.sign + floors.verify) + floors.verify
    report.add("agreement/registered", "cards registered, and a provider admitted", Double(cards) / admitted, "/s CPU")
    report.add(
      "agreement/stored", "data of \(Self.size) bytes stored, both books closed", Double(cards) / stored, "/s CPU")
    report.add("agreement/messages", "signed messages for it", messages, "")
    report.add("agreement/floor", "the same, if it were their signatures alone", 1e6 / cryptography, "/s CPU")
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
