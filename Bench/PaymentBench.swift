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
    issuer = try Issuer(scheme: "Bench", masterKey: PrivateKey(.p256, random: random))
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
    let visit = try visitMicroseconds()
    report.add("payment/visits", "visits: link, PIN, service begun and ended, card and terminal", 1e6 / visit, "/s")
    report.add("payment/floor", "the same, if it were cryptography alone", 1e6 / cryptography, "/s")
    try uploads(report, floors)
  }

  // MARK: Visits

  private func visitMicroseconds() throws -> Double {
    let vault = try KeyVault(current: Secret(random.bytes(32)))
    let pin = try PIN("4711")
    let memory = VolatileMemory()
    try issueCard(on: memory, vault, pin)
    let map = memory.map
    guard let amount = Amount(10) else { throw BenchError("the amount is wrong") }
    return try Measure.microseconds(for: 2) {
      // A card as it was issued: its off-line limit must not end the run.
      let link = InProcessCard(SoftwarePaymentCard(memory: VolatileMemory(map), vault: vault, random: random))
      let dialogue = try CardDialogue.open(link, as: terminal, at: now, random: random)
      let start = try dialogue.begin(.call, pin: pin, limit: .greatest, at: now, random: random)
      _ = try dialogue.step(after: start.claimedBody, amount: amount, at: now, isEnd: true)
    }
  }

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
    guard let limits = OfflineLimits(perService: .greatest, outstanding: .greatest, services: 64, days: 365) else {
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
    var (spent, owed, batch) = (0.0, 0, 0)
    let before = try Measure.residentBytes()
    for start in stride(from: 0, to: records, by: UsageUpload.mostRecords) {
      batch += 1
      let (request, amount) = try request(batch, start..<min(start + UsageUpload.mostRecords, records), cards)
      let begin = Measure.cpuSeconds()
      _ = try desk.upload(request, now: now)
      spent += Measure.cpuSeconds() - begin
      owed += amount
    }
    let grown = try Measure.residentBytes() - before
    let month = try Month("2026-05")
    _ = try desk.close(month, now: month.end)
    let billed = try desk.billed(month).reduce(0) { sum, user in try sum + desk.bill(month, of: user).total }
    guard billed == owed else { throw BenchError("\(owed) units were signed, and \(billed) are billed") }
    report.add("payment/uploads", "records uploaded, \(records) of 1,000 cards", Double(records) / spent, "/s")
    report.add("payment/uploads-floor", "the same, if it were a verification alone", 1e6 / floors.verify, "/s")
    report.add("payment/upload-memory", "memory that this took", Double(max(0, grown)) / 1e6, "MB")
    report.add("payment/billed", "units on bills, as many as were signed", Double(billed), "units")
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
        begun: now, limit: .greatest)
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
