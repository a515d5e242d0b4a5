import Bytes
import Testing

@Suite("READ BINARY and UPDATE BINARY (ETSI TS 102 221 §11.1.3, §11.1.4)") struct BinaryTests {
  private func card() throws -> SampleCard {
    let card = try SampleCard()
    try card.send("00A4040C07A0000000871002")
    return card
  }

  @Test("offsets within the file, at its end and beyond") func offsets() throws {
    let card = try card()
    try card.send("00A4000C026F20")
    #expect(try card.send("00D6000003010203") == "9000")
    #expect(try card.send("00D60129030A0B0C") == "9000")
    #expect(try card.send("00D6012A030A0B0C") == "6700")
    #expect(try card.send("00D6012C010A") == "6B00")
    #expect(try card.send("00D60000") == "6700")
    #expect(try card.send("00B0000004") == "010203FF9000")
    #expect(try card.send("00B0012A02") == "0B0C9000")
    #expect(try card.send("00B0012A03") == "6C02")
    #expect(try card.send("00B0012C01") == "6B00")
    #expect(try card.send("00B0000000").utf8.count == 256 * 2 + 4)
  }

  @Test("the short identifier selects the file in the current directory") func shortIdentifier() throws {
    let card = try card()
    try card.send("002000010831323334FFFFFFFF")
    #expect(try card.send("00B0870009") == "0809101000000000109000")
    #expect(try card.send("00B0000109") == "6C08", "the file is current now")
    #expect(try card.send("00D6870201AA") == "9000")
    #expect(try card.send("00B0870009") == "0809AA1000000000109000")
    #expect(try card.send("00B0880001") == "6A82")
    #expect(try card.send("00B0A00001") == "6A86")
    #expect(try card.send("00B0800001") == "6A86")
    #expect(try card.send("00B09F0001") == "6A86")
  }

  @Test("no current EF, and files of another structure") func structure() throws {
    let card = try card()
    #expect(try card.send("00B0000001") == "6986")
    try card.send("00A4000C026F39")
    #expect(try card.send("00B0000001") == "6981")
    #expect(try card.send("00D600000100") == "6981")
  }
}
