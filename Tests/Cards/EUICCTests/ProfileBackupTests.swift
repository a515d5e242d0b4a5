import APDU
import Bytes
import CircleOfTrust
import EUICC
import Identifiers
import Keys
import ProfileFactory
import ProfileMove
import ProfilePackage
import SGP22
import SecureElement
import SecureMessages
import TLV
import TestSupport
import Testing
import UICC
import World

/// Steps 525 to 550: the profile's own operator gets a backup of it, and nobody else; what was in it arrives in the new one.
@Suite("D2: backup and restoration of a profile (Fig. 5, 525 to 550)") struct ProfileBackupTests {
  private static let start = TestCircle.start
  private let world: TestCircle
  private let server: TestServer
  private let provider: TestCircle.Party
  private let desk: BackupDesk
  private let iccid: ICCID
  private let key = Secret((0..<16).map { 0xC0 + $0 })

  init() throws {
    world = try TestCircle()
    server = try TestServer(world)
    iccid = try ICCID("89882110000000000018")
    provider = try world.issue(.profileProvider(world.oid, of: PLMN("00101")))
    desk = Self.desk(provider, world)
  }

  private static func desk(_ party: TestCircle.Party, _ world: TestCircle, secret: UInt8 = 5) -> BackupDesk {
    BackupDesk(
      party.certificate, oid: world.oid, key: party.key, secret: Secret([UInt8](repeating: secret, count: 32)),
      circle: Circle(roots: [world.root.certificate]))
  }

  private func package(_ iccid: ICCID, contacts: Int = 10, k: Secret? = nil) throws -> Package {
    var data = PersonalData(iccid: iccid, imsi: try IMSI("001010123456789"))
    data.authentication = .milenage(k: k ?? key, opc: Secret([UInt8](repeating: 0x0C, count: 16)))
    var package = try BaseProfile.template(contacts: contacts).personalise(with: data)
    package.insert(Self.tickets, at: package.count - 1)
    return package
  }

  /// An operator's application with a file that a user writes.
  private static let ticketsAID = AID(literal: "F0000000015449434B")
  private static var tickets: PE.GenericFileManagement {
    var (directory, file) = (Fcp(), Fcp())
    (directory.fileDescriptor, directory.fileID, directory.dfName) = ([0x78, 0x21], 0x7FD5, ticketsAID)
    (directory.pinStatusTemplateDO, directory.securityAttributesReferenced) = ([0x01], [0x2F, 0x06, 0x05])
    (file.fileDescriptor, file.fileID, file.fileSize) = ([0x41, 0x21], 0x6F01, 12)
    file.securityAttributesReferenced = [0x2F, 0x06, 0x05]
    return PE.GenericFileManagement(500, [.createFCP(directory), .createFCP(file)])
  }

  private func card(_ seed: String = "card") throws -> TestCard {
    try TestCard(world.personalisation(seed: seed), installer: PackageInstaller())
  }

  private func eid(_ card: TestCard) throws -> EID { try card.call(ES10c.GetEID.self, .init()).eidValue }

  private func install(_ package: Package, _ iccid: ICCID, on card: TestCard) throws {
    let eid = try eid(card)
    let sealed = try Sealer(server.binding.certificate, oid: world.oid, key: server.binding.key).seal(
      package.encoded, of: iccid, for: eid, now: Self.start, random: world.random)
    let result = try server.download(server.contents(iccid, package: sealed), into: card)
    #expect(result.success != nil)
    let enabled = try card.call(
      ES10c.EnableProfile.self, .init(profileIdentifier: .iccid(iccid), refreshFlag: false))
    #expect(enabled.result == .ok)
  }

  /// A card in use: with a contact, a short message and a language.
  private func used() throws -> TestCard {
    let card = try card()
    try install(package(iccid), iccid, on: card)
    try card.powerOn()
    try Self.write(UserData.contact, 2, at: [0x7F10, 0x5F3A, 0x4F58], on: card)
    try Self.write(UserData.message, 1, at: [0x7FFF, 0x6F3C], on: card)
    try Self.selectTicket(on: card)
    #expect(try card.send(Command(cla: 0, ins: 0xD6, p1: 0, p2: 0, data: UserData.ticket)).status == .ok)
    try card.select(.isdr)
    return card
  }

  private enum UserData {
    /// EF.ADN: 16 bytes of name, length, type, number, two bytes of links.
    static let contact =
      Array("Gro\u{df}mutter".unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }).padded(16)
      + [0x06, 0x91, 0x94, 0x71, 0x32, 0x54, 0x76].padded(14)
    static let ticket = Array("Gleis 9, 3/4".utf8)
    static let message = [0x01, 0x07, 0x91, 0x94, 0x71].padded(176)
  }

  private static func select(_ path: [UInt16], on card: TestCard) throws {
    let channel = card.channel
    card.channel = 0
    defer { card.channel = channel }
    if path.first == 0x7FFF {
      try card.select(BaseProfile.usimAID)
      _ = try card.transmit(Command(cla: 0, ins: 0xA4, p1: 0, p2: 0x04, data: path[1].bigEndianBytes))
    } else {
      _ = try card.transmit(
        Command(cla: 0, ins: 0xA4, p1: 0x08, p2: 0x04, data: path.flatMap(\.bigEndianBytes)))
    }
  }

  private static func selectTicket(on card: TestCard) throws {
    try card.select(ticketsAID)
    _ = try card.transmit(Command(cla: 0, ins: 0xA4, p1: 0, p2: 0x04, data: [0x6F, 0x01]))
  }

  private static func write(_ record: [UInt8], _ number: UInt8, at path: [UInt16], on card: TestCard) throws {
    try select(path, on: card)
    let answer = try card.send(Command(cla: 0, ins: 0xDC, p1: number, p2: 0x04, data: record))
    #expect(answer.status == .ok, "\(answer.status)")
    try card.select(.isdr)
  }

  private static func read(_ number: UInt8, _ length: Int, at path: [UInt16], on card: TestCard) throws -> [UInt8] {
    try select(path, on: card)
    let answer = try card.transmit(Command(cla: 0, ins: 0xB2, p1: number, p2: 0x04, le: length))
    try card.select(.isdr)
    return answer.data
  }

  private func request(
    _ card: TestCard, _ parts: BackupParts = .usual, by desk: BackupDesk? = nil, named name: String = "move 1",
    of iccid: ICCID? = nil
  ) throws -> BackUpProfile.Request {
    try (desk ?? self.desk).request(
      iccid ?? self.iccid, on: eid(card), parts, named: name, now: Self.start, until: Self.start + .seconds(3600))
  }

  private func answer(_ request: BackUpProfile.Request, _ card: TestCard) throws -> BackUpProfile.Answer {
    switch try card.call(BackUpProfile.self, request) {
    case .ok(let answer): return answer
    case .error(let failure): throw failure
    }
  }

  private func failure(_ request: BackUpProfile.Request, _ card: TestCard) throws -> BackUpProfile.Failure? {
    if case .error(let failure) = try card.call(BackUpProfile.self, request) { failure } else { nil }
  }

  @Test("535 to 550: phone book, messages and an application's data of profile 1 are read on another card, K stays")
  func arrives() throws {
    let (old, new) = (try used(), try card("other"))
    let backup = try desk.open(
      answer(request(old), old), of: iccid, on: eid(old), named: "move 1", now: Self.start)
    #expect(backup.keys == nil)
    #expect(!backup.encodedFields.contains(key.bytes))
    var second = try package(ICCID("89882110000000000026"), k: Secret([UInt8](repeating: 9, count: 16)))
    #expect(second.restore(backup.files) == [])
    try install(second, ICCID("89882110000000000026"), on: new)
    try new.powerOn()
    #expect(try Self.read(2, 30, at: [0x7F10, 0x5F3A, 0x4F58], on: new) == UserData.contact)
    #expect(try Self.read(1, 176, at: [0x7FFF, 0x6F3C], on: new) == UserData.message)
    try Self.selectTicket(on: new)
    #expect(try new.transmit(Command(cla: 0, ins: 0xB0, p1: 0, p2: 0, le: 12)).data == UserData.ticket)
    try new.select(.isdr)
    // The first profile is as it was.
    #expect(try Self.read(2, 30, at: [0x7F10, 0x5F3A, 0x4F58], on: old) == UserData.contact)
  }

  @Test("535: whole or in part: what was not asked for is not there, what the person keeps back is listed")
  func parts() throws {
    let card = try used()
    func backup(_ parts: BackupParts, allowed: BackupParts = .all) throws -> ProfileBackup {
      try desk.open(
        answer(request(card, parts).allowing(allowed), card), of: iccid, on: eid(card), named: "move 1",
        now: Self.start)
    }
    #expect(try backup(.contacts).files.map(\.path) == [[0x7F, 0x10, 0x5F, 0x3A, 0x4F, 0x58]])
    #expect(try backup(.messages).files.map(\.path) == [[0x6F, 0x3C]])
    #expect(try backup(.applications).files.map(\.application) == [Self.ticketsAID])
    let kept = try backup(.usual, allowed: .messages)
    #expect(kept.files.map(\.path) == [[0x6F, 0x3C]])
    #expect(kept.leftOut.map(\.part) == ["contacts", "preferences", "applications"])
    // K by name alone, and only where the person lets it go.
    #expect(try backup(.all).keys?.k == key)
    #expect(try backup(.all, allowed: .usual).keys == nil)
  }

  @Test("540: the certificate's MNO is the profile's; another's, or none, gets nothing") func otherOperator() throws {
    let card = try used()
    let stranger = try world.issue(.profileProvider(world.oid, of: PLMN("00102")))
    #expect(try failure(request(card, by: Self.desk(stranger, world)), card) == .notTheOperator)
    #expect(try failure(request(card, by: Self.desk(server.binding, world)), card) == .notTheOperator)
    let outsider = try TestCircle(seed: "another circle").issue(.profileProvider(world.oid, of: PLMN("00101")))
    #expect(try failure(request(card, by: Self.desk(outsider, world)), card) == .certificate)
    // The right certificate, and another's key.
    let forged = BackupDesk(
      provider.certificate, oid: world.oid, key: stranger.key, secret: Secret([UInt8](repeating: 5, count: 32)),
      circle: Circle(roots: [world.root.certificate]))
    #expect(try failure(request(card, by: forged), card) == .request)
  }

  @Test("530: a request for another secure element, another profile, or one that is over gets nothing")
  func otherElement() throws {
    let (card, other) = (try used(), try card("other"))
    #expect(try failure(request(other), card) == .request)
    #expect(try failure(request(card, of: ICCID("89882110000000000026")), card) == .profile)
    let over = try desk.request(
      iccid, on: eid(card), .usual, named: "old", now: Self.start - .seconds(30 * 86_400),
      until: Self.start - .seconds(29 * 86_400))
    #expect(try failure(over, card) == .request)
  }

  @Test("545: a backup replayed, of another card, for another provider or changed in any byte is not taken")
  func replayed() throws {
    let card = try used()
    let (eid, good) = (try eid(card), try answer(request(card), card))
    #expect(throws: BackupDesk.Refusal.self) {
      try desk.open(good, of: iccid, on: eid, named: "move 2", now: Self.start)
    }
    #expect(throws: BackupDesk.Refusal.self) {
      try Self.desk(provider, world, secret: 6).open(good, of: iccid, on: eid, named: "move 1", now: Self.start)
    }
    let other = try self.eid(self.card("other"))
    #expect(throws: BackupDesk.Refusal.self) {
      try desk.open(good, of: iccid, on: other, named: "move 1", now: Self.start)
    }
    #expect(throws: BackupDesk.Refusal.self) {
      try desk.open(good, of: ICCID("89882110000000000026"), on: eid, named: "move 1", now: Self.start)
    }
    let bytes = BackUpProfile.Response.ok(good).encoded
    for index in stride(from: 5, to: bytes.count, by: 7) {
      var changed = bytes
      changed[index] ^= 0x10
      guard case .ok(let answer)? = try? BackUpProfile.Response(encoded: changed) else { continue }
      #expect(throws: BackupDesk.Refusal.self, "byte \(index)") {
        try desk.open(answer, of: iccid, on: eid, named: "move 1", now: Self.start)
      }
    }
    #expect(try !desk.open(good, of: iccid, on: eid, named: "move 1", now: Self.start).files.isEmpty)
  }

  @Test("550: a smaller phone book, a file that is not there, and the operator's own files are refused, and listed")
  func refusedParts() throws {
    let contact = [UInt8](repeating: 0x41, count: 30)
    let book = BackedUpFile(
      application: nil, path: [0x7F, 0x10, 0x5F, 0x3A, 0x4F, 0x58], recordLength: 30, content: contact + contact)
    let imsi = BackedUpFile(
      application: BaseProfile.usimAID, path: [0x6F, 0x07], recordLength: 0, content: [UInt8](repeating: 1, count: 9))
    let absent = BackedUpFile(
      application: AID(literal: "A000000001"), path: [0x6F, 0x01], recordLength: 0, content: [1])
    let longer = BackedUpFile(
      application: nil, path: [0x7F, 0x10, 0x5F, 0x3A, 0x4F, 0x58], recordLength: 28, content: [1])
    var package = try package(iccid, contacts: 1)
    let before = package.encoded
    let leftOut = package.restore([book, imsi, absent, longer])
    #expect(
      leftOut.map(\.reason) == [
        "the new profile's file is too small for it", "it is the operator's",
        "the new profile has no such application", "its records have another length in the new profile",
      ])
    #expect(package.encoded == before)
  }
}

extension [UInt8] {
  fileprivate func padded(_ size: Int) -> [UInt8] { self + [UInt8](repeating: 0xFF, count: size - count) }
}

extension ProfileBackup {
  fileprivate var encodedFields: [UInt8] {
    var writer = TLVWriter()
    writer.write(.sequence, self)
    return writer.bytes
  }
}
