import Bytes
import ContentManagement
import DataProvidingApparatus
import Identifiers
import IssuingApparatus
import Keys
import MutualAgreement
import SecureMessages
import TestStores
import Testing
import UserApparatus
import World

@Suite("C: the books", .overEveryStore) struct BookTests {
  /// A report that a party signs as it likes; whether it is taken.
  private func report(
    _ pair: Pair, by sender: KeyHolder, to receiver: Party, confirmations: Int, _ contents: [ContentReport.Content],
    receipts: [[UInt8]] = []
  ) throws -> Bool {
    let report = ContentReport(
      card: pair.card.name, domain: Pair.domain, confirmations: confirmations, contents: contents, receipts: receipts)
    let term = Term(serial: 900 + confirmations, notBefore: pair.world.now, notAfter: pair.world.now + .seconds(60))
    let message = try Signed(report, by: sender, to: receiver, term: term).encoded
    return (try? Taken(encoded: pair.world.net.peers(of: sender.party).send(message, to: receiver))) != nil
  }

  @Test(
    "a party that says the card counted further than it did does not keep the other from its own reading",
    arguments: AgreementWay.allCases)
  func lyingCounter(_ way: AgreementWay) throws {
    let pair = try Pair(way)
    try pair.ask(.store)
    let provider = try #require(pair.world.providers[pair.provider]).holder
    #expect(try report(pair, by: provider, to: pair.issuer, confirmations: 0xFFFF, []))
    #expect(try report(pair, by: pair.issuing.holder, to: pair.provider, confirmations: 0xFFFF, []))
    #expect(try pair.versions() == ([], []), "each believed the other")
    for party in [pair.issuer, pair.provider] {
      try pair.card.terminal.contact(party, now: pair.world.now, random: pair.world.random)
    }
    #expect(try pair.versions() == ([1], [1]), "and the card put it right")
    try pair.world.deliver()
    try pair.ask(.delete)
    #expect(try pair.versions() == ([], []), "reports count again")
  }

  @Test(
    "a receipt proves what it is for, once: other contents of a report, and a later report, are the provider's word")
  func receipts() throws {
    let pair = try Pair(.providerAlone)
    try pair.ask(.store)
    #expect(try pair.issuing.book().map(\.proof) == [.receipt])
    let kept = try #require(pair.world.issuers[pair.issuer]?.store).read {
      try $0.query("SELECT receipt FROM content_receipt").map { try $0(0, as: [UInt8].self) }
    }
    let provider = try #require(pair.world.providers[pair.provider]).holder
    let other = AID(literal: "A00000066702")
    #expect(
      try report(
        pair, by: provider, to: pair.issuer, confirmations: 50,
        [.init(Pair.file, version: 9), .init(other, version: 3)], receipts: kept))
    #expect(try pair.issuing.book().map(\.proof) == [.reported, .reported])
  }

  @Test("a report that comes late is not taken for older than what another provider's domain told")
  func lateReport() throws {
    let pair = try Pair(.throughProvider)
    let world = pair.world
    let domain = AID(literal: "A000000667030000")
    let museum = try world.addProvider("museum", domain: domain)
    try world.agree(pair.issuer, museum, .throughProvider)
    let guide = AID(literal: "A00000066702")
    try #require(world.providers[museum]).desk.offer(
      CatalogueItem(
        title: "Guide", loadFile: guide, application: AID(literal: "A000000667020101"),
        package: .init(
          module: AID(literal: "A0000006670201"), version: 1,
          files: [.init(0x6F01, shortIdentifier: 1, content: [1, 2, 3])]), price: 1))
    do { try pair.card.terminal.admit(museum, now: world.now, random: world.random) } catch UserApparatusError.refused(
      .noDomain)
    {
      try world.deliver()
      try pair.card.terminal.resume()
    }
    // The bus company stores first, and its report comes last.
    world.net.fate = { [provider = pair.provider, issuer = pair.issuer] _, from, to in
      from == provider && to == issuer ? .lost : .arrives
    }
    func ask(_ file: AID, _ provider: Party) throws {
      try pair.card.terminal.ask(
        .store, StoringDataInformation(loadFile: file, version: 1), of: provider, through: provider, now: world.now,
        random: world.random)
    }
    #expect(throws: UserApparatusError.refused(.noAnswer)) { try ask(Pair.file, pair.provider) }
    world.net.fate = { _, _, _ in .arrives }
    try pair.card.terminal.resume()
    world.net.fate = { [provider = pair.provider, issuer = pair.issuer] _, from, to in
      from == provider && to == issuer ? .lost : .arrives
    }
    try world.deliver()
    try ask(guide, museum)
    try world.deliver()
    world.net.fate = { _, _, _ in .arrives }
    world.now = world.now + .seconds(3600)
    try world.deliver()
    #expect(try pair.issuing.book().map(\.version) == [1, 1])
    #expect(try pair.issuing.book().map(\.wanted) == [nil, nil])
  }

  @Test(
    "an authorisation that was never used is expected no longer once nobody could use it and the card was met",
    arguments: [AgreementWay.throughIssuer, .throughProvider])
  func pendingExpires(_ way: AgreementWay) throws {
    let pair = try Pair(way)
    pair.card.link.cut(atCommand: 8)
    #expect(throws: UserApparatusError.self) { try pair.ask(.store) }
    pair.card.link.cut(atCommand: nil)
    #expect(try pair.issuing.book().map(\.wanted) == [1] && pair.providing.book().map(\.wanted) == [1])
    try pair.card.terminal.contact(pair.issuer, now: pair.world.now, random: pair.world.random)
    #expect(try pair.issuing.book().map(\.wanted) == [1], "not yet: its errand may still be gone on with")
    pair.world.now = pair.world.now + .seconds(9 * 86_400)
    #expect(throws: UserApparatusError.self) { try pair.card.terminal.resume() }
    #expect(try pair.shown() == nil)
    try pair.world.deliver()
    #expect(try pair.issuing.book().map(\.wanted) == [1], "not without the card, which may have done it")
    try pair.card.terminal.contact(pair.issuer, now: pair.world.now, random: pair.world.random)
    try pair.world.deliver()
    #expect(try pair.issuing.book().isEmpty && pair.providing.book().isEmpty)
    try pair.ask(.store)
    #expect(try pair.versions() == ([1], [1]))
  }

  @Test("who agrees second hears what the first one sent before: consent, domains, and which cards are revoked")
  func agreedLater() throws {
    let world = try AgreementWorld(makeStore: { try StoreKind.current.make() })
    let issuer = try world.addIssuer("bank")
    let provider = try world.addProvider("bus", domain: Pair.domain)
    let card = try world.card(ICCID("89490200001000000012"), of: issuer)
    let lost = try world.card(ICCID("89490200001000000020"), of: issuer)
    let issuing = try #require(world.issuers[issuer]).desk
    let providing = try #require(world.providers[provider])
    try providing.desk.offer(Pair.item(1))
    try lost.terminal.register(with: issuer, user: "another", now: world.now, random: world.random)
    try issuing.revoke(lost.name, now: world.now)
    try issuing.agree(with: providing.dpr, way: .providerAlone, quota: 20_000, now: world.now)
    try world.deliver()
    try card.terminal.register(with: issuer, user: "a user", now: world.now, random: world.random)
    try? card.terminal.admit(provider, now: world.now, random: world.random)
    try world.deliver()
    try providing.desk.agree(with: issuing.irc, now: world.now)
    world.now = world.now + .seconds(3600)
    try world.deliver()
    try? card.terminal.admit(provider, now: world.now, random: world.random)
    try card.terminal.ask(
      .store, StoringDataInformation(loadFile: Pair.file, version: 1), of: provider, through: provider, now: world.now,
      random: world.random)
    #expect(throws: UserApparatusError.refused(.revoked)) {
      try lost.terminal.contact(provider, now: world.now, random: world.random)
    }
  }

  @Test("what is revoked stays revoked: lists are published anew before they are over, and newcomers get them")
  func freshLists() throws {
    let pair = try Pair(.throughIssuer)
    let world = pair.world
    try pair.ask(.store)
    try world.dataRegistrar.book.revoke(.init(Pair.file, through: 1), now: world.now)
    for _ in 0..<3 {
      try world.deliver()
      world.now = world.now + .seconds(16 * 86_400)
    }
    try world.deliver()
    let museum = try world.addProvider("museum", domain: AID(literal: "A000000667030000"))
    world.net.clear()
    try world.deliver()
    let list = try #require(world.net.passages.first { $0.receiver == museum })
    #expect((try? Taken(encoded: list.answer ?? [])) != nil)
    // The provider gives its SA on a list that holds.
    try pair.card.terminal.contact(pair.issuer, now: world.now, random: world.random)
    try world.deliver()
    #expect(try pair.versions() == ([], []))
  }

  @Test("what nobody can ask for again is forgotten: wishes, errands, requests and answers") func forgotten() throws {
    let pair = try Pair(.throughProvider)
    try pair.ask(.store)
    let stores = try [
      #require(pair.world.issuers[pair.issuer]).store, #require(pair.world.providers[pair.provider]).store,
    ]
    func rows() throws -> [Int] {
      func count(_ sql: StaticString) throws -> Int {
        try stores.reduce(0) { try $0 + $1.read { try $0.query(sql).count } }
      }
      return try [
        count("SELECT 1 FROM content_wish"), count("SELECT 1 FROM card_errand"),
        count("SELECT 1 FROM storing_request"), count("SELECT 1 FROM storing_answer"),
      ]
    }
    #expect(try rows() == [4, 4, 1, 1])
    pair.world.now = pair.world.now + .seconds(1200)
    try pair.world.deliver()
    #expect(try rows() == [4, 4, 0, 0])
    pair.world.now = pair.world.now + .seconds(8 * 86_400)
    try pair.world.deliver()
    #expect(try rows() == [0, 0, 0, 0])
  }

  @Test("a stranger's wishes to be registered, however many, take a card's own room alone, and its user comes in")
  func flood() throws {
    let pair = try Pair(.throughProvider, isReady: false)
    let (world, card) = (pair.world, pair.card.name)
    let key = PrivateKey(.p256, random: world.random)
    for serial in 1...100 {
      let wish = try Signed(
        RegistrationWish(card: card, userKey: key.publicKey, user: "somebody"), by: KeyHolder(card.user, key: key),
        to: pair.issuer, term: Term(serial: serial, notBefore: world.now, notAfter: world.now + .seconds(60)))
      _ = try ErrandStep(encoded: world.net.peers(of: card.user).send(wish.encoded, to: pair.issuer))
    }
    let store = try #require(world.issuers[pair.issuer]).store
    #expect(try store.read { try $0.query("SELECT 1 FROM content_wish").count } == 64)
    #expect(try store.read { try $0.query("SELECT 1 FROM card_errand").count } == 64)
    // The serial number of the card's first wish is one of the stranger's; the next one is not.
    for _ in 0..<101 where try !pair.issuing.cards()[0].isRegistered { try? pair.register() }
    #expect(try pair.issuing.cards().map(\.user) == ["a user"])
  }

  @Test("messages that are refused leave a bounded trace a day, and no commit beyond it") func refusals() throws {
    let pair = try Pair(.throughProvider)
    let party = try #require(pair.world.issuers[pair.issuer])
    func refused() throws -> Int {
      try party.store.read { try $0.query("SELECT 1 FROM event WHERE kind = 4").count }
    }
    let stranger = pair.world.net.peers(of: pair.card.name.user)
    for number in 0..<1100 { _ = try stranger.send([0x30, 0x00, UInt8(truncatingIfNeeded: number)], to: pair.issuer) }
    #expect(try refused() == 1000)
    let writes = party.fuse.writes
    _ = try stranger.send([0x30], to: pair.issuer)
    #expect(party.fuse.writes == writes)
    pair.world.now = pair.world.now + .seconds(86_400)
    _ = try stranger.send([0x30], to: pair.issuer)
    #expect(try refused() == 1001)
  }

  @Test(
    "eligibility: data that are for another issuer's cards are neither in the catalogue nor stored",
    arguments: AgreementWay.allCases)
  func eligibility(_ way: AgreementWay) throws {
    let pair = try Pair(way)
    for version in [1, 2] as [UInt16] {
      try pair.providing.offer(Pair.item(version, size: version == 1 ? 600 : 900, issuers: [.issuer("other")]))
    }

    #expect(throws: UserApparatusError.refused(.notOffered)) { try pair.ask(.store) }
    #expect(try pair.card.terminal.catalogue(of: pair.provider, now: pair.world.now).items.isEmpty)
    #expect(try pair.shown() == nil)
    #expect(try pair.issuing.book().isEmpty && pair.providing.book().isEmpty)
    try pair.providing.offer(Pair.item(1, issuers: [pair.issuer, .issuer("other")]))
    try pair.ask(.store)
    #expect(try pair.versions() == ([1], [1]))
  }
}
