import Bytes
import Testing

@Suite("Records (ETSI TS 102 221 §11.1.5 to §11.1.8)") struct RecordTests {
  /// The card with PIN1 verified and EF.ADN (10 records of 30 bytes) current.
  private func card() throws -> SampleCard {
    let card = try SampleCard()
    try card.send("002000010831323334FFFFFFFF")
    try card.send("00A4080C047F106F3A")
    for record in 1...10 {
      let content = [UInt8](repeating: UInt8(record), count: 30).hex
      #expect(try card.send("00DC" + [UInt8(record)].hex + "041E" + content) == "9000")
    }
    return card
  }

  /// The card with the cyclic file of 4 records of 3 bytes current.
  private func cyclic() throws -> SampleCard {
    let card = try SampleCard()
    try card.send("00A4040C07A0000000871002")
    try card.send("00A4000C026F39")
    return card
  }

  @Test("absolute records, and the current one while there is none") func absolute() throws {
    let card = try card()
    #expect(try card.send("00B203041E").hasPrefix("0303"))
    #expect(try card.send("00B200041E") == "6A83")
    #expect(try card.send("00B20B041E") == "6A83")
    #expect(try card.send("00DC0104020102") == "6700")
    #expect(try card.send("00DC01041F" + String(repeating: "00", count: 31)) == "6700")
    #expect(try card.send("00B201051E") == "6A86")
    #expect(try card.send("00B201021E") == "6A86", "NEXT has P1 00")
  }

  @Test("next and previous move the record pointer of a linear file to its ends") func pointer() throws {
    let card = try card()
    for record in 1...10 { #expect(try card.send("00B200021E").hasPrefix([UInt8(record)].hex)) }
    #expect(try card.send("00B200021E") == "6A83")
    #expect(try card.send("00B200041E").hasPrefix("0A"), "the current record")
    #expect(try card.send("00B203041E").hasPrefix("03"), "absolute leaves the pointer")
    for record in (1...9).reversed() { #expect(try card.send("00B200031E").hasPrefix([UInt8(record)].hex)) }
    #expect(try card.send("00B200031E") == "6A83")
    try card.send("00A4000C026F3A")
    #expect(try card.send("00B200031E").hasPrefix("0A"), "PREVIOUS begins with the last")
    #expect(try card.send("00DC00031E" + String(repeating: "99", count: 30)) == "9000")
    #expect(try card.send("00B209041E").hasPrefix("99"))
  }

  @Test("§11.1.6: a cyclic file takes new records in the oldest one's place") func cyclicUpdate() throws {
    let card = try cyclic()
    for value in 1...5 { #expect(try card.send("00DC0003030000" + [UInt8(value)].hex) == "9000") }
    #expect(try card.send("00B2000403") == "0000059000", "the newest is current")
    for (record, value) in [(1, 5), (2, 4), (3, 3), (4, 2)] {
      #expect(try card.send("00B2" + [UInt8(record)].hex + "0403") == "0000" + [UInt8(value)].hex + "9000")
    }
    #expect(try card.send("00B2000203") == "0000049000")
    #expect(try card.send("00B2000303") == "0000059000")
    #expect(try card.send("00B2000303") == "0000029000", "PREVIOUS of the newest is the oldest")
    #expect(try card.send("00B2000203") == "0000059000")
    #expect(try card.send("00DC010403000001") == "6A86")
    #expect(try card.send("00DC000203000001") == "6A86")
  }

  @Test("§11.1.8: INCREASE adds to the newest record and tells the sum; not beyond the maximum") func increase() throws
  {
    let card = try cyclic()
    #expect(try card.send("803200000305FFFF00") == "05FFFF05FFFF9000")
    #expect(try card.send("803200000101") == "6104")
    #expect(try card.send("00C0000004") == "060000019000")
    #expect(try card.send("00B2020403") == "05FFFF9000")
    #expect(try card.send("8032000003FA0000") == "9850")
    #expect(try card.send("00B2010403") == "0600009000")
    #expect(try card.send("803200000400000001") == "6700")
    #expect(try card.send("80320000") == "6700")
    #expect(try card.send("803201000101") == "6A86")
    try card.send("00A4000C026F20")
    #expect(try card.send("803200000101") == "6981")
  }

  @Test("§11.1.7: simple search, forward and backward") func simpleSearch() throws {
    let card = try card()
    try card.send("00DC07041E" + String(repeating: "03", count: 30))
    #expect(try card.send("00A20104020303") == "6102")
    #expect(try card.send("00C0000002") == "03079000")
    #expect(try card.send("00B200041E").hasPrefix("0303"), "the first found record is current")
    #expect(try card.send("00A2040402030300") == "079000")
    #expect(try card.send("00A2060502030300") == "039000")
    #expect(try card.send("00A20A0502030300") == "07039000")
    #expect(try card.send("00A20104027777") == "6282")
    #expect(try card.send("00A20B04020303") == "6A83")
    #expect(try card.send("00A201070101") == "6A86")
    #expect(try card.send("00A20104") == "6700")
  }

  @Test("§11.1.7: enhanced search: offset, after a value, from the current record on") func enhancedSearch() throws {
    let card = try card()
    try card.send("00DC02041EAABB" + String(repeating: "00", count: 28))
    try card.send("00DC05041E00AABB" + String(repeating: "00", count: 27))
    #expect(try card.send("00A20106040400AABB00") == "02059000")
    #expect(try card.send("00A20106040401AABB00") == "059000")
    #expect(try card.send("00A20A06040500AABB00") == "05029000")
    #expect(try card.send("00A20106030CAABB00") == "02059000")
    #expect(try card.send("00A200060406" + "00AABB00") == "059000", "forward from the record after the current one")
    #expect(try card.send("00A200060407" + "00AABB00") == "029000", "backward from the record before")
    #expect(try card.send("00A20106040600AABB00") == "6A86", "P1 is 00 there")
    #expect(try card.send("00A20106021400") == "6A80")
  }
}
