import Bytes
import Identifiers
import Keys
import SGP22
import SMDPPlus
import TLV
import TestSupport
import Testing
import Transport

@Suite("SGP.22 §6.6: ES9+ in the ASN.1 binding")
struct ASN1BindingTests {
  private let server: TestServer
  private let card: TestCard

  init() throws {
    (server, card) = (try TestServer(), try TestCard(.nist))
    try server.insert(Fixture.order())
  }

  private func send(_ body: [UInt8]) -> Reply {
    server.route.respond(
      to: Message(
        host: Fixture.address, path: "/gsma/rsp2/asn1",
        headers: ["Content-Type": "application/x-gsma-rsp-asn1", "X-Admin-Protocol": "gsma/rsp/v2.5.0"], body: body))
  }

  private func call(_ request: RemoteProfileProvisioningRequest) throws -> RemoteProfileProvisioningResponse {
    let reply = send(request.encoded)
    #expect(reply.status == 200)
    #expect(reply.headers["Content-Type"] == "application/x-gsma-rsp-asn1")
    return try RemoteProfileProvisioningResponse(encoded: reply.body)
  }

  private func initiation() -> ES9Plus.InitiateAuthentication.Request {
    .init(
      euiccChallenge: SystemRandomSource.shared.bytes(16), smdpAddress: Fixture.address, euiccInfo1: card.euiccInfo1)
  }

  @Test("a whole download goes over the one path, from the first word to the installation's notification")
  func download() throws {
    guard case .initiateAuthentication(.ok(let session)) = try call(.initiateAuthentication(initiation())),
      case .authenticateClientEs9(.ok(let offer)) = try call(
        .authenticateClient(card.authenticate(to: session, matchingId: "TOKEN")))
    else { throw Refusal.providerFailed }
    let otsk = PrivateKey(.p256, random: SystemRandomSource.shared)
    guard
      case .getBoundProfilePackage(.ok(let answer)) = try call(
        .getBoundProfilePackage(card.prepare(offer, otpk: otsk.publicKey)))
    else { throw Refusal.providerFailed }
    let opened = try card.open(
      answer.boundProfilePackage, otsk: otsk, transactionId: offer.transactionId, dpPb: server.dpPb)
    #expect(opened.metadata == Fixture.order().metadata)
    let result = try card.result(
      offer.transactionId, iccid: Fixture.iccid(0), number: 1, oid: server.credentials.oid, server.success())
    let reply = send(RemoteProfileProvisioningRequest.handleNotification(result).encoded)
    #expect(reply.status == 204 && reply.body.isEmpty)
    #expect(try server.order().state == .installed)
  }

  @Test("a refusal is a number of the function's own") func refusals() throws {
    guard case .initiateAuthentication(.ok(let session)) = try call(.initiateAuthentication(initiation())) else {
      throw Refusal.providerFailed
    }
    let wrong = try card.authenticate(to: session, matchingId: "WRONG")
    #expect(try call(.authenticateClient(wrong)) == .authenticateClientEs9(.error(.matchingIdRefused)))
    let elsewhere = ES9Plus.InitiateAuthentication.Request(
      euiccChallenge: SystemRandomSource.shared.bytes(16), smdpAddress: "other.example.com",
      euiccInfo1: card.euiccInfo1)
    #expect(try call(.initiateAuthentication(elsewhere)) == .initiateAuthentication(.error(.invalidDpAddress)))
  }

  @Test("what is no message, cut or changed, is answered with status 400 or a refusal, and changes no order")
  func malformed() throws {
    for body in [[], [0xA2], [0xA2, 0x00], [0x30, 0x00], [UInt8](repeating: 0xA2, count: 60_000)] {
      #expect(send(body).status == 400)
    }
    let message = RemoteProfileProvisioningRequest.initiateAuthentication(initiation()).encoded
    for position in message.indices {
      #expect(send(Array(message.prefix(position))).status == 400)
      var changed = message
      changed[position] ^= 0x41
      #expect([200, 400].contains(send(changed).status))
    }
    #expect(try server.order().state == .released)
  }

  @Test(
    "answers spliced, replayed or signed by a stranger, a key of another curve and a path in the MatchingID are refused"
  )
  func attacks() throws {
    /// Whether it is answered with a refusal, or not at all as a message.
    func isRefused(_ request: RemoteProfileProvisioningRequest) throws -> Bool {
      let reply = send(request.encoded)
      guard reply.status == 200 else { return reply.status == 400 }
      switch try RemoteProfileProvisioningResponse(encoded: reply.body) {
      case .authenticateClientEs9(.error), .getBoundProfilePackage(.error): return true
      default: return false
      }
    }
    func session() throws -> ES9Plus.InitiateAuthentication.Response {
      guard case .initiateAuthentication(.ok(let session)) = try call(.initiateAuthentication(initiation())) else {
        throw Refusal.providerFailed
      }
      return session
    }
    func offer() throws -> ES9Plus.AuthenticateClient.Response {
      let request = try card.authenticate(to: session(), matchingId: "TOKEN")
      guard case .authenticateClientEs9(.ok(let offer)) = try call(.authenticateClient(request)) else {
        throw Refusal.providerFailed
      }
      return offer
    }
    let stranger = PrivateKey(.p256, random: SystemRandomSource.shared)
    let (one, two) = (try session(), try session())
    #expect(try isRefused(.authenticateClient(card.authenticate(to: one, matchingId: "TOKEN", key: stranger))))
    let spliced = ES9Plus.AuthenticateClient.Request(
      transactionId: two.transactionId,
      authenticateServerResponse: try card.authenticate(to: one, matchingId: "TOKEN").authenticateServerResponse)
    #expect(try isRefused(.authenticateClient(spliced)))
    let otpk = PrivateKey(.p256, random: SystemRandomSource.shared).publicKey
    let (first, second) = (try offer(), try offer())
    #expect(
      try isRefused(
        .getBoundProfilePackage(
          .init(
            transactionId: second.transactionId,
            prepareDownloadResponse: card.prepare(first, otpk: otpk).prepareDownloadResponse))))
    let brainpool = PrivateKey(.brainpoolP256r1, random: SystemRandomSource.shared).publicKey
    #expect(try isRefused(.getBoundProfilePackage(card.prepare(first, otpk: brainpool))))
    for path in ["../TOKEN", "./TOKEN", "/TOKEN", "TOKEN/../TOKEN", "TOKEN\0"] {
      #expect(try isRefused(.authenticateClient(card.authenticate(to: session(), matchingId: path))), "\(path)")
    }
    #expect(try server.order().state == .released)
  }

  @Test("the confirmation code's hash stands in no record") func masking() throws {
    guard case .initiateAuthentication(.ok(let session)) = try call(.initiateAuthentication(initiation())),
      case .authenticateClientEs9(.ok(let offer)) = try call(
        .authenticateClient(card.authenticate(to: session, matchingId: "TOKEN")))
    else { throw Refusal.providerFailed }
    let otpk = PrivateKey(.p256, random: SystemRandomSource.shared).publicKey
    let request = try card.prepare(offer, otpk: otpk, code: "4711")
    _ = try call(.getBoundProfilePackage(request))
    let hash = ConfirmationCode.hashCc(Secret(Array("4711".utf8)), transactionId: offer.transactionId)
    for event in try server.record(offer.transactionId.description) {
      guard case .exchange(let received, _) = event.body else { continue }
      let isThere = received.firstRange(of: hash) != nil
      #expect(!isThere)
    }
  }
}
