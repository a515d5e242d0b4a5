import Bytes
import CardIssuer
import CardTerminal
import Charging
import Foundation
import Identifiers
import Keys
import OfflineCard
import SecureElement
import SecureMessages
import StoreSQLite
import Transport
import TransportCard
import World

/// The off-line payment card: visits a second beside the cryptography that one obliges to, and uploads with exact bills.
struct PaymentBench {
  private let records: Int
  private let folder: URL
  private let random = SystemRandomSource.shared
  private let now = Instant(seconds: 1_780_000_000)
  private let issuer: Issuer
  private let terminal: TerminalIdentity
  private let term: Term

  init(_ options: Options, in folder: URL) throws {
    (records, self.folder) = (options.records, folder)
    term = Term(serial: 1, notBefore: now - .seconds(86_400), notAfter: now + .seconds(86_400 * 365))
    issuer = try Issuer(scheme: "Bench", masterKey: PrivateKey(.p256, random: random), currency: .euro)
    let key = PrivateKey(.p256, random: random)
    terminal = try TerminalIdentity(
      scheme: issuer.scheme, certificate: issuer.certify(TerminalNumber("00000001"), key: key.publicKey, term: term),
      key: key)
  }

  func run(_ report: Report) throws {
    report.heading("Off-line payment card, one thread")
    let floors = try Floors(package: 0, in: folder)
    // Both sides: a key and an agreement each; the terminal signs once, the card three times; seven verifications.
    let cryptography = 2 * floors.generate + 2 * floors.agree + 4 * floors.sign + 7 * floors.verify
    let card = try issuedCard()
    let visit = try visitMicroseconds(card)
    report.add("payment/visits", "visits: link, PIN, service begun and ended, card and terminal", 1e6 / visit, "/s")
    try visitsInReader(card, report)
    report.add("payment/floor", "the same, if it were cryptography alone", 1e6 / cryptography, "/s")
    try uploads(report, floors)
  }

  // MARK: Visits

  /// A card as it was issued, with its PIN.
  private struct IssuedCard {
    let vault: KeyVault
    let map: MemoryMap
    let pin: PIN

    /// The card, every time as new: its off-line limit must not end the run.
    func fresh() -> SoftwarePaymentCard { SoftwarePaymentCard(memory: VolatileMemory(map), vault: vault) }
  }

  private func issuedCard() throws -> IssuedCard {
    let vault = try KeyVault(current: Secret(random.bytes(32)))
    let pin = try PIN("4711")
    let memory = VolatileMemory()
    try issueCard(on: memory, vault, pin)
    return IssuedCard(vault: vault, map: memory.map, pin: pin)
  }

  private func visitMicroseconds(_ card: IssuedCard) throws -> Double {
    try Measure.microseconds(for: 2) { try visit(InProcessCard(card.fresh()), card.pin) }
  }

  private func visit(_ link: any CardLink, _ pin: PIN) throws {
    guard let amount = Amount(10) else { throw BenchError("the amount is wrong") }
    let dialogue = try CardDialogue.open(link, as: terminal, at: now, random: random)
    let start = try dialogue.begin(.call, pin: pin, limit: .greatest, at: now, random: random)
    _ = try dialogue.step(after: start.claimedBody, amount: amount, at: now, isEnd: true)
  }

  /// A card in vpcd's reader that is as new at each selection.
  private final class RenewedCard: CardSide {
    private let issued: IssuedCard
    private var card: SoftwarePaymentCard

    init(_ issued: IssuedCard) { (self.issued, card) = (issued, issued.fresh()) }

    func powerOn() -> [UInt8] { card.powerOn() }
    func powerOff() { card.powerOff() }
    func reset() -> [UInt8] { card.reset() }
    func respond(_ apdu: [UInt8]) -> [UInt8] {
      if apdu.count > 1, apdu[1] == 0xA4 {
        card = issued.fresh()
        _ = card.powerOn()
      }
      return card.respond(apdu)
    }
  }

  /// The same through pcscd and vpcd, by the clock on the wall: two processes wait for each other.
  private func visitsInReader(_ card: IssuedCard, _ report: Report) throws {
    let (name, label) = ("payment/visits-pcsc", "the same over PC/SC, card in vpcd's reader")
    let served: VPCDCard
    do { served = try VPCDCard(RenewedCard(card)) } catch {
      return report.skip(name, label, because: "\(error.sentence); scripts/bench-pcsc starts one")
    }
    let done = DispatchSemaphore(value: 0)
    let reader = Served(card: served)
    Thread.detachNewThread {
      try? reader.card.serve()
      done.signal()
    }
    defer {
      served.stop()
      done.wait()
    }
    let link = try connected()
    report.add(name, label, try 1e6 / Measure.wallMicroseconds(for: 5) { try visit(link, card.pin) }, "/s")
  }

  /// The card is only in the reader when pcscd has looked.
  private func connected() throws -> PCSCCard {
    for _ in 0..<50 {
      if let card = try? PCSC.connect() { return card }
      Thread.sleep(forTimeInterval: 0.1)
    }
    return try PCSC.connect()
  }

  /// A card that one thread serves, and another stops.
  private struct Served: @unchecked Sendable { let card: VPCDCard }

  private func issueCard(on memory: VolatileMemory, _ vault: KeyVault, _ pin: PIN) throws {
    let link = InProcessCard(SoftwarePaymentCard(memory: memory, vault: vault, random: random))
    let writer = try CardWriter(link)
    let settingNumber = SettingNumber(random: random)
    try writer.write(
      issuer.issue(
        order(1), key: writer.makeKey(), settingNumber: settingNumber, term: term, random: random))
    let dialogue = try CardDialogue.open(link, as: terminal, at: now, random: random)
    try dialogue.beginRegistration()
    try dialogue.check(settingNumber)
    try dialogue.register(pin)
  }

  private func order(_ number: Int) throws -> Issuer.CardOrder {
    guard
      let limits = OfflineLimits(
        perService: .greatest, outstanding: .greatest, services: 64, days: 365, currency: .euro)
    else {
      throw BenchError("the limits are wrong")
    }
    return Issuer.CardOrder(
      card: try CardNumber(String(9_000_000_000_000_000 + number)),
      registration: try RegistrationNumber(String(1_000_000_000 + number)), limits: limits, diesOfMisuse: false)
  }

  // MARK: Uploads

  /// A card's keys and certificate, without a card around them.
  private struct SigningCard {
    let holder: KeyHolder
    let certificate: Signed<CardCertificate>
  }

  private func uploads(_ report: Report, _ floors: Floors) throws {
    let store = try SQLiteStore(path: folder.appendingPathComponent("charging.sqlite").path)
    let key = PrivateKey(.p256, random: random)
    let desk = try Charging.Desk(
      store: store, scheme: issuer.scheme, certificate: issuer.certifyCentre(key: key.publicKey, term: term), key: key)
    let cards = try (0..<1000).map { index in
      let order = try order(index)
      let key = PrivateKey(.p256, random: random)
      let issue = try issuer.issue(
        order, key: key.publicKey, settingNumber: SettingNumber(random: random), term: term, random: random)
      return SigningCard(holder: KeyHolder(try order.card.party, key: key), certificate: issue.certificate)
    }
    var (spent, owed, batch, clock) = (0.0, 0, 0, Duration.zero)
    // What a store needs once is there after a tenth; from then on memory must not grow.
    var (early, most) = (0, 0)
    for start in stride(from: 0, to: records, by: UsageUpload.mostRecords) {
      batch += 1
      let (request, amount) = try request(batch, start..<min(start + UsageUpload.mostRecords, records), cards)
      let (begin, instant) = (Measure.cpuSeconds(), ContinuousClock.now)
      _ = try desk.upload(request, now: now)
      spent += Measure.cpuSeconds() - begin
      clock += ContinuousClock.now - instant
      owed += amount
      let resident = try Measure.residentBytes()
      if start < records / 10 { early = max(early, resident) }
      most = max(most, resident)
    }
    report.add("payment/uploads", "records uploaded, \(records) of 1,000 cards", Double(records) / spent, "/s")
    report.add(
      "payment/uploads-wall", "the same by the clock, durable, on one SQLite", Double(records) / (clock / .seconds(1)),
      "/s")
    report.add("payment/uploads-floor", "the same, if it were a verification alone", 1e6 / floors.verify, "/s")
    report.add("payment/upload-memory", "memory of the process at a tenth of it, at most", Double(early) / 1e6, "MB")
    report.add("payment/upload-memory-most", "the same at its end, at most", Double(most) / 1e6, "MB")
    let month = try Month("2026-05")
    let closing = Measure.cpuSeconds()
    _ = try desk.close(month, now: month.end)
    let billed = try desk.billed(month).reduce(Int128(0)) { try $0 + desk.bill(month, of: $1).total(in: .euro) }
    guard billed == owed else { throw BenchError("\(owed) units were signed, and \(billed) are billed") }
    report.add("payment/billed", "units on bills, as many as were signed", Double(billed), "units")
    report.add("payment/closing", "closing the month and making 1,000 bills", Measure.cpuSeconds() - closing, "s")
  }

  /// A batch of records, and what they come to; of each card every 1,000th record.
  private func request(
    _ batch: Int, _ range: Range<Int>, _ cards: [SigningCard]
  ) throws -> (bytes: [UInt8], amount: Int) {
    var records: [Signed<UsageRecord>] = []
    var total = 0
    for index in range {
      let card = cards[index % cards.count]
      let begun = UsageRecord(
        number: index / cards.count + 1, registration: card.certificate.claimedBody.registration,
        terminal: terminal.number, r: Challenge(random: random), x: Challenge(random: random), service: .call,
        begun: now, limit: .greatest, currency: .euro)
      let units = index % 97 + 1
      guard let amount = Amount(units), let record = begun.next(amount: amount, at: now, isEnd: true) else {
        throw BenchError("the record is wrong")
      }
      records.append(try Signed(record, by: card.holder, term: record.term))
      total += units
    }
    let used = Set(range.map { $0 % cards.count })
    let upload = try Signed(
      UsageUpload(cards: used.sorted().map { cards[$0].certificate }, records: records), by: terminal.holder,
      to: issuer.scheme.centre, term: Term(serial: batch, notBefore: term.notBefore, notAfter: term.notAfter))
    return (UploadRequest(terminal: terminal.certificate, upload: upload).encoded, total)
  }
}
