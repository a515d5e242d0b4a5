import Bytes
import CardIssuer
import CardTerminal
import Identifiers
import Keys
import OfflineCard
import SecureMessages

/// A payment scheme's issuer, which made everything before a story begins.
struct SimulatedScheme {
  static let pin = "4711"
  static let settingNumber = "12345678"
  /// The charging centre's host.
  static let centre = "charging.example"
  /// What the story's cards may without the centre.
  static let limits = (perService: 40, outstanding: 100, services: 4, days: 60)

  let issuer: Issuer
  let centreKey: PrivateKey
  let centreCertificate: Signed<CentreCertificate>
  private let random: any RandomSource
  private let term: Term

  init(at now: Instant, random: any RandomSource) throws {
    self.random = random
    term = Term(serial: 1, notBefore: now - .seconds(86_400), notAfter: now + .seconds(1000 * 86_400))
    issuer = try Issuer(scheme: "Simulated", masterKey: PrivateKey(.p256, random: random), currency: .euro)
    centreKey = PrivateKey(.p256, random: random)
    centreCertificate = try issuer.certifyCentre(key: centreKey.publicKey, term: term)
  }

  func terminal(_ number: TerminalNumber) throws -> TerminalIdentity {
    let key = PrivateKey(.p256, random: random)
    return try TerminalIdentity(
      scheme: issuer.scheme, certificate: issuer.certify(number, key: key.publicKey, term: term), key: key)
  }

  /// The card's order, its key and setting number are written by `writer`.
  func issue(_ card: CardNumber, to registration: RegistrationNumber, by writer: CardWriter) throws {
    let wanted = Self.limits
    guard let perService = Amount(wanted.perService), let outstanding = Amount(wanted.outstanding),
      let limits = OfflineLimits(
        perService: perService, outstanding: outstanding, services: wanted.services, days: wanted.days,
        currency: issuer.scheme.currency)
    else { throw SecureMessageError.malformed }
    let order = Issuer.CardOrder(card: card, registration: registration, limits: limits, diesOfMisuse: false)
    try writer.write(
      issuer.issue(
        order, key: writer.makeKey(), settingNumber: SettingNumber(Self.settingNumber), term: term, random: random))
  }

  /// The whole black list, in its first version.
  func blackList(_ card: CardNumber) throws -> Signed<BlackListUpdate> {
    try issuer.sign(BlackListUpdate(from: 0, to: 1, added: [card], removed: []), term: term)
  }
}
