import Bytes
import Identifiers
import Testing

@Suite("Identifiers: parsed and checked once") struct IdentifiersTests {
  @Test("EID of SGP.26's test certificate") func eid() throws {
    let eid = try EID("89049032123451234512345678901235")
    #expect(eid.bytes.hex == "89049032123451234512345678901235")
    #expect(try EID(bytes: eid.bytes) == eid)
    #expect(try EID(prefix: "890490321234512345123456789012") == eid)
    #expect(throws: InvalidIdentifier.self) { try EID("89049032123451234512345678901236") }
    #expect(throws: InvalidIdentifier.self) { try EID("8904") }
  }

  @Test("ICCID: swapped in EF.ICCID, unswapped in a package's header") func iccid() throws {
    let iccid = try ICCID("8949449999999990023")
    #expect(iccid.bytes.hex == "989444999999990920F3")
    #expect(try ICCID(bytes: iccid.bytes) == iccid)
    #expect(try ICCID(headerBytes: iccid.headerBytes) == iccid)
    #expect(iccid.headerBytes.hex == "8949449999999990023F")
    #expect(try [UInt8](hex: "98001032547698103214") == ICCID("89000123456789012341").bytes)
    #expect(throws: InvalidIdentifier.self) { try ICCID("1234567890123456789") }
  }

  @Test("IMSI in EF.IMSI, odd and even") func imsi() throws {
    #expect(try IMSI("001010123456789").bytes.hex == "080910101032547698")
    #expect(try IMSI(bytes: [UInt8](hex: "080910101032547698")).digits == "001010123456789")
    let even = try IMSI("00101012345678")
    #expect(try IMSI(bytes: even.bytes) == even)
    #expect(throws: InvalidIdentifier.self) { try IMSI(bytes: [UInt8](hex: "080110101032547698")) }
  }

  @Test("IMEI and its check digit") func imei() throws {
    #expect(try IMEI("490154203237518").bytes.hex == "94104502237315F8")
    #expect(throws: InvalidIdentifier.self) { try IMEI("490154203237517") }
  }

  @Test("PLMN with two and three digits of MNC (TS 24.008 §10.5.1.13)") func plmn() throws {
    #expect(try PLMN("00101").bytes.hex == "00F110")
    #expect(try PLMN("310410").bytes.hex == "130014")
    #expect(try PLMN(bytes: [0x13, 0x00, 0x14]).description == "310-410")
    #expect(try PLMN(bytes: [0x00, 0xF1, 0x10]) == PLMN("00101"))
  }

  @Test("an instant prints and adds") func instant() {
    #expect("\(Instant(seconds: 1_700_000_000))" == "2023-11-14T22:13:20Z")
    #expect(Instant(seconds: 1) + .milliseconds(1500) == Instant(milliseconds: 2500))
    #expect(Instant(seconds: 1) - .seconds(2) == Instant(seconds: -1))
    #expect(Instant(milliseconds: -1).seconds == -1)
    #expect(Instant(milliseconds: -1000).seconds == -1)
    #expect(Instant(milliseconds: -1001).seconds == -2)
  }

  @Test("whatever instant a stranger names, reckoning with it saturates at the ends of time") func endsOfTime() {
    let (first, last) = (Instant(milliseconds: .min), Instant(milliseconds: .max))
    #expect(first.seconds == -9_223_372_036_854_776)
    #expect(Instant(seconds: -9_223_372_036_854_775).seconds == -9_223_372_036_854_775)
    #expect(Instant(seconds: .min) == first)
    #expect(Instant(seconds: .max) == last)
    #expect(last + .seconds(Int64.max) + .milliseconds(999) == last)
    #expect(Instant(seconds: 0) + (.seconds(Int64.max / 1000) + .milliseconds(999)) == last)
    #expect(first - .seconds(Int64.max) == first)
    #expect(last - .seconds(Int64.min) == last)
    #expect(first + .seconds(Int64.min) == first)
  }
}
