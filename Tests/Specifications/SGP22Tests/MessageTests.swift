import Bytes
import SGP22
import TLV
import Testing

@Suite("SGP.22 Annex H: every message") struct MessageTests {
  @Test("is read and written again to the same bytes", arguments: try Samples.make()) func roundTrip(sample: Sample)
    throws
  {
    #expect(try sample.reencode(sample.bytes).hex == sample.bytes.hex)
  }

  @Test("is refused where it is cut at any byte, and where data follow", arguments: try Samples.make())
  func truncation(sample: Sample) {
    for end in sample.bytes.indices {
      #expect(throws: TLVError.self) { try sample.reencode(Array(sample.bytes[..<end])) }
    }
    #expect(throws: TLVError.self) { try sample.reencode(sample.bytes + [0x00]) }
  }

  @Test(
    "never traps where any byte is changed, and what is read can be written and read", arguments: try Samples.make())
  func mutation(sample: Sample) throws {
    for index in sample.bytes.indices {
      let byte = sample.bytes[index]
      for changed in [0x00, 0x7F, 0x80, 0xFF, byte ^ 0x01, byte ^ 0x20, byte &+ 1, byte &- 1] where changed != byte {
        var bytes = sample.bytes
        bytes[index] = changed
        guard let again = try? sample.reencode(bytes) else { continue }
        #expect(throws: Never.self) { try sample.reencode(again) }
      }
    }
  }

  @Test("EXTENSIBILITY IMPLIED: fields of later versions are passed over, and kept in what is signed")
  func extensions() throws {
    let plain = try Samples.info2()
    var writer = TLVWriter()
    writer.write(EUICCInfo2.tag) { writer in
      plain.encodeFields(to: &writer)
      writer.write(0x8D, bytes: [0x05, 0x00])
      writer.write(0x93, VersionType(3, 1, 0))
    }
    let element = try TLVElement(writer.bytes)
    let read = try Verbatim<EUICCInfo2>(element)
    #expect(read.value == plain)
    #expect(read.encoded == writer.bytes)
    #expect(try EUICCInfo2(encoded: writer.bytes).encoded == plain.encoded)
  }

  @Test("unknown numbers of later versions are read as the code for anything else") func laterCodes() throws {
    let bytes = try [UInt8](hex: "BF31038001 63")
    #expect(try ES10c.EnableProfile.Response(encoded: bytes).result == .undefinedError)
  }

  @Test(
    "sizes and ranges are checked",
    arguments: [
      "BF2E11800F11111111111111111111111111111111",  // a challenge of 15 bytes
      "BF3E035C015B",  // another tag than 5A
      "BF2908 5A0498001032 9000",  // an ICCID of 4 bytes
      "BF26058001008100",  // keys of the wrong size
      "BF300480020001",  // an INTEGER with a leading zero
      "BF3106A0004F00810101",  // TRUE is FF
      "BF2D0380FF00", "BF4304A0023080",
    ]) func ranges(hex: String) throws
  {
    let bytes = try [UInt8](hex: hex)
    let readers: [([UInt8]) throws -> Void] = [
      { _ = try ES10b.GetEUICCChallenge.Response(encoded: $0) }, { _ = try ES10c.GetEID.Request(encoded: $0) },
      { _ = try ES10c.SetNickname.Request(encoded: $0) }, { _ = try ReplaceSessionKeysRequest(encoded: $0) },
      { _ = try ES10b.RemoveNotificationFromList.Request(encoded: $0) },
      { _ = try ES10c.EnableProfile.Request(encoded: $0) }, { _ = try ES10c.GetProfilesInfo.Response(encoded: $0) },
      { _ = try ES10b.GetRAT.Response(encoded: $0) },
    ]
    for read in readers { #expect(throws: TLVError.self) { try read(bytes) } }
  }

  @Test("texts have at most the characters that the specification gives them") func texts() throws {
    let iccid = try Samples.iccid()
    func nickname(_ length: Int) -> [UInt8] {
      ES10c.SetNickname.Request(iccid: iccid, profileNickname: String(repeating: "ü", count: length)).encoded
    }
    #expect(throws: Never.self) { try ES10c.SetNickname.Request(encoded: nickname(64)) }
    #expect(throws: TLVError.self) { try ES10c.SetNickname.Request(encoded: nickname(65)) }
  }

  @Test("§5.5.3: an icon without its type is refused") func icon() throws {
    var metadata = try Samples.metadata()
    metadata.iconType = nil
    #expect(throws: TLVError.self) { try StoreMetadataRequest(encoded: metadata.encoded) }
  }

  @Test("§2.5.5: the package goes to the eUICC in its pieces") func segments() throws {
    let package = Verbatim(try Samples.boundProfilePackage())
    let pieces = package.segments
    #expect(pieces.flatMap(\.self) == package.encoded)
    #expect(pieces.map(\.count).dropFirst() == [6, 2, 3, 3, 5, 2, 3, 2])
    #expect(pieces.first?.starts(with: [0xBF, 0x36]) == true)
  }

  @Test("§2.9.2.1: an operator in a rule covers owners by wildcards") func operators() {
    let anyone = OperatorID(mccMnc: [0xEE, 0xEE, 0xEE], gid1: [], gid2: [])
    let owner = OperatorID(mccMnc: [0x62, 0xF2, 0x20], gid1: [0x01])
    #expect(anyone.covers(owner))
    #expect(OperatorID(mccMnc: [0x62, 0xF2, 0xEE], gid1: [], gid2: nil).covers(owner))
    #expect(!OperatorID(mccMnc: [0x62, 0xF2, 0x20]).covers(owner))
    #expect(!OperatorID(mccMnc: [0x62, 0xF2, 0x21], gid1: []).covers(owner))
    #expect(!OperatorID(mccMnc: [0x62, 0xF2, 0x20], gid1: [0x02]).covers(owner))
    let table: RulesAuthorisationTable = [ProfilePolicyAuthorisationRule(pprIds: [.ppr1], allowedOperators: [anyone])]
    #expect(table.authorisation(of: .ppr1, for: owner) != nil)
    #expect(table.authorisation(of: .ppr2, for: owner) == nil)
  }
}
