import Bytes
import Identifiers
import Keys
import NetworkAccess
import ProfilePackage
import SecureElement
import TLV
import Testing
import UICC
import USIM

@Suite("GET IDENTITY (TS 31.102 §7.5): the USIM calculates the SUCI") struct GetIdentityTests {
  private let random = SeededRandomSource(seed: Array("get identity".utf8))
  private let imsi: IMSI
  private let plmn: PLMN

  init() throws {
    imsi = try IMSI("001010123456789")
    plmn = try PLMN("00101")
  }

  /// A card whose EF.SUCI_Calc_Info of DF.SAIP holds `info`.
  private func card(_ info: [UInt8]?, services: [Int] = [124, 125], routing: [UInt8]? = [0x71, 0xFF, 0xFF, 0xFF]) throws
    -> Card
  {
    var files = FileSystemBuilder()
    let open = SecurityAttributes.expanded([0x80, 1, 3, 0x90, 0])
    let pins = PINStatusTemplate([.init(.pin1)])
    let mf = try files.createMF(.init(security: open, pinStatus: pins))
    let usim = try files.createADF(.init(dfName: SampleNetwork.usim, security: open, pinStatus: pins))
    func file(_ identifier: FileIdentifier, _ content: [UInt8], in directory: FileNumber) throws {
      let file = try files.createEF(
        .init(
          descriptor: .init(.transparent), fileIdentifier: identifier, security: open, fileSize: content.count),
        in: directory)
      try files.write(content, in: file)
    }
    var table = [UInt8](repeating: 0, count: 17)
    for service in services { table[(service - 1) / 8] |= 1 << UInt8((service - 1) % 8) }
    try file(0x6F38, table, in: usim)
    try file(0x6F07, imsi.bytes, in: usim)
    try file(0x6FAD, [0, 0, 0, 2], in: usim)
    let fiveG = try files.createDF(.init(fileIdentifier: 0x5FC0, security: open, pinStatus: pins), in: usim)
    if let routing { try file(0x4F0A, routing, in: fiveG) }
    let saip = try files.createDF(.init(fileIdentifier: 0x5FD0, security: open, pinStatus: pins), in: usim)
    if let info { try file(0x4F01, info, in: saip) }
    files.setPIN(PINRecord(.pin1, value: Array("1234".utf8), isEnabled: false), in: mf)
    let memory = VolatileMemory()
    _ = try Card.install(files.build(), on: memory)
    let card = Card(memory: memory, applications: [NetworkAccessApplication.usim], random: random)
    #expect(!card.powerOn().isEmpty)
    #expect(card.respond([0, 0xA4, 4, 0x0C, 16] + SampleNetwork.usim.bytes) == [0x90, 0])
    return card
  }

  private func identity(_ card: Card, p2: UInt8 = 1) throws -> SUCI? {
    let answer = card.respond([0x80, 0x78, 0, p2, 0])
    guard answer.suffix(2) == [0x90, 0] else { return nil }
    var reader = TLVReader(Array(answer.dropLast(2)))
    return SUCI(bytes: Array(try reader.element(0xA1).content))
  }

  @Test("the scheme of highest priority with a key, concealed anew each time; the home network reveals it")
  func concealed() throws {
    let (a, b) = (
      try HomeNetworkKey(.a, privateKey: Secret(random.bytes(32))),
      try HomeNetworkKey(.b, privateKey: Secret(random.bytes(32)))
    )
    let sidf = SIDF(plmn: plmn, keys: [27: b, 30: a], takesNullScheme: false)
    let keys = [SUCICalculationInfo.Key(27, b.publicKey), SUCICalculationInfo.Key(30, a.publicKey)]
    for (first, second, scheme) in [(2, 1, 1), (1, 2, 2)] as [(UInt8, UInt8, UInt8)] {
      let schemes = [
        SUCICalculationInfo.Choice(scheme == 1 ? .profileA : .profileB, keyIndex: first),
        SUCICalculationInfo.Choice(scheme == 1 ? .profileB : .profileA, keyIndex: second), .init(.null, keyIndex: 0),
      ]
      let card = try card(SUCICalculationInfo(schemes: schemes, keys: keys).bytes + [0xFF, 0xFF])
      let identities = try (0..<3).map { _ in try #require(try identity(card)) }
      for identity in identities {
        #expect(identity.scheme == scheme && identity.routingIndicator == "17" && identity.plmn == plmn)
        #expect(try sidf.reveal(identity) == imsi)
      }
      #expect(Set(identities.map(\.output)).count == 3)
      #expect(try identity(card, p2: 0x81) != nil)
    }
  }

  @Test("TS 33.501 §6.12.2: the null scheme where it comes first, or where the network has provisioned no key")
  func nullScheme() throws {
    let key = SUCICalculationInfo.Key(27, try HomeNetworkKey(.a, privateKey: Secret(random.bytes(32))).publicKey)
    let first = SUCICalculationInfo(
      schemes: [.init(.null, keyIndex: 0), .init(.profileA, keyIndex: 1)], keys: [key])
    let without = SUCICalculationInfo(schemes: [.init(.profileA, keyIndex: 1)], keys: [])
    for info in [first.bytes, without.bytes, nil, [0xFF, 0xFF, 0xFF]] {
      let suci = try #require(try identity(card(info)))
      #expect(suci.scheme == 0 && suci.keyIdentifier == 0 && suci.output == SUCI.packed("0123456789"))
      #expect(try SIDF(plmn: plmn, keys: [:]).reveal(suci) == imsi)
    }
    #expect(try identity(card(nil, routing: nil))?.routingIndicator == "0")
  }

  @Test("without services 124 and 125, in another context, or with a broken key, it is refused") func refusals() throws
  {
    for services in [[], [124], [125]] {
      #expect(try card(nil, services: services).respond([0x80, 0x78, 0, 1, 0]) == [0x69, 0x85])
    }
    let card = try card(nil)
    #expect(card.respond([0x80, 0x78, 0, 3, 0]) == [0x6A, 0x86])
    #expect(card.respond([0x80, 0x78, 1, 1, 0]) == [0x6A, 0x86])
    let broken = SUCICalculationInfo(
      schemes: [.init(.profileA, keyIndex: 1)], keys: [.init(1, [UInt8](repeating: 0, count: 32))])
    #expect(try self.card(broken.bytes).respond([0x80, 0x78, 0, 1, 0]) == [0x69, 0x85])
  }
}
