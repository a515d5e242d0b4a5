import CardTerminal
import Charging
import Identifiers
import Keys
import OfflineCard
import SecureElement
import SecureMessages
import TestScheme
import TestStores
import Testing

@Suite("B8: what looks like fraud is found, and not billed", .overEveryStore) struct FraudTests {
  let centre: TestCentre

  init() throws { centre = try TestCentre() }

  @Test("a terminal's operator inflates an amount, or invents a record: the card did not sign it") func invented()
    throws
  {
    let terminal = try centre.terminal()
    let card = try centre.scheme.card()
    let genuine = try terminal.use(card, 10)
    let certificate = try centre.scheme.open(card, terminal.identity).certificate
    let thief = KeyHolder(
      try CardNumber("9000000000000001").party, key: PrivateKey(.p256, random: centre.scheme.random))
    let start = UsageRecord(
      number: 1, registration: genuine.registration, terminal: genuine.terminal, r: genuine.r, x: genuine.x,
      service: .call, begun: genuine.begun, limit: genuine.limit, currency: .euro)
    let most = try #require(Amount(999))
    let inflated = try #require(start.next(amount: most, at: genuine.at, isEnd: true))
    let forged = try Signed(inflated, by: thief, term: inflated.term)
    _ = try centre.desk.upload(terminal.forge([certificate], [forged]), now: centre.now)
    #expect(try centre.total() == 0)
    _ = try centre.desk.upload(terminal.forge([], try terminal.memory.waiting(), batch: 2), now: centre.now)
    let reasons = try centre.desk.fraudReport().compactMap { finding in
      if case .refused(_, _, _, _, let reason) = finding { reason } else { nil }
    }
    #expect(reasons == [.notSigned, .noCertificate])
  }

  @Test("doubled records, in one batch, in two, and from two terminals, count once") func doubled() throws {
    let terminal = try centre.terminal()
    let card = try centre.scheme.card()
    try terminal.use(card, 10)
    let certificate = try centre.scheme.open(card, terminal.identity).certificate
    let records = try terminal.memory.waiting()
    _ = try centre.desk.upload(terminal.forge([certificate, certificate], records + records), now: centre.now)
    _ = try centre.desk.upload(terminal.forge([certificate], records, batch: 2), now: centre.now)
    _ = try centre.desk.upload(centre.terminal("00000002").forge([certificate], records), now: centre.now)
    #expect(try centre.total() == 10)
    #expect(try centre.desk.fraudReport().isEmpty)
  }

  @Test("a dropped record is missed by its number, keeps the card from being cleared, and comes from the card itself")
  func dropped() throws {
    let (honest, dishonest) = (try centre.terminal("00000001"), try centre.terminal("00000002"))
    let card = try centre.scheme.card()
    try honest.use(card, 10)
    try dishonest.use(card, 20)
    try honest.use(card, 30)
    let receipts = try honest.upload()
    let number = try CardNumber("9000000000000001")
    #expect(try centre.desk.fraudReport() == [.missing(card: number, from: 2, to: 2)])
    #expect(receipts.flatMap(\.clearances).map(\.claimedBody.through) == [1])
    // Any terminal may report what the card still has.
    let dialogue = try centre.scheme.open(card, honest.identity)
    for record in try dialogue.records() {
      try honest.memory.keep(record, of: dialogue.certificate, clock: centre.now)
    }
    #expect(try honest.upload().flatMap(\.clearances).map(\.claimedBody.through) == [3])
    #expect(try centre.desk.fraudReport().isEmpty)
    #expect(try centre.total() == 60)
  }

  @Test("two cards with one key: the second service under a number is found, and not billed") func cloned() throws {
    let terminal = try centre.terminal()
    let log = VolatileLog()
    let card = try centre.scheme.card(on: log)
    let copy = try TestCard(VolatileLog(log.bytes))
    try terminal.use(card, 10)
    try terminal.upload()
    let other = try centre.terminal("00000002")
    try other.use(copy, 40)
    #expect(try other.upload().map(\.refused) == [1])
    #expect(try centre.total() == 10)
    guard case .refused(_, 1, _, 1, .otherService) = try centre.desk.fraudReport().first else {
      Issue.record("not found")
      return
    }
  }

  @Test("a card and its clone at one terminal: both records are delivered, and one is refused") func clonedTogether()
    throws
  {
    let terminal = try centre.terminal()
    let log = VolatileLog()
    let card = try centre.scheme.card(on: log)
    let copy = try TestCard(VolatileLog(log.bytes))
    try terminal.use(card, 10)
    try terminal.use(copy, 10)
    #expect(try terminal.memory.waiting().count == 2)
    #expect(try terminal.upload().map { [$0.accepted, $0.refused] } == [[1, 1]])
    #expect(try terminal.memory.waiting().isEmpty)
    #expect(try centre.desk.fraudReport().count == 1)
  }

  @Test("a record of a time that has not come is found") func early() throws {
    let terminal = try centre.terminal()
    let card = try centre.scheme.card()
    try terminal.use(card, 10, at: centre.now + .seconds(86_000))
    try terminal.use(card, 10, at: centre.now + .seconds(3 * 86_400))
    try terminal.upload()
    let at = centre.now + .seconds(3 * 86_400 + 60)
    #expect(try centre.desk.fraudReport() == [.early(card: CardNumber("9000000000000001"), number: 2, at: at)])
  }

  @Test("impossible travel: two places that nobody could have reached one after the other") func travel() throws {
    let (tokyo, osaka) = (try centre.terminal("00000001"), try centre.terminal("00000002"))
    try centre.desk.place(tokyo.identity.number, at: #require(Place(latitude: 35.68, longitude: 139.77)))
    try centre.desk.place(osaka.identity.number, at: #require(Place(latitude: 34.69, longitude: 135.50)))
    #expect(Place(latitude: 91, longitude: 0) == nil)
    let card = try centre.scheme.card()
    try tokyo.use(card, 10, at: centre.now)
    try osaka.use(card, 10, at: centre.now + .seconds(10 * 60))
    try tokyo.use(card, 10, at: centre.now + .seconds(5 * 3600))
    for terminal in [tokyo, osaka] { try terminal.upload() }
    let number = try CardNumber("9000000000000001")
    #expect(try centre.desk.fraudReport() == [.travel(card: number, from: 1, to: 2, kilometres: 403, minutes: 9)])
  }

  @Test("a card that allowed more than its certificate does is found") func overLimit() throws {
    let terminal = try centre.terminal()
    let card = try centre.scheme.card(limits: TestScheme.limits(50))
    let genuine = try terminal.use(card, 50)
    // The same card's certificate, with a key that somebody got out of it and limits of his own.
    let key = PrivateKey(.p256, random: centre.scheme.random)
    let issue = try centre.scheme.issuer.issue(
      .init(
        card: CardNumber("9000000000000005"), registration: genuine.registration,
        limits: #require(TestScheme.limits(50)), diesOfMisuse: false), key: key.publicKey,
      settingNumber: SettingNumber("12345678"), term: centre.scheme.term, random: centre.scheme.random)
    let start = UsageRecord(
      number: 1, registration: genuine.registration, terminal: genuine.terminal, r: genuine.r, x: genuine.x,
      service: .call, begun: genuine.begun, limit: .greatest, currency: .euro)
    let more = try #require(Amount(51))
    let greedy = try #require(start.next(amount: more, at: genuine.at, isEnd: true))
    let signed = try Signed(
      greedy, by: KeyHolder(CardNumber("9000000000000005").party, key: key), term: greedy.term)
    _ = try centre.desk.upload(terminal.forge([issue.certificate], [signed]), now: centre.now)
    #expect(
      try centre.desk.fraudReport()
        == [.overLimit(card: CardNumber("9000000000000005"), number: 1, limit: .greatest)])
  }

  @Test("a record from before or after its card's term is refused, also where the certificate is known") func term()
    throws
  {
    let terminal = try centre.terminal()
    let day: Duration = .seconds(86_400)
    let term = Term(serial: 4, notBefore: centre.now, notAfter: centre.now + day)
    let card = try centre.scheme.card(term: term)
    let dialogue = try centre.scheme.open(card, terminal.identity)
    func use(at time: Instant, batch: Int) throws -> Int {
      let start = try dialogue.begin(
        .call, pin: PIN(TestScheme.pin), limit: .greatest, at: time, random: centre.scheme.random)
      let end = try dialogue.step(after: start.claimedBody, amount: .zero, at: time, isEnd: true)
      let answer = try centre.desk.upload(terminal.forge([dialogue.certificate], [end], batch: batch), now: centre.now)
      return try CentreAnswer<UploadReceipt>(encoded: answer).answer.claimedBody.accepted
    }
    #expect(try use(at: centre.now, batch: 1) == 1)
    #expect(try use(at: centre.now + day + day, batch: 2) == 0)
    #expect(try use(at: centre.now - .seconds(1), batch: 3) == 0)
    #expect(try use(at: centre.now + day, batch: 4) == 1)
  }

  @Test("a terminal of another scheme, or before its certificate holds, uploads nothing") func strangers() throws {
    let terminal = try centre.terminal()
    try terminal.use(centre.scheme.card(), 10)
    let request = try #require(try terminal.memory.nextUpload(by: terminal.identity))
    let otherScheme = try TestScheme("stranger")
    let foreign = FieldTerminal(centre: centre, identity: try otherScheme.terminal(), memory: terminal.memory)
    #expect(throws: ChargingRefusal.notAuthentic) {
      try centre.desk.upload(foreign.forge([], []), now: centre.now)
    }
    #expect(throws: ChargingRefusal.notAuthentic) {
      try centre.desk.upload(request, now: centre.scheme.term.notBefore - .seconds(1))
    }
  }
}
