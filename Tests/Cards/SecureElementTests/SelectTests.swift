import APDU
import Bytes
import SecureElement
import Testing

@Suite("SELECT and STATUS (ETSI TS 102 221 §11.1.1, §11.1.2)") struct SelectTests {
  @Test("§6.3: the answer to reset has a right check byte") func answerToReset() throws {
    let atr = try SampleCard().card.reset()
    #expect(atr.first == 0x3B)
    #expect(atr.dropFirst().reduce(0, ^) == 0)
  }

  @Test("§11.1.1.3: an EF's parameters: descriptor, identifier, life cycle, rule, size, short identifier")
  func parameters() throws {
    #expect(
      try SampleCard().send("00A40004022FE200")
        == "621782024121" + "83022FE2" + "8A0105" + "8B032F0601" + "8002000A" + "880110" + "9000")
    #expect(
      try SampleCard().send("00A40804047F106F3A00")
        == "621A82054221001E0A" + "83026F3A" + "8A0105" + "8B032F0602" + "8002012C" + "8801D0" + "9000")
  }

  @Test("§11.1.1.4.10: a directory tells which of its PINs are enabled") func pinStatus() throws {
    let card = try SampleCard()
    #expect(try card.sendAll("00A4040407A0000000871002").contains("C60C9001E0" + "830101830181" + "83010A"))
    #expect(try card.send("002600010831323334FFFFFFFF") == "9000")
    #expect(try card.send("80F2000000").contains("C60C900160"))
  }

  @Test("§8.4.1: by identifier: children, parent, the directory itself, its siblings, MF, current ADF")
  func identifiers() throws {
    let card = try SampleCard()
    #expect(try card.send("00A4000C027F10") == "9000")
    #expect(try card.send("00A4000C026F3A") == "9000")
    #expect(try card.send("00A4000C025F3A") == "9000")
    #expect(try card.send("00A4000C027F10") == "9000", "the parent")
    #expect(try card.send("00A4000C027F10") == "9000", "the directory itself")
    #expect(try card.send("00A4000C022FE2") == "6A82", "a file of the parent")
    #expect(try card.send("00A4000C027FFF") == "6A82", "no application is active")
    #expect(try card.send("00A4040C07A0000000871002") == "9000")
    #expect(try card.send("00A4000C026F07") == "9000")
    #expect(try card.send("00A4000C027F10") == "9000", "a sibling of the ADF")
    #expect(try card.send("00A4000C027FFF") == "9000")
    #expect(try card.send("00A4000C026F07") == "9000")
    #expect(try card.send("00A4000C023F00") == "9000")
    #expect(try card.send("00A4000C") == "9000", "no identifier means the MF")
    #expect(try card.send("00A4000C027F01") == "6A82", "an ADF's temporary identifier is nobody's")
  }

  @Test("§8.4.2: by path from the MF and from the current directory; child and parent") func paths() throws {
    let card = try SampleCard()
    #expect(try card.send("00A4080C047F106F3A") == "9000")
    #expect(try card.send("00A4080C063F007F105F3A") == "9000")
    #expect(try card.send("00A4030C") == "9000")
    #expect(try card.send("00A4090C025F3A") == "9000")
    #expect(try card.send("00A4090C025F3A") == "6A82")
    #expect(try card.send("00A4010C027F10") == "6A82")
    #expect(try card.send("00A4030C") == "9000")
    #expect(try card.send("00A4010C025F3A") == "9000")
    #expect(try card.send("00A4010C026F3A") == "6A82")
    #expect(try card.send("00A4080C047FFF6F07") == "6A82")
    #expect(try card.send("00A4040C07A0000000871002") == "9000")
    #expect(try card.send("00A4080C047FFF6F07") == "9000")
    #expect(try card.send("00A4080C047F106F07") == "6A82")
    #expect(try card.send("00A4080C062FE26F076F07") == "6A82", "a path through a file")
  }

  @Test("a SELECT that fails leaves the selection as it was") func failure() throws {
    let card = try SampleCard()
    #expect(try card.send("00A4000C022FE2") == "9000")
    #expect(try card.send("00A4000C021111") == "6A82")
    #expect(try card.send("00B000000A") == "980010325476981032149000")
  }

  @Test("§11.1.1.2: by full and partial name: first, last, next, previous occurrence") func names() throws {
    let card = try SampleCard()
    func current() throws -> String { try card.send("80F2000100") }
    let usim = "8410" + SampleCard.usim.bytes.hex + "9000"
    let isim = "8410" + SampleCard.isim.bytes.hex + "9000"
    #expect(try current() == "6985")
    #expect(try card.send("00A4040C10" + SampleCard.isim.bytes.hex) == "9000")
    #expect(try current() == isim)
    #expect(try card.send("00A4040C05A000000087") == "9000")
    #expect(try current() == usim)
    #expect(try card.send("00A4040E05A000000087") == "9000")
    #expect(try current() == isim)
    #expect(try card.send("00A4040E05A000000087") == "6A82", "no next one")
    #expect(try card.send("00A4040F05A000000087") == "9000")
    #expect(try current() == usim)
    #expect(try card.send("00A4040D05A000000087") == "9000")
    #expect(try current() == isim)
    #expect(try card.send("00A4040C07A0000000871009") == "6A82")
    #expect(try card.send("00A4040C") == "6A82")
  }

  @Test("§11.1.1: an application's session can be ended") func termination() throws {
    let card = try SampleCard()
    #expect(try card.send("00A4044C07A0000000871002") == "6985", "it is not active")
    #expect(try card.send("00A4040C07A0000000871002") == "9000")
    #expect(try card.send("00A4044C07A0000000871002") == "9000")
    #expect(try card.send("80F2000100") == "6985")
    #expect(try card.send("00A4000C027FFF") == "6A82")
  }

  @Test(
    "wrong parameters and lengths",
    arguments: [
      ("00A40084023F00", "6A86"), ("00A40008023F00", "6A86"), ("00A40020023F00", "6A86"), ("00A40001023F00", "6A86"),
      ("00A40204023F00", "6A86"), ("00A40004013F", "6700"), ("00A40004043F003F00", "6700"), ("00A40804", "6700"),
      ("00A40304023F00", "6700"), ("00A4042C05A000000087", "6A86"), ("80F2030000", "6A86"), ("80F2000200", "6A86"),
      ("80A40004023F00", "6E00"), ("00F2000000", "6E00"),
    ])
  func wrong(command: String, status: String) throws { #expect(try SampleCard().send(command) == status) }

  @Test("a card without files: nothing is found, nothing breaks") func empty() throws {
    let card = Card(memory: VolatileMemory(), random: CountingRandomSource())
    #expect(!card.powerOn().isEmpty)
    for command in ["00A40004023F00", "00A4040405A000000087"] {
      #expect(card.respond(try [UInt8](hex: command)).hex == "6A82")
    }
    #expect(card.respond(try [UInt8](hex: "80F2000C00")).hex == "9000")
    #expect(card.respond(try [UInt8](hex: "00B0000000")).hex == "6986")
    #expect(card.respond(try [UInt8](hex: "0020000108")).hex == "6A88")
    card.powerOff()
    #expect(card.respond([0, 0xA4, 0, 4]).isEmpty)
  }
}
