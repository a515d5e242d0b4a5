import APDU
import Bytes
import Testing
import Transport
import TransportCard

/// A card that answers each command with its own instruction byte, and counts what is done to it.
final class EchoCard: CardSide {
  private(set) var log: [String] = []
  var answer: ([UInt8]) -> [UInt8] = { [$0.count > 1 ? $0[1] : 0, 0x90, 0x00] }

  func powerOn() -> [UInt8] {
    log.append("on")
    return [0x3B, 0x02, 0x41, 0x42]
  }
  func powerOff() { log.append("off") }
  func reset() -> [UInt8] {
    log.append("reset")
    return [0x3B, 0x02, 0x41, 0x42]
  }
  func respond(_ apdu: [UInt8]) -> [UInt8] {
    log.append(apdu.hex)
    return answer(apdu)
  }
}

@Suite("In-process card link") struct InProcessCardTests {
  @Test("the first command gives power; a reset of a powered card is a warm one") func power() throws {
    let card = EchoCard()
    let link = InProcessCard(card)
    #expect(try link.transmit(Command(cla: 0, ins: 0xA4, p1: 0, p2: 4)) == Response([0xA4]))
    _ = try link.reset()
    link.powerOff()
    link.powerOff()
    _ = try link.reset()
    #expect(card.log == ["on", "00A40004", "reset", "off", "on"])
  }

  @Test("an answer without status word is an error, not a trap") func short() {
    let card = EchoCard()
    card.answer = { _ in [0x90] }
    #expect(throws: LinkError.self) { try InProcessCard(card).transmit(Command(cla: 0, ins: 0, p1: 0, p2: 0)) }
  }
}
