import JSON
import Testing

@Suite struct JSONTests {
  @Test("RFC 8259: every kind of value is read and written again") func roundTrip() throws {
    let text = #"{"a":[1,-2.5e+3,true,false,null],"b":{"c":"ü"},"d":""}"#
    let object = try JSONReader.object(Array(text.utf8))
    #expect(String(decoding: object.encoded, as: UTF8.self) == text)
    #expect(object["d"] == .string(""))
  }

  @Test("RFC 8259 §7: escapes, surrogate pairs and control characters") func escapes() throws {
    let object = try JSONReader.object(Array(#" {"a" : "\"\\\/\b\f\n\r\tA\ud83d\ude00"} "#.utf8))
    #expect(object["a"] == .string("\"\\/\u{8}\u{C}\n\r\tA😀"))
    #expect(try JSONReader.object(object.encoded) == object)
  }

  @Test(
    "what RFC 8259 does not allow is refused",
    arguments: [
      "", "{", "}", "{}x", "{\"a\":1,}", "{,}", "{\"a\"}", "{\"a\":1 \"b\":2}", "{\"a\":1,\"a\":2}", "{a:1}", "{'a':1}",
      "{\"a\":01}", "{\"a\":1.}", "{\"a\":.5}", "{\"a\":+1}", "{\"a\":1e}", "{\"a\":-}", "{\"a\":NaN}", "{\"a\":tru}",
      "{\"a\":\"\n\"}", "{\"a\":\"\\x\"}", "{\"a\":\"\\u12\"}", "{\"a\":\"\\ud800\"}", "{\"a\":\"\\ud800\\u0041\"}",
      "{\"a\":\"\\udc00\"}", "{\"a\":\"", "{\"a\":\"\\", "[1]", "{\"a\":[1,]}", "{\"a\":[1 2]}", "{\"a\":\"\\u+123\"}",
      "{\"a\":\"b\\u0000\"}",
    ]) func refused(text: String)
  {
    #expect(throws: JSONError.self) { try JSONReader.object(Array(text.utf8)) }
  }

  @Test("nesting is bounded") func depth() {
    let deep = String(repeating: "[", count: 100_000)
    #expect(throws: JSONError.self) { try JSONReader.value(Array(deep.utf8)) }
  }

  @Test("bytes that are no UTF-8 are refused") func utf8() {
    #expect(throws: JSONError.self) { try JSONReader.value([0x22, 0xFF, 0x22]) }
  }

  @Test("a text cut at any byte or changed in any byte never traps") func mutations() {
    let text = Array(#"{"a":[1,-2.5e+3,true],"b":"\u00fc\ud83d\ude00","c":null}"#.utf8)
    for end in 0..<text.count { #expect(throws: JSONError.self) { try JSONReader.value(Array(text[..<end])) } }
    for index in text.indices {
      for byte in UInt8.min...UInt8.max {
        var changed = text
        changed[index] = byte
        _ = try? JSONReader.value(changed)
      }
    }
  }

  @Test("RFC 4648 §10: the vectors of base 64") func base64() {
    for (plain, text) in [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
    ] {
      #expect(Base64.encode(Array(plain.utf8)) == text)
      #expect(Base64.decode(text) == Array(plain.utf8))
    }
    #expect(Base64.decode("Zm9\r\n v") == Array("foo".utf8))
    for length in 0..<200 {
      let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ length) }
      let text = Base64.encode(bytes)
      #expect(Base64.decode(text) == bytes)
      // As servers send it: a line break after each few digits.
      #expect(Base64.decode(text.map { "\($0)\n" }.joined()) == bytes)
      #expect(Base64.decode(String(text.dropLast())) == (bytes.isEmpty ? [] : nil))
    }
    for bad in ["Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zg==Zg==", "Z_==", "====", "Zm9vYg==="] {
      #expect(Base64.decode(bad) == nil, "\(bad)")
    }
  }
}
