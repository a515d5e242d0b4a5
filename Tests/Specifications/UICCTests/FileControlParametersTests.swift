import Bytes
import Identifiers
import TLV
import Testing
import UICC

@Suite("FCP template (ETSI TS 102 221 §11.1.1.3)") struct FileControlParametersTests {
  @Test("parameters of every structure both ways") func roundTrip() throws {
    for parameters in Self.values {
      let encoded = parameters.encoded
      #expect(try FileControlParameters(encoded: encoded) == parameters)
      for length in 0..<encoded.count {
        #expect(throws: TLVError.self) { try FileControlParameters(encoded: encoded.prefix(length)) }
      }
    }
  }

  static let values: [FileControlParameters] = [
    .init(
      descriptor: .init(.transparent), fileIdentifier: .iccid, lifeCycle: .activated,
      security: .referenced(.init(file: .accessRules, record: 3)), fileSize: 10, shortFileIdentifier: .number(2)),
    .init(
      descriptor: .init(.linearFixed, recordLength: 46, recordCount: 15), fileIdentifier: .accessRules,
      lifeCycle: .deactivated, security: .expanded([0x80, 1, 1, 0x90, 0]), fileSize: 690,
      shortFileIdentifier: ShortFileIdentifier.none),
    .init(
      descriptor: .init(.cyclic, isShareable: false, isInternal: true, recordLength: 3, recordCount: 4),
      fileIdentifier: 0x6F39, proprietary: .init(specialFile: 0x40, fillPattern: [0]), lifeCycle: .initialisation,
      security: .compact([1, 0]), fileSize: 12, linkPath: [0x7F10, 0x6F39]),
    .init(
      descriptor: .init(.berTLV), fileIdentifier: 0x4F01, proprietary: .init(fileDetails: 1, maximumFileSize: 600),
      lifeCycle: .terminated,
      security: .referenced(.init(file: nil, record: 7)), fileSize: 600),
    .init(
      descriptor: .init(.directory), fileIdentifier: .currentADF,
      dfName: AID(literal: "A0000000871002FF49FF0589"),
      proprietary: .init(characteristics: 0x71, others: [0x83, 1, 9]),
      lifeCycle: .activated, pinStatus: .init([.init(.pin1, isEnabled: true), .init(.pin2, usage: 0x08)])),
  ]

  @Test("an EF's parameters in bytes") func bytes() throws {
    #expect(
      Self.values[0].encoded.hex == "621782024121" + "83022FE2" + "8A0105" + "8B032F0603" + "8002000A" + "880110")
  }

  @Test("the PIN status template of a profile package is the bare key references") func packageTemplate() throws {
    let template = try PINStatusTemplate(TLVElement([0xC6, 3, 0x01, 0x0A, 0x0B]))
    #expect(template.entries.map(\.reference) == [.pin1, .adm1, 0x0B])
  }

  @Test("the access rule's reference: record alone, with file, with security environments") func references() throws {
    func reference(_ hex: String) throws -> AccessRuleReference {
      try AccessRuleReference(TLVElement([UInt8](hex: hex)))
    }
    #expect(try reference("8B0105") == AccessRuleReference(file: nil, record: 5))
    #expect(try reference("8B032F0605") == AccessRuleReference(file: .accessRules, record: 5))
    let several = try reference("8B066F0600030104")
    #expect(several.record(in: 0) == 3)
    #expect(several.record(in: 1) == 4)
    #expect(throws: TLVError.self) { try reference("8B022F06") }
  }

  @Test(
    "malformed parameters are refused",
    arguments: [
      "620482013183", "6203820178", "62048202FF21", "62048202422183", "62068204422100008002", "6203880109",
      "620388 01F8", "6203830100", "62038A0102", "62088002000A8002000A", "620688020008",
    ])
  func malformed(hex: String) throws {
    #expect(throws: TLVError.self) { try FileControlParameters(encoded: [UInt8](hex: hex)) }
  }
}
