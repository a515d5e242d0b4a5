import Bytes
import CardIssuer
import CardTerminal
import Identifiers
import Keys
import OfflineCard
import SecureElement
import SecureMessages
import TransportCard
import World

extension FuzzTarget {
  /// A script for a payment card: where a piece begins with a command that is spoken inside the link, a genuine terminal
  /// says it there, twice; the rest are commands as they stand. The card answers to everything, and a PIN that its user
  /// did not choose begins no service.
  static let paymentCard = FuzzTarget("payment-card") { bytes in
    guard let sample = PaymentSample.shared else { preconditionFailure("the sample is there") }
    let card = sample.card()
    let link = InProcessCard(card)
    for piece in script(bytes) {
      if let command = piece.first.flatMap(CardCommand.init), let dialogue = try? sample.open(link) {
        _ = try? dialogue.send(.beginRegistration)
        for _ in 0..<2 { _ = try? dialogue.send(command, Array(piece.dropFirst())) }
      } else {
        _ = try? link.reset()
        check(card.respond(piece))
      }
    }
    guard let dialogue = try? sample.open(link) else { return }
    let record = try? dialogue.begin(
      .call, pin: sample.wrongPIN, limit: .greatest, at: sample.now, random: sample.random)
    precondition(record == nil, "a wrong PIN begins no service")
  }
}

/// A payment card and a terminal that the target begins with, made once.
private struct PaymentSample: Sendable {
  static let shared = try? PaymentSample()

  let now = Instant(seconds: 1_780_000_000)
  let random = SeededRandomSource(seed: [3])
  let wrongPIN: PIN
  private let vault: KeyVault
  private let map: MemoryMap
  private let terminal: TerminalIdentity

  private init() throws {
    wrongPIN = try PIN("0000")
    vault = try KeyVault(current: Secret([UInt8](repeating: 7, count: 32)))
    let issuer = try Issuer(scheme: "Fuzz", masterKey: PrivateKey(.p256, random: random), currency: .euro)
    let term = Term(serial: 1, notBefore: now, notAfter: now + .seconds(86_400))
    let key = PrivateKey(.p256, random: random)
    terminal = try TerminalIdentity(
      scheme: issuer.scheme, certificate: issuer.certify(TerminalNumber("00000001"), key: key.publicKey, term: term),
      key: key)
    guard
      let limits = OfflineLimits(
        perService: .greatest, outstanding: .greatest, services: 64, days: 365, currency: .euro)
    else {
      throw KeyError("the limits are wrong")
    }
    let memory = VolatileMemory()
    let link = InProcessCard(SoftwarePaymentCard(memory: memory, vault: vault, random: random))
    let writer = try CardWriter(link)
    try writer.write(
      issuer.issue(
        Issuer.CardOrder(
          card: CardNumber("9000000000000001"), registration: RegistrationNumber("0000000001"), limits: limits,
          diesOfMisuse: false), key: writer.makeKey(), settingNumber: SettingNumber("12345678"), term: term,
        random: random))
    let dialogue = try CardDialogue.open(link, as: terminal, at: now, random: random)
    try dialogue.beginRegistration()
    try dialogue.check(SettingNumber("12345678"))
    try dialogue.register(PIN("4711"))
    map = memory.map
  }

  func card() -> SoftwarePaymentCard {
    SoftwarePaymentCard(memory: VolatileMemory(map), vault: vault, random: SeededRandomSource(seed: [1]))
  }

  func open(_ link: InProcessCard) throws -> CardDialogue {
    try CardDialogue.open(link, as: terminal, at: now, random: random)
  }
}
