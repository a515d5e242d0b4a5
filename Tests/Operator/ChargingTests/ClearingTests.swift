import CardTerminal
import Charging
import Identifiers
import Keys
import OfflineCard
import SecureElement
import SecureMessages
import Store
import StoreSQLite
import TestScheme
import TestStores
import Testing

@Suite("B8: cards and terminals come back from whatever went wrong", .overEveryStore) struct ClearingTests {
  let centre: TestCentre
  let day: Duration = .seconds(86_400)

  init() throws { centre = try TestCentre() }

  private func visit(_ terminal: FieldTerminal, _ card: TestCard) throws -> Terminal.Outcome {
    let request = try terminal.memory.newsRequest(by: terminal.identity, random: centre.scheme.random)
    _ = try terminal.memory.take(
      centre.desk.news(request.encoded, now: centre.now), to: request, by: terminal.identity, clock: centre.now)
    let limits = RiskLimits(perService: .greatest, stored: .greatest, services: 10, days: 7)
    return try Terminal(
      terminal.identity, memory: terminal.memory, limits: limits, clock: { centre.now }, random: centre.scheme.random
    ).visit(card.link, by: Caller(), for: VendingService(select: { _ in Amount(5) }, deliver: {}))
  }

  @Test("one BEGIN SERVICE whose answer was lost: the card is reported, cleared and serves again") func torn() throws {
    let log = PowerCutLog(VolatileLog())
    let card = try centre.scheme.card(limits: TestScheme.limits(100, 1000, services: 3), on: log)
    let terminal = try centre.terminal()
    let dialogue = try centre.scheme.open(card, terminal.identity)
    log.cut(atWrite: 2, .afterWrite)
    #expect(throws: CardProblem.self) {
      try dialogue.begin(
        .call, pin: PIN(TestScheme.pin), limit: .greatest, at: centre.now, random: centre.scheme.random)
    }
    card.link.powerOff()
    for _ in 0..<2 { _ = try visit(terminal, card) }
    #expect(try terminal.upload().flatMap(\.clearances).isEmpty, "nobody has told of the first")
    #expect(try visit(terminal, card) == .returned(.card(.limitReached)))
    #expect(try terminal.upload().flatMap(\.clearances).map(\.claimedBody.through) == [3])
    guard case .served(let record) = try visit(terminal, card) else {
      Issue.record("the card is cleared")
      return
    }
    #expect(record.number == 4)
  }

  @Test("a terminal that uploads only the first record of a service does not save its user the rest") func firstOnly()
    throws
  {
    let (honest, dishonest) = (try centre.terminal("00000001"), try centre.terminal("00000002"))
    let card = try centre.scheme.card()
    let dialogue = try centre.scheme.open(card, dishonest.identity)
    let start = try dialogue.begin(
      .call, pin: PIN(TestScheme.pin), limit: .greatest, at: centre.now, random: centre.scheme.random)
    _ = try dialogue.step(after: start.claimedBody, amount: try #require(Amount(50)), at: centre.now, isEnd: true)
    card.link.powerOff()
    _ = try centre.desk.upload(dishonest.forge([dialogue.certificate], [start]), now: centre.now)
    _ = try visit(honest, card)
    let clearances = try honest.upload().flatMap(\.clearances).map(\.claimedBody)
    #expect(clearances.map(\.through) == [2])
    #expect(clearances.map(\.unended) == [[Clearance.LastStep(number: 1, step: 0)]])
    #expect(try centre.total() == 5)
    // The card takes the clearance, keeps what goes on after it, and the terminal reports that.
    _ = try visit(honest, card)
    #expect(try honest.upload().flatMap(\.clearances).map(\.claimedBody.unended) == [[]])
    #expect(try centre.total() == 60)
    _ = try visit(honest, card)
    #expect(try centre.scheme.open(card, honest.identity).records().map(\.claimedBody.number) == [4])
  }

  @Test("a clearance that the card did not take waits for the next visit") func notTaken() throws {
    let terminal = try centre.terminal()
    let card = try centre.scheme.card()
    _ = try visit(terminal, card)
    try terminal.upload()
    let number = try CardNumber("9000000000000001")
    // A card that is older than the clearance, as a copy may be, refuses it and serves all the same.
    let other = try centre.scheme.card()
    _ = try visit(terminal, other)
    #expect(try terminal.memory.clearance(for: number) != nil)
    _ = try visit(terminal, card)
    #expect(try terminal.memory.clearance(for: number) == nil)
  }

  @Test("a terminal whose certificate is over still delivers what waits in it, and forgets it") func late() throws {
    let identity = try centre.scheme.terminal(
      "00000003", term: Term(serial: 3, notBefore: centre.now - day, notAfter: centre.now + day))
    let memory = try TerminalMemory(SQLiteStore.inMemory(), clock: centre.now)
    let terminal = FieldTerminal(centre: centre, identity: identity, memory: memory)
    try terminal.use(centre.scheme.card(), 10)
    #expect(try terminal.upload(at: centre.now + day + day).map(\.accepted) == [1])
    #expect(try terminal.memory.waiting().isEmpty)
    #expect(try centre.total() == 10)
  }

  @Test("a receipt that was lost is given again under the centre's new certificate, once the old one is over")
  func renewed() throws {
    let terminal = try centre.terminal()
    let card = try centre.scheme.card()
    let short = Term(serial: 2, notBefore: centre.now - day, notAfter: centre.now + day)
    func desk(_ term: Term) throws -> Charging.Desk {
      let key = PrivateKey(.p256, random: centre.scheme.random)
      let certificate = try centre.scheme.issuer.certifyCentre(key: key.publicKey, term: term)
      return try Desk(store: centre.store, scheme: centre.scheme.issuer.scheme, certificate: certificate, key: key)
    }
    try terminal.use(card, 10)
    let request = try #require(try terminal.memory.nextUpload(by: terminal.identity))
    let later = centre.now + day + day
    let lost = try desk(short).upload(request, now: centre.now)
    #expect(throws: SecureMessageError.notValidNow) {
      try terminal.memory.take(lost, for: request, by: terminal.identity, at: later)
    }
    let again = try desk(centre.scheme.term).upload(request, now: later)
    #expect(try terminal.memory.take(again, for: request, by: terminal.identity, at: later).accepted == 1)
    #expect(try centre.total() == 10)
    let dialogue = try centre.scheme.open(card, terminal.identity)
    try dialogue.clear(try #require(try terminal.memory.clearance(for: dialogue.card.card)))
    #expect(try dialogue.records().isEmpty)
  }

  @Test("a change of the black list whose time is over is not told, and one that holds longer takes its place")
  func blackList() throws {
    let (terminal, later) = (try centre.terminal(), centre.now + day)
    func publish(_ notAfter: Instant, at now: Instant) throws {
      let update = BlackListUpdate(from: 0, to: 1, added: [try CardNumber("9000000000000001")], removed: [])
      let term = Term(serial: 1, notBefore: centre.now, notAfter: notAfter)
      try centre.desk.publish(centre.scheme.issuer.sign(update, term: term), now: now)
    }
    func listen() throws -> Int {
      let request = try terminal.memory.newsRequest(by: terminal.identity, random: centre.scheme.random)
      _ = try terminal.memory.take(
        centre.desk.news(request.encoded, now: later), to: request, by: terminal.identity, clock: centre.now)
      return try terminal.memory.blackListVersion()
    }
    try publish(centre.now, at: centre.now)
    #expect(try listen() == 0)
    #expect(try terminal.memory.calendar().time(clock: centre.now) == later)
    try publish(later, at: later)
    #expect(try listen() == 1)
  }
}
