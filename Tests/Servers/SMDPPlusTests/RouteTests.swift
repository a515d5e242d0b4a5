import Bytes
import Identifiers
import JSON
import Keys
import SGP22
import SMDPPlus
import Store
import Testing
import Transport

@Suite("The SM-DP+'s route: bytes to messages", .enabled(if: Vectors.exist, Vectors.missing))
struct RouteTests {
  private let server: TestServer
  private let card: TestCard

  init() throws {
    (server, card) = (try TestServer(), try TestCard(.nist))
    try server.insert(Fixture.order())
  }

  private func refusal(_ reply: Reply) throws -> Refusal? {
    #expect(reply.status == 200)
    #expect(reply.headers["X-Admin-Protocol"] == "gsma/rsp/v2.5.0")
    let answer: Result<NoFields, Refusal> = try JSONBinding.decodeAnswer(from: reply.body)
    if case .failure(let refusal) = answer { return refusal }
    return nil
  }

  private func initiation() throws -> Message {
    server.message(
      ES9Plus.InitiateAuthentication.self,
      .init(
        euiccChallenge: SystemRandomSource.shared.bytes(16), smdpAddress: Fixture.address, euiccInfo1: card.euiccInfo1))
  }

  @Test("§6.2: version 2 and 3 of the protocol are spoken, and no header; others are refused with 1.3.2/3.1")
  func versions() throws {
    for (value, expected) in [
      ("gsma/rsp/v2.2.2", nil), ("gsma/rsp/v3.1.0", nil), (nil, nil),
      ("gsma/rsp/v1.0.0", Refusal.protocolVersionUnsupported), ("gsma/rsp/v9.0.0", .protocolVersionUnsupported),
      ("", .protocolVersionUnsupported), ("HTTP/1.1", .protocolVersionUnsupported),
    ] {
      var message = try initiation()
      message.headers["X-Admin-Protocol"] = value
      #expect(try refusal(server.route.respond(to: message)) == expected, "\(value ?? "none")")
    }
  }

  @Test("What is no message is refused with 1.3.1; what is too long, before it is read")
  func malformed() throws {
    var message = try initiation()
    let body = message.body
    for (bytes, expected) in [
      ([], Refusal.formatInvalid), (Array("{}".utf8), .elementMissing), (Array("[]".utf8), .formatInvalid),
      ([0xFF, 0xFE], .formatInvalid), (body + [0x20, 0x7B], .formatInvalid),
      ([UInt8](repeating: 0x20, count: Route.bodyLimit + 1), .requestTooLarge),
      ([UInt8](repeating: 0x5B, count: 60_000), .formatInvalid),
    ] {
      message.body = bytes
      #expect(try refusal(server.route.respond(to: message)) == expected)
    }
    message.body = body
    message.method = "GET"
    #expect(try refusal(server.route.respond(to: message)) == .formatInvalid)
    message.path = "/gsma/rsp2/es9plus/../es2plus/downloadOrder"
    #expect(server.route.respond(to: message).status == 404)
  }

  @Test("Every request, cut at every byte, and with every byte changed, gets a specified refusal and changes no order")
  func mutations() throws {
    let offer = try server.authenticate(card).get()
    let otpk = PrivateKey(.p256, random: SystemRandomSource.shared).publicKey
    let messages = [
      try initiation(),
      server.message(
        ES9Plus.AuthenticateClient.self, try card.authenticate(to: server.initiate(card), matchingId: "NONE")),
      server.message(ES9Plus.GetBoundProfilePackage.self, try card.prepare(offer, otpk: otpk, code: "1")),
      server.message(
        ES9Plus.CancelSession.self,
        try card.cancel(offer.transactionId, oid: server.credentials.oid, .endUserRejection)),
      server.message(
        ES9Plus.HandleNotification.self,
        try card.notification(.notificationEnable, iccid: Fixture.iccid(0), number: 3)),
    ]
    for (index, message) in messages.enumerated() {
      for position in stride(from: 0, to: message.body.count, by: index == 0 ? 1 : 7) {
        var cut = message
        cut.body = Array(message.body.prefix(position))
        check(server.route.respond(to: cut))
        var changed = message
        changed.body[position] = UInt8.random(in: .min ... .max)
        if changed.body != message.body, index != 2 { check(server.route.respond(to: changed)) }
      }
    }
    #expect(try server.order().state == .released)
  }

  private func check(_ reply: Reply) {
    #expect([200, 204, 400].contains(reply.status), "\(reply.status)")
    if reply.status == 200 {
      #expect(throws: Never.self) {
        let answer: Result<NoFields, Refusal> = try JSONBinding.decodeAnswer(from: reply.body)
        if case .failure(let refusal) = answer { #expect(refusal != .providerFailed) }
      }
    }
  }

  @Test("Each exchange and each refusal's detail stand in the record; the peer learns the codes alone")
  func record() throws {
    let answer = try server.initiate(card)
    _ = try server.call(
      ES9Plus.AuthenticateClient.self, card.authenticate(to: answer, matchingId: "WRONG"))
    let record = try server.record(answer.transactionId.description)
    #expect(record.map(\.kind) == [.exchanged, .refused, .exchanged])
    #expect(
      record.map(\.name) == [
        ES9Plus.InitiateAuthentication.path, "8.2.6/3.8", ES9Plus.AuthenticateClient.path,
      ])
    #expect(record[1].body == .text("no order has the MatchingID \"WRONG\""))
    guard case .exchange(_, let sent) = record[2].body else { return }
    #expect(!String(decoding: sent, as: UTF8.self).contains("WRONG"))
  }
}
