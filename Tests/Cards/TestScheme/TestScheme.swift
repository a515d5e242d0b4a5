import Bytes
import CardIssuer
import CardTerminal
import Identifiers
import Keys
import OfflineCard
import PaymentCard
import SecureElement
import SecureMessages
import Transport
import TransportCard

/// A scheme made from a seed: its issuer, terminals and cards.
package struct TestScheme {
  /// Within every term.
  package static let start = Instant(seconds: 1_780_000_000)
  package static let pin = "4711"
  package static let settingNumber = "12345678"

  package let random: SeededRandomSource
  package let issuer: Issuer
  package let term = Term(serial: 1, notBefore: start - .seconds(86_400), notAfter: start + .seconds(86_400 * 365))

  package init(_ seed: String = "scheme", currency: Currency = .euro) throws {
    random = SeededRandomSource(seed: Array(seed.utf8))
    issuer = try Issuer(scheme: "Test", masterKey: PrivateKey(.p256, random: random), currency: currency)
  }

  package func terminal(_ number: String = "00000001", term: Term? = nil) throws -> TerminalIdentity {
    let key = PrivateKey(.p256, random: random)
    return try TerminalIdentity(
      scheme: issuer.scheme,
      certificate: issuer.certify(TerminalNumber(number), key: key.publicKey, term: term ?? self.term), key: key)
  }

  package static func limits(
    _ perService: Int = 1000, _ outstanding: Int = 5000, services: Int = 20, days: Int = 100,
    currency: Currency = .euro
  )
    -> OfflineLimits?
  {
    guard let perService = Amount(perService), let outstanding = Amount(outstanding) else { return nil }
    return OfflineLimits(
      perService: perService, outstanding: outstanding, services: services, days: days, currency: currency)
  }

  /// A card that was issued; its PIN is registered only on wish.
  package func card(
    _ number: String = "9000000000000001", registration: String = "0000000001", limits: OfflineLimits? = nil,
    diesOfMisuse: Bool = true, term: Term? = nil, hasPIN: Bool = true, on storage: any LogStorage = VolatileLog()
  ) throws -> TestCard {
    let card = try TestCard(storage)
    let writer = try CardWriter(card.link)
    guard let usual = limits ?? Self.limits() else { throw KeyError("the limits are wrong") }
    let order = Issuer.CardOrder(
      card: try CardNumber(number), registration: try RegistrationNumber(registration), limits: usual,
      diesOfMisuse: diesOfMisuse)
    try writer.write(
      issuer.issue(
        order, key: writer.makeKey(), settingNumber: SettingNumber(Self.settingNumber), term: term ?? self.term,
        random: random))
    guard hasPIN else { return card }
    let dialogue = try open(card, terminal("00000099"))
    try dialogue.beginRegistration()
    try dialogue.check(SettingNumber(Self.settingNumber))
    try dialogue.register(PIN(Self.pin))
    card.link.powerOff()
    return card
  }

  package func open(_ card: TestCard, _ terminal: TerminalIdentity, at now: Instant = start) throws -> CardDialogue {
    try CardDialogue.open(card.link, as: terminal, at: now, random: random)
  }
}

/// A payment card whose power can be cut.
package final class TestCard: CardSide {
  package let card: Card
  package let memory: LogMemory
  /// A terminal's line to it.
  package private(set) lazy var link = InProcessCard(self)

  /// The master key of a card's vault.
  package static let masterKey = Secret([UInt8](repeating: 7, count: 32))

  package init(_ storage: any LogStorage, masterKey: Secret = TestCard.masterKey) throws {
    let vault = try KeyVault(current: masterKey)
    memory = try LogMemory(storage)
    card = Card(
      memory: memory, applications: [PaymentCard.application(vault: vault)],
      random: SeededRandomSource(seed: Array("card".utf8)))
  }

  package func powerOn() -> [UInt8] { card.powerOn() }
  package func powerOff() { card.powerOff() }
  package func reset() -> [UInt8] { card.reset() }
  package func respond(_ apdu: [UInt8]) -> [UInt8] { card.respond(apdu) }

  /// What the card's memory holds, byte for byte.
  package var contents: [MemoryKey: [UInt8]] {
    var result: [MemoryKey: [UInt8]] = [:]
    for area in memory.map.areas { for key in memory.map.keys(in: area) { result[key] = memory.map[key] } }
    return result
  }
}
