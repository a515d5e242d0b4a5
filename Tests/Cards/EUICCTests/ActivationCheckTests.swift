import Bytes
import EUICC
import Identifiers
import Keys
import ProfileFactory
import ProfileMove
import ProfilePackage
import SGP22
import SecureElement
import TestSupport
import Testing
import World

/// D1 (Fig. 4): a profile that its provider signed is used on the eUICC that it was signed for, and nowhere else.
@Suite("D1: activation check (Fig. 4, 402 to 406)") struct ActivationCheckTests {
  private static let start = TestCircle.start
  private let world: TestCircle
  private let server: TestServer
  private let iccid: ICCID
  private let imsi: IMSI
  private let key = Secret((0..<16).map { 0xC0 + $0 })

  init() throws {
    world = try TestCircle()
    server = try TestServer(world)
    iccid = try ICCID("89882110000000000018")
    imsi = try IMSI("001010123456789")
  }

  private func card(_ seed: String = "card") throws -> TestCard {
    try TestCard(world.personalisation(seed: seed), installer: PackageInstaller())
  }

  private func eid(_ card: TestCard) throws -> EID { try card.call(ES10c.GetEID.self, .init()).eidValue }

  /// The profile with a seal for `eid`, by CERT.DPpb or another party.
  private func package(
    for eid: EID, _ form: SealedIdentity.Form = .whole, by party: TestCircle.Party? = nil, named iccid: ICCID? = nil
  ) throws -> [UInt8] {
    var data = PersonalData(iccid: self.iccid, imsi: imsi)
    data.authentication = .milenage(k: key, opc: Secret([UInt8](repeating: 0x0C, count: 16)))
    let package = try BaseProfile.template().personalise(with: data).encoded
    let party = party ?? server.binding
    return try Sealer(party.certificate, oid: world.oid, key: party.key, form: form).seal(
      package, of: iccid ?? self.iccid, for: eid, now: Self.start, random: world.random)
  }

  private func install(_ package: [UInt8], on card: TestCard) throws -> ProfileInstallationResult {
    try server.download(server.contents(iccid, package: package), into: card)
  }

  private func enable(_ card: TestCard) throws -> ES10c.EnableProfile.Result {
    try card.call(ES10c.EnableProfile.self, .init(profileIdentifier: .iccid(iccid), refreshFlag: false)).result
  }

  private func state(_ card: TestCard) throws -> ProfileState? { try card.profiles().first?.profileState }

  /// A card on which the profile is enabled.
  private func enabled(_ form: SealedIdentity.Form = .whole) throws -> TestCard {
    let card = try card()
    #expect(try install(package(for: eid(card), form), on: card).success != nil)
    #expect(try enable(card) == .ok)
    return card
  }

  /// Another eUICC with all that is on `card`, but for what is its own: EID and keys.
  private func copy(of card: TestCard) throws -> TestCard {
    func contents(_ card: TestCard) -> [MemoryKey: [UInt8]] {
      Dictionary(
        card.memory.map.snapshot.compactMap { if case .set(let key, let content) = $0 { (key, content) } else { nil } },
        uniquingKeysWith: { $1 })
    }
    let (blank, other) = (contents(try self.card()), contents(try self.card("other")))
    var changes = card.memory.map.snapshot
    changes += other.filter { blank[$0.key] != $0.value }.map { .set($0.key, $0.value) }
    let memory = VolatileMemory()
    memory.commit(changes)
    return try TestCard(memory: memory, installer: PackageInstaller())
  }

  /// The card with other bytes in place of `bytes`, wherever they stand.
  private func change(_ bytes: [UInt8], to others: [UInt8], on card: TestCard) throws -> TestCard {
    var count = 0
    let changes = card.memory.map.snapshot.map { change in
      guard case .set(let key, let content) = change else { return change }
      let changed = content.replacing(bytes, with: others)
      count += changed == content ? 0 : 1
      return .set(key, changed)
    }
    #expect(count > 0)
    let memory = VolatileMemory()
    memory.commit(changes)
    return try TestCard(memory: memory, installer: PackageInstaller())
  }

  /// Step 404: it is disabled at boot, its provider is told, and the user cannot select it.
  private func expectUnused(_ card: TestCard, _ comment: Comment) throws {
    #expect(try state(card) == .disabled, comment)
    #expect(try card.visibleName() == "base", comment)
    #expect(try card.notifications().last?.profileManagementOperation == [.notificationDisable], comment)
    #expect(try enable(card) == .undefinedError, comment)
    #expect(try state(card) == .disabled, comment)
  }

  private static let forms: [SealedIdentity.Form] = [
    .whole, [.secureElement, .imsi], .secureElement, .imsi, .key, [.imsi, .key],
  ]

  @Test("402, 406: what was signed for this eUICC is used, after selection and after every boot", arguments: forms)
  func used(form: SealedIdentity.Form) throws {
    let card = try enabled(form)
    try card.powerOn()
    #expect(try state(card) == .enabled)
    #expect(try card.visibleName() != "base")
  }

  @Test(
    "403: a profile copied byte for byte to another eUICC is not used there, where the EID is signed", arguments: forms)
  func copied(form: SealedIdentity.Form) throws {
    let copy = try copy(of: enabled(form))
    // Formula 3: without the EID it does not show.
    guard form.contains(.secureElement) else { return #expect(try state(copy) == .enabled) }
    try expectUnused(copy, "\(form)")
  }

  @Test("405: another IMSI in the profile is found out, where the IMSI is signed", arguments: forms)
  func otherIMSI(form: SealedIdentity.Form) throws {
    let card = try change(imsi.bytes, to: IMSI("001010123456780").bytes, on: enabled(form))
    // Formula 2: without the IMSI it does not show.
    guard form.contains(.imsi) else { return #expect(try state(card) == .enabled) }
    try expectUnused(card, "\(form)")
  }

  @Test("405: another K in the profile is found out, where K is signed", arguments: forms)
  func otherKey(form: SealedIdentity.Form) throws {
    let card = try change(key.bytes, to: key.bytes.reversed(), on: enabled(form))
    guard form.contains(.key) else { return #expect(try state(card) == .enabled) }
    try expectUnused(card, "\(form)")
  }

  @Test("405: a signature with any byte changed is none") func signature() throws {
    let card = try enabled()
    let seal = try #require(
      try Package(decoding: package(for: eid(card))).first(PE.NonStandard.self)?.content)
    let kept = try #require(
      card.memory.map.snapshot.compactMap { change in
        if case .set(_, let content) = change, content.count > seal.count,
          content.contains(server.binding.certificate.encoded)
        {
          content
        } else {
          nil as [UInt8]?
        }
      }.first)
    for index in stride(from: kept.count - 40, to: kept.count, by: 7) {
      var changed = kept
      changed[index] ^= 1
      try expectUnused(try change(kept, to: changed, on: card), "byte \(index)")
    }
  }

  @Test(
    "a profile signed for another eUICC, under another number, by nobody of the circle, or with a certificate of another role is not installed, and leaves no trace"
  )
  func refused() throws {
    let card = try card()
    let eid = try eid(card)
    let used = card.memory.map.areas
    let stranger = try TestServer(TestCircle(seed: "elsewhere"))
    let packages = [
      try package(for: Personalisation.eid(prefix: "89049032", seed: Array("other".utf8))),
      try package(for: eid, named: ICCID("89882110000000000026")),
      try package(for: eid, by: stranger.binding),
      try package(for: eid, by: server.auth),
      try package(for: eid, by: .init(certificate: server.binding.certificate, key: server.auth.key)),
    ]
    for (index, package) in packages.enumerated() {
      let error = try install(package, on: card).error
      #expect(error?.errorReason == .installFailedDueToPEProcessingError, "\(index)")
      #expect(try card.profiles().isEmpty)
      #expect(card.memory.map.areas == used)
    }
    #expect(try install(package(for: eid), on: card).success != nil)
  }

  @Test("a new seal takes the place of an old one, and all else in the package stays as it is") func again() throws {
    let first = try package(for: eid(card()))
    let second = try package(for: eid(card("other")))
    func rest(_ bytes: [UInt8]) throws -> [[UInt8]] {
      let package = try Package(decoding: bytes)
      return package.elements.indices.filter { !(package.elements[$0] is PE.NonStandard) }.map(package.encoded(at:))
    }
    #expect(try rest(first) == rest(second))
    let resealed = try Sealer(server.binding.certificate, oid: world.oid, key: server.binding.key).seal(
      first, of: iccid, for: eid(card("other")), now: Self.start, random: world.random)
    #expect(try Package(decoding: resealed).elements.count { $0 is PE.NonStandard } == 1)
    #expect(try rest(resealed) == rest(first))
    #expect(Lint.findings(in: try Package(decoding: resealed)).filter { $0.severity == .error }.isEmpty)
  }
}
