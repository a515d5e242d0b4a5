import CardTerminal
import Charging
import Identifiers
import Keys
import OfflineCard
import SecureMessages
import Store
import StoreSQLite
import TestScheme
import TestStores
import TestPrograms
import Testing

@Suite("B8: monthly bills, exact to the unit", .overEveryStore) struct BillTests {
  let centre: TestCentre

  init() throws { centre = try TestCentre() }

  @Test("months end where they end") func months() throws {
    #expect(try Month("2026-11").end == Instant(seconds: 1_796_083_200))
    #expect(try Month("2023-12").end == Instant(seconds: 1_704_067_200))
    #expect(try Month("2024-02").end == Instant(seconds: 1_709_251_200))
    for bad in ["2026-13", "2026-00", "26-1", "2026-1", "2026/11", "+026-11", "2026-+1"] {
      #expect(throws: (any Error).self, "\(bad)") { try Month(bad) }
    }
  }

  @Test("amounts are summed for each registration number, whichever card and terminal; a month closes once") func bill()
    throws
  {
    let terminals = [try centre.terminal("00000001"), try centre.terminal("00000002")]
    let cards = [
      try centre.scheme.card("9000000000000001", registration: "0000000001"),
      try centre.scheme.card("9000000000000002", registration: "0000000001"),
      try centre.scheme.card("9000000000000003", registration: "0000000002"),
    ]
    for (index, card) in cards.enumerated() {
      for terminal in terminals { try terminal.use(card, 10 * (index + 1)) }
    }
    for terminal in terminals { try terminal.upload() }
    // TestScheme.start is in May 2026.
    let may = try Month("2026-05")
    #expect(throws: BillError.notOver(may)) { try centre.desk.close(may, now: centre.now) }
    #expect(try centre.desk.draft(may, of: RegistrationNumber("0000000001")).total(in: .euro) == 60)
    let later = Instant(seconds: 1_785_000_000)
    #expect(try centre.desk.close(may, now: later) == 6)
    #expect(try centre.desk.close(may, now: later) == 6)
    let bills = try centre.desk.billed(may).map { try centre.desk.bill(may, of: $0) }
    #expect(bills.map { $0.total(in: .euro) } == [60, 60])
    #expect(bills.map(\.lines.count) == [4, 2])
    #expect(bills[0].csv.split(separator: "\r\n").count == 5)
    #expect(bills[0].html.contains("<th class=\"amount\">0.60 EUR</th>"))
    #expect(try centre.desk.bill(may, of: RegistrationNumber("0000000009")).lines.isEmpty)
    #expect(try centre.desk.draft(may, of: RegistrationNumber("0000000001")).lines.isEmpty)
  }

  @Test("a bill is a page to print: whose, for when, what to pay, a sum for each service; a draft says that it is one")
  func page() throws {
    let terminal = try centre.terminal()
    try terminal.use(centre.scheme.card(), 10, 30)
    try terminal.use(centre.scheme.card("9000000000000002"), 5)
    try terminal.upload()
    let (month, user) = (try Month("2026-05"), try RegistrationNumber("0000000001"))
    let draft = try centre.desk.draft(month, of: user)
    #expect(draft.html.contains("Draft of the bill for 2026-05") && draft.html.contains("So far: <b>0.35 EUR</b>"))
    _ = try centre.desk.close(month, now: month.end)
    let html = try centre.desk.bill(month, of: user).html
    for text in [
      "<h1>Bill for 2026-05</h1>", "Registration number <b>0000000001</b>", "Bill number 2026-05-0000000001",
      "begun before 2026-06-01T00:00:00Z", "To pay: <b>0.35 EUR</b>", "call, 2</th><td class=\"amount\">0.35 EUR</td>",
      "<thead>", "@media print", "display: table-header-group", "break-inside: avoid",
    ] { #expect(html.contains(text), "\(text)") }
    #expect(!html.contains("vending") && !html.contains("Draft"))
    let empty = try centre.desk.bill(month, of: RegistrationNumber("0000000009")).html
    #expect(empty.contains("no service was used") && empty.contains("To pay: <b>nothing</b>"))
  }

  @Test("a bill may come to more than one amount can be") func greatest() throws {
    let terminal = try centre.terminal()
    let limits = TestScheme.limits(900_000_000_000, 900_000_000_000)
    for number in ["9000000000000001", "9000000000000002"] {
      try terminal.use(centre.scheme.card(number, limits: limits), 900_000_000_000)
    }
    try terminal.upload()
    let draft = try centre.desk.draft(Month("2026-05"), of: RegistrationNumber("0000000001"))
    #expect(draft.total(in: .euro) == 1_800_000_000_000)
  }

  @Test(
    "a card of another currency is no use at a terminal, and what it signed elsewhere is never added to other amounts")
  func currencies() throws {
    let (yen, terminal) = (try Currency("JPY"), try centre.terminal())
    try terminal.use(centre.scheme.card(limits: TestScheme.limits(5000)), 1234)
    let card = try centre.scheme.card("9000000000000002", limits: TestScheme.limits(currency: yen))
    #expect(throws: CardProblem.otherCurrency(yen)) { try terminal.use(card, 5) }
    // The same issuer's terminal abroad.
    let key = PrivateKey(.p256, random: centre.scheme.random)
    let abroad = FieldTerminal(
      centre: centre,
      identity: try TerminalIdentity(
        scheme: Scheme(name: "Test", masterKey: centre.scheme.issuer.scheme.masterKey, currency: yen),
        certificate: centre.scheme.issuer.certify(
          TerminalNumber("00000002"), key: key.publicKey, term: centre.scheme.term), key: key),
      memory: try TerminalMemory(SQLiteStore.inMemory(), clock: centre.now))
    try abroad.use(card, 500)
    for place in [terminal, abroad] { #expect(try place.upload().map(\.accepted) == [1]) }
    let may = try Month("2026-05")
    _ = try centre.desk.close(may, now: may.end)
    let bill = try centre.desk.bill(may, of: RegistrationNumber("0000000001"))
    #expect(bill.totals.map(\.description) == ["12.34 EUR", "500 JPY"])
    #expect(bill.html.contains("To pay: <b>12.34 EUR and 500 JPY</b>"))
    #expect(bill.html.contains("call, 1</th><td class=\"amount\">500 JPY</td>"))
    #expect(bill.csv.contains(",1,1234,EUR\r\n") && bill.csv.contains(",1,500,JPY\r\n"))
  }

  @Test("a record in another currency than its card's certificate is refused, and not billed") func otherCurrency()
    throws
  {
    let terminal = try centre.terminal()
    let (card, key) = (try CardNumber("9000000000000006"), PrivateKey(.p256, random: centre.scheme.random))
    let certificate = try centre.scheme.issuer.issue(
      .init(
        card: card, registration: RegistrationNumber("0000000001"), limits: #require(TestScheme.limits()),
        diesOfMisuse: false), key: key.publicKey, settingNumber: SettingNumber("12345678"), term: centre.scheme.term,
      random: centre.scheme.random
    ).certificate
    let start = UsageRecord(
      number: 1, registration: try RegistrationNumber("0000000001"), terminal: terminal.identity.number,
      r: Challenge(random: centre.scheme.random), x: Challenge(random: centre.scheme.random), service: .call,
      begun: centre.now, limit: .greatest, currency: try Currency("JPY"))
    let five = try #require(Amount(5))
    let end = try #require(start.next(amount: five, at: centre.now, isEnd: true))
    let signed = try Signed(end, by: KeyHolder(card.party, key: key), term: end.term)
    _ = try centre.desk.upload(terminal.forge([certificate], [signed]), now: centre.now)
    #expect(try centre.total() == 0)
    #expect(
      try centre.desk.fraudReport() == [
        .refused(
          card: card.text, number: 1, terminal: terminal.identity.number, batch: 1, reason: .otherCurrency)
      ])
  }

  @Test("a record that comes after its month was closed stands on the next bill, with what is new of it") func late()
    throws
  {
    let terminal = try centre.terminal()
    let card = try centre.scheme.card()
    let dialogue = try centre.scheme.open(card, terminal.identity)
    let start = try dialogue.begin(
      .call, pin: PIN(TestScheme.pin), limit: .greatest, at: centre.now, random: centre.scheme.random)
    let tick = try dialogue.step(
      after: start.claimedBody, amount: try #require(Amount(10)), at: centre.now, isEnd: false)
    try terminal.memory.keep(tick, of: dialogue.certificate, clock: centre.now)
    try terminal.upload()
    let later = Instant(seconds: 1_790_000_000)
    let (may, june) = (try Month("2026-05"), try Month("2026-06"))
    #expect(try centre.desk.close(may, now: later) == 1)
    let end = try dialogue.step(after: tick.claimedBody, amount: try #require(Amount(25)), at: centre.now, isEnd: true)
    try terminal.memory.keep(end, of: dialogue.certificate, clock: centre.now)
    try terminal.upload()
    #expect(throws: BillError.notClosed(june)) {
      try centre.desk.bill(june, of: RegistrationNumber("0000000001"))
    }
    #expect(try centre.desk.close(may, now: later) == 1, "a closed month does not change")
    #expect(try centre.desk.close(june, now: later) == 1)
    let registration = try RegistrationNumber("0000000001")
    #expect(try centre.desk.bill(may, of: registration).total(in: .euro) == 10)
    #expect(try centre.desk.bill(june, of: registration).total(in: .euro) == 15)
  }

  @Test(
    "the evidence of a service is verified by OpenSSL, and a changed record is not", .enabled(if: OpenSSL.isInstalled))
  func openSSL() async throws {
    let terminal = try centre.terminal()
    try terminal.use(centre.scheme.card(), 10)
    try terminal.upload()
    let evidence = try #require(try centre.desk.evidence(CardNumber("9000000000000001"), 1))
    let folder = try ProgramFolder(
      Dictionary(uniqueKeysWithValues: evidence.files().map { ($0.name, $0.content) }))
    #expect(try await folder.run("sh", "verify.sh").text.contains("Verified OK\n"))
    let verify = ["openssl", "dgst", "-sha256", "-verify", "card.pem", "-signature", "record.sig", "record.der"]
    #expect(try await folder.run(verify).text.contains("Verified OK"))
    var record = evidence.record.evidence.signed
    record[record.count - 1] ^= 1
    try folder.write("record.der", record)
    #expect(try await !folder.run(verify).text.contains("Verified OK"))
  }

  @Test("uploads with their receipts, refusals, closed months and black lists stand in the event record") func events()
    throws
  {
    let terminal = try centre.terminal()
    try terminal.use(centre.scheme.card(), 10)
    try terminal.upload()
    _ = try? centre.desk.upload([1, 2, 3], now: centre.now)
    _ = try centre.desk.close(Month("2026-05"), now: Instant(seconds: 1_785_000_000))
    let events = try centre.store.read { try EventRecord.entries(after: 0, limit: 10, in: $0) }.map(\.event)
    #expect(events.map(\.kind) == [.exchanged, .refused, .changed])
    #expect(events.map(\.name) == ["B.UsageUpload", "B.UsageUpload", "BillMonth"])
    #expect(events.first?.correlation == "00000001")
  }

  @Test("any billed service can be shown with its card's signature") func evidence() throws {
    let terminal = try centre.terminal()
    try terminal.use(centre.scheme.card(), 10)
    try terminal.upload()
    let evidence = try #require(try centre.desk.evidence(CardNumber("9000000000000001"), 1))
    #expect(evidence.isGenuine)
    #expect(evidence.record.claimedBody.amount.units == 10)
    #expect(try centre.desk.evidence(CardNumber("9000000000000001"), 2) == nil)
    // Somebody changes the centre's own records.
    try centre.store.transaction { transaction in
      var bytes = evidence.record.encoded
      bytes[bytes.count - 1] ^= 1
      try transaction.executeOne("UPDATE charged_service SET record = $1", bytes)
    }
    #expect(try centre.desk.evidence(CardNumber("9000000000000001"), 1)?.isGenuine == false)
  }
}
