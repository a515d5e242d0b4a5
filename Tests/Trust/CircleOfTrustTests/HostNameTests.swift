import CircleOfTrust
import Identifiers
import Keys
import TLV
import Testing

@Suite("RFC 6125 §6.4: names of TLS servers") struct HostNameTests {
  private func certificate(_ names: [String]) throws -> Certificate {
    let own = try PrivateCircle(.p256)
    var forgery = Forgery(own.chain(.dpTLS)[0])
    forgery.extensions.hostNames = names
    forgery.subject = DistinguishedName([(.commonName, "common.example.com")])
    return try Certificate(encoded: forgery.signed(by: own.ci.key))
  }

  @Test(
    "which certificate is for which host",
    arguments: [
      ("smdp.example.com", "smdp.example.com", true), ("smdp.example.com", "SMDP.Example.COM", true),
      ("smdp.example.com", "smdp.example.com.", true), ("smdp.example.com.", "smdp.example.com", true),
      ("smdp.example.com", "example.com", false), ("smdp.example.com", "x.smdp.example.com", false),
      ("smdp.example.com", "smdp.example.org", false), ("smdp.example.com", "smdp-example.com", false),
      ("smdp.example.com", "", false), ("smdp.example.com", "smdp..example.com", false),
      ("smdp.example.com", "common.example.com", false), ("localhost", "localhost", true),
      ("*.example.com", "smdp.example.com", true), ("*.example.com", "example.com", false),
      ("*.example.com", "a.b.example.com", false), ("*.example.com", "*.example.com", false),
      ("*.com", "example.com", false), ("*", "localhost", false), ("s*.example.com", "smdp.example.com", false),
      ("smdp.*.com", "smdp.example.com", false), ("*.*.com", "smdp.example.com", false),
      ("192.0.2.1", "192.0.2.1", false), ("*.0.2.1", "192.0.2.1", false), ("::1", "::1", false),
    ])
  func match(name: String, host: String, holds: Bool) throws {
    #expect(try certificate([name]).isFor(host: host) == holds)
    #expect(try certificate(["other.example.net", name]).isFor(host: host) == holds)
  }

  @Test("a name with a control character or beyond ASCII makes the certificate unreadable")
  func deceitful() throws {
    for name in ["smdp.example.com\u{0}.evil.example", "smdp\n.example.com", "smdр.example.com"] {
      #expect(throws: TLVError.self) { try certificate([name]) }
    }
  }
}
