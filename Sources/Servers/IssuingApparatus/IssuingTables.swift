import Bytes
import ContentManagement
import Identifiers
import Keys
import MutualAgreement
import SecureMessages
import Store

/// The issuing apparatus's tables beside the books: its cards, and its agreements with providers.
enum IssuingTables {
  static let schema = Schema(
    owner: "issuing-apparatus",
    versions: [
      [
        .table(
          "issued_card",
          "card TEXT PRIMARY KEY, user_name TEXT, certificate BLOB, since INTEGER, revoked INTEGER NOT NULL"),
        .table(
          "issuer_agreement",
          """
          provider TEXT PRIMARY KEY, way INTEGER NOT NULL, quota INTEGER NOT NULL, dpr BLOB NOT NULL,
          consent INTEGER NOT NULL, memory_price INTEGER NOT NULL, revoked_data INTEGER NOT NULL
          """),
        .table(
          "handed_over", "card TEXT NOT NULL, provider TEXT NOT NULL, PRIMARY KEY (card, provider)"),
      ]
    ])

  static func isHandedOver(_ card: CardName, _ provider: Party, in reader: any Reader) throws -> Bool {
    try reader.first(
      "SELECT 1 FROM handed_over WHERE card = $1 AND provider = $2", card.description, provider.name) != nil
  }
}

/// What the issuer agreed on with a provider.
public struct Agreement: Sendable {
  /// What happens to data that the data registrar revoked, when their card comes.
  public enum RevokedData: Int, Sendable, CaseIterable {
    /// Nothing.
    case stay = 0
    /// They are deleted with the provider's consent, and locked where it does not consent.
    case go = 1
  }

  /// The provider.
  public let provider: Party
  /// In which way content is agreed on.
  public let way: AgreementWay
  /// Bytes that the provider's content may take on each card.
  public let quota: Int
  /// DPR.
  public let dpr: Signed<ProviderRegistration>
  /// Whether the issuer's standing consent holds.
  public let hasConsent: Bool
  /// The price of a kilobyte on a card, in the smallest unit of the issuer's money.
  public let memoryPrice: Int
  /// What happens to revoked data.
  public let revokedData: RevokedData

  /// The provider's domain on cards.
  public var domain: AID { dpr.claimedBody.domain }

  init(_ row: Row) throws {
    (provider, quota) = (try Party(row(0)), try row(2))
    way = AgreementWay(rawValue: try row(1)) ?? .throughProvider
    dpr = try Signed<ProviderRegistration>(encoded: row(3, as: [UInt8].self))
    (hasConsent, memoryPrice) = (try row(4), try row(5))
    revokedData = RevokedData(rawValue: try row(6)) ?? .stay
  }

  /// The agreement with a provider; refused where there is none.
  static func find(with provider: Party, in reader: any Reader) throws -> Agreement {
    let row = try reader.first(
      """
      SELECT provider, way, quota, dpr, consent, memory_price, revoked_data FROM issuer_agreement WHERE provider = $1
      """, provider.name)
    guard let row else { throw AgreementRefusal.noAgreement }
    return try Agreement(row)
  }

  static func all(in reader: any Reader) throws -> [Agreement] {
    try reader.query(
      """
      SELECT provider, way, quota, dpr, consent, memory_price, revoked_data FROM issuer_agreement ORDER BY provider
      """
    ).map(Agreement.init)
  }
}

extension Desk {
  /// Enters a card that the issuer made.
  public func enter(_ card: CardName) throws {
    _ = try store.transaction {
      try $0.execute(
        "INSERT INTO issued_card (card, revoked) VALUES ($1, 0) ON CONFLICT (card) DO NOTHING", card.description)
    }
  }

  /// The card is lost or no longer trusted: nothing is stored on it any more. The providers with domains on it are told.
  public func revoke(_ card: CardName, now: Instant) throws {
    try store.transaction { transaction in
      try transaction.executeOne("UPDATE issued_card SET revoked = 1 WHERE card = $1", card.description)
      for agreement in try Agreement.all(in: transaction) {
        try sendList(to: agreement.provider, now, in: transaction)
      }
      try record(.changed, "card revoked", card, now, in: transaction)
    }
  }

  /// The list of the issuer's revoked cards, where there are any.
  private func sendList(to provider: Party, _ now: Instant, in transaction: any Transaction) throws {
    var list = RevocationList()
    list.cards = try transaction.query("SELECT card FROM issued_card WHERE revoked = 1 ORDER BY card").map {
      try CardName($0(0, as: String.self))
    }
    guard !list.cards.isEmpty else { return }
    let term = Term(
      serial: try ContentBook.nextSerial("list", in: transaction), notBefore: now,
      notAfter: now + AgreementTimes.report)
    try Parcels.put(Signed(list, by: holder, term: term).encoded, to: provider, now: now, in: transaction)
  }

  /// Agrees with a registered provider, who is told which cards are revoked; its consent, where the way needs one, holds from now on.
  public func agree(
    with dpr: Signed<ProviderRegistration>, way: AgreementWay, quota: Int, memoryPrice: Int = 0,
    revokedData: Agreement.RevokedData = .go, now: Instant
  ) throws {
    let provider = try dpr.verified(from: settings.dataRegistrar, at: now).known.party
    try store.transaction { transaction in
      try transaction.execute(
        """
        INSERT INTO issuer_agreement (provider, way, quota, dpr, consent, memory_price, revoked_data)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (provider) DO UPDATE SET way = excluded.way, quota = excluded.quota, dpr = excluded.dpr,
          consent = excluded.consent, memory_price = excluded.memory_price, revoked_data = excluded.revoked_data
        """, provider.name, way.rawValue, quota, dpr.encoded, way.needsStandingConsent, memoryPrice,
        revokedData.rawValue)
      try sendList(to: provider, now, in: transaction)
      if way.needsStandingConsent { try tell(provider, isGiven: true, quota, now, in: transaction) }
    }
  }

  /// Takes the standing consent back, or gives it again. The provider is told; each card takes the privilege from the
  /// provider's domain when it comes.
  public func setConsent(_ isGiven: Bool, to provider: Party, now: Instant) throws {
    try store.transaction { transaction in
      let agreement = try Agreement.find(with: provider, in: transaction)
      guard agreement.way.needsStandingConsent else { throw AgreementRefusal.noAgreement }
      try transaction.executeOne(
        "UPDATE issuer_agreement SET consent = $2 WHERE provider = $1", provider.name, isGiven)
      try tell(provider, isGiven: isGiven, agreement.quota, now, in: transaction)
    }
  }

  private func tell(
    _ provider: Party, isGiven: Bool, _ quota: Int, _ now: Instant, in transaction: any Transaction
  ) throws {
    let term = Term(
      serial: try ContentBook.nextSerial("consent", in: transaction), notBefore: now,
      notAfter: now + RegistrarBook.registrationTerm)
    let consent = StandingConsent(to: provider, isGiven: isGiven, quota: quota)
    try Parcels.put(
      Signed(consent, by: holder, to: provider, term: term).encoded, to: provider, now: now, in: transaction)
  }

  /// The issuer's agreements.
  public func agreements() throws -> [Agreement] { try store.read(Agreement.all) }

  /// The books: what is on which card.
  public func book() throws -> [ContentBook.Line] { try store.read(ContentBook.lines) }

  /// The issuer's cards: name, user and whether they are registered or revoked.
  public func cards() throws -> [(card: String, user: String?, isRegistered: Bool, isRevoked: Bool)] {
    try store.read { reader in
      try reader.query("SELECT card, user_name, certificate, revoked FROM issued_card ORDER BY card").map { row in
        let certificate: [UInt8]? = try row(2)
        return (try row(0), try row(1), certificate != nil, try row(3))
      }
    }
  }
}
