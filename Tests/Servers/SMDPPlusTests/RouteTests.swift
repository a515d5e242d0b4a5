import Bytes
import Identifiers
import JSON
import Keys
import SGP22
import SMDPPlus
import Stations
import Store
import TestSupport
import Testing
import Transport

@Suite("The SM-DP+'s route: bytes to messages")
struct RouteTests {
  private let server: TestServer
  private let card: TestCard

  private static let certificate: [UInt8] = [1, 2, 3]

  init() throws {
    let requesters = Requesters([.init(identifier: "operator", fingerprints: [sha256(Self.certificate)])])
    (server, card) = (try TestServer(requesters: requesters), try TestCard(.nist))
    try server.insert(Fixture.order())
    try server.insert(Fixture.order(1, state: .available, matchingId: nil))
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

  @Test(
    "§5.2.6: a store that is away for a moment is 1.2/5.1, a failure that stays 1.2/4.2, and the same bytes are taken after",
    arguments: [
      (StoreError.busy, Refusal.providerUnavailable), (.unavailable("restarted"), .providerUnavailable),
      (.unknownOutcome, .providerUnavailable), (.full, .providerFailed),
    ]) func temporaryTrouble(trouble: StoreError, expected: Refusal) throws
  {
    let message = try initiation()
    server.store.onCommit { if $0 == .before { throw trouble } }
    #expect(try refusal(server.route.respond(to: message)) == expected)
    server.store.onCommit(nil)
    #expect(try refusal(server.route.respond(to: message)) == nil)
  }

  @Test("What is no message is refused with 1.3.1; what is too long, before it is read")
  func malformed() throws {
    var message = try initiation()
    let body = message.body
    for (bytes, expected) in [
      ([], Refusal.formatInvalid), (Array("{}".utf8), .elementMissing), (Array("[]".utf8), .formatInvalid),
      ([0xFF, 0xFE], .formatInvalid), (body + [0x20, 0x7B], .formatInvalid),
      ([UInt8](repeating: 0x20, count: HTTPRules.bodyLimit + 1), .formatInvalid),
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

  @Test(
    "Every request of ES9+ and ES2+, cut at every byte and changed in every byte, gets a specified answer and never 5xx"
  )
  func mutations() throws {
    for message in try everyMessage() {
      for position in message.body.indices {
        var cut = message
        cut.body = Array(message.body.prefix(position))
        try check(server.route.respond(to: cut), isRefused: true)
        for changed in [message.body[position] ^ 0x01, 0x7F, 0x22] where changed != message.body[position] {
          var other = message
          other.body[position] = changed
          try check(server.route.respond(to: other))
        }
      }
    }
    // No byte of it was signed by the eUICC for this order.
    #expect(try server.order().state == .released)
  }

  /// A good request of every function.
  private func everyMessage() throws -> [Message] {
    let offer = try server.authenticate(card).get()
    let otpk = PrivateKey(.p256, random: SystemRandomSource.shared).publicKey
    let (stock, eid) = (Fixture.iccid(1), Fixture.eid)
    let header = JSONBinding.RequestHeader(functionRequesterIdentifier: "operator", functionCallIdentifier: "1")
    func es2Plus<Function: ServerFunction>(_ function: Function.Type, _ request: Function.Request) -> Message {
      server.message(function, request, header: header, certificate: Self.certificate)
    }
    return [
      try initiation(),
      server.message(
        ES9Plus.AuthenticateClient.self, try card.authenticate(to: server.initiate(card), matchingId: "NONE")),
      // Of another session: the package stays where it is.
      server.message(
        ES9Plus.GetBoundProfilePackage.self,
        try card.prepare(offer, otpk: otpk, transactionId: server.initiate(card).transactionId)),
      server.message(
        ES9Plus.CancelSession.self,
        try card.cancel(server.initiate(card).transactionId, oid: server.credentials.oid, .endUserRejection)),
      server.message(
        ES9Plus.HandleNotification.self,
        try card.notification(.notificationEnable, iccid: Fixture.iccid(0), number: 3)),
      es2Plus(ES2Plus.DownloadOrder.self, .init(eid: eid, iccid: stock)),
      es2Plus(
        ES2Plus.ConfirmOrder.self,
        .init(
          iccid: stock, eid: eid, matchingId: "MINE-1", confirmationCode: Secret(Array("1234".utf8)),
          smdsAddress: "ds.example.com", releaseFlag: true)),
      es2Plus(ES2Plus.ReleaseProfile.self, .init(iccid: stock)),
      es2Plus(
        ES2Plus.CancelOrder.self,
        .init(iccid: stock, eid: eid, matchingId: "MINE-1", finalProfileStatusIndicator: .available)),
    ]
  }

  private func check(_ reply: Reply, isRefused: Bool = false) throws {
    guard reply.status == 200 else {
      #expect(reply.status == 400 || (reply.status == 204 && !isRefused), "\(reply.status)")
      return
    }
    let answer: Result<NoFields, Refusal> = try JSONBinding.decodeAnswer(from: reply.body)
    switch answer {
    case .success: #expect(!isRefused)
    case .failure(let refusal): #expect(refusal != .providerFailed)
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
