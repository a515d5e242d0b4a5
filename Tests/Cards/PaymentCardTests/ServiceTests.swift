import APDU
import Bytes
import CardTerminal
import Identifiers
import Keys
import OfflineCard
import SecureElement
import SecureMessages
import TestScheme
import Testing

@Suite("B3: service (Figs 5 and 7), signed and numbered") struct ServiceTests {
  let scheme: TestScheme
  let now = TestScheme.start

  init() throws { scheme = try TestScheme() }

  private func amount(_ units: Int) throws -> Amount { try #require(Amount(units)) }

  private func begin(_ dialogue: CardDialogue, limit: Int = 500) throws -> UsageRecord {
    try dialogue.begin(.call, pin: PIN(TestScheme.pin), limit: amount(limit), at: now, random: scheme.random)
      .claimedBody
  }

  @Test(
    "the start says that the PIN was right, to this terminal, with both nonces and a limit; each step and the end say what it cost"
  )
  func story() throws {
    let dialogue = try scheme.open(scheme.card(), scheme.terminal())
    let start = try begin(dialogue)
    #expect((start.step, start.amount.units, start.limit.units, start.isEnd) == (0, 0, 500, false))
    #expect(start.terminal.text == "00000001")
    let tick = try dialogue.step(after: start, amount: amount(30), at: now + .seconds(60), isEnd: false)
    let end = try dialogue.step(
      after: tick.claimedBody, amount: amount(70), at: now + .seconds(120), isEnd: true)
    #expect(try end.verified(from: dialogue.card).amount.units == 70)
    #expect(end.claimedBody.isSameService(as: start))
    #expect(try begin(dialogue).number == 2)
  }

  @Test("nothing but a match brings a signature; three mismatches across terminals and power cuts block") func pin()
    throws
  {
    let card = try scheme.card()
    let before = card.contents
    for left in [2, 1, 0] {
      let dialogue = try scheme.open(card, scheme.terminal("2000000\(left)"))
      #expect(throws: CardProblem.mismatch(triesLeft: left)) {
        try dialogue.begin(.call, pin: PIN("9999"), limit: .greatest, at: now, random: scheme.random)
      }
      card.link.powerOff()
    }
    #expect(card.contents.count == before.count, "no record was made")
    let dialogue = try scheme.open(card, scheme.terminal())
    #expect(throws: CardProblem.blocked) { try begin(dialogue) }
  }

  @Test("an amount never falls, never exceeds the limit, and nothing follows the end") func amounts() throws {
    let dialogue = try scheme.open(scheme.card(), scheme.terminal())
    let start = try begin(dialogue, limit: 100)
    #expect(throws: CardProblem.refused(.wrongData)) {
      try dialogue.step(after: start, amount: amount(101), at: now, isEnd: false)
    }
    let tick = try dialogue.step(after: start, amount: amount(50), at: now, isEnd: false).claimedBody
    #expect(throws: CardProblem.refused(.wrongData)) {
      try dialogue.step(after: tick, amount: amount(49), at: now, isEnd: true)
    }
    #expect(throws: CardProblem.refused(.wrongData)) {
      try dialogue.step(after: tick, amount: amount(60), at: now - .seconds(1), isEnd: true)
    }
    let end = try dialogue.step(after: tick, amount: amount(100), at: now, isEnd: true).claimedBody
    #expect(throws: CardProblem.refused(.conditionsOfUse)) {
      try dialogue.step(after: end, amount: amount(100), at: now, isEnd: true)
    }
  }

  @Test(
    "off-line limits of the certificate: per service, in all, and in number; the centre's clearance gives them back")
  func limits() throws {
    let card = try scheme.card(limits: TestScheme.limits(100, 150, services: 3))
    var dialogue = try scheme.open(card, scheme.terminal())
    let first = try begin(dialogue, limit: 1000)
    #expect(first.limit.units == 100)
    _ = try dialogue.step(after: first, amount: amount(100), at: now, isEnd: true)
    let second = try begin(dialogue, limit: 1000)
    #expect(second.limit.units == 50, "what is left of the limit in all")
    _ = try dialogue.step(after: second, amount: amount(20), at: now, isEnd: true)
    let third = try begin(dialogue, limit: 10)
    _ = try dialogue.step(after: third, amount: amount(0), at: now, isEnd: true)
    #expect(throws: CardProblem.limitReached) { try begin(dialogue) }
    #expect(try dialogue.records().map(\.claimedBody.number) == [1, 2, 3])

    let centreKey = PrivateKey(.p256, random: scheme.random)
    let centre = try scheme.issuer.certifyCentre(key: centreKey.publicKey, term: scheme.term)
    func clearance(_ through: Int, key: PrivateKey, to number: String) throws -> CardClearance {
      CardClearance(
        centre: centre,
        clearance: try Signed(
          Clearance(card: CardNumber(number), through: through, unended: []),
          by: KeyHolder(scheme.issuer.scheme.centre, key: key),
          to: CardNumber(number).party, term: scheme.term))
    }
    let mine = "9000000000000001"
    let forged = [
      try clearance(2, key: PrivateKey(.p256, random: scheme.random), to: mine),
      try clearance(2, key: centreKey, to: "9000000000000002"), try clearance(4, key: centreKey, to: mine),
    ]
    for message in forged {
      #expect(throws: CardProblem.refused(.securityStatus)) { try dialogue.clear(message) }
    }
    dialogue = try scheme.open(card, scheme.terminal())
    try dialogue.clear(clearance(2, key: centreKey, to: mine))
    #expect(try dialogue.records().map(\.claimedBody.number) == [3])
    #expect(try begin(dialogue, limit: 1000).limit.units == 100)
    #expect(throws: CardProblem.refused(.conditionsOfUse)) {
      try dialogue.clear(clearance(3, key: centreKey, to: mine))
    }
  }

  @Test("days: the oldest service that nobody has cleared may be so old, by the terminal's calendar, and no older")
  func days() throws {
    let card = try scheme.card(limits: TestScheme.limits(100, 1000, days: 2))
    let dialogue = try scheme.open(card, scheme.terminal())
    func use(after days: Int64) throws {
      let at = now + .seconds(days * 86_400)
      let start = try dialogue.begin(.call, pin: PIN(TestScheme.pin), limit: amount(1), at: at, random: scheme.random)
      _ = try dialogue.step(after: start.claimedBody, amount: amount(1), at: at, isEnd: true)
    }
    try use(after: 0)
    try use(after: 2)
    #expect(throws: CardProblem.limitReached) { try use(after: 3) }
    // A terminal whose calendar is behind is served: the card has no clock of its own.
    try use(after: 1)
  }

  @Test("the most services that a certificate can allow are told back whole") func manyRecords() throws {
    let card = try scheme.card(limits: TestScheme.limits(10, 100_000, services: 64))
    let dialogue = try scheme.open(card, scheme.terminal())
    for number in 1...64 {
      let start = try begin(dialogue, limit: 5)
      _ = try dialogue.step(after: start, amount: amount(number % 5), at: now, isEnd: true)
    }
    #expect(throws: CardProblem.limitReached) { try begin(dialogue) }
    #expect(try dialogue.records().map(\.claimedBody.number) == Array(1...64))
  }

  @Test("power cut in a record, at every 23rd byte: it is the former or the new one, and a number is never used twice")
  func tears() throws {
    for step in 0...2 {
      for byte in stride(from: 0, through: 500, by: 23) {
        let log = PowerCutLog(VolatileLog())
        let card = try scheme.card(on: log)
        var dialogue = try scheme.open(card, scheme.terminal())
        var heard: UsageRecord?
        do {
          // BEGIN SERVICE writes twice: the try, then the record.
          log.cut(atWrite: step == 0 ? 2 : 2 + step, .afterBytes(byte))
          heard = try begin(dialogue)
          heard = try dialogue.step(after: #require(heard), amount: amount(10), at: now, isEnd: false).claimedBody
          heard = try dialogue.step(after: #require(heard), amount: amount(20), at: now, isEnd: true).claimedBody
        } catch { #expect(error is CardProblem) }
        card.link.powerOff()
        dialogue = try scheme.open(card, scheme.terminal())
        let kept = try dialogue.records().map(\.claimedBody)
        #expect(kept.count <= 1)
        // What the terminal heard, the card has; it may be one step ahead of what was heard.
        if let heard { #expect((kept.first?.step ?? -1) >= heard.step) }
        let next = try begin(dialogue)
        #expect(next.number == kept.count + 1)
      }
    }
  }

  @Test("B6: an expired card is refused by the calendar, and by the card itself once it has proof") func expired()
    throws
  {
    let day: Duration = .seconds(86_400)
    let card = try scheme.card(term: Term(serial: 9, notBefore: now - day, notAfter: now + day))
    #expect(throws: CardProblem.expired) { try scheme.open(card, scheme.terminal(), at: now + day + day) }
    // A terminal's clock is turned back; but a newer terminal has told the card, by its certificate, what time it is.
    let newer = try scheme.terminal(
      "00000002", term: Term(serial: 5, notBefore: now + day + day, notAfter: now + .seconds(86_400 * 9)))
    #expect(throws: CardProblem.expired) { try scheme.open(card, newer, at: now) }
    #expect(throws: CardProblem.expired) { try scheme.open(card, scheme.terminal(), at: now) }
  }

  @Test("cloned data on a blank card: without the card's key there is no link") func clone() throws {
    let original = try scheme.open(scheme.card(), scheme.terminal())
    let clone = try Clone(certificate: original.certificate)
    #expect(throws: CardProblem.notAuthentic("it does not have the key of the card that it says it is")) {
      try CardDialogue.open(clone, as: scheme.terminal(), at: now, random: scheme.random)
    }
  }

  @Test("a relay that answers 'PIN ok' cannot sign it") func relay() throws {
    let card = try scheme.card()
    let relay = Listener(card)
    let dialogue = try CardDialogue.open(relay, as: scheme.terminal(), at: now, random: scheme.random)
    // The relay sends a harmless command's answer in place of the PIN's.
    relay.change = { command in
      var command = command
      if command.ins == CardCommand.beginService.rawValue { command.ins = CardCommand.tellRecords.rawValue }
      return command
    }
    #expect(throws: CardProblem.brokenOff(.securityStatus)) { try begin(dialogue) }
  }

  @Test("a card that may speak inside the link still has to sign this very service") func falseNotice() throws {
    let terminal = try scheme.terminal()
    let key = PrivateKey(.p256, random: scheme.random)
    let card = try CardNumber("9000000000000007")
    let user = try RegistrationNumber("0000000007")
    let issue = try scheme.issuer.issue(
      .init(card: card, registration: user, limits: #require(TestScheme.limits()), diesOfMisuse: false),
      key: key.publicKey, settingNumber: SettingNumber(TestScheme.settingNumber), term: scheme.term,
      random: scheme.random)
    let (mine, other) = (
      KeyHolder(try card.party, key: key), KeyHolder(try card.party, key: PrivateKey(.p256, random: scheme.random))
    )
    func notice(
      _ request: BeginService, r: Challenge? = nil, at number: String = "00000001", in currency: Currency = .euro,
      by holder: KeyHolder
    ) throws -> [UInt8] {
      let record = UsageRecord(
        number: 1, registration: user, terminal: try TerminalNumber(number), r: r ?? request.r,
        x: Challenge(random: scheme.random), service: request.service, begun: request.at, limit: request.limit,
        currency: currency)
      return try Signed(record, by: holder, term: record.term).encoded
    }
    func outcome(_ answer: @escaping (BeginService) throws -> [UInt8]) throws -> UsageRecord {
      let clone = try Clone(certificate: issue.certificate, key: key)
      clone.begin = answer
      return try begin(CardDialogue.open(clone, as: terminal, at: now, random: scheme.random))
    }
    #expect(try outcome { try notice($0, by: mine) }.number == 1, "the clone is a card but for its answers")
    let unsigned = CardProblem.notAuthentic("its record is not signed by it")
    let another = CardProblem.notAuthentic("it signed something else than was asked")
    #expect(throws: unsigned) { try outcome { _ in [] } }
    #expect(throws: unsigned) { try outcome { try notice($0, by: other) } }
    #expect(throws: another) { try outcome { try notice($0, r: Challenge(random: scheme.random), by: mine) } }
    #expect(throws: another) { try outcome { try notice($0, at: "00000002", by: mine) } }
    #expect(throws: another) { try outcome { try notice($0, in: Currency("JPY"), by: mine) } }
  }
}
