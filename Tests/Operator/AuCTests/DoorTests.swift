import AuC
import Bytes
import GSUP
import Identifiers
import JSON
import Keys
import Store
import TestStores
import Testing
import Transport

@Suite("The authentication centre's doors", .overEveryStore) struct DoorTests {
  let lab: Laboratory
  let imsi: IMSI

  init() throws {
    lab = try Laboratory(seed: "doors")
    imsi = try Laboratory.imsi()
    try lab.store.migrate([SubscriberTable.schema, EventRecord.schema, LocationTable.schema])
  }

  // MARK: eap_sim_db

  private func ask(_ text: String) -> [String]? {
    let database = EAPSIMDatabase(lab.desk)
    return database.respond(to: Array(text.utf8), now: lab.now, random: lab.random)
      .map { String(decoding: $0, as: UTF8.self).split(separator: " ").map(String.init) }
  }

  @Test("eap_sim_db: vectors as hostapd reads them, AUTS without an answer") func eapSIMDatabase() throws {
    var usim = try lab.subscribe(imsi, lab.milenage())
    usim.numbers = try #require(SequenceNumberArray(highest: Array(repeating: 70, count: 32)))
    func vector() throws -> (rand: [UInt8], autn: AuthenticationToken, xres: [UInt8]) {
      let words = try #require(ask("AKA-REQ-AUTH \(imsi)"))
      #expect(words.count == 7 && words[..<2] == ["AKA-RESP-AUTH", imsi.digits])
      let bytes = try words.dropFirst(2).map { try [UInt8](hex: $0) }
      #expect(bytes.map(\.count) == [16, 16, 16, 16, 8])
      return (bytes[0], try #require(AuthenticationToken(bytes: bytes[1])), bytes[4])
    }
    let first = try vector()
    guard case .synchronisationFailure(let auts) = try usim.authenticate(rand: first.rand, autn: first.autn) else {
      Issue.record("the USIM was to be ahead")
      return
    }
    #expect(ask("AKA-AUTS \(imsi) \(auts.bytes.hex) \(first.rand.hex)") == nil)
    let second = try vector()
    #expect(try usim.authenticate(rand: second.rand, autn: second.autn) == .response(second.xres))
    #expect(second.autn.amf == [0x80, 0x00])
    let triplets = try #require(ask("SIM-REQ-AUTH \(imsi) 3"))
    #expect(triplets.count == 5 && triplets[0] == "SIM-RESP-AUTH")
    let parts = try triplets[2].split(separator: ":").map { try [UInt8](hex: $0) }
    let response = try usim.algorithm.f2345(rand: parts[2])
    #expect(parts[0] == response.kc.bytes && parts[1] == response.sres)
  }

  @Test("eap_sim_db: who is unknown is told FAILURE; what is no request is not answered")
  func eapSIMDatabaseRefusals() throws {
    #expect(ask("AKA-REQ-AUTH \(imsi)") == ["AKA-RESP-AUTH", imsi.digits, "FAILURE"])
    #expect(ask("SIM-REQ-AUTH \(imsi) 99999999999999999999") == ["SIM-RESP-AUTH", imsi.digits, "FAILURE"])
    let nothing = [
      "", "AKA-REQ-AUTH", "AKA-REQ-AUTH x", "AKA-REQ-AUTH \(imsi) 1", "SIM-REQ-AUTH \(imsi)", "AKA-AUTS \(imsi) 00 00",
      "AKA-AUTS \(imsi) zz zz", "PING \(imsi)", "\u{0}",
    ]
    for text in nothing { #expect(ask(text) == nil, "\(text)") }
    #expect(EAPSIMDatabase(lab.desk).respond(to: [0xFF, 0xFE], now: lab.now, random: lab.random) == nil)
  }

  // MARK: GSUP

  private func tell(_ message: GSUPMessage, from node: String = "SGSN-1") async -> [GSUPRoute.Delivery] {
    await GSUPRoute(lab.desk).respond(to: message, from: node, now: lab.now, random: lab.random)
  }

  private typealias Tag = GSUPMessage.Tag
  private typealias Element = GSUPMessage.Element

  @Test("GSUP: five tuples, or as many as are asked for; AMF 8000 for E-UTRAN alone; AUTS resynchronises")
  func sendAuthInfo() async throws {
    var usim = try lab.subscribe(imsi, lab.milenage())
    usim.numbers = try #require(SequenceNumberArray(highest: Array(repeating: 70, count: 32)))
    let answers = await tell(GSUPMessage(.sendAuthInfoRequest, imsi: imsi))
    let tuples = try #require(answers.first).message.authTuples
    #expect(answers.count == 1 && answers[0].message.kind == .sendAuthInfoRequest.result && tuples.count == 5)
    let token = try #require(AuthenticationToken(bytes: tuples[0].autn))
    #expect(token.amf == [0x00, 0x00])
    let response = try usim.algorithm.f2345(rand: tuples[0].rand)
    #expect(tuples[0].kc == response.kc.bytes && tuples[0].sres == response.sres && tuples[0].res == response.res)
    guard case .synchronisationFailure(let auts) = try usim.authenticate(rand: tuples[0].rand, autn: token) else {
      Issue.record("the USIM was to be ahead")
      return
    }
    let again = GSUPMessage(
      .sendAuthInfoRequest, imsi: imsi,
      [
        Element(Tag.auts, auts.bytes), Element(Tag.rand, tuples[0].rand), Element(Tag.currentRATType, [3]),
        Element(Tag.numberOfVectors, [2]),
      ])
    let fresh = try #require(await tell(again).first).message.authTuples
    #expect(fresh.count == 2)
    for tuple in fresh {
      let token = try #require(AuthenticationToken(bytes: tuple.autn))
      #expect(token.amf == [0x80, 0x00])
      #expect(try usim.authenticate(rand: tuple.rand, autn: token) == .response(tuple.res))
    }
    let forged = GSUPMessage(
      .sendAuthInfoRequest, imsi: imsi, [Element(Tag.auts, auts.bytes), Element(Tag.rand, lab.random.bytes(16))])
    #expect(await tell(forged).map(\.message.cause) == [.illegalMS])
    let half = GSUPMessage(.sendAuthInfoRequest, imsi: imsi, [Element(Tag.auts, auts.bytes)])
    #expect(await tell(half).map(\.message.cause) == [.invalidMandatoryInformation])
  }

  @Test(
    "A store that is away for a moment is congestion to GSUP (TS 24.008 §10.5.5.14) and 503 to HTTP, as a full disk is not",
    arguments: [
      (StoreError.busy, true), (.conflict, true), (.unavailable("restarted"), true), (.unknownOutcome, true),
      (.full, false),
    ]) func temporaryTrouble(trouble: StoreError, isTemporary: Bool) async throws
  {
    _ = try lab.subscribe(imsi, lab.milenage())
    lab.store.onCommit { if $0 == .before { throw trouble } }
    let causes = await tell(GSUPMessage(.sendAuthInfoRequest, imsi: imsi)).map(\.message.cause)
    #expect(causes == [isTemporary ? .congestion : .networkFailure])
    #expect(try await call("POST", "vectors", #"{"imsi":"\#(imsi)"}"#).status == (isTemporary ? 503 : 500))
    lab.store.onCommit(nil)
    #expect(try await call("POST", "vectors", #"{"imsi":"\#(imsi)"}"#).status == 200)
  }

  @Test("GSUP: a location is confirmed once the node has the subscriber's data, and the former node is told to forget")
  func updateLocation() async throws {
    _ = try lab.subscribe(imsi, lab.milenage())
    let request = GSUPMessage(.updateLocationRequest, imsi: imsi, [Element(Tag.cnDomain, [1])])
    let data = await tell(request)
    #expect(data.map(\.node) == ["SGSN-1"] && data.map(\.message.kind) == [.insertDataRequest])
    #expect(data[0].message[Tag.pdpInfo] != nil)
    let taken = GSUPMessage(.insertDataRequest.result, imsi: imsi)
    #expect(await tell(taken).map(\.message.kind) == [.updateLocationRequest.result])
    #expect(await tell(taken).isEmpty)
    #expect(try lab.desk.location(of: imsi, in: .packetSwitched) == "SGSN-1")
    let moved = await tell(request, from: "SGSN-2")
    #expect(moved.map(\.node) == ["SGSN-2", "SGSN-1"])
    #expect(moved.map(\.message.kind) == [.insertDataRequest, .locationCancelRequest])
    let purge = GSUPMessage(.purgeMSRequest, imsi: imsi, [Element(Tag.cnDomain, [1])])
    #expect(await tell(purge).map(\.message.kind) == [.purgeMSRequest.result])
    #expect(try lab.desk.location(of: imsi, in: .packetSwitched) == "SGSN-2")
    _ = await tell(purge, from: "SGSN-2")
    #expect(try lab.desk.location(of: imsi, in: .packetSwitched) == nil)
  }

  @Test("GSUP: unknown subscribers and requests have their cause; results and reports that nobody waits for none")
  func gsupRefusals() async throws {
    for kind in [GSUPMessage.Kind.sendAuthInfoRequest, .updateLocationRequest] {
      #expect(await tell(GSUPMessage(kind, imsi: imsi)).map(\.message.cause) == [.imsiUnknown])
    }
    #expect(await tell(GSUPMessage(.checkIMEIRequest, imsi: imsi)).map(\.message.cause) == [.messageTypeUnknown])
    #expect(await tell(GSUPMessage(.checkIMEIRequest.result, imsi: imsi)).isEmpty)
    #expect(await tell(GSUPMessage(.authFailReport, imsi: imsi)).isEmpty)
    let nobody = try #require(GSUPMessage(bytes: [0x08, 0x01, 0x01, 0xAA]))
    #expect(await tell(nobody).map(\.message.cause) == [.invalidMandatoryInformation])
  }

  // MARK: HTTP

  private func call(
    _ method: String, _ path: String, _ body: String = "", token: String? = "core", certificate: [UInt8]? = nil
  ) async throws -> (status: Int, body: JSONObject) {
    let route = HTTPRoute(
      lab.desk,
      clients: [
        HTTPClient(name: "core", rights: [.authenticate], proof: .token(sha256: sha256(Array("core".utf8)))),
        HTTPClient(name: "desk", rights: [.administer], proof: .token(sha256: sha256(Array("desk".utf8)))),
        HTTPClient(name: "peer", rights: [.authenticate], proof: .certificate(sha256: sha256([1, 2, 3]))),
      ])
    var message = Message(
      method: method, host: "localhost", path: "/auc/v1/\(path)", body: Array(body.utf8), peerCertificate: certificate)
    message.headers["Authorization"] = token.map { "Bearer \($0)" }
    let reply = await route.respond(to: message, now: lab.now, random: lab.random)
    return (reply.status, reply.body.isEmpty ? JSONObject() : try JSONReader.object(reply.body))
  }

  @Test("HTTP: a subscriber enters, authenticates, gets other keys and goes") func http() async throws {
    let (k, opc) = (lab.random.bytes(16), lab.random.bytes(16))
    let keys = #""k":"\#(k.hex)","opc":"\#(opc.hex)""#
    #expect(try await call("POST", "subscribers", #"{"imsi":"\#(imsi)",\#(keys)}"#, token: "desk").status == 201)
    var usim = USIM(algorithm: try Milenage(k: Secret(k), opc: Secret(opc)), numbers: SequenceNumberArray())
    let vectors = try await call("POST", "vectors", #"{"imsi":"\#(imsi)","count":2,"access":"utran"}"#)
    let list = try vectors.body.objects("vectors")
    #expect(vectors.status == 200 && list.count == 2)
    for vector in list {
      let autn = try #require(AuthenticationToken(bytes: try [UInt8](hex: vector.text("autn"))))
      #expect(autn.amf == [0, 0])
      let answer = try usim.authenticate(rand: [UInt8](hex: vector.text("rand")), autn: autn)
      #expect(try answer == .response([UInt8](hex: vector.text("xres"))))
    }
    let change = "subscribers/\(imsi)/changes/order-7"
    let other = #"{"k":"\#(opc.hex)","opc":"\#(k.hex)"}"#
    #expect(try await call("PUT", change, other, token: "desk").status == 204)
    #expect(try await call("POST", "\(change)/commit", token: "desk").status == 204)
    #expect(try await call("POST", "\(change)/commit", token: "desk").status == 204)
    let late = try await call("POST", "\(change)/abandon", token: "desk")
    #expect(try late.status == 409 && late.body.text("error") == "changeCommitted")
    let shown = try await call("GET", "subscribers/\(imsi)", token: "desk")
    #expect(try shown.body.objects("keys").count == 2)
    let text = String(decoding: shown.body.encoded, as: UTF8.self)
    #expect(!text.contains(k.hex) && !text.contains(opc.hex))
    #expect(try await call("DELETE", "subscribers/\(imsi)", token: "desk").status == 204)
    #expect(try await call("POST", "vectors", #"{"imsi":"\#(imsi)"}"#).status == 404)
  }

  @Test("HTTP: nobody without a proof, nobody beyond its rights, nothing malformed") func httpRefusals() async throws {
    let body = #"{"imsi":"\#(imsi)"}"#
    #expect(try await call("POST", "vectors", body, token: nil).status == 401)
    #expect(try await call("POST", "vectors", body, token: "Core").status == 401)
    #expect(try await call("POST", "vectors", body, token: nil, certificate: [1, 2]).status == 401)
    #expect(try await call("POST", "vectors", body, token: nil, certificate: [1, 2, 3]).status == 404)
    #expect(try await call("POST", "vectors", body, token: "desk").status == 403)
    #expect(try await call("GET", "subscribers/\(imsi)").status == 403)
    #expect(try await call("GET", "../../etc/passwd").status == 404)
    #expect(try await call("GET", "vectors").status == 404)
    for text in ["", "{", "[]", #"{"imsi":"x"}"#, #"{"imsi":1}"#, #"{"imsi":"\#(imsi)","count":"many"}"#] {
      #expect(try await call("POST", "vectors", text).status == 400, "\(text)")
    }
    for text in [#""k":"00""#, #""k":"00","opc":"00""#, #""opc":"00""#, #""k":"zz","opc":"00""#] {
      #expect(try await call("POST", "subscribers", #"{"imsi":"\#(imsi)",\#(text)}"#, token: "desk").status == 400)
    }
    #expect(try !lab.desk.knows(imsi))
  }
}
