import Bytes
import Identifiers
import Keys
import OfflineCard
import SecureMessages

/// The issuer's master key at work: what it says of cards, terminals and the charging centre.
public struct Issuer: Sendable {
  /// What everybody of the scheme knows.
  public let scheme: Scheme
  private let holder: KeyHolder

  /// The issuer of the scheme called `name`, whose tariffs and limits are in `currency`.
  public init(scheme name: String, masterKey: PrivateKey, currency: Currency) throws {
    scheme = try Scheme(name: name, masterKey: masterKey.publicKey, currency: currency)
    holder = KeyHolder(scheme.issuer.party, key: masterKey)
  }

  /// What a card shall be.
  public struct CardOrder: Sendable {
    public var card: CardNumber
    public var registration: RegistrationNumber
    public var limits: OfflineLimits
    public var diesOfMisuse: Bool

    /// All fields.
    public init(card: CardNumber, registration: RegistrationNumber, limits: OfflineLimits, diesOfMisuse: Bool) {
      (self.card, self.registration, self.limits, self.diesOfMisuse) = (card, registration, limits, diesOfMisuse)
    }
  }

  /// B1: what the card with the public key `key` is to be given. `term` is the card's; its end is the expiry date.
  public func issue(
    _ order: CardOrder, key: PublicKey, settingNumber: SettingNumber, term: Term, random: any RandomSource
  ) throws -> CardIssue {
    let salt = Secret(random.bytes(32))
    let sa2 = try Signed(
      SettingNumberSignature(settingNumber, salt: salt), by: holder, to: order.card.party, term: term)
    let certificate = CardCertificate(
      card: order.card, registration: order.registration, key: key, limits: order.limits,
      diesOfMisuse: order.diesOfMisuse, settingNumberSignature: sa2)
    return CardIssue(
      scheme: scheme, certificate: try Signed(certificate, by: holder, term: term), settingNumber: settingNumber,
      salt: salt)
  }

  /// The certificate of a terminal's key.
  public func certify(
    _ terminal: TerminalNumber, key: PublicKey, term: Term
  ) throws(SecureMessageError) -> Signed<TerminalCertificate> {
    try Signed(TerminalCertificate(terminal: terminal, key: key), by: holder, term: term)
  }

  /// The code for the `number`-th installation: made from the master key, so that it is kept nowhere.
  func installationCode(_ number: Int, for terminal: TerminalNumber) -> InstallationCode? {
    let key = Secret(hmacSHA256(Array("terminal installation".utf8), key: holder.key.scalar))
    return InstallationCode(Array(hmacSHA256(Array("\(number) \(terminal)".utf8), key: key).prefix(16)))
  }

  /// The certificate of the charging centre's key.
  public func certifyCentre(key: PublicKey, term: Term) throws(SecureMessageError) -> Signed<CentreCertificate> {
    try Signed(CentreCertificate(key: key), by: holder, term: term)
  }

  /// A change of the black list; the serial number is the version it leads to.
  public func sign(_ update: BlackListUpdate, term: Term) throws(SecureMessageError) -> Signed<BlackListUpdate> {
    try Signed(update, by: holder, term: term)
  }
}
