import Bytes
import Testing
import UICC

@Suite("Short messages for the card and from it") struct ShortMessageTests {
  let sender: ShortMessageAddress

  init() throws { sender = try #require(ShortMessageAddress("+491701234567")) }

  @Test("TS 23.040 §9.2.2.1: an SMS-DELIVER has sender, header and data where they belong") func deliver() throws {
    let address = try #require(ShortMessageAddress("12345678"))
    let messages = ShortMessage.messages(.deliver, address, UserDataHeader.commandPacket, data: [1, 2], reference: 0)
    #expect(
      messages?.map(\.encoded.hex) == ["400881214365877FF60000000000000005027000" + "0102"])
    #expect(try messages?.first == ShortMessage([UInt8](hex: "400881214365877FF60000000000000005027000" + "0102")))
  }

  @Test("TS 23.040 §9.2.2.2: an SMS-SUBMIT likewise, with any form of validity period") func submit() throws {
    let messages = ShortMessage.messages(.submit, sender, UserDataHeader.responsePacket, data: [7], reference: 0)
    #expect(messages?.map(\.encoded.hex) == ["41000C91947110325476" + "00F6" + "04" + "02710007"])
    for (first, period) in [("51", "A7"), ("59", "00112233445566"), ("49", "00112233445566"), ("41", "")] {
      let bytes = try [UInt8](hex: first + "000C91947110325476" + "00F6" + period + "04" + "02710007")
      #expect(try ShortMessage(bytes) == messages?.first)
    }
  }

  @Test("TS 23.040 §9.2.3.24.1: long data go in parts and come together in any order") func concatenation() throws {
    for length in [0, 1, 136, 137, 138, 139, 132 + 134, 132 + 134 + 1, 2_000] {
      let data = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
      let made = ShortMessage.messages(.deliver, sender, UserDataHeader.commandPacket, data: data, reference: 9)
      let messages = try #require(made)
      #expect(messages.allSatisfy { $0.header.elements.count <= 2 && $0.encoded.count <= 140 + 8 + 2 + 8 + 2 })
      for order in [messages, messages.reversed()] {
        var parts = Concatenation()
        for message in order.dropLast() { #expect(try parts.take(ShortMessage(message.encoded)) == nil) }
        let whole = try #require(try order.last.flatMap { try parts.take(ShortMessage($0.encoded)) })
        #expect(whole.header == UserDataHeader([.init(0x70)]))
        #expect(whole.data == data)
      }
    }
    let limit = [UInt8](repeating: 0, count: 132 + 254 * 134)
    #expect(ShortMessage.messages(.deliver, sender, UserDataHeader.commandPacket, data: limit, reference: 0) != nil)
    #expect(
      ShortMessage.messages(.deliver, sender, UserDataHeader.commandPacket, data: limit + [0], reference: 0) == nil)
  }

  @Test("doubled parts count once, and what is unfinished is forgotten in the end") func bounds() throws {
    func parts(_ reference: UInt8, _ length: Int = 300) throws -> [ShortMessage] {
      let data = [UInt8](repeating: reference, count: length)
      return try #require(
        ShortMessage.messages(.deliver, sender, UserDataHeader.commandPacket, data: data, reference: reference))
    }
    var concatenation = Concatenation()
    let first = try parts(0)
    #expect(concatenation.take(first[0]) == nil)
    #expect(concatenation.take(first[0]) == nil)
    #expect(concatenation.take(first[1]) == nil)
    for reference in 1...UInt8(Concatenation.messageLimit) {
      #expect(concatenation.take(try parts(reference)[0]) == nil)
    }
    #expect(concatenation.take(first[2]) == nil, "the oldest unfinished message gave way")
    let long = try parts(9, Int(Concatenation.partLimit) * 134)
    #expect(long.count == Int(Concatenation.partLimit) + 1)
    #expect(long.compactMap { concatenation.take($0) }.isEmpty, "a message of too many parts is dropped")
  }

  @Test("what is no message with a header and 8-bit data is refused") func refusals() throws {
    let made = ShortMessage.messages(.deliver, sender, UserDataHeader.commandPacket, data: [1, 2], reference: 0)
    let bytes = try #require(made?.first).encoded
    for count in 0..<bytes.count {
      #expect(throws: (any Error).self) { try ShortMessage(Array(bytes.prefix(count))) }
    }
    #expect(throws: (any Error).self) { try ShortMessage(bytes + [0]) }
    for (index, value) in [(0, 0x00), (0, 0x42), (1, 21), (3, 0x9A), (10, 0x00), (19, 6)] as [(Int, UInt8)] {
      var changed = bytes
      changed[index] = value
      #expect(throws: (any Error).self) { try ShortMessage(changed) }
    }
    #expect(ShortMessageAddress(dialling: sender.dialling) == sender)
    for bytes: [UInt8] in [[], [0x91], [0x91, 0xFF], [0x91, 0x1A], [0x81, 0x21, 0x1F, 0x22]] {
      #expect(ShortMessageAddress(dialling: bytes) == nil)
    }
    for text in ["", "+", "12a", "123456789012345678901"] { #expect(ShortMessageAddress(text) == nil) }
  }
}
