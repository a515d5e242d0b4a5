import Bytes
import Keys
import SGP22
import TLV
import Testing

@Suite("SGP.22 §4.1: the activation code") struct ActivationCodeTests {
  @Test(
    "is read and written",
    arguments: [
      "LPA:1$smdp.example.com$04386-AGYFT-A74Y8-3F815", "LPA:1$smdp.example.com$04386-AGYFT$1.3.6.1.4.1.31746",
      "LPA:1$smdp.example.com$04386-AGYFT$1.3.6.1.4.1.31746$1", "LPA:1$smdp.example.com$04386-AGYFT$$1",
      "LPA:1$smdp.example.com$", "LPA:1$localhost:8443$A",
    ]) func valid(text: String) throws
  {
    let code = try ActivationCode(text)
    #expect(code.description == text)
    #expect(try ActivationCode(text.dropFirst(4)) == code)
  }

  @Test("tells what it holds") func parts() throws {
    let code = try ActivationCode("lpa:1$SMDP.Example.com$aB_c.d$2.999$1")
    #expect(code.smdpAddress.name == "smdp.example.com")
    #expect(code.matchingId == "aB_c.d")
    #expect(code.smdpOid == OID("2.999"))
    #expect(code.confirmationCodeRequired)
  }

  @Test(
    "is refused with a sentence",
    arguments: [
      ("", ActivationCode.Problem.unknownFormat), ("2$a.example$X", .unknownFormat), ("LPA:1", .wrongNumberOfParts),
      ("1$a.example", .wrongNumberOfParts), ("1$a$b$1.2$1$x", .wrongNumberOfParts), ("1$$X", .address),
      ("1$a b$X", .address), ("1$-a.example$X", .address), ("1$a..b$X", .address), ("1$a/../b$X", .address),
      ("1$a:0$X", .address), ("1$a:+1$X", .address), ("1$a.example$../../etc", .token), ("1$a.example$a b", .token),
      ("1$a.example$ü", .token), ("1$a.example$X$1", .oid), ("1$a.example$X$9.9", .oid), ("1$a.example$X$$0", .flag),
      ("1$a.example$" + String(repeating: "A", count: 300), .tooLong),
    ]) func invalid(text: String, problem: ActivationCode.Problem)
  {
    #expect(throws: problem) { try ActivationCode(text) }
    #expect(problem.description.hasSuffix("."))
  }

  @Test("§4.1.1: a MatchingID has digits, capitals and hyphens alone") func matchingId() {
    #expect(MatchingId("04386-AGYFT-A74Y8-3F815") != nil)
    #expect(MatchingId("")?.isEmpty == true)
    for bad in ["../X", "a", "A.B", "A/B", "A B", "A$", "Ä", "A\0", String(repeating: "A", count: 256)] {
      #expect(MatchingId(bad) == nil, "\(bad)")
    }
  }

  @Test("§5.7.5: hashCc is the hash of the hashed code and the session") func hashCc() throws {
    let transactionId = try Samples.transactionId()
    let code = Secret(Array("2511".utf8))
    let expected = sha256(sha256(code.bytes) + [1, 2, 3])
    #expect(ConfirmationCode.hashCc(code, transactionId: transactionId) == expected)
  }
}
