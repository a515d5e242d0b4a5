import Bytes
import Identifiers
import Keys
import SGP22
import SMDS
import TLV
import Testing
import Transport

@Suite("The SM-DS's route") struct RouteTests {
  private let server: TestServer
  private let card: TestCard

  init() throws {
    server = try TestServer()
    card = try TestCard(server.circle)
    _ = try server.register(card.eid, call: "first").get()
  }

  @Test("SGP.22 §6.6: ES11 speaks the ASN.1 binding at its one path") func asn1() throws {
    func call(_ request: RemoteProfileProvisioningRequest) throws -> RemoteProfileProvisioningResponse {
      let reply = server.route.respond(
        to: Message(
          host: TestServer.address, path: "/gsma/rsp2/asn1",
          headers: ["Content-Type": "application/x-gsma-rsp-asn1", "X-Admin-Protocol": "gsma/rsp/v2.5.0"],
          body: request.encoded))
      #expect(reply.status == 200)
      #expect(reply.headers["Content-Type"] == "application/x-gsma-rsp-asn1")
      return try RemoteProfileProvisioningResponse(encoded: reply.body)
    }
    guard case .initiateAuthentication(.ok(let session)) = try call(.initiateAuthentication(server.initiation(card)))
    else { throw Refusal.providerFailed }
    let request = try card.authenticate(to: session, eventId: nil)
    guard case .authenticateClientEs11(.ok(let answer)) = try call(.authenticateClient(request)) else {
      throw Refusal.providerFailed
    }
    #expect(answer.eventEntries.map(\.eventId) == ["EVENT"])
    let unknown = try card.authenticate(to: server.initiate(card).get(), eventId: "NONE")
    #expect(try call(.authenticateClient(unknown)) == .authenticateClientEs11(.error(.eventIdUnknown)))
  }

  @Test(
    "§5.8.2: over the ASN.1 binding too nobody is told another's events by a spliced answer, a stranger's or a path")
  func asn1Attacks() throws {
    func send(_ request: ES9Plus.AuthenticateClient.Request) throws -> RemoteProfileProvisioningResponse {
      let reply = server.route.respond(
        to: Message(
          host: TestServer.address, path: "/gsma/rsp2/asn1",
          body: RemoteProfileProvisioningRequest.authenticateClient(request).encoded))
      #expect(reply.status == 200)
      return try RemoteProfileProvisioningResponse(encoded: reply.body)
    }
    let other = try TestCard(server.circle, number: 1)
    let stranger = PrivateKey(.p256, random: SystemRandomSource.shared)
    let (one, two) = (try server.initiate(card).get(), try server.initiate(other).get())
    #expect(
      try send(card.authenticate(to: one, eventId: nil, key: stranger))
        == .authenticateClientEs11(.error(.euiccSignatureInvalid)))
    let spliced = ES9Plus.AuthenticateClient.Request(
      transactionId: two.transactionId,
      authenticateServerResponse: try card.authenticate(to: server.initiate(card).get(), eventId: nil)
        .authenticateServerResponse)
    guard case .authenticateClientEs11(.error) = try send(spliced) else { throw Refusal.providerFailed }
    for path in ["../EVENT", "./EVENT", "EVENT/../EVENT"] {
      guard
        case .authenticateClientEs11(.error) = try send(
          card.authenticate(to: server.initiate(card).get(), eventId: path))
      else { throw Refusal.providerFailed }
    }
    #expect(try server.discover(card).get() == ["EVENT@smdp.example.com"])
  }

  @Test("SGP.22 §6.6: functions of ES9+ and what is no message are answered with status 400") func asn1Others() throws {
    let cancellation = try ES9Plus.CancelSession.Request(
      transactionId: #require(TransactionId([UInt8](repeating: 1, count: 16))),
      cancelSessionResponse: Verbatim(.error(.unknown)))
    for body in [RemoteProfileProvisioningRequest.cancelSession(cancellation).encoded, [], [0xA2, 0x00], [0xFF]] {
      let reply = server.route.respond(
        to: Message(host: TestServer.address, path: "/gsma/rsp2/asn1", body: body))
      #expect(reply.status == 400)
    }
  }

  @Test("Every message of ES11 and ES12, cut at every byte or changed, gets a specified refusal and changes no event")
  func mutations() throws {
    let session = try server.initiate(card).get()
    var messages = [
      server.message(ES11.InitiateAuthentication.self, server.initiation(card)),
      server.message(ES11.AuthenticateClient.self, try card.authenticate(to: session, eventId: "NONE")),
      server.registration(card.eid, "EVENT", call: "2"), server.deletion(card.eid, "UNKNOWN", call: "3"),
    ]
    let es11: [RemoteProfileProvisioningRequest] = [
      .initiateAuthentication(server.initiation(card)),
      .authenticateClient(try card.authenticate(to: server.initiate(card).get(), eventId: "NONE")),
    ]
    messages += es11.map { Message(host: TestServer.address, path: "/gsma/rsp2/asn1", body: $0.encoded) }
    var random = SystemRandomNumberGenerator()
    for message in messages {
      let step = message.body.count > 800 ? 5 : 1
      for position in stride(from: 0, to: message.body.count, by: step) {
        var cut = message
        cut.body = Array(message.body.prefix(position))
        check(server.route.respond(to: cut))
        var changed = message
        changed.body[position] = .random(in: .min ... .max, using: &random)
        // A changed name of a known event would be another event; only refusals are looked at here.
        if !changed.path.hasSuffix("registerEvent") { check(server.route.respond(to: changed)) }
      }
    }
    #expect(try server.discover(card).get() == ["EVENT@smdp.example.com"])
  }

  private func check(_ reply: Reply) {
    #expect([200, 400].contains(reply.status), "\(reply.status)")
    if reply.status == 200, reply.headers["Content-Type"]?.hasPrefix("application/json") == true {
      #expect(throws: Never.self) {
        let answer: Result<NoFields, Refusal> = try JSONBinding.decodeAnswer(from: reply.body)
        if case .failure(let refusal) = answer { #expect(refusal != .providerFailed) }
      }
    }
  }

  @Test("§6.5.2: ES11 stands at the paths of ES9+, and under its own name for devices that call it so") func paths()
    throws
  {
    for interface in ["es9plus", "es11"] {
      var message = server.message(ES11.InitiateAuthentication.self, server.initiation(card))
      message.path = "/gsma/rsp2/\(interface)/initiateAuthentication"
      let session = try server.answer(ES11.InitiateAuthentication.self, to: message).get()
      message = server.message(ES11.AuthenticateClient.self, try card.authenticate(to: session, eventId: nil))
      message.path = "/gsma/rsp2/\(interface)/authenticateClient"
      #expect(try server.answer(ES11.AuthenticateClient.self, to: message).get().eventEntries.count == 1)
    }
  }

  @Test("what stands nowhere is not found; ES9+ and ES2+ do not stand here") func notFound() {
    for path in ["/", ES9Plus.GetBoundProfilePackage.path, ES2Plus.DownloadOrder.path, "/gsma/rsp2/es11/"] {
      #expect(server.route.respond(to: Message(host: TestServer.address, path: path)).status == 404)
    }
  }
}
