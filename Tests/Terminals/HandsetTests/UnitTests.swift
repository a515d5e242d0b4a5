import APDU
import Bytes
import CarrierTerminal
import CustomerManagement
import Handset
import HandsetRegistration
import Identifiers
import Keys
import RegistrationDevice
import SecureElement
import SecureMessages
import TestStores
import Testing
import Transport
import TransportCard
import World

private struct Company: CreditCompany {
  func answer(about card: CreditCardNumber) -> CreditAnswer { .approved(limit: 1) }
}

private struct Person: Applicant {
  func application(for purpose: Purpose) -> (creditCard: String, services: [String]) { ("4111111111111111", []) }
  func accepts(_ number: String) -> Bool { true }
}

/// A line to a module that notes which instructions pass.
private final class Tap: CardLink {
  private let card: any CardLink
  private(set) var instructions: [UInt8] = []
  init(_ card: any CardLink) { self.card = card }
  func reset() throws(LinkError) -> [UInt8] { try card.reset() }
  func transmit(_ command: Command) throws(LinkError) -> Response {
    instructions.append(command.ins)
    return try card.transmit(command)
  }
}

@Suite("What a unit keeps, and what it believes (Figs 3, 4, 21, 27)") struct UnitTests {
  private static let now = Instant(seconds: 1_800_000_000)
  private static let year = Duration.seconds(365 * 86_400)
  private let world: RegistrationWorld
  private let random = SeededRandomSource(seed: Array("units".utf8))

  init() throws { world = try Self.makeWorld("a world") }

  private static func makeWorld(_ seed: String) throws -> RegistrationWorld {
    try RegistrationWorld(
      store: StoreKind.memory.make(), network: PLMN("00101"), numbers: 5, company: Company(),
      vault: KeyVault(current: Secret([UInt8](repeating: 5, count: 32))),
      random: SeededRandomSource(seed: Array(seed.utf8)), now: now)
  }

  @Test("Fig. 4 (f, g): two units of a model that are opened and compared have nothing alike, and no key in clear")
  func comparedUnits() throws {
    let approval = try Signed(
      ModelApproval(key: world.modelKey.publicKey, role: .handset), by: world.carrier,
      term: Term(serial: 1, notBefore: Self.now, notAfter: Self.now + Self.year))
    func unit() throws -> [UInt8] { try world.factory.makeUnitKeys(approvals: [approval]).wrapped }
    let (a, b) = (try unit(), try unit())
    let windows = { (bytes: [UInt8]) in Set(bytes.indices.dropLast(4).map { Array(bytes[$0..<$0 + 4]) }) }
    #expect(a.count == b.count && windows(a).isDisjoint(with: windows(b)))
    for secret in [world.modelKey.scalar.bytes, world.modelKey.publicKey.point] {
      #expect(windows(a).isDisjoint(with: windows(secret)))
    }
  }

  @Test("Fig. 4 (f, g): what one unit keeps opens in no other") func foreignUnit() throws {
    let keys = try world.factory.makeUnitKeys(unitKey: Secret(random.bytes(32)))
    #expect(throws: KeyError.self) { try UnitKeys(wrapped: keys.wrapped, unitKey: Secret(random.bytes(32))) }
  }

  @Test("Fig. 3: the flag is set by command 8, and by a reading where power went in between") func flag() throws {
    let link = try InProcessCard(world.makeModule(.handset))
    let handset = try makeEquipped(link)
    #expect(handset.powerOn() == .unregistered && !handset.isIDWritten)
    _ = try handset.register(over: world.line(), applicant: Person())
    #expect(handset.isIDWritten)
    let keys = try world.factory.makeUnitKeys()
    let again = world.factory.makeHandset(
      keys, module: link, pattern: RegistrationWorld.pattern, clock: { Self.now })
    again.powerOn()
    #expect(again.isIDWritten && again.transmits)
  }

  @Test("Fig. 3: a built-in module that lost its ID is broken, and not one to be registered") func lostID() throws {
    let link = try InProcessCard(world.makeModule(.handset))
    try world.equip(link)
    let handset = world.factory.makeHandset(
      try world.factory.makeUnitKeys(), module: link, pattern: RegistrationWorld.pattern, isIDWritten: true,
      clock: { Self.now })
    #expect(handset.powerOn() == .unusable)
    #expect(handset.display == ["this handset cannot be used"])
  }

  @Test("Fig. 21: a handset for cards has no flag: the next card may be a new one") func noFlag() throws {
    let handset = try world.makeHandset(module: world.makeRegisteredCard(Person()))
    handset.powerOn()
    #expect(!handset.isIDWritten && handset.transmits)
  }

  @Test("Fig. 46 (b): after the reading the card sleeps, and the network's challenge wakes it") func sleep() throws {
    let card = try world.makeRegisteredCard(Person())
    let handset = try world.makeHandset(module: card)
    #expect(!card.isAsleep)
    handset.powerOn()
    #expect(card.isAsleep)
    #expect(try world.attaches(handset))
    #expect(!card.isAsleep)
    handset.powerOn()
    #expect(card.isAsleep)
  }

  private func makeEquipped(_ link: InProcessCard) throws -> Handset {
    try world.equip(link)
    return try world.makeHandset(module: link)
  }

  // MARK: The module writer

  private func statement(_ term: Term) throws -> [UInt8] {
    try Signed(
      CarrierKey(carrier: world.carrier.party, key: world.carrier.key.publicKey), by: world.consortium, term: term
    ).encoded
  }

  private func writer(at time: Instant = now) throws -> ModuleWriter {
    try ModuleWriter(
      module: InProcessCard(world.makeModule(.terminal)), authorities: world.authorities, clock: DeviceClock { time })
  }

  @Test("a module that no known maker certified never sees the password") func password() throws {
    let stranger = Tap(try InProcessCard(Self.makeWorld("another").makeModule(.handset)))
    let writer = try writer()
    try writer.load(
      statement(Term(serial: 1, notBefore: Self.now, notAfter: Self.now + Self.year)),
      password: RegistrationWorld.password)
    #expect(throws: DeviceError.foreignModule) {
      try writer.write(into: stranger, password: RegistrationWorld.password)
    }
    #expect(!stranger.instructions.contains(ModuleCommand.supervisorMode.instruction))
    #expect(throws: DeviceError.foreignModule) {
      try ModuleWriter(module: stranger, authorities: world.authorities, clock: DeviceClock { Self.now })
    }
  }

  @Test("a statement of the consortium that is over is written by no module writer") func expired() throws {
    let old = try statement(Term(serial: 1, notBefore: Self.now - Self.year, notAfter: Self.now + .seconds(86_400)))
    try writer().load(old, password: RegistrationWorld.password)
    // A clock may be a day ahead; two days after the end is too late.
    try writer(at: Self.now + .seconds(2 * 86_400)).load(old, password: RegistrationWorld.password)
    #expect(throws: DeviceError.foreignCarrier) {
      try writer(at: Self.now + .seconds(3 * 86_400)).load(old, password: RegistrationWorld.password)
    }
  }

  @Test("a carrier that proved itself sets the clock forward; one that is over does not turn it back")
  func clock() throws {
    let handset = try world.factory.makeHandset(
      world.factory.makeUnitKeys(), module: makeLink(), pattern: RegistrationWorld.pattern,
      clock: { Instant(seconds: 1_000_000) })
    // The battery was out for years: the carrier tells the time.
    _ = try handset.register(over: world.line(), applicant: Person())
    #expect(handset.transmits)
    // A carrier whose statement ended a year ago, and who says that it is still two years ago.
    let factory = HandsetFactory(
      consortiumKey: world.consortium.key.publicKey, maker: world.maker, modelKey: world.modelKey,
      signatureData: try statement(Term(serial: 2, notBefore: Self.now, notAfter: Self.now + Self.year)),
      vault: try KeyVault(current: Secret([UInt8](repeating: 5, count: 32))), random: random)
    let link = try InProcessCard(factory.makeModule(.handset, on: VolatileMemory(), now: Self.now))
    try factory.equip(link, now: Self.now)
    var time = Self.now + Self.year + Self.year
    let ahead = try factory.makeHandset(
      factory.makeUnitKeys(), module: link, pattern: RegistrationWorld.pattern, clock: { time })
    #expect(throws: DeviceError.notAuthentic) { try ahead.register(over: world.line(), applicant: Person()) }
    // In its time it was the carrier.
    time = Self.now
    #expect(throws: Never.self) { try ahead.register(over: world.line(), applicant: Person()) }
  }

  private func makeLink() throws -> InProcessCard {
    let link = try InProcessCard(world.makeModule(.handset))
    try world.equip(link)
    return link
  }
}
