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

/// The data providing apparatus: has a catalogue of data, and stores them on cards of the issuers that it has agreements
/// with.
public struct Desk: Apparatus {
  /// What the provider sets.
  public struct Settings: Sendable {
    /// The provider with PKD.
    public var holder: KeyHolder
    /// DPR.
    public var registered: RegisteredProvider
    /// Whose word for issuers counts.
    public var issuerRegistrar: KnownParty
    /// Whose word for providers and data counts.
    public var dataRegistrar: KnownParty
    /// What the provider derives its keys on cards from.
    public var secret: Secret

    /// All of them.
    public init(
      holder: KeyHolder, registered: RegisteredProvider, issuerRegistrar: KnownParty, dataRegistrar: KnownParty,
      secret: Secret
    ) {
      (self.holder, self.registered, self.issuerRegistrar) = (holder, registered, issuerRegistrar)
      (self.dataRegistrar, self.secret) = (dataRegistrar, secret)
    }
  }

  public let store: any Store
  let settings: Settings
  let peers: any Peers
  let vault: KeyVault

  public var holder: KeyHolder { settings.holder }
  /// The provider's domain on cards.
  var domain: AID { settings.registered.dpr.claimedBody.domain }

  /// A desk over `store`, whose tables it brings up to date; `vault` wraps the keys in it.
  public init(store: any Store, settings: Settings, vault: KeyVault, peers: any Peers) throws {
    (self.store, self.settings, self.vault, self.peers) = (store, settings, vault, peers)
    try store.migrate([EventRecord.schema, Outbox.schema, ContentBook.schema, ProvidingTables.schema])
  }

  public func answer(_ request: AgreementRequest) throws -> [UInt8] {
    switch MessageKind.of(request.bytes) {
    case .sealed("signed " + DomainHandover.messageType): return try takeOver(request)
    case .signed(AdmissionWish.messageType): return try firstSession(request)
    case .signed(StoringWish.messageType): return try store(request)
    case .signed(ContactWish.messageType): return try contact(request)
    case .signed(StoringAuthorisationRequest.messageType): return try authorise(request)
    case .signed(ContentReport.messageType): return try report(request)
    case .signed(StandingConsent.messageType): return try consent(request)
    case .signed(RegistrationCertificate.messageType): return try newestRegistration(request)
    case .signed(RevocationList.messageType): return try revocation(request)
    case .plain(CatalogueRequest.tag): return try catalogue(request)
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
    guard card.keyVersion != DomainHandover.ownKeyVersion else { return try ownKeys(errand.card) }
    let place = try store.read { try ProvidingTables.Domain.find(errand.card, in: $0) }
    return try Self.keys(place.firstKeys(vault))
  }

  public func decide(_ errand: Errand, _ given: AgreementRequest) throws -> [Deed] {
    switch try Purpose(encoded: errand.purpose) {
    case .firstSession: try firstSessionDeeds(errand)
    case .content(let agreed): try contentDeeds(errand, agreed)
    case .contact: []
    }
  }

  public func conclude(
    _ errand: Errand, _ done: [(deed: Deed, answer: Response)], _ status: StatusWord, _ given: AgreementRequest,
    in transaction: any Transaction
  ) throws {
    let place = try ProvidingTables.Domain.find(errand.card, in: transaction)
    if case .firstSession = try Purpose(encoded: errand.purpose) {
      guard status.isSuccess else { return }
      try transaction.executeOne("UPDATE provider_domain SET is_own = 1 WHERE card = $1", errand.card.description)
      try record(.changed, "domain taken over", errand.card, given.now, in: transaction)
    } else {
      try settle(
        errand, domain: domain, provider: holder.party, peer: place.issuer, done, given.now, in: transaction)
    }
  }

  // MARK: Keys

  /// The keys that the provider alone knows.
  func ownKeys(_ card: CardName) throws -> SCP03.Keys {
    let label = Array("card \(card)".utf8)
    return try Self.keys(
      Secret(
        hmacSHA256(label + [1], key: settings.secret) + hmacSHA256(label + [2], key: settings.secret).prefix(16)))
  }

  static func keys(_ secret: Secret) throws -> SCP03.Keys {
    let bytes = secret.bytes
    guard bytes.count == 48 else { throw AgreementRefusal.failed }
    return try SCP03.Keys(
      enc: Secret(Array(bytes[0..<16])), mac: Secret(Array(bytes[16..<32])), dek: Secret(Array(bytes[32..<48])))
  }
}

/// What an errand of the data providing apparatus is for.
enum Purpose: TLVMessage, TLVSequence {
  // Purpose ::= CHOICE { firstSession [0], content [1] Agreed, contact [2] }
  static let tag: TLVTag = .sequence

  case firstSession
  case content(Agreed)
  case contact

  /// What was agreed on, with the issuer's tokens where it is asked each time.
  struct Agreed: TLVSequence {
    // Agreed ::= SEQUENCE { operation [0], sdi [1], counter [2] INTEGER OPTIONAL, tokens [3] SEQUENCE OF OCTET STRING }
    let operation: ContentOperation
    let sdi: StoringDataInformation
    var counter: Int?
    var tokens: [[UInt8]] = []

    init(_ operation: ContentOperation, _ sdi: StoringDataInformation) {
      (self.operation, self.sdi) = (operation, sdi)
    }

    init(fields reader: inout TLVReader) throws(TLVError) {
      (operation, sdi) = (try reader.read(0x80), try reader.read(0xA1))
      counter = try reader.readIfPresent(0x82)
      var list = try reader.element(0xA3).reader()
      while !list.isAtEnd { tokens.append(try list.read(.octetString)) }
    }

    func encodeFields(to writer: inout TLVWriter) {
      writer.write(0x80, operation)
      writer.write(0xA1, sdi)
      writer.write(0x82, counter)
      writer.write(0xA3) { writer in for token in tokens { writer.write(.octetString, token) } }
    }
  }

  init(fields reader: inout TLVReader) throws(TLVError) {
    if try reader.elementIfPresent(0x80) != nil {
      self = .firstSession
    } else if let content = try reader.readIfPresent(0xA1, as: Agreed.self) {
      self = .content(content)
    } else {
      _ = try reader.element(0x82)
      self = .contact
    }
  }

  func encodeFields(to writer: inout TLVWriter) {
    switch self {
    case .firstSession: writer.write(0x80, bytes: [UInt8]())
    case .content(let content): writer.write(0xA1, content)
    case .contact: writer.write(0x82, bytes: [UInt8]())
    }
  }
}
