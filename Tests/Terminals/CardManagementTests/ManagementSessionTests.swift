import APDU
import Bytes
import CardManagement
import Foundation
import GlobalPlatform
import Identifiers
import Keys
import SecureChannel
import SecureElement
import SecurityDomains
import TestSupport
import TestPrograms
import Testing
import Transport
import TransportCard
import World

/// A managed card in process, and a session with its issuer's domain.
private struct Bench {
  static let file = AID(literal: "A00000066701")
  let card: SoftwareManagedCard
  let iccid: ICCID
  let master = Secret((0..<32).map { UInt8($0) })

  init() throws {
    iccid = try ICCID("8988211000000000018")
    let memory = VolatileMemory()
    let vault = try KeyVault(current: Secret([UInt8](repeating: 1, count: 32)))
    try SoftwareManagedCard.make(
      on: memory, iccid: iccid, master: master, vault: vault, random: SystemRandomSource.shared)
    card = SoftwareManagedCard(memory: memory, vault: vault)
    _ = card.powerOn()
  }

  func session(
    master: Secret? = nil, domain: AID = Personalisation.usualIssuerDomain, level: SCP03.SecurityLevel = .full
  ) throws -> ManagementSession {
    let master = master ?? self.master
    return try ManagementSession(
      InProcessCard(card), domain: domain, level: level, random: SystemRandomSource.shared
    ) { card throws(KeyError) in
      try SoftwareManagedCard.keys(master: master, diversificationData: card.diversificationData)
    }
  }

  static func package(_ size: Int) -> LoadFile {
    LoadFile(
      dataBlock: DataPackage(
        module: AID(literal: "A0000006670101"), version: 1,
        files: [.init(0x6F01, content: (0..<size).map { UInt8($0 & 0xFF) })]
      ).encoded)
  }
}

@Suite("A card's content, managed from outside over its link") struct ManagementSessionTests {
  @Test("a session opens with the keys that derive from the card's own data, and with no others") func keys() throws {
    let bench = try Bench()
    #expect(try bench.session().registry(.issuerSecurityDomain).map(\.aid) == [Personalisation.usualIssuerDomain])
    #expect(throws: ManagementError.channel(.wrongCryptogram)) {
      try bench.session(master: Secret([UInt8](repeating: 1, count: 32)))
    }
    #expect(throws: ManagementError.refused("SELECT A000000099", .fileNotFound)) {
      try bench.session(domain: AID(literal: "A000000099"))
    }
  }

  @Test("a long load goes through the secure channel at every level, and tells its progress") func load() throws {
    for level: SCP03.SecurityLevel in [.commandMAC, [.commandMAC, .commandEncryption], .full] {
      let session = try Bench().session(level: level)
      let file = Bench.package(70_000)
      let install = Install(.load(file: Bench.file, domain: nil, hash: sha256(file.dataBlock)))
      var progress: [Int] = []
      #expect(try session.load(file, install, progress: { progress.append($0) }) == nil)
      #expect(progress.last == file.bytes.count)
      #expect(progress.count > 256, "block numbers begin anew after FF")
      #expect(try session.registry(.loadFiles).map(\.aid).contains(Bench.file))
      _ = try session.delete(Delete(.object(Bench.file, related: true)))
      #expect(try !session.registry(.loadFiles).map(\.aid).contains(Bench.file))
    }
  }

  @Test("an application of the card's own is installed by its module's name, works, and goes without a trace")
  func module() throws {
    let bench = try Bench()
    let (loadFile, module) = SoftwareManagedCard.paymentCard
    let aid = AID(literal: "A0000006670F0101")
    var session = try bench.session()
    #expect(try session.registry(.loadFilesAndModules).map(\.modules) == [[module]])
    func install(_ module: AID) throws {
      _ = try session.install(
        Install(.install(file: loadFile, module: module, application: aid, privileges: [], isSelectable: true)))
    }
    #expect(throws: ManagementError.refused("INSTALL", .referencedDataNotFound)) {
      try install(AID(literal: "A0000006670F02"))
    }
    let select = Command(cla: 0, ins: 0xA4, p1: 4, p2: 0, data: aid.bytes).bytes
    #expect(bench.card.respond(select) == [0x6A, 0x82])
    session = try bench.session()
    try install(module)
    // There is one place for what it keeps, so there is one of it.
    #expect(throws: ManagementError.self) { try install(module) }
    #expect(bench.card.respond(select) == [0x90, 0x00])
    // The payment card's own commands: it answers for itself, and not for a domain.
    #expect(bench.card.respond([0x80, 0xF2, 0x80, 0x02, 0x02, 0x4F, 0x00, 0x00]) != [0x69, 0x82])
    session = try bench.session()
    _ = try session.delete(Delete(.object(aid, related: false)))
    #expect(bench.card.respond(select) == [0x6A, 0x82])
  }
}

@Suite("Tokens and receipts, recomputed with openssl", .enabled(if: OpenSSL.isInstalled, "openssl is not installed"))
struct OpenSSLTests {
  @Test(
    "§C.4, §C.5: openssl signs the tokens of a load and a deletion and the card takes them; openssl's CMAC is its receipt"
  )
  func delegated() async throws {
    let bench = try Bench()
    let provider = AID(literal: "A000000667020000")
    let receiptKey = Secret([UInt8](repeating: 0x55, count: 16))
    let folder = try ProgramFolder()
    try await folder.run("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "key")
    try await folder.run("openssl", "ec", "-in", "key", "-pubout", "-outform", "DER", "-out", "pub")
    let point = Array(try folder.read("pub").suffix(65))
    var session = try bench.session()
    let keys = try SoftwareManagedCard.keys(master: bench.master, diversificationData: bench.iccid.headerBytes)
    try session.call(
      PutKey(
        version: KeyReference.token.version, identifier: KeyReference.token.identifier,
        keys: [.init(.p256(point: point))]
      ).command, "PUT KEY")
    try session.call(
      PutKey(
        version: KeyReference.receipt.version, identifier: KeyReference.receipt.identifier,
        keys: [
          .init(.aes(length: 16, wrapped: try keys.wrap(receiptKey)), checkValue: try SCP03.checkValue(of: receiptKey))
        ]
      ).command, "PUT KEY")
    _ = try session.install(
      Install(
        .install(
          file: nil, module: nil, application: provider, privileges: [.securityDomain, .delegatedManagement],
          isSelectable: true)))
    session = try bench.session(domain: provider)
    let file = Bench.package(300)
    var parameters = ContentParameters()
    parameters.tokenReference = TokenReference(
      issuer: Array(bench.iccid.headerBytes.prefix(4)), card: bench.iccid.headerBytes, provider: provider.bytes,
      number: 1)
    let install = Install(
      .load(file: Bench.file, domain: nil, hash: sha256(file.dataBlock)), parameters: parameters)
    func token(_ data: [UInt8]) async throws -> [UInt8] {
      try folder.write("token", data)
      try await folder.run("openssl", "dgst", "-sha256", "-sign", "key", "-out", "signature", "token")
      return plain(try folder.read("signature"))
    }
    // §C.5.1: the confirmation and the names behind their lengths, put together by hand.
    let card = Array(bench.iccid.headerBytes.prefix(4)) + bench.iccid.headerBytes
    func receipt(_ number: UInt8, _ tokenData: [UInt8], _ names: [AID]) async throws -> String {
      let fields = names.flatMap { [UInt8($0.bytes.count)] + $0.bytes }
      let data: [UInt8] =
        [2, 0, number, UInt8(card.count)] + card + [8, 0, 0, 0, 0, 0, 0, 0, number, 32] + sha256(tokenData) + fields
      try folder.write("receipt", data)
      let key = "hexkey:\(receiptKey.bytes.hex)"
      return try await folder.run(
        "openssl", "mac", "-cipher", "AES-128-CBC", "-macopt", key, "-in", "receipt", "CMAC"
      ).text.trimmingCharacters(in: .whitespacesAndNewlines)
    }
    let loaded = try #require(try session.load(file, install, token: await token(install.tokenData)))
    #expect(try await receipt(1, install.tokenData, [Bench.file, provider]) == loaded.mac.hex)
    parameters.tokenReference?.number = 2
    let delete = Delete(.object(Bench.file, related: true), tokenReference: parameters.tokenReference)
    let wrong = try await token(delete.tokenData + [0])
    #expect(throws: ManagementError.self) { try session.delete(delete, token: wrong) }
    session = try bench.session(domain: provider)
    let deleted = try #require(try session.delete(delete, token: await token(delete.tokenData)))
    #expect(try await receipt(2, delete.tokenData, [Bench.file]) == deleted.mac.hex)
  }

  /// r‖s of an ECDSA signature in DER.
  private func plain(_ der: [UInt8]) -> [UInt8] {
    var rest = der.dropFirst(2)
    var result: [UInt8] = []
    for _ in 0..<2 {
      let length = Int(rest.dropFirst().first ?? 0)
      let number = Array(rest.dropFirst(2).prefix(length).drop { $0 == 0 })
      result += [UInt8](repeating: 0, count: 32 - number.count) + number
      rest = rest.dropFirst(2 + length)
    }
    return result
  }
}
