import Testing
import Transport

@Suite("Messages") struct MessageTests {
  @Test("RFC 9110 §5.1: names of header fields are compared without regard to case") func headers() {
    var headers: Headers = ["Content-Type": "application/json"]
    #expect(headers["content-TYPE"] == "application/json")
    headers["CONTENT-TYPE"] = "text/plain"
    #expect(headers.map(\.value) == ["text/plain"])
    headers.append("Via", "a")
    headers.append("via", "b")
    #expect(headers["via"] == "a")
    #expect(Array(headers).count == 3)
    headers["VIA"] = nil
    #expect(Array(headers).count == 1)
    #expect(headers["content_type"] == nil)
  }
}
