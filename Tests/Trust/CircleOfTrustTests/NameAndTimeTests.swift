import Bytes
import CircleOfTrust
import Foundation
import Identifiers
import TLV
import Testing

@Suite("Distinguished names") struct DistinguishedNameTests {
  private func name(_ parts: [(tag: TLVTag, text: String)]) throws -> DistinguishedName {
    var writer = TLVWriter()
    writer.write(.sequence) { writer in
      for part in parts {
        writer.write(.set) { writer in
          writer.write(.sequence) { writer in
            writer.write(.objectIdentifier, OID("2.5.4.10"))
            writer.write(part.tag, part.text)
          }
        }
      }
    }
    return try DistinguishedName(encoded: writer.bytes)
  }

  @Test("RFC 5280 §7.1: case and runs of spaces do not count, in either kind of string") func matching() throws {
    let a = try name([(0x0C, "RSP Test  EUM")])
    for other in [(0x0C as TLVTag, "rsp test eum"), (0x13, "RSP TEST EUM"), (0x0C, " RSP Test EUM ")] {
      #expect(try a.matches(name([other])))
      #expect(try a != name([other]))
    }
    for other in [(0x0C as TLVTag, "RSPTest EUM"), (0x16, "RSP Test EUM"), (0x0C, "RSP Test"), (0x0C, "")] {
      #expect(try !a.matches(name([other])))
    }
    #expect(try !a.matches(name([(0x0C, "RSP Test EUM"), (0x0C, "RSP Test EUM")])))
    #expect(try !name([(0x0C, "É")]).matches(name([(0x0C, "é")])))
    #expect(try name([(0x1E, "AB")]).matches(name([(0x1E, "AB")])))
    #expect(try !name([(0x1E, "AB")]).matches(name([(0x1E, "ab")])))
  }

  @Test("what is printed cannot deceive: special and control characters are escaped") func printing() throws {
    let name = DistinguishedName([
      (.commonName, "a, O=b\n\u{1B}[2J\u{202E}"), (.organizationName, "Ünïcode"), (.countryName, "ES"),
    ])
    #expect(name.description == "CN=a\\, O\\=b\\0A\\1B[2J\\E2\\80\\AE, O=Ünïcode, C=ES")
    #expect(try self.name([(0x1E, "AB")]).description == "O=#4142")
    #expect(try self.name([(0x0C, "x")]).text(.organizationName) == "x")
    #expect(try self.name([(0x0C, "x"), (0x0C, "y")]).text(.organizationName) == nil)
  }

  @Test("an empty set, a third element or a missing value is refused")
  func malformed() throws {
    for hex in ["30023100", "3004310230003000", "300931073005060355040A", "300D310B3009060355040A0C000C00", "3002A000"]
    {
      #expect(throws: TLVError.self, "\(hex)") { try DistinguishedName(encoded: [UInt8](hex: hex)) }
    }
    #expect(try DistinguishedName(encoded: [0x30, 0x00]).relativeNames.isEmpty)
  }
}

@Suite("RFC 5280 §4.1.2.5: times") struct ValidityTests {
  private func read(_ tag: UInt8, _ text: String) throws -> Instant {
    let time = [tag, UInt8(text.utf8.count)] + Array(text.utf8)
    return try Validity(encoded: [0x30, UInt8(time.count * 2)] + time + time).notBefore
  }

  @Test(
    "both forms are read",
    arguments: [
      (0x17, "700101000000Z", 0), (0x17, "491231235959Z", 2_524_607_999), (0x17, "500101000000Z", -631_152_000),
      (0x17, "200229120000Z", 1_582_977_600), (0x18, "20500101000000Z", 2_524_608_000),
      (0x18, "19700101000000Z", 0), (0x18, "99991231235959Z", 253_402_300_799),
      (0x18, "00000101000000Z", -62_167_219_200),
    ] as [(UInt8, String, Int64)])
  func good(tag: UInt8, text: String, seconds: Int64) throws { #expect(try read(tag, text).seconds == seconds) }

  @Test(
    "anything else is refused",
    arguments: [
      (0x17, "7001010000Z"), (0x17, "700101000000"), (0x17, "700101000000+0000"), (0x17, "700101000060Z"),
      (0x17, "700101006000Z"), (0x17, "700101240000Z"), (0x17, "700100000000Z"), (0x17, "700132000000Z"),
      (0x17, "701301000000Z"), (0x17, "700001000000Z"), (0x17, "210229000000Z"), (0x17, "7001010000 0Z"),
      (0x18, "19700101000000.5Z"), (0x18, "700101000000Z"), (0x18, "19000229000000Z"), (0x17, ""),
      (0x0C, "700101000000Z"),
    ] as [(UInt8, String)])
  func bad(tag: UInt8, text: String) { #expect(throws: TLVError.self) { try read(tag, text) } }

  @Test("every day of four centuries is written as it is read, and as Foundation has it") func calendar() throws {
    let calendar = Date.ISO8601FormatStyle(includingFractionalSeconds: false)
    for day in stride(from: -62_167_219_200 / 86_400, to: 253_402_300_799 / 86_400, by: 13) {
      let instant = Instant(seconds: Int64(day) * 86_400 + 3661)
      let validity = Validity(notBefore: instant, notAfter: instant)
      let again = try Validity(encoded: validity.encoded)
      #expect(again == validity)
      let text = String(decoding: validity.encoded.suffix(15).filter { (0x30...0x39).contains($0) }, as: UTF8.self)
      guard (-631_152_000...253_402_300_799).contains(instant.seconds) else { continue }
      let digits = calendar.format(Date(timeIntervalSince1970: Double(instant.seconds))).filter(\.isNumber)
      #expect(digits.hasSuffix(text.suffix(12)))
    }
  }

  @Test("beyond the year 9999 a validity has no end") func noEnd() {
    let validity = Validity(notBefore: Instant(seconds: 0), notAfter: Instant(milliseconds: .max))
    #expect(validity.notAfter.description == "9999-12-31T23:59:59Z")
    #expect(Validity(from: Instant(seconds: 0), days: .max).notAfter == validity.notAfter)
    #expect(Validity(from: Instant(milliseconds: 1999), days: 1).notAfter.seconds == 86_401)
  }
}
