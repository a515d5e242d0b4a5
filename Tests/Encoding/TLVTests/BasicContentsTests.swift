import Bytes
import TLV
import Testing

@Suite("TLV: values of ASN.1's basic types") struct BasicContentsTests {
  private func roundTrip<Value: TLVContent & Equatable>(_ value: Value, _ hex: String) throws {
    var writer = TLVWriter()
    writer.write(0x80, value)
    #expect(writer.bytes.hex == hex)
    #expect(try Value(TLVElement(writer.bytes)) == value)
  }

  @Test("INTEGER in the fewest bytes") func integers() throws {
    try roundTrip(0, "800100")
    try roundTrip(127, "80017F")
    try roundTrip(128, "80020080")
    try roundTrip(-1, "8001FF")
    try roundTrip(-129, "8002FF7F")
    try roundTrip(Int.max, "80087FFFFFFFFFFFFFFF")
    #expect(throws: TLVError.self) { try Int(TLVElement([0x80, 2, 0, 1])) }
    #expect(throws: TLVError.self) { try Int(TLVElement([0x80, 0])) }
  }

  @Test("BIT STRING with named bits") func bits() throws {
    try roundTrip(BitString(bits: [1]), "80020640")
    try roundTrip(BitString(bits: [0, 8]), "8003078080")
    try roundTrip(BitString(bits: []), "800100")
    #expect(BitString(bits: [1])[1])
    #expect(!BitString(bits: [1])[9])
    #expect(throws: TLVError.self) { try BitString(TLVElement([0x80, 2, 1, 1])) }
    #expect(throws: TLVError.self) { try BitString(TLVElement([0x80, 1, 3])) }
  }

  @Test("OBJECT IDENTIFIER") func objectIdentifiers() throws {
    let oid = try #require(OID("2.23.146.1.2.1.1"))
    try roundTrip(oid, "800767811201020101")
    #expect("\(oid)" == "2.23.146.1.2.1.1")
    #expect(try #require(OID("1.3.6.1.4.1.31746")).description == "1.3.6.1.4.1.31746")
    #expect(OID("3.1") == nil)
    #expect(OID("1") == nil)
    #expect(OID("1.x") == nil)
    #expect(throws: TLVError.self) { try OID(TLVElement([0x80, 1, 0x80])) }
  }

  @Test("BOOLEAN is 00 or FF") func booleans() throws {
    try roundTrip(true, "8001FF")
    #expect(throws: TLVError.self) { try Bool(TLVElement([0x80, 1, 1])) }
  }

  @Test("UTF8String refuses what is not UTF-8, and what no store keeps") func text() throws {
    try roundTrip("Grüße", "80074772C3BCC39F65")
    #expect(throws: TLVError.self) { try String(TLVElement([0x80, 1, 0xC3])) }
    #expect(throws: TLVError.self) { try String(TLVElement([0x80, 2, 0x41, 0x00])) }
  }
}
