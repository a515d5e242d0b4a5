import APDU
import Bytes
import CertificateIssuer
import ContentManagement
import DataProvidingApparatus
import DataRegistrar
import GlobalPlatform
import Identifiers
import IssuingApparatus
import Keys
import MutualAgreement
import SecureChannel
import SecureElement
import SecureMessages
import Store
import StoreSQLite
import Transport
import TransportCard
import UserApparatus

/// The data storing system in one process: both registrars, issuers, providers, and cards with their users.
public final class AgreementWorld {
  /// The virtual time.
  public var now = Instant(seconds: 1_800_000_000)
  public let random: any RandomSource
  public let net = AgreementNet()
  public let vault: KeyVault
  public let issuerRegistrar: CertificateIssuer.Desk
  public let dataRegistrar: DataRegistrar.Desk
  /// The registrar's domain on cards.
  public static let registrarDomain = AID(literal: "A000000667F0")
  /// How long a registration certificate (RC) holds of issuers that are added; the usual time where it is nil.
  public var registrationTerm: Duration?
  private let makeStore: () throws -> any Store
  private let cardMaster: Secret

  /// An issuer, with what a crash of it leaves.
  public struct IssuerParty {
    public let party: Party
    public let store: any Store
    public let fuse: Fuse
    let make: () throws -> IssuingApparatus.Desk
    public var desk: IssuingApparatus.Desk
  }

  /// A provider, with what a crash of it leaves.
  public struct ProviderParty {
    public let party: Party
    public let store: any Store
    public let fuse: Fuse
    public let dpr: Signed<ProviderRegistration>
    public let holder: KeyHolder
    let make: () throws -> DataProvidingApparatus.Desk
    public var desk: DataProvidingApparatus.Desk
    /// The provider's domain on cards.
    public var domain: AID { dpr.claimedBody.domain }
  }

  /// Somebody who brings a key of its own to a registrar, and may crash before it is known what becomes of it.
  private struct Applicant {
    let holder: KeyHolder
    let secret: Secret
    let store: any Store
    let fuse = Fuse()
  }

  private var applicants: [Party: Applicant] = [:]
  /// The durable writes of both registrars.
  public let registrarFuses = (issuers: Fuse(), data: Fuse())
  public private(set) var issuers: [Party: IssuerParty] = [:]
  public private(set) var providers: [Party: ProviderParty] = [:]

  /// Both registrars, over stores that `makeStore` makes.
  public init(
    random: any RandomSource = SystemRandomSource.shared,
    makeStore: @escaping () throws -> any Store = { try SQLiteStore.inMemory() }
  ) throws {
    (self.random, self.makeStore) = (random, makeStore)
    vault = try KeyVault(current: Secret(random.bytes(32)))
    cardMaster = Secret(random.bytes(16))
    func holder(_ party: Party) -> KeyHolder { KeyHolder(party, key: PrivateKey(.p256, random: random)) }
    issuerRegistrar = try CertificateIssuer.Desk(store: makeStore(), holder: holder(.issuerRegistrar("issuers")))
    dataRegistrar = try DataRegistrar.Desk(
      store: makeStore(), holder: holder(.dataRegistrar("data")), domain: Self.registrarDomain)
    let (net, random, issuerRegistrar, dataRegistrar) = (net, random, issuerRegistrar, dataRegistrar)
    let fuses = registrarFuses
    issuerRegistrar.book.store.onCommit { try fuses.issuers.reach($0 == .before ? .before : .after) }
    dataRegistrar.book.store.onCommit { try fuses.data.reach($0 == .before ? .before : .after) }
    net.place(issuerRegistrar.book.holder.party, fuse: fuses.issuers) { [unowned self] in
      issuerRegistrar.respond(to: $0, now: now, random: random)
    }
    net.place(dataRegistrar.book.holder.party, fuse: fuses.data) { [unowned self] in
      dataRegistrar.respond(to: $0, now: now, random: random)
    }
  }

  /// The issuer registrar with its key.
  public var issuerRoot: KnownParty { issuerRegistrar.book.holder.known }
  /// The data registrar with its key.
  public var dataRoot: KnownParty { dataRegistrar.book.holder.known }

  /// What a party brings to its registrar.
  private func application(_ holder: KeyHolder, _ domain: AID?, to registrar: Party) throws -> [UInt8] {
    try Signed(
      RegistrationApplication(key: holder.key.publicKey, domain: domain), by: holder, to: registrar,
      term: Term(serial: 1, notBefore: now, notAfter: now + .seconds(600))
    ).encoded
  }

  /// An issuer's name and key. The same name has the same key.
  public func issuer(_ name: String) throws -> Party { try applicant(.issuer(name)).holder.party }
  /// A provider's name and key. The same name has the same key.
  public func provider(_ name: String) throws -> Party { try applicant(.provider(name)).holder.party }

  private func applicant(_ party: Party) throws -> Applicant {
    if let known = applicants[party] { return known }
    let made = Applicant(
      holder: KeyHolder(party, key: PrivateKey(.p256, random: random)), secret: Secret(random.bytes(32)),
      store: try makeStore())
    applicants[party] = made
    return made
  }

  /// The durable writes of an issuer or a provider.
  func fuse(of party: Party) -> Fuse? { applicants[party]?.fuse }

  /// Steps 51 and 52: an issuer registers PKI and gets IRC. After a crash it may be done again.
  @discardableResult public func addIssuer(_ name: String) throws -> Party {
    let applicant = try applicant(.issuer(name))
    let (holder, store, fuse) = (applicant.holder, applicant.store, applicant.fuse)
    guard issuers[holder.party] == nil else { return holder.party }
    try issuerRegistrar.book.approve(holder.party)
    let irc: Signed<IssuerRegistration> = try net.peers(of: holder.party).ask(
      application(holder, nil, to: issuerRoot.party), of: issuerRoot.party)
    try dataRegistrar.book.subscribe(holder.party, now: now)
    let master = cardMaster
    var settings = IssuingApparatus.Desk.Settings(
      holder: holder, irc: irc, issuerRegistrar: issuerRoot, dataRegistrar: dataRoot,
      domain: AID(literal: "A000000151000000"), secret: applicant.secret,
      cardKeys: { try SCP03.Keys(master: master, diversificationData: $0) })
    settings.mandatedDomain = Self.registrarDomain
    if let registrationTerm { settings.registrationTerm = registrationTerm }
    let (net, made) = (net, settings)
    let make = { try IssuingApparatus.Desk(store: store, settings: made, peers: net.peers(of: holder.party)) }
    issuers[holder.party] = IssuerParty(
      party: holder.party, store: store, fuse: fuse, make: make, desk: try make())
    store.onCommit { try fuse.reach($0 == .before ? .before : .after) }
    net.place(holder.party, fuse: fuse) { [unowned self] in
      issuers[holder.party]?.desk.respond(to: $0, now: now, random: random) ?? []
    }
    return holder.party
  }

  /// Steps 61 and 62: a provider registers PKD and gets DPR. After a crash it may be done again.
  @discardableResult public func addProvider(_ name: String, domain: AID) throws -> Party {
    let applicant = try applicant(.provider(name))
    let (holder, store, fuse) = (applicant.holder, applicant.store, applicant.fuse)
    guard providers[holder.party] == nil else { return holder.party }
    try dataRegistrar.book.approve(holder.party)
    let registered: RegisteredProvider = try net.peers(of: holder.party).ask(
      application(holder, domain, to: dataRoot.party), of: dataRoot.party)
    try issuerRegistrar.book.subscribe(holder.party, now: now)
    let (vault, net) = (vault, net)
    let settings = DataProvidingApparatus.Desk.Settings(
      holder: holder, registered: registered, issuerRegistrar: issuerRoot, dataRegistrar: dataRoot,
      secret: applicant.secret)
    let make = {
      try DataProvidingApparatus.Desk(
        store: store, settings: settings, vault: vault, peers: net.peers(of: holder.party))
    }
    providers[holder.party] = ProviderParty(
      party: holder.party, store: store, fuse: fuse, dpr: registered.dpr, holder: holder, make: make, desk: try make())
    store.onCommit { try fuse.reach($0 == .before ? .before : .after) }
    net.place(holder.party, fuse: fuse) { [unowned self] in
      providers[holder.party]?.desk.respond(to: $0, now: now, random: random) ?? []
    }
    return holder.party
  }

  /// An issuer and a provider agree.
  public func agree(
    _ issuer: Party, _ provider: Party, _ way: AgreementWay, quota: Int = 20_000,
    revokedData: Agreement.RevokedData = .go
  ) throws {
    guard let issuing = issuers[issuer]?.desk, let providing = providers[provider] else {
      throw AgreementRefusal.noAgreement
    }
    try providing.desk.agree(with: issuing.irc, now: now)
    try issuing.agree(with: providing.dpr, way: way, quota: quota, revokedData: revokedData, now: now)
    try deliver()
  }

  /// A card of an issuer in a terminal of its user.
  public func card(_ iccid: ICCID, of issuer: Party) throws -> AgreementCard {
    let card = try card(iccid)
    try issuers[issuer]?.desk.enter(card.name)
    return card
  }

  /// A card in a terminal of its user, that no issuer has entered yet.
  public func card(_ iccid: ICCID) throws -> AgreementCard {
    let name = try SoftwareManagedCard.name(of: iccid)
    return try AgreementCard(
      iccid, name, master: cardMaster, vault: vault, peers: net.peers(of: name.user), registrar: issuerRoot,
      store: makeStore(), random: random)
  }

  /// Delivers what waits at every party, until nothing more moves.
  public func deliver() throws {
    var moved = 1
    while moved > 0 {
      moved = 0
      for (desk, fuse) in [(issuerRegistrar.book, registrarFuses.issuers), (dataRegistrar.book, registrarFuses.data)]
      where !fuse.isBlown { moved += (try? desk.deliver(over: net.peers(of: desk.holder.party), now: now)) ?? 0 }
      for party in issuers.values where !party.fuse.isBlown { moved += (try? party.desk.deliver(now: now)) ?? 0 }
      for party in providers.values where !party.fuse.isBlown { moved += (try? party.desk.deliver(now: now)) ?? 0 }
    }
  }

  /// A party that crashed begins anew with what it had written.
  public func restart(_ party: Party) throws {
    fuse(of: party)?.mend()
    if let made = try issuers[party]?.make() { issuers[party]?.desk = made }
    if let made = try providers[party]?.make() { providers[party]?.desk = made }
  }
}
