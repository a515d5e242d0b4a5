import Bytes
import ContentManagement
import Identifiers
import Keys
import MutualAgreement
import SecureMessages
import Store

/// The data providing apparatus's tables beside the books: issuers, its domains on cards, and the catalogue.
enum ProvidingTables {
  static let schema = Schema(
    owner: "data-providing-apparatus",
    versions: [
      [
        .table(
          "provider_partner",
          """
          issuer TEXT PRIMARY KEY, irc BLOB NOT NULL, consent_serial INTEGER NOT NULL, consent INTEGER NOT NULL,
          quota INTEGER NOT NULL
          """),
        .table(
          "provider_domain",
          """
          card TEXT PRIMARY KEY, issuer TEXT NOT NULL, issuer_domain BLOB NOT NULL, way INTEGER NOT NULL,
          first_keys BLOB NOT NULL, mandated BLOB, is_own INTEGER NOT NULL
          """),
        .table(
          "catalogue_item",
          """
          load_file BLOB NOT NULL, version INTEGER NOT NULL, title TEXT NOT NULL, module BLOB NOT NULL,
          application BLOB NOT NULL, price INTEGER NOT NULL, data BLOB NOT NULL, certificate BLOB,
          issuers TEXT NOT NULL, PRIMARY KEY (load_file, version)
          """),
      ],
      [
        .table(
          "provider_registration",
          "issuer TEXT NOT NULL, card TEXT NOT NULL, serial INTEGER NOT NULL, PRIMARY KEY (issuer, card)")
      ],
    ])

  /// The provider's domain on a card.
  struct Domain {
    let card: String
    let issuer: Party
    let issuerDomain: AID
    let way: AgreementWay
    private let wrapped: [UInt8]
    /// The registrar's domain that wants SDCI' for all data.
    let mandated: AID?
    /// Whether the provider's own keys are in it.
    let isOwn: Bool

    /// The domain on a card; refused where there is none.
    static func find(_ card: CardName, in reader: any Reader) throws -> Domain {
      guard
        let row = try reader.first(
          """
          SELECT card, issuer, issuer_domain, way, first_keys, mandated, is_own FROM provider_domain WHERE card = $1
          """, card.description)
      else { throw AgreementRefusal.noDomain }
      return try Domain(row)
    }

    private init(_ row: Row) throws {
      (card, issuer) = (try row(0), try Party(row(1)))
      issuerDomain = try AID(row(2, as: [UInt8].self))
      guard let way = AgreementWay(rawValue: try row(3)) else { throw AgreementRefusal.failed }
      self.way = way
      wrapped = try row(4)
      let name: [UInt8]? = try row(5)
      mandated = try name.map { try AID($0) }
      isOwn = try row(6)
    }

    static func place(_ card: String) -> String { "first keys of the provider's domain on \(card)" }

    func firstKeys(_ vault: KeyVault) throws -> Secret { try vault.unwrap(wrapped, context: Self.place(card)) }
  }

  /// An issuer that the provider has an agreement with.
  struct Partner {
    let issuer: KnownParty
    let hasConsent: Bool
    /// Bytes that the provider's content may take on each card, where the issuer consented beforehand.
    let quota: Int

    /// The partner; refused where there is none, or the registrar's word for it is over.
    static func find(_ issuer: Party, _ registrar: KnownParty, at now: Instant, in reader: any Reader) throws -> Partner
    {
      let row = try reader.first("SELECT irc, consent, quota FROM provider_partner WHERE issuer = $1", issuer.name)
      guard let row else { throw AgreementRefusal.noAgreement }
      try Revocations.check(registrar.party, party: issuer, in: reader)
      let irc = try Signed<IssuerRegistration>(encoded: row(0, as: [UInt8].self))
      let known = try irc.verified(from: registrar, at: now).known
      guard known.party == issuer else { throw AgreementRefusal.notAuthentic }
      return Partner(issuer: known, hasConsent: try row(1), quota: try row(2))
    }
  }
}

extension Desk {
  /// After the vault's master key was rotated: brings the first keys of domains in `store` under the current one.
  public static func rewrap(_ vault: KeyVault, random: any RandomSource, in store: any Store) throws {
    try store.migrate([ProvidingTables.schema])
    for row in try store.read({ try $0.query("SELECT card, first_keys FROM provider_domain") }) {
      let (card, wrapped): (String, [UInt8]) = (try row(0), try row(1))
      guard vault.isOutdated(wrapped) else { continue }
      let fresh = try vault.rewrap(wrapped, context: ProvidingTables.Domain.place(card), random: random)
      _ = try store.transaction {
        try $0.execute("UPDATE provider_domain SET first_keys = $2 WHERE card = $1", card, fresh)
      }
    }
  }
}
