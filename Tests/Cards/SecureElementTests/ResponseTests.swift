import Bytes
import SecureElement
import Testing

@Suite("The card's way with lengths, classes and chains") struct ResponseTests {
  @Test("ETSI TS 102 221 §7.3.1.1.4: without Le the data wait for GET RESPONSE, which may take them in pieces")
  func withoutLe() throws {
    let card = try SampleCard()
    #expect(try card.send("00A40004022FE2") == "6119")
    #expect(try card.send("00C000001A") == "6C19", "more than waits")
    #expect(try card.send("00C0000010") == "6217820241218302" + "2FE28A01058B032F" + "6109")
    #expect(try card.send("00C0000009") == "06018002000A880110" + "9000")
    #expect(try card.send("00C0000001") == "6985")
  }

  @Test("another command forgets what waits") func forgotten() throws {
    let card = try SampleCard()
    #expect(try card.send("00A40004022FE2") == "6119")
    #expect(try card.send("80F2000C00") == "9000")
    #expect(try card.send("00C0000019") == "6985")
  }

  @Test("more than 256 bytes come in pieces of 256 at most") func long() throws {
    let card = try SampleCard()
    try card.send("00A4040C07A0000000871002")
    try card.send("00A4000C026F50")
    try card.send("80DB008003C081FA".replacing("03C081FA", with: "FD" + "C081FA" + String(repeating: "AB", count: 250)))
    #expect(try card.send("80CB008001C0") == "61FD")
    #expect(try card.send("00C00000FD") == "C081FA" + String(repeating: "AB", count: 250) + "9000")
  }

  @Test("§7.3.1.1.5: a wrong Le is answered with the right one, and nothing has happened") func wrongLe() throws {
    let card = try SampleCard()
    try card.send("00A4000C022FE2")
    #expect(try card.send("00B00000FF") == "6C0A")
    #expect(try card.send("00B000000A") == "980010325476981032149000")
    #expect(try card.send("00B0000000") == "980010325476981032149000", "00 asks for what there is")
    #expect(try card.send("00B0000004") == "980010329000")
    try card.send("00A4000C022F00")
    #expect(try card.send("00B20002FF") == "6C16")
    #expect(try card.send("00B2000216").hasPrefix("61124F10"), "NEXT is still the first record")
  }

  @Test("ISO/IEC 7816-4 §5.3.3: a chain of commands is one command") func chaining() throws {
    let card = try SampleCard()
    #expect(try card.send("10A40004013F") == "9000")
    #expect(try card.send("00A4000C0100") == "6700", "another P2 is another command")
    #expect(try card.send("10A4000C012F") == "9000")
    #expect(try card.send("00A4000C01E2") == "9000")
    #expect(try card.send("00B000000A") == "980010325476981032149000")
    #expect(try card.send("10A4000C012F") == "9000")
    #expect(try card.send("00C0000000") == "6985", "GET RESPONSE breaks the chain")
    #expect(try card.send("10A4000C012F") == "9000")
    #expect(try card.send("10B0000001") == "6883")
  }

  @Test(
    "§10.1.1: classes that are not defined, secure messaging, instructions that are not known",
    arguments: [
      ("A0A40000023F00", "6E00"), ("20A40000023F00", "6E00"), ("FFA40000023F00", "6E00"), ("04A40000023F00", "6882"),
      ("0CA40000023F00", "6882"), ("60A40000023F00", "6882"), ("00010000", "6D00"), ("80010000", "6D00"),
      ("01A40000023F00", "6881"), ("40A40000023F00", "6881"), ("00", "6700"), ("", "6700"),
    ])
  func classes(command: String, status: String) throws {
    #expect(try SampleCard().send(command) == status)
  }

  @Test("extended lengths are understood") func extended() throws {
    let card = try SampleCard()
    try card.send("00A4040C07A0000000871002")
    try card.send("00A4000C026F20")
    let content = (0..<300).map { UInt8(truncatingIfNeeded: $0) }.hex
    #expect(try card.send("00D6000000012C" + content) == "9000")
    #expect(try card.send("00B00000000000") == content + "9000")
    #expect(try card.send("00B0000000012C") == content + "9000")
  }

  @Test("GET CHALLENGE answers with as many random bytes as are asked for") func challenge() throws {
    let card = try SampleCard()
    #expect(try card.send("0084000008") == "00010203040506079000")
    #expect(try card.send("00840000") == "6700")
    #expect(try card.send("0084010008") == "6A86")
  }
}
