import Bytes
import Testing

@Suite("BER-TLV files: SET DATA and RETRIEVE DATA (ETSI TS 102 221 §11.3)") struct DataObjectTests {
  private func card() throws -> SampleCard {
    let card = try SampleCard()
    try card.send("00A4040C07A0000000871002")
    try card.send("00A4000C026F50")
    return card
  }

  @Test("objects are stored, replaced, listed and deleted by their tags") func objects() throws {
    let card = try card()
    #expect(try card.send("80DB008004C0020102") == "9000")
    #expect(try card.send("80DB0080045F210103") == "9000")
    #expect(try card.send("80CB008001C000") == "C00201029000")
    #expect(try card.send("80DB008003C00109") == "9000")
    #expect(try card.send("80CB008001C000") == "C001099000")
    #expect(try card.send("80CB0080025F2100") == "5F2101039000")
    #expect(try card.send("80CB0080015C00") == "5C035F21C09000")
    #expect(try card.send("80DB008001C0") == "9000")
    #expect(try card.send("80CB008001C000") == "6A88")
    #expect(try card.send("80DB008001C0") == "6A88")
    #expect(try card.send("80CB00900" + "15C00") == "5C025F219000", "by short identifier")
  }

  @Test("a long object goes in and out in blocks") func blocks() throws {
    let card = try card()
    let content = (0..<400).map { UInt8(truncatingIfNeeded: $0) }
    let object = ([0xC1, 0x82, 0x01, 0x90] + content).hex
    #expect(try card.send("80DB0080C8" + object.prefix(400)) == "63F1")
    #expect(try card.send("80CB008001C100") == "6A88", "it is not there before its last block")
    #expect(try card.send("80DB0000C8" + object.dropFirst(400).prefix(400)) == "6985", "the transfer was broken off")
    #expect(try card.send("80DB0080C8" + object.prefix(400)) == "63F1")
    #expect(try card.send("80DB0000C8" + object.dropFirst(400).prefix(400)) == "63F1")
    #expect(try card.send("80DB000004" + object.dropFirst(800)) == "9000")
    var read = try card.send("80CB008001C100")
    #expect(read.hasSuffix("62F1"))
    read = read.dropLast(4) + (try card.send("80CB000000"))
    #expect(read == object + "9000")
    #expect(try card.send("80CB000000") == "6985")
  }

  @Test(
    "what is too long, malformed or out of order is refused",
    arguments: [
      (["80DB008004C0030102", "80DB0000020304"], "6A80"), (["80DB0080 04C082 0300"], "6A84"),
      (["80DB008002C080"], "6A80"),
      (["80DB000004C0020102"], "6985"), (["80DB0080"], "6700"), (["80DB010004C0020102"], "6A86"),
      (["80DB00A004C0020102"], "6A86"), (["80CB0080"], "6A80"), (["80DB008004C0010102"], "6A80"),
    ])
  func refused(commands: [String], status: String) throws {
    let card = try card()
    var last = ""
    for command in commands { last = try card.send(command) }
    #expect(last == status)
    #expect(try card.send("80CB0080015C00") == "5C009000", "nothing was stored")
  }
}
