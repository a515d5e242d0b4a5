import Bytes
import SecureElement
import Testing
import UICC

@Suite("Access rules and life cycle (ETSI TS 102 221 §9.2, §11.1.14, §11.1.15)") struct AccessTests {
  /// The card with the USIM selected and the keys of `verified` presented.
  private func card(_ verified: Set<String>) throws -> SampleCard {
    let card = try SampleCard()
    try card.send("00A4040C07A0000000871002")
    if verified.contains("PIN1") { try card.send("0020000108" + PINTests.pin1) }
    if verified.contains("PIN2") { try card.send("0020008108" + PINTests.pin2) }
    if verified.contains("ADM") { try card.send("0020000A08" + PINTests.adm) }
    return card
  }

  static let keys: [Set<String>] = [
    [], ["PIN1"], ["PIN2"], ["ADM"], ["PIN1", "PIN2"], ["PIN1", "ADM"], ["PIN2", "ADM"], ["PIN1", "PIN2", "ADM"],
  ]

  @Test("each rule, with every combination of keys", arguments: keys)
  func rules(verified: Set<String>) throws {
    let card = try card(verified)
    func check(_ path: String, reads: Bool, updates: Bool) throws {
      try card.select(path)
      #expect(try (card.send("00B0000001").suffix(4) == "9000") == reads, "\(path) read")
      #expect(try (card.send("00D600000101") == "9000") == updates, "\(path) update")
    }
    let (pin1, pin2, adm) = (verified.contains("PIN1"), verified.contains("PIN2"), verified.contains("ADM"))
    try check("2FE2", reads: true, updates: adm)
    try check("7FFF6F07", reads: pin1, updates: pin1)
    try check("7FFF6F20", reads: true, updates: true)
    try check("7FFF6F21", reads: pin1, updates: pin2)
    try check("7FFF6F22", reads: pin1 || adm, updates: false)
    try check("7FFF6F23", reads: pin1 && adm, updates: pin1 && adm)
  }

  @Test("each command asks the rule for its own access mode") func modes() throws {
    let card = try card([])
    try card.select("7F106F3A")
    for command in [
      "00B2010400", "00DC01041E" + String(repeating: "00", count: 30), "00A201040101", "00040000",
      "00440000",
    ] { #expect(try card.send(command) == "6982", "\(command)") }
    try card.send("0020000108" + PINTests.pin1)
    #expect(try card.send("00B2010400").hasSuffix("9000"))
    #expect(try card.send("00040000") == "6982", "no rule lets it be deactivated")
  }

  @Test("a file without a rule, or with one that is not there, lets nobody in") func noRule() throws {
    var files = try SampleFiles.builder()
    let closed: [SecurityAttributes?] = [
      nil, .referenced(.init(file: 0x2F06, record: 99)), .referenced(.init(file: 0x2F99, record: 1)),
      .compact([0x03, 0, 0]), .expanded([0x80, 1, 3]), .expanded([0x80, 5]),
    ]
    for (index, security) in closed.enumerated() {
      let name = FileIdentifier(rawValue: UInt16(0x2F80 + index))
      var parameters = SampleFiles.transparent(name, size: 2, rule: 1, shortIdentifier: nil)
      parameters.security = security
      try files.createEF(parameters, in: .mf)
    }
    var open = SampleFiles.transparent(0x2F90, size: 2, rule: 1, shortIdentifier: nil)
    open.security = .expanded([0x80, 1, 3, 0x90, 0])
    try files.createEF(open, in: .mf)
    var young = SampleFiles.transparent(0x2F91, size: 2, rule: 1, shortIdentifier: nil)
    (young.security, young.lifeCycle) = (nil, .initialisation)
    try files.createEF(young, in: .mf)
    let card = try SampleCard(image: files.build())
    for index in 0..<6 {
      #expect(try card.send("00A4000C022F8" + String(index)) == "9000")
      #expect(try card.send("00B0000002") == "6982")
      #expect(try card.send("00D600000101") == "6982")
    }
    for name in ["2F90", "2F91"] {
      try card.send("00A4000C02" + name)
      #expect(try card.send("00D600000101") == "9000")
      #expect(try card.send("00B0000002") == "01FF9000")
    }
  }

  @Test("§9.2.6: the rule's record follows the security environment: PIN enabled or not") func environments() throws {
    var files = try SampleFiles.builder()
    var parameters = SampleFiles.transparent(0x2F80, size: 2, rule: 1, shortIdentifier: nil)
    var reference = AccessRuleReference(file: 0x2F06, record: 4)
    reference.records = [.init(identifier: 0, record: 4), .init(identifier: 1, record: 6)]
    parameters.security = .referenced(reference)
    try files.createEF(parameters, in: .mf)
    let card = try SampleCard(image: files.build())
    try card.send("00A4000C022F80")
    #expect(try card.send("00D600000101") == "9000", "environment 01: record 6")
    try card.send("0026000108" + PINTests.pin1)
    #expect(try card.send("00D600000102") == "6982", "environment 00: record 4")
  }

  @Test("§9.2.7: EF.ARR is found in the file's own directory before those above") func nearestRules() throws {
    var files = try SampleFiles.builder()
    let telecom = try files.file(at: [0x7F10])
    let arr = try files.createEF(SampleFiles.records(0x6F06, length: 8, count: 1, rule: 1), in: telecom)
    try files.write([0x80, 1, 1, 0x90, 0], in: arr)
    var parameters = SampleFiles.transparent(0x6F44, size: 2, rule: 1, shortIdentifier: nil)
    parameters.security = .referenced(.init(file: nil, record: 1))
    try files.createEF(parameters, in: telecom)
    try files.createEF(parameters, in: files.file(at: [0x7F10, 0x5F3A]))
    let card = try SampleCard(image: files.build())
    for path in ["7F106F44", "7F105F3A6F44"] {
      #expect(try card.select(path) == "9000")
      #expect(try card.send("00B0000002") == "FFFF9000")
      #expect(try card.send("00A40804" + [UInt8(path.utf8.count / 2)].hex + path + "00").contains("8B036F0601"))
    }
  }

  @Test("§11.1.14: a deactivated file warns at SELECT and cannot be read until it is activated") func lifeCycle() throws
  {
    let card = try card([])
    try card.send("00A4000C026F20")
    #expect(try card.send("00040000") == "9000")
    #expect(try card.send("00B0000001") == "6984")
    #expect(try card.send("00D600000101") == "6984")
    let answer = try card.send("00A40004026F2000")
    #expect(answer.hasSuffix("6283") && answer.contains("8A0104"))
    _ = card.card.reset()
    try card.send("00A4040C07A0000000871002")
    #expect(try card.send("00A4000C026F20") == "6283", "it stays so")
    #expect(try card.send("00440000026F20") == "9000")
    #expect(try card.send("00B0000001") == "FF9000")
    #expect(try card.send("00040800047FFF6F20") == "9000", "by path")
    #expect(try card.send("0044090002" + "6F20") == "9000")
    #expect(try card.send("00440000021111") == "6A82")
    #expect(try card.send("0044020002" + "6F20") == "6A86")
  }

  @Test("TS 102 222: special file information lets a deactivated file be read") func specialFile() throws {
    var files = try SampleFiles.builder()
    var parameters = SampleFiles.transparent(0x2F80, size: 2, rule: 6, shortIdentifier: nil)
    parameters.proprietary.specialFile = 0x40
    try files.createEF(parameters, in: .mf)
    let card = try SampleCard(image: files.build())
    try card.send("00A4000C022F80")
    try card.send("00040000")
    #expect(try card.send("00D600000101") == "9000")
    #expect(try card.send("00B0000002") == "01FF9000")
  }

  @Test("a link shows the target's body under its own rule") func links() throws {
    let card = try card(["PIN1"])
    try card.select("7FFF6F3A")
    #expect(try card.send("00DC01041E" + String(repeating: "AB", count: 30)) == "9000")
    try card.select("7F106F3A")
    #expect(try card.send("00B2010400").hasPrefix("ABAB"))
  }
}
