import AuC
import Bytes
import GSUP
import Identifiers
import Keys
import Store
import TestStores
import Testing
import Transport
import TransportSocket

@Suite("Subscribers whom the network may not let in", .overEveryStore) struct StandingTests {
  let lab: Laboratory
  let imsi: IMSI

  init() throws {
    lab = try Laboratory(seed: "standing")
    imsi = try Laboratory.imsi()
    try lab.store.migrate([SubscriberTable.schema, EventRecord.schema, LocationTable.schema])
  }

  private func tell(_ kind: GSUPMessage.Kind, _ elements: [GSUPMessage.Element] = []) async -> [GSUPMessage] {
    await GSUPRoute(lab.desk).respond(
      to: GSUPMessage(kind, imsi: imsi, elements), from: "MSC-1", now: lab.now, random: lab.random
    ).map(\.message)
  }

  private func http(_ method: String, _ path: String, _ body: String = "") async -> Int {
    let token = HTTPClient.Proof.token(sha256: sha256(Array("t".utf8)))
    let route = HTTPRoute(
      lab.desk, clients: [HTTPClient(name: "core", rights: [.authenticate, .administer], proof: token)])
    var message = Message(method: method, host: "localhost", path: "/auc/v1/\(path)", body: Array(body.utf8))
    message.headers["Authorization"] = "Bearer t"
    return await route.respond(to: message, now: lab.now, random: lab.random).status
  }

  /// What each door says to a request for vectors: the datagram's last word, GSUP's cause, HTTP's status.
  private func doors() async -> [String] {
    var answers = ["AKA-REQ-AUTH \(imsi)", "SIM-REQ-AUTH \(imsi) 1"].map { request in
      EAPSIMDatabase(lab.desk).respond(to: Array(request.utf8), now: lab.now, random: lab.random).map {
        String(decoding: $0, as: UTF8.self).hasSuffix(" FAILURE") ? "FAILURE" : "vectors"
      } ?? "nothing"
    }
    for kind in [GSUPMessage.Kind.sendAuthInfoRequest, .updateLocationRequest] {
      answers += await tell(kind).prefix(1).map { $0.cause.map { "\($0)" } ?? "\($0.kind)" }
    }
    for kind in ["", #","kind":"gsm""#] {
      answers.append("\(await http("POST", "vectors", #"{"imsi":"\#(imsi)"\#(kind)}"#))")
    }
    return answers
  }

  private static let admitted = ["vectors", "vectors", "SendAuthInfoResult", "InsertDataRequest", "200", "200"]

  @Test("a bar shuts every door with its cause, lifted it opens them, and sequence numbers go on") func bar()
    async throws
  {
    var usim = try lab.subscribe(imsi, lab.milenage())
    #expect(await doors() == Self.admitted)
    for _ in 0..<2 { try lab.desk.bar(imsi, now: lab.now, random: lab.random) }
    #expect(await doors() == ["FAILURE", "FAILURE", "plmnNotAllowed", "plmnNotAllowed", "403", "403"])
    #expect(try lab.desk.summary(of: imsi).standing == .barred)
    for _ in 0..<2 { try lab.desk.unbar(imsi, now: lab.now, random: lab.random) }
    #expect(await doors() == Self.admitted)
    let vectors = try await lab.desk.quintuplets(for: imsi, by: "X", now: lab.now, random: lab.random)
    let vector = try #require(vectors.first)
    #expect(try usim.takes(vector))
    #expect(usim.numbers.sqnMS.value >> 5 > UInt64(2 * (1 + 5 + 1)))
    let texts = try lab.store.read { try EventRecord.entries(correlation: imsi.digits, in: $0) }.map(\.event.body)
    #expect(texts == ["added", "barred: by hand", "bar lifted: by hand"].map(Event.Body.text))
  }

  @Test(
    "each lifts its own bar: what a person barred stays out when its subscription is resumed, and the other way round")
  func causes() async throws {
    _ = try lab.subscribe(imsi, lab.milenage())
    for order in [BarCause.allCases, BarCause.allCases.reversed()] {
      for cause in BarCause.allCases { try lab.desk.bar(imsi, because: cause, now: lab.now, random: lab.random) }
      #expect(try lab.desk.summary(of: imsi).bars == BarCause.allCases)
      for (number, cause) in order.enumerated() {
        #expect(await doors().prefix(2) == ["FAILURE", "FAILURE"])
        for _ in 0..<2 {
          let left = try lab.desk.unbar(imsi, because: cause, now: lab.now, random: lab.random)
          #expect(Set(left) == Set(order.dropFirst(number + 1)))
        }
      }
      #expect(await doors() == Self.admitted)
    }
  }

  @Test("a barred subscriber's AUTS moves nothing, and another card for it stays out too") func barredCard() throws {
    var usim = try lab.subscribe(imsi, lab.milenage())
    usim.numbers = try #require(SequenceNumberArray(highest: Array(repeating: 90, count: 32)))
    let vector = try #require(try lab.desk.quintuplets(for: imsi, by: "X", now: lab.now, random: lab.random).first)
    let auts = try #require(try usim.auts(for: vector))
    try lab.desk.bar(imsi, now: lab.now, random: lab.random)
    #expect(throws: AuCError.barred(imsi)) {
      try lab.desk.resynchronise(imsi, rand: vector.rand, auts: auts, by: "X", now: lab.now, random: lab.random)
    }
    let change = try #require(ChangeID("replacement"))
    try lab.desk.prepare(
      Subscriber(imsi: imsi, credentials: lab.milenage()), as: change, now: lab.now, random: lab.random)
    try lab.desk.commit(change, of: imsi, now: lab.now, random: lab.random)
    #expect(throws: AuCError.barred(imsi)) {
      try lab.desk.quintuplets(for: imsi, by: "X", now: lab.now, random: lab.random)
    }
  }

  @Test("a closed entry is unknown to networks, opens no more, and holds its IMSI until it is removed") func closed()
    async throws
  {
    _ = try lab.subscribe(imsi, lab.milenage())
    try lab.desk.bar(imsi, now: lab.now, random: lab.random)
    for _ in 0..<2 { try lab.desk.close(imsi, now: lab.now, random: lab.random) }
    #expect(await doors() == ["FAILURE", "FAILURE", "imsiUnknown", "imsiUnknown", "410", "410"])
    #expect(throws: AuCError.closed(imsi)) { try lab.desk.unbar(imsi, now: lab.now, random: lab.random) }
    #expect(throws: AuCError.closed(imsi)) { try lab.desk.bar(imsi, now: lab.now, random: lab.random) }
    let change = try #require(ChangeID("again"))
    let next = try Subscriber(imsi: imsi, credentials: lab.milenage())
    #expect(throws: AuCError.closed(imsi)) {
      try lab.desk.prepare(next, as: change, now: lab.now, random: lab.random)
    }
    #expect(throws: AuCError.knownSubscriber(imsi)) { try lab.desk.add([next], now: lab.now, random: lab.random) }
    try lab.desk.remove(imsi, now: lab.now, random: lab.random)
    try lab.desk.add([next], now: lab.now, random: lab.random)
    #expect(await doors() == Self.admitted)
  }

  @Test("nobody whom the centre does not know is barred; HTTP bars and lifts") func unknown() async throws {
    #expect(throws: AuCError.unknownSubscriber(imsi)) { try lab.desk.bar(imsi, now: lab.now, random: lab.random) }
    #expect(await http("PUT", "subscribers/\(imsi)/bar") == 404)
    _ = try lab.subscribe(imsi, lab.milenage())
    #expect(await http("PUT", "subscribers/\(imsi)/bar") == 204)
    #expect(try lab.desk.summary(of: imsi).standing == .barred)
    #expect(await http("DELETE", "subscribers/\(imsi)/bar") == 204)
    #expect(try lab.desk.summary(of: imsi).standing == .active)
  }

  @Test(
    "TS 23.012 §3.6.1.1: the nodes that serve a subscriber who is barred or removed are told so once they are there")
  func withdrawal() async throws {
    _ = try lab.subscribe(imsi, lab.milenage())
    let (random, now) = (lab.random, lab.now)
    let service = GSUPService(GSUPRoute(lab.desk), random: random) { now }
    let server = try await FrameServer(host: "127.0.0.1", port: 0, framing: GSUPService.framing, service: service)
    for domain in CNDomain.allCases {
      _ = await tell(.updateLocationRequest, [GSUPMessage.Element(GSUPMessage.Tag.cnDomain, [domain.rawValue])])
    }
    try lab.desk.bar(imsi, now: lab.now, random: lab.random)
    // The node is away: it is told when it comes.
    try service.withdraw()
    #expect(try lab.desk.location(of: imsi, in: .circuitSwitched) == "MSC-1")
    let node = try FrameClient(
      host: "127.0.0.1", port: server.port, framing: GSUPService.framing, patience: .seconds(60))
    try node.send(IPAFrame(.connection, IPAConnectionMessage.identityResponse([0: "MSC-1"]).payload).bytes)
    let told = try await onThread {
      var told: [GSUPMessage] = []
      while told.count < 2 {
        let frame = try #require(IPAFrame(bytes: node.receive()))
        if IPAConnectionMessage(payload: frame.payload) == .identityAcknowledgement { try service.withdraw() }
        if frame.stream == .gsup { told.append(try #require(GSUPMessage(bytes: frame.payload))) }
      }
      return told
    }
    #expect(told.allSatisfy { $0.kind == .locationCancelRequest && $0[GSUPMessage.Tag.cancelType] == [1] })
    #expect(told.map(\.cnDomain) == [.packetSwitched, .circuitSwitched] && told.allSatisfy { $0.imsi == imsi })
    #expect(try lab.desk.location(of: imsi, in: .circuitSwitched) == nil)
    await server.stop()
  }
}
