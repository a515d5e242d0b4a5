import Bytes
import GSUP
import Identifiers
import Testing

@Suite("GSUP and the IPA multiplex") struct GSUPMessageTests {
  @Test("a request of an Osmocom SGSN, byte for byte") func request() throws {
    let bytes = try [UInt8](hex: "08 01 08 00 01 01 00 00 00 00 F1 28 01 01")
    let message = try #require(GSUPMessage(bytes: bytes))
    #expect(message.kind == .sendAuthInfoRequest && message.cnDomain == .packetSwitched)
    #expect(message.imsi == (try IMSI("001010000000001")))
    #expect(message.bytes == bytes)
    #expect(message.kind.description == "SendAuthInfoRequest" && message.kind.error.description == "SendAuthInfoError")
    let refusal = message.refusal(.imsiUnknown)
    #expect(refusal.bytes == (try [UInt8](hex: "09 01 08 00 01 01 00 00 00 00 F1 02 01 02")))
  }

  @Test("an answer goes back to the source of the request and keeps its class") func routing() throws {
    typealias Tag = GSUPMessage.Tag
    let elements = [GSUPMessage.Element(Tag.messageClass, [1]), GSUPMessage.Element(Tag.sourceName, [0x41, 0])]
    let request = try GSUPMessage(.sendAuthInfoRequest, imsi: IMSI("001010000000001"), elements)
    let answer = request.answer(request.kind.result)
    #expect(
      answer[Tag.destinationName] == [0x41, 0] && answer[Tag.messageClass] == [1] && answer[Tag.sourceName] == nil)
  }

  @Test("tuples survive both ways; one without a part is none") func tuples() throws {
    func part(_ byte: UInt8, _ count: Int) -> [UInt8] { [UInt8](repeating: byte, count: count) }
    let tuple = GSUPAuthTuple(
      rand: part(1, 16), sres: part(2, 4), kc: part(3, 8), ik: part(4, 16), ck: part(5, 16), autn: part(6, 16),
      res: part(7, 8))
    #expect(GSUPAuthTuple(tuple.element) == tuple)
    #expect(
      GSUPAuthTuple(GSUPMessage.Element(GSUPMessage.Tag.authTuple, Array(tuple.element.value.dropLast(10)))) == nil)
    let message = try GSUPMessage(
      .sendAuthInfoRequest.self, imsi: IMSI("001010000000001"), [tuple.element, tuple.element])
    #expect(try #require(GSUPMessage(bytes: message.bytes)).authTuples == [tuple, tuple])
  }

  @Test("every truncation and every single changed byte is read or refused, never more") func hostile() throws {
    let bytes = try [UInt8](hex: "08 01 08 00 01 01 00 00 00 00 F1 20 04 01 02 03 04 28 01 01")
    for count in 0..<bytes.count {
      if let message = GSUPMessage(bytes: Array(bytes.prefix(count))) { #expect(message.bytes.count == count) }
    }
    for index in bytes.indices {
      for value in [0x00, 0x7F, 0x80, 0xFF] as [UInt8] {
        var changed = bytes
        changed[index] = value
        _ = GSUPMessage(bytes: changed)?.imsi
      }
    }
    #expect(GSUPMessage(bytes: [0x08] + [UInt8](repeating: 0, count: 2 * 65)) == nil)
    #expect(PackedDigits.text([0x1A]) == nil)
  }

  @Test("frames: length without header, GSUP and CTRL behind EE") func frames() throws {
    let frame = IPAFrame(.gsup, [0x08, 0x01])
    #expect(frame.bytes == [0x00, 0x03, 0xEE, 0x05, 0x08, 0x01])
    #expect(IPAFrame(bytes: frame.bytes) == frame)
    #expect(IPAFrame(.connection, [0x00]).bytes == [0x00, 0x01, 0xFE, 0x00])
    #expect(IPAFrame.length(header: [0x10, 0x01, 0xEE]) == nil && IPAFrame(bytes: [0x00, 0x02, 0xEE]) == nil)
  }

  @Test("identities: serial number before unit name, printable only") func identity() throws {
    let message = IPAConnectionMessage.identityResponse([0: "MSC-1", 1: "unit"])
    let read = try #require(IPAConnectionMessage(payload: message.payload))
    #expect(read == message && read.peerName == "MSC-1")
    #expect(IPAConnectionMessage.identityResponse([0: "", 1: "unit"]).peerName == "unit")
    #expect(IPAConnectionMessage(payload: [0x05, 0x00, 0x03, 0x00, 0x1B, 0x00]) == nil)
    #expect(IPAConnectionMessage(payload: [0x05, 0x00, 0x00]) == nil)
    #expect(IPAConnectionMessage(payload: [0x05, 0xFF, 0xFF, 0x00]) == nil)
  }

  @Test("the control interface's lines") func control() {
    let set = ControlMessage.set(id: 7, variable: "subscriber.create", value: "001010000000001")
    #expect(set.payload == Array("SET 7 subscriber.create 001010000000001".utf8))
    #expect(ControlMessage(payload: set.payload) == set)
    #expect(
      ControlMessage(payload: Array("ERROR 7 Subscriber already exists.".utf8))
        == .error(id: 7, reason: "Subscriber already exists."))
    #expect(ControlMessage(payload: Array("SET_REPLY 4 a OK".utf8)) == .setReply(id: 4, variable: "a", value: "OK"))
    #expect(ControlMessage(payload: [0xFF]) == nil && ControlMessage(payload: Array("SET x y z".utf8)) == nil)
  }
}
