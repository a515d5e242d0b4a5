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
    net.place(issuerRegistrar.book.holder.party) { [unowned self] in
      issuerRegistrar.respond(to: $0, now: now, random: random)
    }
    net.place(dataRegistrar.book.holder.party) { [unowned self] in
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

  /// Steps 51 and 52: an issuer registers PKI and gets IRC.
  @discardableResult public func addIssuer(_ name: String) throws -> Party {
    let holder = KeyHolder(try .issuer(name), key: PrivateKey(.p256, random: random))
    try issuerRegistrar.book.approve(holder.party)
    let irc: Signed<IssuerRegistration> = try net.peers(of: holder.party).ask(
      application(holder, nil, to: issuerRoot.party), of: issuerRoot.party)
    try dataRegistrar.book.subscribe(holder.party, now: now)
    let (master, store, fuse) = (cardMaster, try makeStore(), Fuse())
    var settings = IssuingApparatus.Desk.Settings(
      holder: holder, irc: irc, issuerRegistrar: issuerRoot, dataRegistrar: dataRoot,
      domain: AID(literal: "A000000151000000"), secret: Secret(random.bytes(32)),
      cardKeys: { try SCP03.Keys(master: master, diversificationData: $0) })
    settings.mandatedDomain = Self.registrarDomain
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

  /// Steps 61 and 62: a provider registers PKD and gets DPR.
  @discardableResult public func addProvider(_ name: String, domain: AID) throws -> Party {
    let holder = KeyHolder(try .provider(name), key: PrivateKey(.p256, random: random))
    try dataRegistrar.book.approve(holder.party)
    let registered: RegisteredProvider = try net.peers(of: holder.party).ask(
      application(holder, domain, to: dataRoot.party), of: dataRoot.party)
    try issuerRegistrar.book.subscribe(holder.party, now: now)
    let (store, fuse, vault, net) = (try makeStore(), Fuse(), vault, net)
    let settings = DataProvidingApparatus.Desk.Settings(
      holder: holder, registered: registered, issuerRegistrar: issuerRoot, dataRegistrar: dataRoot,
      secret: Secret(random.bytes(32)))
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
    let name = try CardName(issuer: Array(iccid.headerBytes.prefix(4)), number: iccid.headerBytes)
    try issuers[issuer]?.desk.enter(name)
    return try AgreementCard(
      iccid, name, master: cardMaster, vault: vault, peers: net.peers(of: name.user), registrar: issuerRoot,
      store: makeStore(), random: random)
  }

  /// Delivers what waits at every party, until nothing more moves.
  public func deliver() throws {
    var moved = 1
    while moved > 0 {
      moved = try issuerRegistrar.book.deliver(over: net.peers(of: issuerRoot.party), now: now)
      moved += try dataRegistrar.book.deliver(over: net.peers(of: dataRoot.party), now: now)
      for party in issuers.values where !party.fuse.isBlown { moved += (try? party.desk.deliver(now: now)) ?? 0 }
      for party in providers.values where !party.fuse.isBlown { moved += (try? party.desk.deliver(now: now)) ?? 0 }
    }
  }

  /// A party that crashed begins anew with what it had written.
  public func restart(_ party: Party) throws {
    issuers[party]?.fuse.mend()
    providers[party]?.fuse.mend()
    if let made = try issuers[party]?.make() { issuers[party]?.desk = made }
    if let made = try providers[party]?.make() { providers[party]?.desk = made }
  }
}

/// A card, its user's terminal, and what a loss of power leaves of the card.
public final class AgreementCard {
  public let name: CardName
  public let power: PowerCutLog
  /// The line between card and terminal, which may break.
  public let link: FragileLine
  public let memory: LogMemory
  /// The durable writes of the user's terminal.
  public let fuse = Fuse()
  /// The user's terminal.
  public private(set) var terminal: UserTerminal
  /// Whether the person agrees to what is asked.
  public final class Person: @unchecked Sendable {
    public var agrees = true
  }
  public let person = Person()

  init(
    _ iccid: ICCID, _ name: CardName, master: Secret, vault: KeyVault, peers: any Peers, registrar: KnownParty,
    store: any Store, random: any RandomSource
  ) throws {
    self.name = name
    power = PowerCutLog(VolatileLog())
    memory = try LogMemory(power)
    try SoftwareManagedCard.make(on: memory, iccid: iccid, master: master, vault: vault, random: random)
    link = FragileLine(InProcessCard(SoftwareManagedCard(memory: memory, vault: vault, random: random)))
    let (person, fuse) = (person, fuse)
    terminal = try UserTerminal(
      card: link, store: store, vault: vault, peers: peers, registrar: registrar,
      issuerDomain: AID(literal: "A000000151000000"), agrees: { _ in person.agrees })
    store.onCommit { try fuse.reach($0 == .before ? .before : .after) }
  }
}

/// A line to a card that breaks at a command of one's choice.
public final class FragileLine: CardLink {
  private let link: any CardLink
  private var remaining: (commands: Int, moment: Fuse.Moment)?
  /// How many commands were sent.
  public private(set) var commands = 0

  /// A line over `link` that holds.
  public init(_ link: any CardLink) { self.link = link }

  /// Breaks at the `number`th command from now, 1 being the next: before the card gets it, or before its answer comes
  /// back; nil: it holds.
  public func cut(atCommand number: Int?, _ moment: Fuse.Moment = .before) { remaining = number.map { ($0, moment) } }

  public func transmit(_ command: Command) throws(LinkError) -> Response {
    commands += 1
    var isBroken = false
    if let (left, moment) = remaining {
      remaining = left > 1 ? (left - 1, moment) : nil
      isBroken = left == 1
      if isBroken, moment == .before { throw LinkError(.broken, "the card was taken out") }
    }
    let answer = try link.transmit(command)
    if isBroken { throw LinkError(.broken, "the card was taken out") }
    return answer
  }

  public func reset() throws(LinkError) -> [UInt8] { try link.reset() }
}
