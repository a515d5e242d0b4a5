import Bytes
import Testing

@Suite("Bytes") struct BytesTests {
  @Test("hexadecimal both ways, spaces passed over") func hex() throws {
    #expect(try [UInt8](hex: "00 fF\n7a") == [0, 255, 122])
    #expect([0, 255, 122].map { UInt8($0) }.hex == "00FF7A")
    #expect(throws: NotHex(offset: 1)) { try [UInt8](hex: "0g") }
    #expect(throws: NotHex(offset: 3)) { try [UInt8](hex: "012") }
  }

  @Test("integers most significant byte first") func bigEndian() {
    #expect(UInt32(0x0102_0304).bigEndianBytes == [1, 2, 3, 4])
    #expect(UInt16(bigEndian: [0, 1, 2]) == 258)
    #expect(UInt16(bigEndian: [1, 0, 0]) == nil)
  }

  @Test("a secret never prints itself") func secret() {
    let secret = Secret([1, 2, 3])
    #expect("\(secret)" == "‹redacted›")
    #expect(String(reflecting: secret) == "‹redacted›")
    var text = ""
    dump(secret, to: &text)
    #expect(!text.contains("1"))
    #expect(secret == Secret([1, 2, 3]))
    #expect(secret != Secret([1, 2]))
  }

  @Test("the parts of a path are those of dirname(1) and basename(1), of one letter too")
  func pathNames() {
    let parts = [
      "x": (".", "x"), "x/circle": ("x", "circle"), "/x": ("/", "x"), "/": ("/", "/"), "//": ("/", "/"),
      "a/b/": ("a", "b"), "a//b": ("a", "b"), "/a/b.c": ("/a", "b.c"), "": (".", ""),
    ]
    for (path, (folder, last)) in parts {
      #expect(PathName.folder(of: path) == folder, "\(path)")
      #expect(PathName.last(of: path) == last, "\(path)")
    }
  }

  @Test("random bytes come in the number asked for") func random() {
    for count in [0, 1, 7, 8, 33] { #expect(SystemRandomSource.shared.bytes(count).count == count) }
    #expect(SystemRandomSource.shared.bytes(16) != SystemRandomSource.shared.bytes(16))
  }
}
