import Bytes
import CircleOfTrust
import Identifiers
import Keys
import MutualAuthentication
import SGP22
import SMDS
import Stations
import Store
import Synchronization
import TLV
import TestStores
import Testing
import Transport

/// A clock that stands until it is moved.
final class Clock: Sendable {
  private let time = Mutex(TestCircle.now)
  var now: Instant { time.withLock { $0 } }
  func advance(by duration: Duration) { time.withLock { $0 = $0 + duration } }
}

/// An SM-DS over the store of the running test, and the SM-DP+ 2.999.10 that calls it.
struct TestServer: Sendable {
  static let address = "smds.example.com"

  let circle: TestCircle
  let store: any Store
  let desk: Desk
  let route: Route
  let clock = Clock()
  /// The SM-DP+'s object identifier and TLS certificate.
  let smdpPlus = "2.999.10"
  let certificate: [UInt8]

  init(change: (inout Desk.Settings) -> Void = { _ in }) throws {
    circle = try TestCircle()
    store = try StoreKind.current.make()
    certificate = try circle.smdpPlus(smdpPlus)
    let oid = try #require(OID("2.999.20"))
    let (dsAuth, key) = try circle.issue(.dsAuthentication(oid))
    var settings = Desk.Settings(address: Self.address)
    change(&settings)
    desk = try Desk(
      store: store, settings: settings,
      credentials: [
        try ServerCredentials(dsAuth, key: key, as: .dsAuthentication, circle: circle.circle, now: TestCircle.now)
      ], trust: CircleInForce(circle.circle))
    let clock = clock
    route = Route(desk) { Given(now: clock.now, random: SystemRandomSource.shared) }
  }

  // MARK: ES11

  func message<Function: ServerFunction>(
    _ function: Function.Type, _ request: Function.Request, header: JSONBinding.RequestHeader? = nil,
    certificate: [UInt8]? = nil
  ) -> Message {
    Message(
      host: Self.address, path: Function.path, headers: ["X-Admin-Protocol": "gsma/rsp/v2.5.0"],
      body: JSONBinding.encode(request, header: header), peerCertificate: certificate)
  }

  func initiation(_ card: TestCard, address: String = Self.address) -> ES11.InitiateAuthentication.Request {
    .init(
      euiccChallenge: SystemRandomSource.shared.bytes(16), smdpAddress: address, euiccInfo1: card.euiccInfo1)
  }

  func answer<Function: ServerFunction>(
    _ function: Function.Type, to message: Message
  ) throws -> Result<Function.Response, Refusal> {
    let reply = route.respond(to: message)
    #expect(reply.status == 200)
    return try JSONBinding.decodeAnswer(from: reply.body)
  }

  func initiate(
    _ card: TestCard, address: String = Self.address
  ) throws -> Result<ES11.InitiateAuthentication.Response, Refusal> {
    try answer(
      ES11.InitiateAuthentication.self,
      to: message(ES11.InitiateAuthentication.self, initiation(card, address: address)))
  }

  /// What the eUICC is told, with or without an EventID.
  func discover(_ card: TestCard, _ eventId: String? = nil) throws -> Result<[String], Refusal> {
    let request = try card.authenticate(to: initiate(card).get(), eventId: eventId)
    return try answer(ES11.AuthenticateClient.self, to: message(ES11.AuthenticateClient.self, request))
      .map { $0.eventEntries.map { "\($0.eventId)@\($0.rspServerAddress)" } }
  }

  // MARK: ES12

  func header(_ call: String, as identifier: String? = nil) -> JSONBinding.RequestHeader {
    .init(functionRequesterIdentifier: identifier ?? smdpPlus, functionCallIdentifier: call)
  }

  func registration(
    _ eid: EID, _ eventId: String = "EVENT", at server: String = "smdp.example.com", call: String = "1"
  ) -> Message {
    message(
      ES12.RegisterEvent.self,
      .init(eid: eid, rspServerAddress: server, eventId: eventId, forwardingIndicator: false), header: header(call),
      certificate: certificate)
  }

  func deletion(_ eid: EID, _ eventId: String = "EVENT", call: String = "2") -> Message {
    message(
      ES12.DeleteEvent.self, .init(eid: eid, eventId: eventId), header: header(call), certificate: certificate)
  }

  func register(
    _ eid: EID, _ eventId: String = "EVENT", at server: String = "smdp.example.com", call: String = "1"
  ) throws -> Result<NoFields, Refusal> {
    try answer(ES12.RegisterEvent.self, to: registration(eid, eventId, at: server, call: call))
  }

  func delete(_ eid: EID, _ eventId: String = "EVENT", call: String = "2") throws -> Result<NoFields, Refusal> {
    try answer(ES12.DeleteEvent.self, to: deletion(eid, eventId, call: call))
  }
}
