import CardTerminal
import Charging
import Identifiers
import Keys
import OfflineCard
import SecureMessages
import TestScheme
import TestStores
import Testing

@Suite("B8: use beyond what a card may without the centre, over all its services and terminals", .overEveryStore)
struct OutstandingUseTests {
  let centre: TestCentre
  let day: Duration = .seconds(86_400)

  init() throws { centre = try TestCentre() }

  /// A card whose key somebody got out of it: it signs whatever its thief wants.
  private struct Stolen {
    let centre: TestCentre
    let holder: KeyHolder
    let certificate: Signed<CardCertificate>
    private(set) var number = 0

    init(_ centre: TestCentre, _ limits: OfflineLimits?) throws {
      let key = PrivateKey(.p256, random: centre.scheme.random)
      let card = try CardNumber("9000000000000007")
      certificate = try centre.scheme.issuer.issue(
        .init(
          card: card, registration: RegistrationNumber("0000000007"), limits: #require(limits), diesOfMisuse: false),
        key: key.publicKey, settingNumber: SettingNumber("12345678"), term: centre.scheme.term,
        random: centre.scheme.random
      ).certificate
      (self.centre, holder) = (centre, KeyHolder(try card.party, key: key))
    }

    mutating func use(_ units: Int, at terminal: FieldTerminal, _ time: Instant) throws {
      number += 1
      let random = centre.scheme.random
      let amount = try #require(Amount(units))
      let start = UsageRecord(
        number: number, registration: certificate.claimedBody.registration, terminal: terminal.identity.number,
        r: Challenge(random: random), x: Challenge(random: random), service: .call, begun: time, limit: amount,
        currency: .euro)
      let end = try #require(start.next(amount: amount, at: time, isEnd: true))
      try terminal.memory.keep(Signed(end, by: holder, term: end.term), of: certificate, clock: time)
    }
  }

  private func excesses() throws -> [String] {
    try centre.desk.fraudReport().map { finding in
      if case .beyond(_, let number, let excess) = finding { "\(number): \(excess)" } else { "\(finding)" }
    }
  }

  @Test("each service within its limit, and all together beyond the card's, at two terminals") func units() throws {
    let terminals = [try centre.terminal("00000001"), try centre.terminal("00000002")]
    var card = try Stolen(centre, TestScheme.limits(50, 100))
    for index in 0..<3 { try card.use(40, at: terminals[index % 2], centre.now + .seconds(index * 600)) }
    for terminal in terminals { try terminal.upload(at: centre.now + day) }
    #expect(try excesses() == ["3: 120 units were not cleared, and its certificate allows 100"])
  }

  @Test("more services than the card may begin, and those that nobody reported count") func services() throws {
    let (honest, silent) = (try centre.terminal("00000001"), try centre.terminal("00000002"))
    var card = try Stolen(centre, TestScheme.limits(services: 3))
    for index in 0..<2 { try card.use(1, at: honest, centre.now + .seconds(index)) }
    try card.use(1, at: silent, centre.now + .seconds(10))
    try card.use(1, at: honest, centre.now + .seconds(20))
    try honest.upload(at: centre.now + day)
    let missing = Finding.missing(card: try CardNumber("9000000000000007"), from: 3, to: 3)
    #expect(
      try excesses() == ["\(missing)", "4: 4 services were not cleared, and its certificate allows 3"])
  }

  @Test("days: a service long after one that was not cleared") func days() throws {
    let terminal = try centre.terminal()
    var card = try Stolen(centre, TestScheme.limits(days: 3))
    try card.use(1, at: terminal, centre.now)
    try card.use(1, at: terminal, centre.now + day + day + day)
    try card.use(1, at: terminal, centre.now + .seconds(4 * 86_400 + 7200))
    try terminal.upload(at: centre.now + .seconds(5 * 86_400))
    #expect(try excesses() == ["3: a service of 4 days ago was not cleared; its certificate allows 3"])
  }

  @Test("a card that goes to each of its limits, is cleared, and goes there again is none of them") func honest() throws
  {
    let terminal = try centre.terminal()
    let card = try centre.scheme.card(limits: TestScheme.limits(50, 100, services: 3, days: 5))
    for round in 0..<4 {
      let time = centre.now + .seconds(round * 6 * 86_400)
      for units in [50, 30, 20] { try terminal.use(card, units, at: time) }
      try terminal.upload(at: time + .seconds(3600))
    }
    #expect(try centre.total() == 400)
    #expect(try centre.desk.fraudReport().isEmpty)
  }
}
