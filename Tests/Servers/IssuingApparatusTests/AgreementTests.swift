import APDU
import Bytes
import ContentManagement
import DataProvidingApparatus
import GlobalPlatform
import Identifiers
import IssuingApparatus
import Keys
import MutualAgreement
import SecureMessages
import TestStores
import Testing
import Transport
import UserApparatus
import World

/// One issuer, one provider, one card with its user.
struct Pair {
  let world: AgreementWorld
  let issuer, provider: Party
  let card: AgreementCard
  let way: AgreementWay

  static let file = AID(literal: "A00000066701")
  static let module = AID(literal: "A0000006670101")
  static let application = AID(literal: "A000000667010101")
  static let domain = AID(literal: "A000000667020000")

  static func package(_ version: UInt16, size: Int = 600) -> DataPackage {
    DataPackage(
      module: module, version: version,
      files: [.init(0x6F01, shortIdentifier: 1, content: (0..<size).map { UInt8(truncatingIfNeeded: $0) })])
  }

  static func item(_ version: UInt16, size: Int = 600, issuers: [Party] = []) -> CatalogueItem {
    CatalogueItem(
      title: "Bus ticket", loadFile: file, application: application, package: package(version, size: size),
      price: 250, issuers: issuers)
  }

  /// `beforehand` prepares the world in which they meet.
  init(
    _ way: AgreementWay, quota: Int = 20_000, isReady: Bool = true,
    beforehand: (AgreementWorld) throws -> Void = { _ in }
  ) throws {
    self.way = way
    world = try AgreementWorld(makeStore: { try StoreKind.current.make() })
    try beforehand(world)
    issuer = try world.addIssuer("bank")
    provider = try world.addProvider("bus", domain: Self.domain)
    try world.agree(issuer, provider, way, quota: quota)
    card = try world.card(try ICCID("89490200001000000012"), of: issuer)
    let (one, two) = (Self.item(1), Self.item(2, size: 900))
    try providing.offer(one)
    try providing.offer(two)
    if way == .certifiedData {
      for version in [1, 2] as [UInt16] { try providing.certify(Self.file, version: version, now: world.now) }
    }
    guard isReady else { return }
    try register()
    try admit()
  }

  var issuing: IssuingApparatus.Desk { get throws { try #require(world.issuers[issuer]?.desk) } }
  var providing: DataProvidingApparatus.Desk { get throws { try #require(world.providers[provider]?.desk) } }
  /// Whom the card asks.
  var door: Party { way == .throughIssuer ? issuer : provider }

  func register() throws {
    try card.terminal.register(with: issuer, user: "a user", now: world.now, random: world.random)
  }

  /// The issuer's handover comes to the provider between the two halves of an admission.
  func admit() throws {
    do { try card.terminal.admit(provider, now: world.now, random: world.random) } catch UserApparatusError.refused(
      .noDomain)
    {
      try world.deliver()
      try card.terminal.resume()
    }
    try world.deliver()
  }

  func ask(_ operation: ContentOperation, _ version: UInt16 = 1, through: Party? = nil) throws {
    try card.terminal.ask(
      operation, StoringDataInformation(loadFile: Self.file, version: version), of: provider, through: through ?? door,
      now: world.now, random: world.random)
    try world.deliver()
  }

  /// A wish to store that never arrived.
  func lastWish() throws -> [UInt8]? {
    world.net.clear()
    world.net.fate = { _, _, _ in .lost }
    try? ask(.store)
    world.net.fate = { _, _, _ in .arrives }
    return world.net.passages.first?.message
  }

  /// What the application on the card shows; nil where there is none.
  func shown() throws -> [UInt8]? {
    let channel = TerminalChannel(card.link)
    let answer = try channel.send(
      Command(cla: 0, ins: 0xA4, p1: 4, p2: 0, data: Self.application.bytes, le: 256))
    guard answer.status.isSuccess else { return nil }
    return try channel.send(Command(cla: 0, ins: 0xB0, p1: 0x81, p2: 0, le: 256)).data
  }

  func versions() throws -> (issuer: [UInt16?], provider: [UInt16?]) {
    (try issuing.book().map(\.version), try providing.book().map(\.version))
  }
}

@Suite("C1 to C5: what issuer and provider agree on", .overEveryStore) struct AgreementTests {
  @Test("C1, C5 (11–13, 51–52): the card is registered with its user, and bears RC and IRC that anybody can verify")
  func registration() throws {
    let pair = try Pair(.throughProvider, isReady: false)
    #expect(throws: UserApparatusError.notRegistered) { try pair.card.terminal.registration(at: pair.world.now) }
    try pair.register()
    let (issuer, registration) = try pair.card.terminal.registration(at: pair.world.now)
    #expect(issuer == pair.issuer)
    #expect(registration.rc.claimedBody.card == pair.card.name)
    #expect(try pair.issuing.cards().map(\.isRegistered) == [true])
  }

  @Test(
    "C2 and C3 (21–24, 31–34): both agree, the card stores, the receipt closes both books; and deletion likewise",
    arguments: [AgreementWay.throughIssuer, .throughProvider])
  func bothAgree(_ way: AgreementWay) throws {
    let pair = try Pair(way)
    #expect(try pair.shown() == nil)
    try pair.ask(.store)
    #expect(try pair.shown() == Pair.package(1).files[0].content.prefix(256) + [])
    var versions = try pair.versions()
    #expect(versions.issuer == [1] && versions.provider == [1])
    #expect(try pair.issuing.book().map(\.wanted) == [nil] && pair.providing.book().map(\.wanted) == [nil])
    // A newer version takes the older one's place.
    try pair.ask(.store, 2)
    versions = try pair.versions()
    #expect(versions.issuer == [2] && versions.provider == [2])
    #expect(throws: UserApparatusError.refused(.olderVersion)) { try pair.ask(.store, 1) }
    try pair.ask(.delete, 2)
    #expect(try pair.shown() == nil)
    #expect(try pair.issuing.book().isEmpty && pair.providing.book().isEmpty)
    #expect(try pair.card.terminal.pending().isEmpty)
  }
}
