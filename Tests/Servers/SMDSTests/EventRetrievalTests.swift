import Bytes
import CircleOfTrust
import Identifiers
import Keys
import SGP22
import SMDS
import TestStores
import Testing
import Transport

@Suite("SGP.22 §5.8 ES11", .overEveryStore) struct EventRetrievalTests {
  private let server: TestServer
  private let card: TestCard

  init() throws {
    server = try TestServer()
    card = try TestCard(server.circle)
    _ = try server.register(card.eid, "FIRST", at: "a.example", call: "a").get()
    server.clock.advance(by: .seconds(1))
    _ = try server.register(card.eid, "SECOND", at: "b.example", call: "b").get()
    _ = try server.register(EID(TestCircle.eids[1]), "OTHERS", at: "c.example", call: "c").get()
  }

  @Test("§5.8.2: without an EventID an eUICC is told all its events and nobody else's, with one that event alone")
  func events() throws {
    #expect(try server.discover(card).get() == ["FIRST@a.example", "SECOND@b.example"])
    #expect(try server.discover(card, "").get() == ["FIRST@a.example", "SECOND@b.example"])
    #expect(try server.discover(card, "SECOND").get() == ["SECOND@b.example"])
    #expect(throws: Refusal.eventUnknown) { try server.discover(card, "OTHERS").get() }
    #expect(throws: Refusal.eventUnknown) { try server.discover(card, "NONE").get() }
  }

  @Test("§5.8.1: address, version and issuers are refused in the SM-DS's own codes") func initiation() throws {
    #expect(throws: Refusal.smdsAddressRefused) { try server.initiate(card, address: "smdp.example.com").get() }
    var old = card
    old.svn = VersionType(1, 1, 0)
    #expect(throws: Refusal.smdsSvnUnsupported) { try server.initiate(old).get() }
    var foreign = card
    foreign.issuer = try #require(KeyIdentifier([UInt8](repeating: 9, count: 20)))
    #expect(throws: Refusal.smdsNoServerCertificate) { try server.initiate(foreign).get() }
    let info = EUICCInfo1(
      svn: card.svn, euiccCiPKIdListForVerification: [card.issuer], euiccCiPKIdListForSigning: [foreign.issuer])
    let request = ES11.InitiateAuthentication.Request(
      euiccChallenge: SystemRandomSource.shared.bytes(16), smdpAddress: TestServer.address, euiccInfo1: info)
    #expect(throws: Refusal.smdsNoCommonPublicKeyIdentifier) {
      try server.answer(
        ES11.InitiateAuthentication.self, to: server.message(ES11.InitiateAuthentication.self, request)
      ).get()
    }
  }

  @Test("§5.8.1: CERT.DSauth signs the eUICC's challenge, and a repetition gets the same answer") func signature()
    throws
  {
    let message = server.message(ES11.InitiateAuthentication.self, server.initiation(card))
    let answer = try server.answer(ES11.InitiateAuthentication.self, to: message).get()
    #expect(answer.serverCertificate.claimedRole == .dsAuthentication)
    #expect(answer.serverCertificate.publicKey.verifies(answer.serverSignature1, over: answer.serverSigned1.encoded))
    #expect(answer.serverSigned1.value.serverAddress == TestServer.address)
    #expect(try server.answer(ES11.InitiateAuthentication.self, to: message).get() == answer)
  }

  @Test("§5.8.2: a repetition gets the same answer; any other word in the session is refused with 8.10.1/3.9")
  func repetition() throws {
    let session = try server.initiate(card).get()
    let request = try card.authenticate(to: session, eventId: "FIRST")
    let message = server.message(ES11.AuthenticateClient.self, request)
    let first = try server.answer(ES11.AuthenticateClient.self, to: message).get()
    _ = try server.answer(ES12.DeleteEvent.self, to: server.deletion(card.eid, "FIRST")).get()
    #expect(try server.answer(ES11.AuthenticateClient.self, to: message).get() == first)
    let other = server.message(
      ES11.AuthenticateClient.self, try card.authenticate(to: session, eventId: "SECOND"))
    #expect(throws: Refusal.transactionUnknown) { try server.answer(ES11.AuthenticateClient.self, to: other).get() }
    server.clock.advance(by: .seconds(301))
    #expect(throws: Refusal.transactionUnknown) { try server.answer(ES11.AuthenticateClient.self, to: message).get() }
  }

  @Test("§5.8.2: a wrong signature or challenge is refused with 8.1/6.1, a certificate that ended with 8.1.3/6.3")
  func proof() throws {
    func refusal(_ request: ES9Plus.AuthenticateClient.Request) throws -> Result<
      ES11.AuthenticateClient.Response, Refusal
    > {
      try server.answer(ES11.AuthenticateClient.self, to: server.message(ES11.AuthenticateClient.self, request))
    }
    let stranger = PrivateKey(.p256, random: SystemRandomSource.shared)
    #expect(throws: Refusal.euiccSignatureInvalid) {
      try refusal(card.authenticate(to: server.initiate(card).get(), eventId: nil, key: stranger)).get()
    }
    #expect(throws: Refusal.euiccSignatureInvalid) {
      try refusal(
        card.authenticate(
          to: server.initiate(card).get(), eventId: nil, serverChallenge: [UInt8](repeating: 1, count: 16))
      ).get()
    }
    let ended = try TestCard(
      server.circle, validity: Validity(notBefore: TestCircle.now - .seconds(9), notAfter: TestCircle.now - .seconds(5))
    )
    #expect(throws: Refusal.euiccCertificateExpired) { try server.discover(ended).get() }
    let foreign = try TestCard(TestCircle(seed: "another circle"))
    #expect(throws: Refusal.ciPublicKeyUnknown) {
      var card = foreign
      card.issuer = self.card.issuer
      return try server.discover(card).get()
    }
  }

  @Test("§4.5.2.2: a list that revokes the eUICC or its maker counts from the next request of a running server on")
  func revocation() throws {
    let next = TestCircle.now + .seconds(86_400)
    _ = try server.discover(card).get()
    var circle = server.circle.circle
    try circle.load(
      server.circle.eum.revocationList(
        number: 1, revoked: [card.certificate.serialNumber: TestCircle.now], thisUpdate: TestCircle.now,
        nextUpdate: next), issuedBy: card.eum, at: TestCircle.now)
    server.desk.trust.circle = circle
    #expect(throws: Refusal.euiccCertificateInvalid) { try server.discover(card).get() }
    circle = server.circle.circle
    try circle.load(
      server.circle.ci.revocationList(
        number: 1, revoked: [card.eum.serialNumber: TestCircle.now], thisUpdate: TestCircle.now, nextUpdate: next),
      at: TestCircle.now)
    server.desk.trust.circle = circle
    #expect(throws: Refusal.eumCertificateInvalid) { try server.discover(card).get() }
  }
}
