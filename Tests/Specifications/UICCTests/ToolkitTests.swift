import Bytes
import Identifiers
import TLV
import Testing
import UICC

@Suite("Card application toolkit (ETSI TS 102 223)") struct ToolkitTests {
  @Test("§6.4.7: REFRESH in bytes, both ways") func refresh() throws {
    let reset = ProactiveCommand.refresh(.uiccReset)
    #expect(reset.encoded.hex == "D009" + "8103010104" + "82028182")
    let files = ProactiveCommand.refresh(
      .fileChange, files: [[.mf, .iccid], [.mf, .currentADF, .imsi]], application: AID(literal: "A0000000871002"))
    #expect(
      files.encoded.hex
        == "D01F" + "8103010101" + "82028182" + "920B023F002FE23F007FFF6F07" + "AF07A0000000871002")
    for command in [reset, files, .pollInterval(seconds: 30), .provideLocalInformation(.imei)] {
      #expect(try ProactiveCommand(encoded: command.encoded) == command)
      for length in 0..<command.encoded.count {
        #expect(throws: TLVError.self) { try ProactiveCommand(encoded: command.encoded.prefix(length)) }
      }
    }
  }

  @Test("§6.8: a terminal's answer both ways, every cut refused") func response() throws {
    let command = ProactiveCommand.provideLocalInformation(.imei)
    let answer = TerminalResponse(to: command, objects: [ComprehensionTLV(0x14, [0x3A, 0x65])])
    #expect(answer.encoded.hex == "8103012601" + "02028281" + "030100" + "94023A65")
    #expect(try TerminalResponse(answer.encoded) == answer)
    #expect(answer.isSuccess)
    #expect(!TerminalResponse(to: command, generalResult: 0x20).isSuccess)
    for length in 0..<12 { #expect(throws: TLVError.self) { try TerminalResponse(answer.encoded.prefix(length)) } }
  }

  @Test("TS 101 220 §7.1.1: tags of one and three bytes, lengths to three bytes") func objects() throws {
    let list = [
      ComprehensionTLV(0x01, [1]), ComprehensionTLV(0x7E, isRequired: false, []),
      ComprehensionTLV(0x1234, [UInt8](repeating: 7, count: 200)),
      ComprehensionTLV(0x0080, isRequired: false, [UInt8](repeating: 7, count: 300)),
    ]
    let bytes = list.flatMap(\.encoded)
    #expect(try ComprehensionTLV.list(bytes) == list)
    for tag in [0x00, 0x80, 0xFF] as [UInt8] {
      #expect(throws: TLVError.malformedTag) { try ComprehensionTLV.list([tag, 0]) }
    }
    #expect(throws: TLVError.malformedLength) { try ComprehensionTLV.list([1, 0x80]) }
  }

  @Test("§7: an envelope both ways") func envelope() throws {
    let menu = Envelope(.menuSelection, objects: [ComprehensionTLV(0x02, [1, 0x81]), ComprehensionTLV(0x10, [3])])
    #expect(menu.encoded.hex == "D307" + "82020181" + "900103")
    #expect(try Envelope(menu.encoded) == menu)
    #expect(throws: TLVError.self) { try Envelope([0xDF, 0x20, 0]) }
  }

  @Test("§5.2: bits of the terminal profile") func profile() {
    let profile = TerminalProfile([0xFF, 0x00, 0x80])
    #expect(profile.supportsRefresh)
    #expect(!profile.supportsPollInterval)
    #expect(profile.supports(byte: 1, bit: 1))
    for (byte, bit) in [(0, 1), (4, 1), (1, 0), (1, 9)] { #expect(!profile.supports(byte: byte, bit: bit)) }
  }

  @Test("TS 102 221 §13.1: a record of EF.DIR both ways, an empty one") func directory() throws {
    let record = try [UInt8](hex: "61144F0CA0000000871002FF49FF058950045553494DFFFF")
    let template = try #require(try ApplicationTemplate(record: record))
    #expect(template.label == "USIM")
    #expect(template.encoded == Array(record.dropLast(2)))
    #expect(try ApplicationTemplate(record: [0xFF, 0xFF]) == nil)
  }

  @Test("TS 102 221 Table 9.3: the key references that exist") func references() {
    let valid = (0...255).filter { PINReference(rawValue: UInt8($0)).isValid }
    #expect(valid == Array(1...8) + Array(0x0A...0x0E) + [0x11] + Array(0x81...0x88) + Array(0x8A...0x8E))
  }
}
