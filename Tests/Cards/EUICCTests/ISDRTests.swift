import APDU
import Bytes
import EUICC
import Identifiers
import Keys
import SGP22
import SecureElement
import TLV
import TestSupport
import Testing

@Suite("The ISD-R and its transport") struct ISDRTests {
  @Test("SGP.22 §5.7.1: SELECT answers with the version of the specification, also by a partial AID") func select()
    throws
  {
    let card = try TestCard(TestCircle().personalisation())
    let expected = "6F1C8410A0000005591010FFFFFFFF8900000100A5049F6501FFE0058203020500"
    let fci = try card.select(.isdr)
    #expect(fci.data.hex == expected.replacing("6F1C", with: "6F1F"))
    let element = try TLVElement(fci.data)
    let template = try #require(try element.children().last)
    #expect(try ISDRProprietaryApplicationTemplate(template).svn == VersionType(2, 5, 0))
    #expect(
      try card.transmit(Command(cla: 0, ins: 0xA4, p1: 4, p2: 0, data: Array(AID.isdr.bytes.prefix(7)))).status == .ok)
    let ecasd = try card.select(.ecasd)
    #expect(ecasd.data.hex == "6F188410A0000005591010FFFFFFFF8900000200A5049F6501FF")
    #expect(try card.storeData([0xBF, 0x3E, 0x03, 0x5C, 0x01, 0x5A]).status == .instructionNotSupported)
  }

  @Test("GlobalPlatform §11.11: blocks come in their order, a first one begins anew", arguments: [1, 2, 120, 255])
  func blocks(size: Int) throws {
    let card = try TestCard(TestCircle().personalisation())
    let request = ES10c.GetEID.Request().encoded
    #expect(try card.storeData(request, block: size).data.prefix(2) == [0xBF, 0x3E])
    func block(_ p1: UInt8, _ p2: UInt8, _ data: [UInt8]) throws -> Response {
      try card.transmit(Command(cla: 0x80, ins: 0xE2, p1: p1, p2: p2, data: data))
    }
    #expect(try block(0x11, 0, Array(request.prefix(3))).status == .ok)
    #expect(try block(0x11, 2, [0x01]).status == .wrongP1P2)
    #expect(try block(0x91, 1, Array(request.dropFirst(3))).status == .wrongP1P2)
    #expect(try block(0x11, 0, [0xBF]).status == .ok)
    #expect(try block(0x91, 0, request).data.prefix(2) == [0xBF, 0x3E])
    #expect(try block(0x00, 0, request).status == .wrongP1P2)
    #expect(
      try card.transmit(Command(cla: 0x00, ins: 0xE2, p1: 0x91, p2: 0, data: request)).status == .classNotSupported)
  }

  @Test("a request is bounded, and goes with the channel's selection") func limits() throws {
    let card = try TestCard(TestCircle().personalisation())
    let block = [UInt8](repeating: 0, count: 255)
    var status = StatusWord.ok
    var number: UInt8 = 0
    while status == .ok, number < 255 {
      status = try card.transmit(Command(cla: 0x80, ins: 0xE2, p1: 0x11, p2: number, data: block)).status
      number += 1
    }
    #expect(status == .notEnoughMemory)
    let request = ES10c.GetEID.Request().encoded
    #expect(try card.transmit(Command(cla: 0x80, ins: 0xE2, p1: 0x11, p2: 0, data: [0xBF])).status == .ok)
    try card.select(.isdr)
    #expect(
      try card.transmit(Command(cla: 0x80, ins: 0xE2, p1: 0x91, p2: 1, data: Array(request.dropFirst()))).status
        == .wrongP1P2)
  }

  @Test("each logical channel puts its own request together") func channels() throws {
    let card = try TestCard(TestCircle().personalisation())
    let opened = try card.send(Command(cla: 0, ins: 0x70, p1: 0, p2: 0, le: 1))
    #expect(opened.bytes.hex == "019000")
    let request = ES10c.GetEID.Request().encoded
    func send(_ channel: Int, _ p1: UInt8, _ p2: UInt8, _ data: some Collection<UInt8>) throws -> Response {
      card.channel = channel
      return try card.transmit(Command(cla: 0x80, ins: 0xE2, p1: p1, p2: p2, data: Array(data)))
    }
    card.channel = 1
    try card.select(.isdr)
    #expect(try send(0, 0x11, 0, request.prefix(2)).status == .ok)
    #expect(try send(1, 0x11, 0, request.prefix(4)).status == .ok)
    #expect(try send(0, 0x91, 1, request.dropFirst(2)).data.count == 21)
    #expect(try send(1, 0x91, 1, request.dropFirst(4)).data.count == 21)
  }

  @Test(
    "SGP.22 §5.7.2: what is no request of ES10 is refused",
    arguments: [
      ("", StatusWord.wrongData), ("BF", .wrongData), ("BF7F00", .referencedDataNotFound),
      ("5A00", .referencedDataNotFound),
      ("BF3E035C015B", .wrongData), ("BF3E035C015A00", .wrongData), ("BF3E045C015A", .wrongData),
      ("BF3602BF23", .conditionsOfUse), ("A000", .referencedDataNotFound), ("8600", .referencedDataNotFound),
    ]) func unknown(hex: String, status: StatusWord) throws
  {
    let card = try TestCard(TestCircle().personalisation())
    let data = try [UInt8](hex: hex)
    let response =
      data.isEmpty
      ? try card.transmit(Command(cla: 0x80, ins: 0xE2, p1: 0x91, p2: 0)) : try card.storeData(data)
    #expect(response.status == status)
  }

  @Test("answers beyond 256 bytes come through 61xx and GET RESPONSE") func longAnswers() throws {
    let world = try TestCircle()
    let card = try TestCard(world.personalisation())
    let request = try TestServer(world).authenticateServerRequest(card.challenge()).encoded
    var rest = request[...]
    var number: UInt8 = 0
    var response = Response()
    while !rest.isEmpty {
      let isLast = rest.count <= 120
      response = try card.send(
        Command(cla: 0x80, ins: 0xE2, p1: isLast ? 0x91 : 0x11, p2: number, data: Array(rest.prefix(120))))
      rest = rest.dropFirst(120)
      number += 1
    }
    #expect(response.status == 0x6100)
    #expect(response.data.isEmpty)
  }

  @Test("two cards made from one seed are identical, two from different seeds are not") func seeds() throws {
    let world = try TestCircle()
    func memory(_ personalisation: Personalisation) throws -> MemoryMap {
      try TestCard(personalisation).memory.map
    }
    let personalisation = try world.personalisation(seed: "one")
    let (first, second) = (try memory(personalisation), try memory(personalisation))
    #expect(first.snapshot == second.snapshot)
    let other = try world.personalisation(seed: "two")
    #expect(other.eid != personalisation.eid)
    #expect(
      Personalisation.key(seed: [1], curve: .p256).publicKey == Personalisation.key(seed: [1], curve: .p256).publicKey)
    #expect(
      Personalisation.key(seed: [1], curve: .p256).publicKey != Personalisation.key(seed: [2], curve: .p256).publicKey)
    #expect(first.usedBytes < 16 * 1024)
    let card = try TestCard(personalisation)
    #expect(throws: ManufactureError.alreadyPersonalised) {
      try Manufacture.personalise(
        card.memory, as: other, vault: TestCard.vault, random: SeededRandomSource(seed: [2]))
    }
  }

  @Test("no private key stands in the memory in clear") func wrapped() throws {
    let world = try TestCircle()
    let seed = Array("card".utf8)
    let card = try TestCard(world.personalisation())
    let otpk = try TestServer(world).prepare(card)
    let key = Personalisation.key(seed: seed, curve: .p256).scalar.bytes
    for case .set(_, let content) in card.memory.map.snapshot {
      #expect(content.firstRange(of: key) == nil)
    }
    #expect(otpk.count == 65)
  }
}
