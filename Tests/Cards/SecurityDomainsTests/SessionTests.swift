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

@Suite("GlobalPlatform Card Specification 2.3: sessions with a card's domains") struct SessionTests {
  @Test("§11.9: the issuer security domain is selected by its name, by the beginning of it, and without a name")
  func select() throws {
    let card = try ManagedCard()
    let answer = try card.select(ManagedCard.domain)
    #expect(answer.status == .ok)
    #expect(answer.data.starts(with: [0x6F]))
    #expect(try card.raw("00A4040005A000000151").data == answer.data)
    #expect(try card.raw("00A4040000").data == answer.data)
    #expect(try card.raw("00A4040005A000000099").status == .fileNotFound)
  }

  @Test("§11.3: what everybody may know is told without a session") func getData() throws {
    let card = try ManagedCard()
    _ = try card.select(ManagedCard.domain)
    #expect(try card.raw("80CA004200").data.hex == "42028949")
    #expect(try card.raw("80CA004500").data.hex == "450400010203")
    #expect(try card.raw("80CA006600").data.hex.contains("2A864886FC6B040370"))
    #expect(try card.raw("80CA00E000").data.hex == "E012C00401018810C00402018810C00403018810")
    #expect(try card.raw("80CA00C100").data.hex == "C103000000")
    #expect(try card.raw("80CA9F7F00").status == .referencedDataNotFound)
    #expect(try card.raw("80F28002024F0000").status == .securityStatus)
  }

  @Test(
    "Amendment D: a session opens with the right keys at each level, and commands without its security end it",
    arguments: [0x01, 0x03, 0x11, 0x13, 0x33] as [UInt8])
  func levels(_ level: UInt8) throws {
    let card = try ManagedCard()
    try card.open(level: .init(rawValue: level))
    #expect(try card.registry(.issuerSecurityDomain).map(\.aid) == [ManagedCard.domain])
    #expect(try card.raw("80F28002024F0000").status == .securityStatus)
    #expect(try card.send(Registry.status(of: .issuerSecurityDomain)).status == .securityStatus)
  }

  @Test("a session without C-MAC manages nothing") func noMAC() throws {
    let card = try ManagedCard()
    try card.open(level: [])
    #expect(try card.send(Registry.status(of: .issuerSecurityDomain)).status == .securityStatus)
    #expect(try card.install(.securityDomain, as: ContentNames.provider).status == .securityStatus)
  }

  @Test("Amendment D §7.1.2: a host with other keys is refused, and the card stays as it was") func wrongKeys() throws {
    let card = try ManagedCard()
    _ = try card.select(ManagedCard.domain)
    let update = SCP03.Host.initializeUpdate(challenge: [UInt8](repeating: 1, count: 8))
    let answer = try card.raw(update.bytes)
    var stranger = SCP03.Host(keys: try ManagedCard.keys(0x50), challenge: [UInt8](repeating: 1, count: 8))
    #expect(throws: SCP03Error.wrongCryptogram) { try stranger.externalAuthenticate(answer.data, level: .full) }
    // Whatever is wrong, the card says the same.
    var said: Set<StatusWord> = []
    for bit in 0..<17 * 8 {
      var host = SCP03.Host(keys: try ManagedCard.keys(), challenge: [UInt8](repeating: 1, count: 8))
      let answer = try card.raw(update.bytes)
      var command = try host.externalAuthenticate(answer.data, level: .full)
      if bit < 128 { command.data[bit / 8] ^= 0x80 >> UInt8(bit % 8) } else { command.p1 = UInt8(bit - 127) << 2 }
      said.insert(try card.raw(command.bytes).status)
      #expect(try card.raw("84F280020A4F000000000000000000").status == .securityStatus)
    }
    #expect(said == [0x6300])
    #expect(try card.raw("8450000008000000000000000000").status == .secureMessagingNotSupported)
    #expect(try card.raw("8050090008000000000000000000").status == .referencedDataNotFound)
    try card.open()
  }

  @Test("Amendment D §6.2.2.1: no challenge comes twice, whenever power goes") func challenges() throws {
    let card = try ManagedCard()
    var seen: Set<[UInt8]> = []
    for _ in 0..<5 {
      for moment: PowerCutLog.Moment? in [nil, .afterBytes(3), .afterWrite] {
        _ = card.card.powerOn()
        _ = try card.select(ManagedCard.domain)
        if let moment { card.cuts.cut(atWrite: 1, moment) }
        let answer = card.card.respond([0x80, 0x50, 0, 0, 8] + [UInt8](repeating: 0, count: 8) + [0])
        if answer.isEmpty { continue }
        #expect(seen.insert(Array(answer[13..<21])).inserted)
      }
    }
    #expect(seen.count == 5)
    _ = card.card.powerOn()
    _ = try card.select(ManagedCard.domain)
    let counter = try card.raw("80CA00C100").data
    #expect(counter.hex >= "C103000009")
  }

  @Test("a session is its channel's alone, and ends with a new selection") func channels() throws {
    let card = try ManagedCard()
    try card.open()
    #expect(try card.raw("0070000001").data == [1])
    #expect(try card.raw("01A4040008A00000015100000000").status == .ok)
    #expect(try card.raw("81F28002024F0000").status == .securityStatus)
    #expect(try card.registry(.issuerSecurityDomain).count == 1)
    // §11.1.4: the same session by the class bytes of the other channel is none.
    card.channel = 1
    #expect(try card.send(Registry.status(of: .issuerSecurityDomain)).status == .securityStatus)
    card.channel = 0
    _ = try card.select(ManagedCard.domain)
    #expect(try card.raw("80F28002024F0000").status == .securityStatus)
  }

  @Test("§11.8: keys of all lengths replace each other and open sessions; a wrong check value is refused") func putKey()
    throws
  {
    let card = try ManagedCard()
    var keys = try ManagedCard.keys()
    try card.open()
    for (version, length) in [(2, 24), (3, 32), (4, 16)] as [(UInt8, Int)] {
      let next = try ManagedCard.keys(0x60, length: length)
      let secrets = [next.enc, next.mac, next.dek]
      let answer = try card.put(secrets, version, replaces: version - 1, under: keys)
      #expect(answer.status == .ok)
      #expect(answer.data == [version] + (try secrets.flatMap { try SCP03.checkValue(of: $0) }))
      #expect(try card.put(secrets, version, under: keys).status == .wrongData, "the version is taken")
      (keys, _) = (next, try card.open(keys: next, version: version))
    }
    // Two keys of three, of two lengths, under another DEK, at a place for points.
    let (a, b) = (try ManagedCard.keys(0x70), try ManagedCard.keys(0x70, length: 32))
    #expect(try card.put([a.enc, a.mac], 5, under: keys).status == .wrongData)
    #expect(try card.put([a.enc, a.mac, b.dek], 5, under: keys).status == .wrongData)
    #expect(try card.put([a.enc, a.mac, a.dek], 5, under: a).status == .wrongData)
    #expect(try card.put([a.enc], 0x70, under: keys).status == .wrongData)
    #expect(try card.put([a.enc, a.mac, a.dek], 5, replaces: 9, under: keys).status == .referencedDataNotFound)
    var notPoint = PrivateKey(.p256, random: SystemRandomSource.shared).publicKey.point
    notPoint[64] ^= 1
    let bad = PutKey(version: 0x70, identifier: 1, keys: [.init(.p256(point: notPoint))])
    #expect(try card.send(bad.command).status == .wrongData)
    // §11.2: keys go, but not those of the session.
    #expect(try card.put([a.enc, a.mac, a.dek], 5, under: keys).status == .ok)
    #expect(try card.send(Delete(.key(identifier: nil, version: 4)).command()).status == .conditionsOfUse)
    #expect(try card.send(Delete(.key(identifier: nil, version: 5)).command()).status == .ok)
    #expect(try card.send(Delete(.key(identifier: nil, version: 5)).command()).status == .referencedDataNotFound)
    #expect(try card.raw("80CA00E000").status == .securityStatus)
  }

  @Test("what was begun in one session is not gone on with in the next") func begun() throws {
    let card = try ManagedCard()
    try card.open()
    let file = LoadFile(dataBlock: ManagedCard.package().encoded)
    let install = Install(.load(file: ContentNames.file, domain: nil, hash: sha256(file.dataBlock)))
    #expect(try card.send(install.command()).status == .ok)
    // A new session without a new selection.
    try card.open(isSelecting: false)
    #expect(try card.send(file.commands()[0]).status == .conditionsOfUse)
    func store(_ data: [UInt8], _ p1: UInt8, _ p2: UInt8) throws -> StatusWord {
      try card.send(Command(cla: 0x80, ins: 0xE2, p1: p1, p2: p2, data: data, le: 256)).status
    }
    #expect(try store([0x9F, 0x70], 0x10, 0) == .ok)
    try card.open(isSelecting: false)
    #expect(try store([0x01, 0xAA], 0x90, 1) == .wrongP1P2)
    #expect(try card.install(.securityDomain, as: ContentNames.other).status == .ok)
    #expect(try card.send(Install(.personalization(application: ContentNames.other)).command()).status == .ok)
    try card.open(isSelecting: false)
    #expect(try store([0xC8, 0x01, 0xAA], 0x90, 0) == .ok)
    #expect(try card.send(Command(cla: 0x80, ins: 0xCA, p1: 0, p2: 0xC8, le: 256)).data.hex == "C801AA")
  }

  @Test("what was selected on a channel that was closed is selected no more") func closedChannel() throws {
    let card = try ManagedCard()
    try card.open()
    #expect(try card.install(.securityDomain, as: ContentNames.other).status == .ok)
    #expect(try card.raw("0070000001").data == [1])
    #expect(try card.raw("01A4040008A00000066703000000").status == .ok)
    let delete = Delete(.object(ContentNames.other, related: true)).command()
    #expect(try card.send(delete).status == .conditionsOfUse)
    #expect(try card.raw("01708001").status == .ok)
    #expect(try card.send(delete).status == .ok)
  }
}
