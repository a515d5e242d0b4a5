import Bytes
import SecureElement
import Testing

@Suite("PINs (ETSI TS 102 221 §9.5, §11.1.9 to §11.1.13)") struct PINTests {
  static let pin1 = "31323334FFFFFFFF"
  static let pin2 = "35363738FFFFFFFF"
  static let wrong = "30303030FFFFFFFF"
  static let puk = "3132333435363738"
  static let adm = "41444D494E4B4559"
  static let universal = "39393939FFFFFFFF"

  @Test("§11.1.9: tries are counted down to blocked; success gives them back; no data asks for them")
  func verify() throws {
    let card = try SampleCard()
    #expect(try card.send("00200001") == "63C3")
    #expect(try card.send("0020000108" + Self.wrong) == "63C2")
    #expect(try card.send("0020000108" + Self.pin1) == "9000")
    #expect(try card.send("00200001") == "63C3")
    for tries in ["63C2", "63C1", "63C0", "6983"] { #expect(try card.send("0020000108" + Self.wrong) == tries) }
    #expect(try card.send("0020000108" + Self.pin1) == "6983")
    #expect(try card.send("00200001") == "63C0")
    _ = card.card.reset()
    #expect(try card.send("0020000108" + Self.pin1) == "6983", "blocked for ever, not until reset")
  }

  @Test(
    "wrong parameters cost no try",
    arguments: [
      ("0020010108" + wrong, "6A86"), ("0020000008" + wrong, "6A86"), ("0020000208" + wrong, "6A88"),
      ("0020000104" + "31323334", "6700"), ("0024000108" + pin1, "6700"), ("0020008108" + pin2, "6A88"),
      ("002C000108" + puk, "6700"), ("0026010108" + pin1, "6A86"), ("0028000108" + pin1, "6985"),
      ("002C000A10" + puk + pin1, "6A88"),
    ])
  func wrongParameters(command: String, status: String) throws {
    let card = try SampleCard()
    #expect(try card.send(command) == status)
    #expect(try card.send("00200001") == "63C3")
    #expect(try card.send("002C0001") == "63CA")
  }

  @Test("§11.1.10: CHANGE PIN wants the old one") func change() throws {
    let card = try SampleCard()
    #expect(try card.send("0024000110" + Self.wrong + Self.pin2) == "63C2")
    #expect(try card.send("0024000110" + Self.pin1 + Self.pin2) == "9000")
    #expect(try card.send("0020000108" + Self.pin1) == "63C2")
    #expect(try card.send("0020000108" + Self.pin2) == "9000")
  }

  @Test("§11.1.11, §11.1.12: a disabled PIN opens its files; VERIFY and CHANGE do not know it") func disable() throws {
    let card = try SampleCard()
    try card.send("00A4040C07A0000000871002")
    #expect(try card.send("00B0870009") == "6982")
    #expect(try card.send("0026000108" + Self.wrong) == "63C2")
    #expect(try card.send("0026000108" + Self.pin1) == "9000")
    #expect(try card.send("00B0870009").hasSuffix("9000"))
    #expect(try card.send("0020000108" + Self.pin1) == "6984")
    #expect(try card.send("0024000110" + Self.pin1 + Self.pin2) == "6984")
    #expect(try card.send("0026000108" + Self.pin1) == "6984")
    #expect(try card.send("0028000108" + Self.wrong) == "63C2")
    #expect(try card.send("0028000108" + Self.pin1) == "9000")
    _ = card.card.reset()
    try card.send("00A4040C07A0000000871002")
    #expect(try card.send("00B0870009") == "6982")
    #expect(try card.send("0026000A08" + Self.adm) == "6985", "a key that cannot be disabled")
  }

  @Test("§9.5.1: the universal PIN stands in for a disabled one") func universalPIN() throws {
    let card = try SampleCard()
    try card.send("00A4040C07A0000000871002")
    #expect(try card.send("0026910108" + Self.pin1) == "9000")
    #expect(try card.send("00B0870009") == "6982")
    #expect(try card.send("0020001108" + Self.universal) == "9000")
    #expect(try card.send("00B0870009").hasSuffix("9000"))
    #expect(try card.send("0026911108" + Self.universal) == "6985", "not for itself")
    #expect(try card.send("0028000108" + Self.pin1) == "9000")
    _ = card.card.reset()
    try card.send("00A4040C07A0000000871002")
    try card.send("0020001108" + Self.universal)
    #expect(try card.send("00B0870009") == "6982", "enabled again, it is itself wanted")
  }

  @Test("§11.1.13: UNBLOCK PIN sets a new PIN and enables it; its own tries are counted") func unblock() throws {
    let card = try SampleCard()
    for _ in 0..<3 { try card.send("0020000108" + Self.wrong) }
    #expect(try card.send("002C000110" + Self.wrong + Self.pin2) == "63C9")
    #expect(try card.send("002C0001") == "63C9")
    #expect(try card.send("002C000110" + Self.puk + Self.pin2) == "9000")
    #expect(try card.send("002C0001") == "63CA")
    #expect(try card.send("00200001") == "63C3")
    #expect(try card.send("0020000108" + Self.pin2) == "9000")
    for tries in 1...10 {
      #expect(
        try card.send("002C000110" + Self.wrong + Self.pin1) == "63C" + String(10 - tries, radix: 16, uppercase: true))
    }
    #expect(try card.send("002C000110" + Self.puk + Self.pin1) == "6983")
  }

  @Test("§9.4: local PINs are each application's own and end with its last session; global ones stay") func scope()
    throws
  {
    let card = try SampleCard()
    try card.send("00A4040C07A0000000871002")
    #expect(try card.send("0020008108" + Self.pin2) == "9000")
    try card.send("0020000108" + Self.pin1)
    try card.send("00A4000C026F21")
    #expect(try card.send("00D600000101") == "9000")
    try card.send("00A4040C07A0000000871004")
    #expect(try card.send("0020008108" + Self.pin2) == "63C2", "the ISIM's PIN 2 is another")
    try card.send("00A4040C07A0000000871002")
    try card.send("00A4000C026F21")
    #expect(try card.send("00D600000101") == "6982", "the USIM's session had ended")
    #expect(try card.send("00B0000001") == "019000", "the global PIN still counts")
  }

  @Test("§9.4: a PIN verified on one channel counts on the others, while the application is active there")
  func channels() throws {
    let card = try SampleCard()
    #expect(try card.send("0070000001") == "019000")
    try card.send("00A4040C07A0000000871002")
    try card.send("01A4040C07A0000000871002")
    try card.send("0020008108" + Self.pin2)
    try card.send("01A4000C026F21")
    #expect(try card.send("01D600000101") == "9000")
    try card.send("00A4044C07A0000000871002")
    #expect(try card.send("01D600000102") == "9000", "channel 1 still has a session")
    try card.send("00708001")
    try card.send("00A4040C07A0000000871002")
    try card.send("00A4000C026F21")
    #expect(try card.send("00D600000101") == "6982")
  }

  @Test("a PIN's record keeps its attributes") func attributes() throws {
    var files = try SampleFiles.builder()
    files.setPIN(PINRecord(0x02, value: [1, 2], isChangeable: false, maximumTries: 15, remainingTries: 1), in: .mf)
    let card = try SampleCard(image: files.build())
    #expect(try card.send("00200002") == "63C1")
    #expect(try card.send("0020000208" + "0102FFFFFFFFFFFF") == "9000")
    #expect(try card.send("00200002") == "63CF")
    #expect(try card.send("0024000210" + "0102FFFFFFFFFFFF" + Self.pin1) == "6985")
  }
}
