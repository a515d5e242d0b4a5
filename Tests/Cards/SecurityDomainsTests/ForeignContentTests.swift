import APDU
import Bytes
import GlobalPlatform
import Identifiers
import Keys
import SecureElement
import SecurityDomains
import TestSupport
import Testing

@Suite("GlobalPlatform Card Specification 2.3: nobody gets hold of another's content by a way round")
struct
  ForeignContentTests
{
  static let domainLoadFile = AID(literal: "A0000001515350")
  static let domainModule = AID(literal: "A000000151535041")

  /// An application of the card's own that does nothing.
  final class Applet: Application {}

  static let own = CardModule(
    loadFile: AID(literal: "A0000006670F"), module: AID(literal: "A0000006670F01"), area: .application(6),
    make: { Applet() })

  static func package(_ module: AID) -> LoadFile {
    LoadFile(dataBlock: DataPackage(module: module, version: 1, files: []).encoded)
  }

  static func application(_ aid: AID, _ privileges: Privileges = []) -> Install.Request {
    .install(file: nil, module: nil, application: aid, privileges: privileges, isSelectable: true)
  }

  @Test("§11.5: the names of what the card was made with are nobody's to take") func reserved() throws {
    let shared = try SharedCard([.securityDomain, .authorizedManagement])
    for aid in [Self.domainLoadFile, Self.domainModule] {
      #expect(try shared.card.load(SharedCard.file, as: aid).status == .conditionsOfUse)
      #expect(try shared.card.install(.securityDomain, as: aid).status == .conditionsOfUse)
      #expect(try shared.card.load(Self.package(aid)).status == .conditionsOfUse)
    }
    let card = try ManagedCard(modules: [Self.own])
    try card.open()
    for aid in [Self.own.loadFile, Self.own.module] {
      #expect(try card.load(SharedCard.file, as: aid).status == .conditionsOfUse)
      #expect(try card.install(.securityDomain, as: aid).status == .conditionsOfUse)
      #expect(try card.load(Self.package(aid)).status == .conditionsOfUse)
    }
    #expect(try card.load(SharedCard.file).status == .ok)
    #expect(try card.installPackage(Self.own.module).status == .conditionsOfUse)
    func install(_ aid: AID) throws -> StatusWord {
      try card.send(
        Install(
          .install(file: nil, module: Self.own.module, application: aid, privileges: [], isSelectable: true)
        ).command()
      ).status
    }
    #expect(try install(Self.own.loadFile) == .conditionsOfUse)
    #expect(try install(Self.own.module) == .ok, "but for the application itself")
    // A load file is what is named, not an application that has the name.
    #expect(try card.installPackage(of: Self.own.module).status == .referencedDataNotFound)
  }

  @Test("§11.5.2.3.4: with a load file go its applications in the same domain, and no others") func extradition() throws
  {
    let card = try ManagedCard()
    try card.open()
    let second = AID(literal: "A000000667010102")
    #expect(try card.install(.securityDomain, as: ContentNames.provider).status == .ok)
    #expect(try card.install(.securityDomain, as: ContentNames.other).status == .ok)
    #expect(try card.load(SharedCard.file).status == .ok)
    #expect(try card.installPackage().status == .ok)
    #expect(try card.installPackage(second).status == .ok)
    for (object, domain) in [
      (ContentNames.application, ContentNames.other), (ContentNames.file, ContentNames.provider),
    ] {
      #expect(try card.send(Install(.extradition(object: object, domain: domain)).command()).status == .ok)
    }
    let domains = Dictionary(
      uniqueKeysWithValues: try card.registry(.applications).map { ($0.aid, $0.domain) })
    #expect(domains[ContentNames.application] == ContentNames.other)
    #expect(domains[second] == ContentNames.provider)
  }

  @Test("§11.2: applications in other domains go with a domain's load files, and their owners are asked")
  func deletion()
    throws
  {
    let shared = try SharedCard([.securityDomain, .tokenVerification])
    let card = shared.card
    try card.open()
    #expect(try card.install(.securityDomain, as: ContentNames.other).status == .ok)
    #expect(try card.load(SharedCard.file, domain: ContentNames.other).status == .ok)
    #expect(try card.installPackage().status == .ok)
    let move = Install(
      .extradition(object: ContentNames.application, domain: ContentNames.provider), parameters: shared.parameters(1))
    #expect(try card.send(move.command(token: shared.provider.sign(move.tokenData))).status == .ok)
    #expect(try shared.delete(ContentNames.other, number: 2, by: nil).status == .conditionsOfUse)
    #expect(try shared.delete(ContentNames.other, number: 2, by: shared.provider).status == .ok)
    #expect(try card.registry(.applications).map(\.aid) == [ContentNames.provider])
    #expect(try card.registry(.loadFiles).isEmpty)
  }

  @Test("§9.2: what is below a domain with token verification is the issuer's to touch with its token alone")
  func subDomain() throws {
    let shared = try SharedCard([.securityDomain, .authorizedManagement, .tokenVerification])
    let card = shared.card
    #expect(try card.install(.securityDomain, as: ContentNames.other).status == .ok)
    try card.open()
    #expect(try card.load(SharedCard.file, domain: ContentNames.other).status == .conditionsOfUse)
    #expect(try shared.delete(ContentNames.other, number: 1, by: nil).status == .conditionsOfUse)
    #expect(
      try card.load(
        SharedCard.file, domain: ContentNames.other, signing: { try shared.provider.sign($0.tokenData) },
        parameters: shared.parameters(1)
      ).status == .ok)
    #expect(try shared.delete(ContentNames.other, number: 2, by: shared.provider).status == .ok)
  }

  @Test("§9.2: a domain that needs tokens itself allows nobody below it anything") func delegatedAgain() throws {
    let shared = try SharedCard([.securityDomain, .delegatedManagement, .tokenVerification])
    let card = shared.card
    let made = Install(
      Self.application(ContentNames.other, [.securityDomain, .delegatedManagement]), parameters: shared.parameters(1))
    #expect(try card.send(made.command(token: shared.issuer.sign(made.tokenData))).status == .ok)
    try card.open(ContentNames.other, keys: shared.providerKeys)
    func load(_ key: PrivateKey) throws -> StatusWord {
      try card.load(SharedCard.file, signing: { try key.sign($0.tokenData) }, parameters: shared.parameters(2)).status
    }
    #expect(try load(shared.provider) == .conditionsOfUse)
    #expect(try load(shared.issuer) == .ok)
  }

  @Test("§C.4: a token is for the domain that it names") func tokenOfAnother() throws {
    let shared = try SharedCard()
    var parameters = shared.parameters(1)
    func install() throws -> StatusWord {
      let made = Install(Self.application(ContentNames.other, .securityDomain), parameters: parameters)
      return try shared.card.send(made.command(token: shared.issuer.sign(made.tokenData))).status
    }
    for provider in [nil, ManagedCard.domain.bytes, ContentNames.other.bytes] {
      parameters.tokenReference?.provider = provider
      #expect(try install() == .conditionsOfUse)
    }
    parameters.tokenReference?.provider = ContentNames.provider.bytes
    #expect(try install() == .ok)
    // The command itself may name it.
    parameters.tokenReference?.provider = nil
    parameters.tokenReference?.number = 2
    func load(_ domain: AID?) throws -> StatusWord {
      try shared.card.load(
        SharedCard.file, domain: domain, signing: { try shared.issuer.sign($0.tokenData) }, parameters: parameters
      ).status
    }
    #expect(try load(nil) == .conditionsOfUse)
    #expect(try load(ContentNames.provider) == .ok)
  }

  private func store(_ hex: String, _ card: ManagedCard) throws -> StatusWord {
    try card.send(Command(cla: 0x80, ins: 0xE2, p1: 0x90, p2: 0, data: [UInt8](hex: hex), le: 256)).status
  }

  @Test("§11.11: whose card it is stays as it is once there is anybody's content on it") func renamed() throws {
    let shared = try SharedCard()
    try shared.card.open()
    #expect(try store("4502AABB", shared.card) == .conditionsOfUse)
    #expect(try store("4202AABB", shared.card) == .conditionsOfUse)
    #expect(try shared.card.raw("80CA004500").status == .securityStatus)
    shared.card.close()
    _ = try shared.card.select(ManagedCard.domain)
    #expect(try shared.card.raw("80CA004500").data == [0x45, 4] + ManagedCard.number)
  }

  @Test("§11.5.2.3.6: a domain with keys of its own is its owner's to fill") func foreignPersonalization() throws {
    let shared = try SharedCard([.securityDomain, .authorizedManagement])
    let card = shared.card
    #expect(try store("C801AA", card) == .ok)
    try card.open()
    func personalize(_ aid: AID) throws -> StatusWord {
      try card.send(Install(.personalization(application: aid)).command()).status
    }
    #expect(try personalize(ContentNames.provider) == .conditionsOfUse)
    #expect(try card.install(.securityDomain, as: ContentNames.other).status == .ok)
    #expect(try personalize(ContentNames.other) == .ok)
    #expect(try store("C801BB", card) == .ok)
    for (aid, content) in [(ContentNames.provider, "C801AA"), (ContentNames.other, "C801BB")] {
      _ = try card.select(aid)
      #expect(try card.raw("80CA00C800").data.hex == content)
    }
  }

  @Test("§11.5.2.3.6: data are for the object that was named, not for one that came into its place") func reused()
    throws
  {
    let card = try ManagedCard()
    try card.open()
    #expect(try card.install(.securityDomain, as: ContentNames.provider).status == .ok)
    #expect(try card.send(Install(.personalization(application: ContentNames.provider)).command()).status == .ok)
    #expect(try card.send(Delete(.object(ContentNames.provider, related: true)).command()).status == .ok)
    // INSTALL would end it on this channel.
    let host = card.host
    card.channel = 1
    #expect(try card.raw("0070000101").status == .ok)
    try card.open()
    #expect(try card.install(.securityDomain, as: ContentNames.other).status == .ok)
    card.channel = 0
    card.resume(host)
    #expect(try store("C801AA", card) == .conditionsOfUse)
    card.close()
    _ = try card.select(ContentNames.other)
    #expect(try card.raw("80CA00C800").status == .referencedDataNotFound)
  }

  @Test("an older version is refused under another name, and by way of another domain") func downgradeElsewhere() throws
  {
    let card = try ManagedCard()
    try card.open()
    let (second, third) = (AID(literal: "A00000066702"), AID(literal: "A00000066703"))
    #expect(try card.install(.securityDomain, as: ContentNames.provider).status == .ok)
    #expect(try card.install([.securityDomain, .dapVerification], as: ContentNames.other).status == .ok)
    func load(_ version: UInt16, _ aid: AID, _ domain: AID) throws -> StatusWord {
      try card.load(LoadFile(dataBlock: ManagedCard.package(version).encoded), as: aid, domain: domain).status
    }
    func extradite(_ aid: AID, _ domain: AID) throws -> StatusWord {
      try card.send(Install(.extradition(object: aid, domain: domain)).command()).status
    }
    #expect(try load(2, ContentNames.file, ContentNames.provider) == .ok)
    #expect(try load(1, second, ContentNames.provider) == .conditionsOfUse)
    #expect(try load(1, second, ManagedCard.domain) == .ok)
    #expect(try extradite(second, ContentNames.provider) == .conditionsOfUse)
    #expect(try load(3, third, ManagedCard.domain) == .ok)
    #expect(try extradite(third, ContentNames.provider) == .ok)
    #expect(try load(2, ContentNames.file, ContentNames.provider) == .conditionsOfUse)
    // §9.2.1: nor is there a way round a domain's DAP.
    #expect(try load(3, AID(literal: "A00000066704"), ContentNames.other) == .wrongData)
    #expect(try extradite(third, ContentNames.other) == .conditionsOfUse)
    #expect(try card.installPackage(of: third).status == .ok)
    #expect(try extradite(ContentNames.application, ContentNames.other) == .conditionsOfUse)
  }

  @Test("Amendment F §7.4: the days that one domain was told are not another's") func days() throws {
    let shared = try SharedCard()
    let card = shared.card
    let place = KeyReference.certificateAuthority
    func verify(_ from: String?, _ to: String) throws -> StatusWord {
      let certificate = try CardCertificate(
        .init(
          serialNumber: [1], issuer: [2], subject: [3], effective: from, expiration: to,
          key: shared.provider.publicKey), signedBy: shared.provider)
      return try card.send(certificate.command(version: place.version, identifier: place.identifier)).status
    }
    #expect(try card.put(shared.provider.publicKey, place).status == .ok)
    #expect(try verify("20990101", "20981231") == .wrongData, "it ends before it begins")
    #expect(try verify("20990101", "20990230") == .wrongData, "no day of the calendar")
    #expect(try verify("20991231", "20991231") == .ok)
    #expect(try verify(nil, "20291231") == .wrongData)
    try card.open()
    #expect(try card.put(shared.provider.publicKey, place).status == .ok)
    #expect(try verify("20260101", "20291231") == .ok)
  }

  @Test("§9.7: a quota counts lines of the registry and keys, not only what is loaded") func quotaOfLines() throws {
    let card = try ManagedCard()
    try card.open()
    let (none, some) = (ContentNames.provider, ContentNames.other)
    let privileges: Privileges = [.securityDomain, .authorizedManagement]
    #expect(try card.install(privileges, as: none, quota: 1).status == .ok)
    #expect(try card.install(privileges, as: some, quota: 1000).status == .ok)
    func names(_ first: UInt8) throws -> [AID] { try (0..<10).map { try AID([0xA0, 0, 0, 6, 0x67, first, $0]) } }
    try card.open(none)
    for aid in try names(1) { #expect(try card.install(.securityDomain, as: aid).status == .notEnoughMemory) }
    #expect(
      try card.put(PrivateKey(.p256, random: SystemRandomSource.shared).publicKey, KeyReference.token).status
        == .notEnoughMemory)
    try card.open(some)
    let made = try names(2).map { try card.install(.securityDomain, as: $0).status }
    #expect(made == [StatusWord](repeating: .ok, count: 7) + [StatusWord](repeating: .notEnoughMemory, count: 3))
  }
}
