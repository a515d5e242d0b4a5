import Bytes
import CardIssuer
import CardTerminal
import CircleFiles
import Charging
import Foundation
import Identifiers
import Keys
import OfflineCard
import SecureMessages
import TLV
import Transport
import TransportHTTP

/// The story of the off-line payment card, from issue to bill: issuer, terminals and charging centre in one process, uploads
/// over TLS.
struct LabCard {
  let site: Site
  let story: Story

  private static let terminals = ["00000001", "00000002"]

  func play() async throws {
    story.say("Simurgh lab in \(site.directory.printable()): the off-line payment card")
    try site.create()
    let payment = PaymentSite(site: site)
    try await prepare(payment)
    let letter = try await issue(payment)
    var configuration = ChargingConfiguration()
    configuration.listeners[0].port = try FreePort.find()
    let server = try await HTTPServer.start(
      ChargingParty(configuration: configuration, payment: payment).listeners(sink: nil))
    do {
      try await use(payment, letter, "localhost:\(server.ports.first ?? 0)")
    } catch {
      await server.stop(grace: .zero)
      throw error
    }
    await server.stop(grace: .seconds(2))
    try await bill(payment, letter)
  }

  private func prepare(_ payment: PaymentSite) async throws {
    let random = PaymentSite.random
    try await story.step("certificates", detail: { (_: Void) in "a circle for TLS" }) {
      let circle = site.circle
      let validity = UsualValidity.from(.now())
      if !circle.exists {
        try circle.begin(curve: .p256, organization: "Simurgh Lab", validity: validity, random: random)
      }
      guard !FileManager.default.fileExists(atPath: "\(circle.path)/DPtls/charging.pem"),
        let oid = OID(LabNames.smdpOid)
      else { return }
      try circle.issue(
        .dpTLS(oid, hosts: ["localhost"]), named: "Simurgh Lab charging", file: "charging", curve: .p256,
        validity: validity, random: random)
    }
    try await story.step("issuer", detail: { (name: String) in "scheme \(name), master key wrapped at rest" }) {
      if !payment.exists { _ = try payment.begin("Lab", now: .now()) }
      return try payment.scheme().name
    }
    try await story.step("terminal", detail: { (_: Void) in "\(Self.terminals[0]), keys loaded at manufacture" }) {
      _ = try payment.makeTerminal(TerminalNumber(Self.terminals[0]), days: 365, now: .now())
    }
  }

  /// The other terminal gets its keys where it stands; in a directory where it has them, a new certificate.
  private func install(_ payment: PaymentSite, _ client: HTTPSClient, _ centre: String) async throws {
    try await story.step(
      "terminal installed", detail: { (_: Void) in "\(Self.terminals[1]), keys loaded from the centre over TLS" }
    ) {
      let number = try TerminalNumber(Self.terminals[1])
      if (try? payment.terminal(number)) != nil {
        _ = try payment.makeTerminal(number, days: 365, now: .now())
        return
      }
      let installation = TerminalInstallation(
        number, in: try payment.scheme().name, code: try payment.issuer().invite(number, days: 365, now: .now()),
        key: try payment.installationKey(number))
      let answer = try CentreLine.send(
        installation.request(), to: CardIssuer.Route.installationPath, at: centre, over: client)
      _ = try payment.keep(installation.identity(from: answer))
    }
  }

  private func issue(_ payment: PaymentSite) async throws -> (letter: Letter, name: String) {
    try await story.step(
      "card issued",
      detail: { (made: (letter: Letter, name: String)) in
        "card \(made.letter.card) for user \(made.letter.registration), setting number in the letter"
      }
    ) {
      guard let limit = Amount(500),
        let limits = try OfflineLimits(
          perService: limit, outstanding: limit + limit, services: 10, days: 30, currency: payment.scheme().currency)
      else { throw Complaint(.data, "The lab's limits are wrong.") }
      let name = "lab-\(PaymentSite.random.bytes(4).hex.lowercased())"
      let writer = try CardWriter(payment.link(card: name, reader: nil, isNew: true))
      let terms = CardIssuer.Desk.Terms(limits: limits, diesOfMisuse: true, days: 1095)
      return (try payment.issuer().issue(with: writer, on: terms, now: .now(), random: PaymentSite.random), name)
    }
  }

  private func use(
    _ payment: PaymentSite, _ made: (letter: Letter, name: String), _ centre: String
  ) async throws {
    let client = try HTTPSClient(site.existingCircle().callers())
    defer { client.close() }
    try await install(payment, client, centre)
    let link = try payment.link(card: made.name, reader: nil)
    let lines = try Self.terminals.map { number in
      let (identity, memory) = try payment.terminal(TerminalNumber(number))
      return CentreLine(identity: identity, memory: memory, centre: centre, link: client)
    }
    try await story.step("calendars", detail: { (time: String) in "set to \(time) by the charging centre" }) {
      try lines.map { try $0.hear().time.description }.last ?? ""
    }
    let digits = String(decoding: made.letter.settingNumber.digits.bytes, as: UTF8.self)
    func visit(_ line: CentreLine, _ entries: [Entry], _ service: any ServiceProvider) throws -> Terminal.Outcome {
      let limits = RiskLimits(perService: .greatest, stored: .greatest, services: 1000, days: 7)
      return try Terminal(
        line.identity, memory: line.memory, limits: limits, clock: { .now() }, random: PaymentSite.random
      ).visit(link, by: RehearsedPerson(entries), for: service)
    }
    try await story.step("PIN registered", detail: { (_: Void) in "off line, with registration and setting number" }) {
      let entries: [Entry] = [.register, .digits(made.letter.registration.text), .digits(digits), .digits("4711")]
      let outcome = try visit(lines[0], entries, VendingService(select: { _ in nil }, deliver: {}))
      guard outcome == .pinRegistered else { throw Complaint(.refused, "The PIN was not registered: \(outcome)") }
    }
    try await story.step("call", detail: { (cost: Money) in "\(cost), each charge signed by the card" }) {
      guard let price = Amount(10) else { throw Complaint(.data, "The lab's tariff is wrong.") }
      let call = CallService(over: RehearsedLine(seconds: 150), price: price, seconds: 60)
      return try served(visit(lines[0], [.digits("4711")], call))
    }
    try await story.step("vending, elsewhere", detail: { (cost: Money) in "\(cost)" }) {
      try served(visit(lines[1], [.digits("4711")], VendingService(select: { _ in Amount(120) }, deliver: {})))
    }
    try await story.step("a wrong PIN", detail: { (_: Void) in "refused by the card" }) {
      guard case .returned = try visit(lines[1], [.digits("0000")], VendingService(select: { _ in nil }, deliver: {}))
      else { throw Complaint(.refused, "A wrong PIN was taken.") }
    }
    try await story.step("upload over TLS", detail: { (count: Int) in "\(count) services, receipted" }) {
      try lines.reduce(0) { try $0 + $1.upload().uploaded }
    }
    try await story.step(
      "card lost", detail: { (version: Int) in "barred; black list version \(version) at the terminals" }
    ) {
      let issuer = try payment.issuer()
      try issuer.bar(made.letter.card, now: .now())
      let desk = try payment.centre()
      for update in try issuer.publishBlackList(now: .now()) { try desk.publish(update, now: .now()) }
      let versions = try lines.map { try $0.hear().blackList }
      let outcome = try visit(lines[0], [.digits("4711")], VendingService(select: { _ in nil }, deliver: {}))
      guard outcome == .returned(.barred) else { throw Complaint(.refused, "A barred card was taken: \(outcome)") }
      return versions.max() ?? 0
    }
  }

  private func served(_ outcome: Terminal.Outcome) throws -> Money {
    guard case .served(let record) = outcome, record.isEnd else {
      throw Complaint(.refused, "There was no service: \(outcome)")
    }
    return Money(record.amount, record.currency)
  }

  /// The month is not over: what would stand on the bill is shown with its signatures.
  private func bill(_ payment: PaymentSite, _ made: (letter: Letter, name: String)) async throws {
    try await story.step(
      "evidence", detail: { (sum: String) in "\(sum), every record with its card's signature" }
    ) {
      let desk = try payment.centre()
      let units = try (1...2).reduce(0) { sum, number in
        guard let evidence = try desk.evidence(made.letter.card, number), evidence.isGenuine else {
          throw Complaint(.data, "Service \(number) cannot be shown.")
        }
        return sum + evidence.record.claimedBody.amount.units
      }
      return try payment.scheme().currency.text(Int128(units))
    }
    try await story.step(
      "bill", detail: { (total: String) in "\(total) for user \(made.letter.registration), so far" }
    ) {
      let month = try Month(String(Instant.now().description.prefix(7)))
      return try payment.centre().draft(month, of: made.letter.registration).totals.map(\.description).joined(
        separator: " and ")
    }
    try await story.step("fraud report", detail: { (count: Int) in "\(count) findings" }) {
      try payment.centre().fraudReport().count
    }
  }
}

/// Somebody who does what the story says.
private final class RehearsedPerson: Person {
  private var entries: [Entry]

  init(_ entries: [Entry]) { self.entries = entries }

  func see(_ screen: Screen) {}
  func answer(_ screen: Screen) -> Entry { entries.isEmpty ? .leave : entries.removeFirst() }
}

/// A call that lasts as long as the story says, without making anybody wait.
private final class RehearsedLine: CallService.Line {
  private var left: Int

  init(seconds: Int) { left = seconds }

  func connect() -> Bool { true }

  func talk(seconds: Int) -> Bool {
    left -= seconds
    return left > 0
  }
}
