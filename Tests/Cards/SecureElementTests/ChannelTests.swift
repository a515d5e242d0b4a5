import Bytes
import SecureElement
import Testing

@Suite("Logical channels (ETSI TS 102 221 §8.7, §11.1.17)") struct ChannelTests {
  @Test("nineteen channels beside the basic one, by assignment and by number") func open() throws {
    let card = try SampleCard()
    for number in 1...19 { #expect(try card.send("0070000001") == [UInt8(number)].hex + "9000") }
    #expect(try card.send("0070000001") == "6A81")
    #expect(try card.send("00708005") == "9000")
    #expect(try card.send("00708005") == "6881")
    #expect(try card.send("00700005") == "9000")
    #expect(try card.send("00700005") == "6A81")
    #expect(try card.send("00700014") == "6A81")
    #expect(try card.send("00708000") == "6A86")
    #expect(try card.send("00700100") == "6A86")
    #expect(try card.send("007080FF") == "6881")
  }

  @Test("channels 4 to 19 are named by the further interindustry class") func furtherClass() throws {
    let card = try SampleCard()
    #expect(try card.send("00700013") == "9000")
    #expect(try card.send("4FA4000C027F10") == "9000")
    #expect(try card.send("CFF2000C00") == "9000")
    #expect(try card.send("4EA4000C027F10") == "6881")
  }

  @Test("each channel has its own selection and record pointer") func independence() throws {
    let card = try SampleCard()
    try card.send("0070000001")
    try card.send("00A4000C022F00")
    try card.send("01A4000C022F00")
    #expect(try card.send("00B2000216").hasPrefix("6112"))
    #expect(try card.send("00B2000216").hasPrefix("FF"))
    #expect(try card.send("01B2000216").hasPrefix("6112"))
    #expect(try card.send("01A4000C027F10") == "9000")
    #expect(try card.send("00A4000C022FE2") == "9000")
  }

  @Test("what waits for GET RESPONSE waits on its own channel") func pending() throws {
    let card = try SampleCard()
    try card.send("0070000001")
    #expect(try card.send("00A40004022FE2") == "6119")
    #expect(try card.send("01C0000019") == "6985")
    #expect(try card.send("01A4000C022FE2") == "9000")
    #expect(try card.send("00C0000019").hasSuffix("9000"))
  }

  @Test("opened from another channel, the new one stands where that one does") func inheritance() throws {
    let card = try SampleCard()
    try card.send("0070000001")
    try card.send("01A4040C07A0000000871002")
    #expect(try card.send("0170000001") == "029000")
    #expect(try card.send("02A4000C026F20") == "9000")
    try card.send("00A4040C07A0000000871002")
    #expect(try card.send("0070000001") == "039000")
    #expect(try card.send("03A4000C026F20") == "6A82", "from the basic channel: the MF")
  }

  @Test("a channel can close itself; reset closes all") func close() throws {
    let card = try SampleCard()
    try card.send("0070000001")
    #expect(try card.send("01708001") == "9000")
    #expect(try card.send("01A4000C023F00") == "6881")
    try card.send("0070000001")
    _ = card.card.reset()
    #expect(try card.send("01A4000C023F00") == "6881")
  }

  @Test("a card may have fewer channels") func limit() throws {
    var configuration = Card.Configuration()
    configuration.channels = 2
    let card = Card(memory: VolatileMemory(), random: CountingRandomSource(), configuration: configuration)
    _ = card.powerOn()
    #expect(card.respond([0, 0x70, 0, 0, 1]).hex == "019000")
    #expect(card.respond([0, 0x70, 0, 0, 1]).hex == "6A81")
  }
}
