import CircleOfTrust
import Identifiers
import Keys
import SGP22
import SMDPPlus
import TestSupport
import Testing

@Suite("SGP.22 §4.5.2.2: revoked certificates at the SM-DP+")
struct RevocationTests {
  @Test("§5.6.3: a list that comes while the server runs counts from the next request on: 8.1.2/6.1")
  func revokedManufacturer() throws {
    let (server, card) = (try TestServer(), try TestCard(.nist))
    try server.insert(Fixture.order())
    let request = try card.authenticate(to: server.initiate(card), matchingId: "TOKEN")
    let ci = try Authority(certificate: TestParties.nist.ci, key: TestParties.nist.ciKey)
    var circle = server.desk.trust.circle
    try circle.load(
      ci.revocationList(
        number: 1, revoked: [card.eum.serialNumber: Fixture.now - .seconds(10)], thisUpdate: Fixture.now - .seconds(5),
        nextUpdate: Fixture.now + .seconds(1000)), at: Fixture.now)
    server.desk.trust.circle = circle
    // A session that had begun is judged by what is known now.
    #expect(throws: Refusal.eumCertificateInvalid) {
      try server.call(ES9Plus.AuthenticateClient.self, request).get()
    }
    #expect(throws: Refusal.eumCertificateInvalid) { try server.authenticate(card).get() }
    #expect(try server.order().attempts == 0)
    // A notification of a revoked eUICC changes nothing.
    server.notify(try card.notification(.notificationEnable, iccid: Fixture.iccid(0), number: 3))
    #expect(try server.order().state == .released)
  }

  @Test("§5.2.6: a requester whose certificate its issuer revokes while the server runs is refused: 1.1/1.1")
  func revokedRequester() throws {
    let ci = try Authority(certificate: TestParties.nist.ci, key: TestParties.nist.ciKey)
    let random = SeededRandomSource(seed: [1])
    let issued = try ci.issue(
      .operatorTLS, named: "mno", to: PrivateKey(.p256, random: random).publicKey,
      validity: Validity(from: Fixture.now - .seconds(86_400), days: 30), random: random)
    let server = try TestServer(
      requesters: Requesters([.init(identifier: "mno", fingerprints: [sha256(issued.encoded)])]))
    try server.insert(Fixture.order(0, state: .available, matchingId: nil))
    func order(_ call: String) throws {
      let header = JSONBinding.RequestHeader(functionRequesterIdentifier: "mno", functionCallIdentifier: call)
      _ = try server.call(
        ES2Plus.DownloadOrder.self, .init(iccid: Fixture.iccid(0)), header: header, certificate: issued.encoded
      ).get()
    }
    try order("1")
    var circle = server.desk.trust.circle
    try circle.load(
      ci.revocationList(
        number: 1, revoked: [issued.serialNumber: Fixture.now - .seconds(10)], thisUpdate: Fixture.now - .seconds(5),
        nextUpdate: Fixture.now + .seconds(1000)), at: Fixture.now)
    server.desk.trust.circle = circle
    // The same call too, which would have got the same answer.
    #expect(throws: Refusal.requesterUnknown) { try order("1") }
    #expect(throws: Refusal.requesterUnknown) { try order("2") }
  }
}
