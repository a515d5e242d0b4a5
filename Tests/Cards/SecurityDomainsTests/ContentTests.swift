import APDU
import Bytes
import GlobalPlatform
import Identifiers
import Keys
import SecureChannel
import SecureElement
import SecurityDomains
import TestSupport
import Testing

@Suite("GlobalPlatform Card Specification 2.3: content management by the issuer") struct ContentTests {
  @Test("§11.5, §11.6: a data package is loaded and installed, and its files are read after SELECT") func data() throws
  {
    let card = try ManagedCard()
    try card.open()
    #expect(try card.load(LoadFile(dataBlock: ManagedCard.package().encoded)).status == .ok)
    #expect(try card.installPackage().status == .ok)
    #expect(
      try card.registry(.loadFilesAndModules)
        == [
          .init(
            aid: ContentNames.file, lifeCycle: 1, version: [0, 1], modules: [ContentNames.module],
            domain: ManagedCard.domain)
        ])
    #expect(
      try card.registry(.applications)
        == [
          .init(
            aid: ContentNames.application, lifeCycle: 7, privileges: [], loadFile: ContentNames.file,
            domain: ManagedCard.domain)
        ])
    #expect(try card.select(ContentNames.application).status == .ok)
    #expect(try card.raw("00B0810000").data == Array("hello".utf8))
    #expect(try card.raw("00A4000C026F02").status == .ok)
    #expect(try card.raw("00D600010412345678").status == .wrongLength)
    #expect(try card.raw("00D6000102ABCD").status == .ok)
    #expect(try card.raw("00B0000004").data.hex == "00ABCD00")
    // Its access rules: never written, never read, no such file.
    #expect(try card.raw("00D681000141").status == .securityStatus)
    #expect(try card.raw("00A40000026F03").status == .ok)
    #expect(try card.raw("00B0000001").status == .securityStatus)
    #expect(try card.raw("00A40000026F04").status == .fileNotFound)
    #expect(try card.raw("80E6020000").status == .instructionNotSupported)
    // What was written outlives power; the loaded package stays as it was.
    let again = try ManagedCard(VolatileLog(card.log.bytes))
    _ = try again.select(ContentNames.application)
    #expect(try again.raw("00A4000C026F02").status == .ok)
    #expect(try again.raw("00B0000004").data.hex == "00ABCD00")
  }

  @Test("§11.2: DELETE wants related objects named, and leaves nothing behind") func delete() throws {
    let card = try ManagedCard()
    try card.open()
    let empty = Self.contents(card)
    #expect(try card.load(LoadFile(dataBlock: ManagedCard.package().encoded)).status == .ok)
    #expect(try card.installPackage().status == .ok)
    func delete(_ aid: AID, related: Bool) throws -> StatusWord {
      try card.send(Delete(.object(aid, related: related)).command()).status
    }
    #expect(try delete(ContentNames.file, related: false) == .conditionsOfUse)
    #expect(try delete(ContentNames.other, related: true) == .referencedDataNotFound)
    #expect(try delete(ManagedCard.domain, related: true) == .conditionsOfUse)
    #expect(try delete(ContentNames.application, related: false) == .ok)
    #expect(try card.installPackage().status == .ok)
    #expect(try delete(ContentNames.file, related: true) == .ok)
    #expect(try card.registry(.applications).isEmpty)
    #expect(try card.registry(.loadFiles).isEmpty)
    #expect(Self.contents(card) == empty, "but for what the domain never forgets")
    #expect(try card.select(ContentNames.application).status == .fileNotFound)
  }

  /// What the card holds, but for chronicles (item 03).
  static func contents(_ card: ManagedCard) -> [MemoryKey: [UInt8]] {
    var result: [MemoryKey: [UInt8]] = [:]
    for area in card.memory.map.areas {
      for key in card.memory.map.keys(in: area) where key.item >> 24 != 3 { result[key] = card.memory.map[key] }
    }
    return result
  }

  @Test("§11.2: an application that is selected on another channel is not deleted under it") func selectedElsewhere()
    throws
  {
    let card = try ManagedCard()
    try card.open()
    #expect(try card.load(LoadFile(dataBlock: ManagedCard.package().encoded)).status == .ok)
    #expect(try card.installPackage().status == .ok)
    #expect(try card.raw("0070000001").data == [1])
    #expect(try card.raw("01A4040008A00000066701010100").status == .ok)
    #expect(
      try card.send(Delete(.object(ContentNames.file, related: true)).command()).status == .conditionsOfUse)
    #expect(try card.raw("01A4040008A00000015100000000").status == .ok)
    #expect(try card.send(Delete(.object(ContentNames.file, related: true)).command()).status == .ok)
  }

  @Test("§11.6: a load file whose hash, size, order or form is wrong is refused and leaves nothing") func wrongLoads()
    throws
  {
    let card = try ManagedCard()
    try card.open()
    let before = Self.contents(card)
    let file = LoadFile(dataBlock: ManagedCard.package(content: [UInt8](repeating: 7, count: 900)).encoded)
    #expect(try card.load(file, hash: [UInt8](repeating: 0, count: 32)).status == .wrongData)
    #expect(try card.load(file, hash: [1, 2]).status == .wrongData)
    #expect(try card.load(LoadFile(dataBlock: Array(file.dataBlock.dropLast()))).status == .wrongData)
    #expect(try card.load(LoadFile(dataBlock: [0xDE, 0xCA, 0xFF, 0xED])).status == .wrongData)
    let unasked = LoadFile(
      dapBlocks: [.init(domain: ManagedCard.domain, signature: [UInt8](repeating: 1, count: 64))],
      dataBlock: file.dataBlock)
    #expect(try card.load(unasked).status == .wrongData)
    // Without INSTALL, from the middle, twice, or with another command in between.
    let blocks = file.commands()
    let install = Install(.load(file: ContentNames.file, domain: nil, hash: sha256(file.dataBlock))).command()
    #expect(try card.send(blocks[0]).status == .conditionsOfUse)
    for order in [[1], [0, 0], [0, 2], [0, 1, 0]] {
      #expect(try card.send(install).status == .ok)
      var last = StatusWord.ok
      for index in order { last = try card.send(blocks[index]).status }
      #expect(last == .wrongP1P2, "\(order)")
      #expect(try card.send(blocks[0]).status == .conditionsOfUse)
    }
    #expect(try card.send(install).status == .ok)
    #expect(try card.send(blocks[0]).status == .ok)
    #expect(try card.registry(.loadFiles).isEmpty)
    #expect(try card.send(blocks[1]).status == .conditionsOfUse)
    // A name that is taken.
    #expect(try card.load(file, as: ManagedCard.domain).status == .conditionsOfUse)
    #expect(Self.contents(card) == before)
    #expect(try card.load(file).status == .ok)
    #expect(try card.load(file).status == .conditionsOfUse)
  }

  @Test("an older version of a load file is refused, also after the newer one was deleted") func downgrade() throws {
    let card = try ManagedCard()
    try card.open()
    #expect(try card.load(LoadFile(dataBlock: ManagedCard.package(2).encoded)).status == .ok)
    #expect(try card.send(Delete(.object(ContentNames.file, related: true)).command()).status == .ok)
    #expect(try card.load(LoadFile(dataBlock: ManagedCard.package(1).encoded)).status == .conditionsOfUse)
    #expect(try card.load(LoadFile(dataBlock: ManagedCard.package(2).encoded)).status == .ok)
    #expect(try card.send(Delete(.object(ContentNames.file, related: true)).command()).status == .ok)
    #expect(try card.load(LoadFile(dataBlock: ManagedCard.package(3).encoded)).status == .ok)
  }

  @Test("§9.7: a domain's quota, and the card's memory, stop a load at the block that is too much") func quota() throws
  {
    let card = try ManagedCard()
    try card.open()
    #expect(try card.install([.securityDomain, .dapVerification], as: ContentNames.other).status == .ok)
    #expect(try card.install(.securityDomain, as: ContentNames.provider, quota: 2000).status == .ok)
    let big = LoadFile(dataBlock: ManagedCard.package(content: [UInt8](repeating: 7, count: 4000)).encoded)
    let fits = LoadFile(dataBlock: ManagedCard.package(content: [UInt8](repeating: 7, count: 1500)).encoded)
    let before = Self.contents(card)
    #expect(try card.load(big, domain: ContentNames.provider).status == .notEnoughMemory)
    // 2000 bytes and what headers may add; the rest is not even taken.
    var said: [StatusWord] = []
    let install = Install(
      .load(file: ContentNames.file, domain: ContentNames.provider, hash: sha256(big.dataBlock)))
    _ = try card.send(install.command())
    for block in big.commands() { said.append(try card.send(block).status) }
    #expect(said.firstIndex(of: .notEnoughMemory) == 3024 / 223)
    #expect(said.last == .conditionsOfUse)
    // A promise beyond the quota is refused at once.
    var parameters = ContentParameters()
    parameters.codeSize = 2001
    #expect(
      try card.load(fits, domain: ContentNames.provider, parameters: parameters).status == .notEnoughMemory)
    #expect(Self.contents(card) == before)
    #expect(try card.load(fits, domain: ContentNames.provider).status == .ok)
    let second = AID(literal: "A00000066702")
    #expect(try card.load(fits, as: second, domain: ContentNames.provider).status == .notEnoughMemory)
    #expect(try card.load(fits, as: second).status == .ok)
    // The issuer cannot go round the quota by moving things there.
    #expect(
      try card.send(Install(.extradition(object: second, domain: ContentNames.provider)).command()).status
        == .notEnoughMemory)
    #expect(try card.registry(.loadFiles).map(\.domain) == [ContentNames.provider, ManagedCard.domain])
    let small = try ManagedCard(capacity: 6000)
    try small.open()
    let huge = LoadFile(dataBlock: ManagedCard.package(content: [UInt8](repeating: 7, count: 9000)).encoded)
    #expect(try small.load(huge).status == .notEnoughMemory)
    #expect(try small.load(fits).status == .ok)
  }

  @Test("§11.4: a registry that is longer than an answer comes in parts, and a domain sees its own hierarchy alone")
  func status() throws {
    let card = try ManagedCard()
    try card.open()
    var names: [AID] = []
    for number: UInt8 in 0..<30 {
      names.append(try AID([0xA0, 0, 0, 6, 0x67, 9, 9, number]))
      #expect(try card.install(.securityDomain, as: names[Int(number)]).status == .ok)
    }
    #expect(try card.registry(.applications).map(\.aid) == names)
    #expect(
      try card.send(Registry.status(of: .applications, aid: names[7].bytes)).data
        == Registry.Entry(
          aid: names[7], lifeCycle: 7, privileges: .securityDomain, loadFile: AID(literal: "A0000001515350"),
          domain: ManagedCard.domain
        ).encoded)
    // §9.1.3.3: without keys of its own, a domain uses those of the one above it.
    try card.open(names[3])
    #expect(try card.registry(.applications).map(\.aid) == [names[3]])
    #expect(try card.registry(.issuerSecurityDomain).isEmpty)
  }

  @Test("§11.5.2.3: made without being selectable, made selectable, and handed over to another domain") func forms()
    throws
  {
    let card = try ManagedCard()
    try card.open()
    #expect(try card.install(.securityDomain, as: ContentNames.provider).status == .ok)
    #expect(try card.load(LoadFile(dataBlock: ManagedCard.package().encoded)).status == .ok)
    let made = Install(
      .install(
        file: ContentNames.file, module: nil, application: ContentNames.application, privileges: [],
        isSelectable: false))
    #expect(try card.send(made.command()).status == .ok)
    #expect(try card.raw("0070000001").data == [1])
    #expect(try card.raw("01A4040008A00000066701010100").status == .fileNotFound)
    let selectable = Install(.makeSelectable(application: ContentNames.application, privileges: [])).command()
    #expect(try card.send(selectable).status == .ok)
    #expect(try card.send(selectable).status == .conditionsOfUse)
    #expect(try card.raw("01A4040008A00000066701010100").status == .ok)
    #expect(
      try card.send(Install(.extradition(object: ContentNames.file, domain: ContentNames.provider)).command()).status
        == .ok)
    #expect(try card.registry(.applications).map(\.domain) == [ManagedCard.domain, ContentNames.provider])
    #expect(try card.registry(.loadFiles).map(\.domain) == [ContentNames.provider])
    // Other modules, other privileges, names that are taken or not there.
    func install(_ file: AID?, _ module: AID?, _ aid: AID, _ privileges: Privileges) throws -> StatusWord {
      try card.send(
        Install(
          .install(file: file, module: module, application: aid, privileges: privileges, isSelectable: true)
        ).command()
      ).status
    }
    let (file, module) = (ContentNames.file, ContentNames.module)
    #expect(try install(file, ContentNames.other, ContentNames.other, []) == .referencedDataNotFound)
    #expect(try install(ContentNames.other, module, ContentNames.other, []) == .referencedDataNotFound)
    #expect(try install(file, module, ContentNames.other, .globalDelete) == .wrongData)
    #expect(try install(file, module, ContentNames.application, []) == .conditionsOfUse)
    #expect(try install(file, module, ContentNames.other, .securityDomain) == .referencedDataNotFound)
    #expect(
      try card.install([.securityDomain, .receiptGeneration], as: ContentNames.other).status == .conditionsOfUse)
    let update = Install(
      .registryUpdate(application: ContentNames.provider, privileges: [.securityDomain, .dapVerification]))
    #expect(try card.send(update.command()).status == .ok)
    #expect(try card.registry(.applications).first?.privileges == [.securityDomain, .dapVerification])
    #expect(
      try card.send(
        Install(.registryUpdate(application: ManagedCard.domain, privileges: .securityDomain)).command()
      ).status == .conditionsOfUse)
  }

  @Test("§5.3, §11.10: what is locked cannot be selected, and what is locked with the card serves nobody") func locks()
    throws
  {
    let card = try ManagedCard()
    try card.open()
    #expect(try card.install(.securityDomain, as: ContentNames.provider).status == .ok)
    #expect(try card.send(Registry.set(0x40, 0x87, aid: ContentNames.provider)).status == .ok)
    #expect(try card.registry(.applications).map(\.lifeCycle) == [0x87])
    #expect(try card.select(ContentNames.provider).status == .fileNotFound)
    try card.open()
    #expect(try card.send(Registry.set(0x40, 0x0F, aid: ContentNames.provider)).status == .conditionsOfUse)
    #expect(try card.send(Registry.set(0x40, 0x07, aid: ContentNames.provider)).status == .ok)
    #expect(try card.select(ContentNames.provider).status == .ok)
    try card.open()
    for (state, answer) in [
      (0x7F, StatusWord.conditionsOfUse), (0x01, .conditionsOfUse), (0x07, .ok), (0x0F, .ok), (0x07, .conditionsOfUse),
      (0x7F, .ok),
    ] as [(UInt8, StatusWord)] {
      #expect(try card.send(Registry.set(0x80, state, aid: nil)).status == answer)
    }
    // §5.1.1.4: only the issuer can be reached, to ask and to unlock.
    #expect(try card.select(ContentNames.provider).status == .fileNotFound)
    try card.open()
    #expect(try card.install(.securityDomain, as: ContentNames.other).status == .conditionsOfUse)
    #expect(try card.registry(.issuerSecurityDomain).map(\.lifeCycle) == [0x7F])
    #expect(try card.send(Registry.set(0x80, 0x0F, aid: nil)).status == .ok)
    #expect(try card.install(.securityDomain, as: ContentNames.other).status == .ok)
    #expect(try card.send(Registry.set(0x80, 0xFF, aid: nil)).status == .ok)
    // §5.1.1.5: a terminated card only tells what it is, for good.
    card.close()
    _ = card.card.powerOn()
    #expect(try card.select(ManagedCard.domain).status == .ok)
    #expect(try card.raw("80CA004500").status == .ok)
    #expect(try card.raw("8050000008000000000000000000").status == .conditionsOfUse)
  }

  @Test(
    "§11.11: STORE DATA keeps objects for whom it was meant, and never changes whose card it is once that is settled")
  func storeData() throws {
    let card = try ManagedCard()
    try card.open()
    func store(_ hex: String, p1: UInt8 = 0x90, p2: UInt8 = 0) throws -> StatusWord {
      try card.send(Command(cla: 0x80, ins: 0xE2, p1: p1, p2: p2, data: [UInt8](hex: hex), le: 256)).status
    }
    func get(_ hex: String) throws -> String {
      let answer = try card.send(Command(bytes: [UInt8](hex: hex)))
      return answer.status == .ok ? answer.data.hex : "\(answer.status)"
    }
    #expect(try store("9F7003AA", p1: 0x10) == .ok)
    #expect(try store("BBCC", p1: 0x90, p2: 1) == .ok)
    #expect(try get("80CA9F7000") == "9F7003AABBCC")
    #expect(try store("9F7000") == .ok)
    #expect(try get("80CA9F7000") == "6A88")
    #expect(try store("E00100") == .conditionsOfUse)
    #expect(try store("C80200") == .wrongData)
    #expect(try store("C80100", p1: 0xF0) == .wrongP1P2)
    #expect(try store("C80100", p2: 1) == .wrongP1P2)
    #expect(try store("4502AABB") == .ok)
    #expect(try get("80CA004500") == "4502AABB")
    #expect(try card.send(Registry.set(0x80, 0x07, aid: nil)).status == .ok)
    #expect(try store("4502CCDD") == .conditionsOfUse)
    #expect(try get("80CA004500") == "4502AABB")
    // For an application of the domain.
    #expect(try card.load(LoadFile(dataBlock: ManagedCard.package().encoded)).status == .ok)
    #expect(try card.installPackage().status == .ok)
    let personalization = Install(.personalization(application: ContentNames.application)).command()
    #expect(try card.send(personalization).status == .ok)
    #expect(try store("C801AA") == .ok)
    #expect(try get("80CA00C800") == "6A88")
    _ = try card.select(ContentNames.application)
    #expect(try card.raw("80CA00C800").data.hex == "C801AA")
    #expect(try card.raw("80E2900003C801BB").status == .instructionNotSupported)
  }
}
