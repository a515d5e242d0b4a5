import APDU
import Bytes
import ContentManagement
import GlobalPlatform
import Identifiers
import Keys
import MutualAgreement
import SecureChannel
import SecureMessages
import Store
import TLV

/// The issuing apparatus: registers the issuer's cards with their users, agrees with data providers on what they hold,
/// and knows at all times what is on them.
public struct Desk: Apparatus {
  /// What the issuer sets.
  public struct Settings: Sendable {
    /// The issuer with PKI.
    public var holder: KeyHolder
    /// IRC.
    public var irc: Signed<IssuerRegistration>
    /// Whose word for issuers counts: its lists of revoked issuers.
    public var issuerRegistrar: KnownParty
    /// Whose word for providers counts.
    public var dataRegistrar: KnownParty
    /// The issuer security domain of the cards.
    public var domain: AID
    /// What the issuer derives receipt keys and first keys of domains from.
    public var secret: Secret
    /// The keys of a card's issuer security domain, by its diversification data.
    public var cardKeys: @Sendable ([UInt8]) throws -> SCP03.Keys
    /// The domain that verifies the data registrar's DAP, on cards of issuers that want all data certified.
    public var mandatedDomain: AID?
    /// How long a registration certificate holds.
    public var registrationTerm: Duration = .seconds(5 * 366 * 86_400)

    /// The usual settings.
    public init(
      holder: KeyHolder, irc: Signed<IssuerRegistration>, issuerRegistrar: KnownParty, dataRegistrar: KnownParty,
      domain: AID, secret: Secret, cardKeys: @escaping @Sendable ([UInt8]) throws -> SCP03.Keys
    ) {
      (self.holder, self.irc, self.issuerRegistrar) = (holder, irc, issuerRegistrar)
      (self.dataRegistrar, self.domain, self.secret) = (dataRegistrar, domain, secret)
      self.cardKeys = cardKeys
    }
  }

  public let store: any Store
  let settings: Settings
  let peers: any Peers

  public var holder: KeyHolder { settings.holder }
  /// IRC.
  public var irc: Signed<IssuerRegistration> { settings.irc }

  /// A desk over `store`, whose tables it brings up to date.
  public init(store: any Store, settings: Settings, peers: any Peers) throws {
    (self.store, self.settings, self.peers) = (store, settings, peers)
    try store.migrate([EventRecord.schema, Outbox.schema, ContentBook.schema, IssuingTables.schema])
  }

  public func answer(_ request: AgreementRequest) throws -> [UInt8] {
    switch MessageKind.of(request.bytes) {
    case .signed(RegistrationWish.messageType): return try register(request)
    case .signed(AdmissionWish.messageType): return try admit(request)
    case .signed(StoringWish.messageType): return try store(request)
    case .signed(ContactWish.messageType): return try contact(request)
    case .signed(StoringAuthorisationRequest.messageType): return try authorise(request)
    case .signed(ContentReport.messageType): return try report(request)
    case .signed(RevocationList.messageType): return try revocation(request)
    default: throw AgreementRefusal.malformed
    }
  }

  /// Delivers what waits for other parties, and forgets what nobody can ask for any more.
  @discardableResult public func deliver(now: Instant) throws -> Int {
    try Authorisations.sweep(before: now, in: store)
    return try Parcels.deliver(from: store, over: peers, party: holder.party.name, now: now)
  }

  // MARK: Errands

  public func keys(_ errand: Errand, _ card: SCP03.InitializeUpdateResponse) throws -> SCP03.Keys {
    switch card.keyVersion {
    case DomainHandover.firstKeyVersion: try Self.keys(firstKeys(errand.card, errand.domain))
    case DomainHandover.ownKeyVersion: throw AgreementRefusal.outOfOrder
    default: try settings.cardKeys(card.diversificationData)
    }
  }

  public func decide(_ errand: Errand, _ given: AgreementRequest) throws -> [Deed] {
    switch try Purpose(encoded: errand.purpose) {
    case .registration(let registrant): try registrationDeeds(errand, registrant.certificate, given)
    case .admission(let provider): try admissionDeeds(errand, provider)
    case .content(let sa): try contentDeeds(errand, sa)
    case .contact: try contactDeeds(errand, given)
    }
  }

  public func conclude(
    _ errand: Errand, _ done: [(deed: Deed, answer: Response)], _ status: StatusWord, _ given: AgreementRequest,
    in transaction: any Transaction
  ) throws {
    switch try Purpose(encoded: errand.purpose) {
    case .registration(let registrant):
      if status.isSuccess { try keep(registrant, of: errand.card, given.now, in: transaction) }
    case .admission(let provider):
      if status.isSuccess, errand.leg == errand.domains.count - 1, errand.leg > 0 {
        try handOver(errand.card, to: provider, given, in: transaction)
      }
    case .content(let sa):
      let agreement = try Agreement.find(with: sa.provider, in: transaction)
      try settle(
        errand, domain: agreement.domain, provider: sa.provider, peer: sa.provider, done, given.now, in: transaction)
    case .contact:
      for agreement in try Agreement.all(in: transaction)
      where try IssuingTables.isHandedOver(errand.card, agreement.provider, in: transaction) {
        try settle(
          errand, domain: agreement.domain, provider: agreement.provider, peer: agreement.provider, done, given.now,
          in: transaction)
      }
    }
  }

  // MARK: Keys

  /// The card's receipt key.
  func receiptKey(_ card: CardName) -> Secret {
    Secret(Array(hmacSHA256(Array("receipt \(card)".utf8), key: settings.secret).prefix(16)))
  }

  /// The first keys of a provider's domain, 48 bytes: the provider puts its own in their place.
  func firstKeys(_ card: CardName, _ domain: AID) -> Secret {
    let label = Array("domain \(card) \(domain)".utf8)
    return Secret(
      hmacSHA256(label + [1], key: settings.secret) + hmacSHA256(label + [2], key: settings.secret).prefix(16))
  }

  static func keys(_ secret: Secret) throws -> SCP03.Keys {
    let bytes = secret.bytes
    return try SCP03.Keys(
      enc: Secret(Array(bytes[0..<16])), mac: Secret(Array(bytes[16..<32])), dek: Secret(Array(bytes[32..<48])))
  }

  /// PUT KEY of a public key that is not there yet.
  func put(_ key: PublicKey, _ place: (version: UInt8, identifier: UInt8), _ told: CardReading) -> [Deed] {
    guard !told.has(place) else { return [] }
    let put = PutKey(version: place.version, identifier: place.identifier, keys: [.init(.p256(point: key.point))])
    return [Deed([put.command])]
  }
}

/// What an errand of the issuing apparatus is for.
enum Purpose: TLVMessage, TLVSequence {
  // Purpose ::= CHOICE { registration [0], admission [1], content [2], contact [3] }
  static let tag: TLVTag = .sequence

  case registration(Registrant)
  case admission(Party)
  case content(Authorised)
  case contact

  /// What a provider authorised.
  struct Authorised: TLVSequence {
    let provider: Party
    let sa: StoringAuthorisation

    init(provider: Party, sa: StoringAuthorisation) { (self.provider, self.sa) = (provider, sa) }
    init(fields reader: inout TLVReader) throws(TLVError) {
      (provider, sa) = (try reader.read(0x80), try reader.read(0xA1))
    }
    func encodeFields(to writer: inout TLVWriter) {
      writer.write(0x80, provider)
      writer.write(0xA1, sa)
    }
  }

  init(fields reader: inout TLVReader) throws(TLVError) {
    if let registrant = try reader.readIfPresent(0xA0, as: Registrant.self) {
      self = .registration(registrant)
    } else if let provider = try reader.readIfPresent(0x81, as: Party.self) {
      self = .admission(provider)
    } else if let content = try reader.readIfPresent(0xA2, as: Authorised.self) {
      self = .content(content)
    } else {
      _ = try reader.element(0x83)
      self = .contact
    }
  }

  func encodeFields(to writer: inout TLVWriter) {
    switch self {
    case .registration(let registrant): writer.write(0xA0, registrant)
    case .admission(let provider): writer.write(0x81, provider)
    case .content(let content): writer.write(0xA2, content)
    case .contact: writer.write(0x83, bytes: [UInt8]())
    }
  }
}

/// Who is to be a card's user.
struct Registrant: TLVSequence {
  // Registrant ::= SEQUENCE { certificate Signed, user [0] UTF8String }
  let certificate: Signed<RegistrationCertificate>
  let user: String

  init(certificate: Signed<RegistrationCertificate>, user: String) {
    (self.certificate, self.user) = (certificate, user)
  }
  init(fields reader: inout TLVReader) throws(TLVError) {
    (certificate, user) = (try reader.read(), try reader.read(0x80))
  }
  func encodeFields(to writer: inout TLVWriter) {
    writer.write(certificate)
    writer.write(0x80, user)
  }
}
