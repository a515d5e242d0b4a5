import Bytes
import TLV
import Testing

@Suite("TLV: what the reader takes and refuses") struct TLVReaderTests {
  @Test("tags of one, two and three bytes are read and printed as the specifications do")
  func tags() throws {
    for (hex, tag) in [("5A0189", 0x5A as TLVTag), ("BF380100", 0xBF38), ("9F7001FF", 0x9F70), ("BF814800", 0xBF8148)] {
      #expect(try TLVElement([UInt8](hex: hex)).tag == tag)
      #expect("\(tag)" == hex.prefix(tag.length * 2))
    }
  }

  @Test(
    "X.690 §10.1: a length that is not the shortest form is refused",
    arguments: ["048101AA", "04820001AA", "0480", "0485"])
  func lengths(hex: String) throws {
    #expect(throws: TLVError.malformedLength) { try TLVElement([UInt8](hex: hex)) }
  }

  @Test("every cut of a message is refused") func truncation() throws {
    var writer = TLVWriter()
    writer.write(0xBF38) { w in
      w.write(0x80, [UInt8](repeating: 7, count: 200))
      w.write(.utf8String, "smdp.example")
    }
    #expect(try TLVElement(writer.bytes).children().count == 2)
    for length in 0..<writer.bytes.count {
      #expect(throws: TLVError.self) { try TLVElement(Array(writer.bytes.prefix(length))).children() }
    }
  }

  @Test("nesting is bounded") func depth() throws {
    var bytes: [UInt8] = []
    for _ in 0..<100 { var w = TLVWriter(); w.write(.sequence, bytes: bytes); bytes = w.bytes }
    func dig(_ element: TLVElement) throws(TLVError) { for child in try element.children() { try dig(child) } }
    #expect(throws: TLVError.tooDeep) { try dig(TLVElement(bytes)) }
  }

  @Test("a verbatim value keeps the bytes that arrived") func verbatim() throws {
    let bytes = try [UInt8](hex: "800548656C6C6F")
    let text = try Verbatim<String>(TLVElement(bytes))
    #expect(text.value == "Hello")
    #expect(text.encoded == bytes)
    var writer = TLVWriter()
    writer.write(0x80, text)
    #expect(writer.bytes == bytes)
  }
}

@Suite("TLV: tags") struct TLVTagTests {
  @Test("a context-specific tag knows its number in one, two and three bytes")
  func contextNumbers() {
    for number: UInt32 in [0, 30, 31, 127, 128, 300] {
      #expect(TLVTag.context(number, constructed: true).contextNumber == number)
      #expect(TLVTag.context(number, constructed: false).contextNumber == number)
    }
    #expect(TLVTag.sequence.contextNumber == nil)
    #expect((0x5F37 as TLVTag).contextNumber == nil)
  }
}
