import Bytes
import CircleOfTrust
import Identifiers
import Keys
import SGP22
import SMDPPlus
import Stations
import Store
import Synchronization
import TLV
import TestStores
import TestSupport
import Testing
import Transport

/// A clock that stands until it is moved.
final class Clock: Sendable {
  private let time = Mutex(Fixture.now)
  var now: Instant { time.withLock { $0 } }
  func advance(by duration: Duration) { time.withLock { $0 = $0 + duration } }
}

/// An SM-DP+ over the store of the running test.
struct TestServer: Sendable {
  let store: any Store
  let desk: Desk
  let route: Route
  let credentials: Credentials
  let dpPb: PublicKey
  let clock: Clock

  init(
    _ parties: TestParties? = nil, store: (any Store)? = nil, clock: Clock = Clock(),
    requesters: Requesters = Requesters(),
    protectsBeforehand: Bool = true, change: (inout Desk.Settings) -> Void = { _ in }
  ) throws {
    let set = try parties ?? .nist
    let circle = Circle(roots: [set.ci])
    self.store = try store ?? StoreKind.current.make()
    self.clock = clock
    dpPb = set.dpPb.publicKey
    credentials = try Credentials(
      authentication: set.dpAuth, authenticationKey: set.dpAuthKey,
      profileBinding: set.dpPb, profileBindingKey: set.dpPbKey, circle: circle, now: Fixture.now)
    var settings = Desk.Settings(address: Fixture.address)
    change(&settings)
    desk = try Desk(
      store: self.store, vault: Fixture.vault, settings: settings, credentials: [credentials], circle: circle,
      requesters: requesters,
      packages: Workshop(
        templates: ["test": Fixture.Template()], vault: Fixture.vault, protectsBeforehand: protectsBeforehand))
    route = Route(desk) { Given(now: clock.now, random: SystemRandomSource.shared) }
  }

  /// Puts `order` in.
  func insert(_ order: Order) throws {
    try store.transaction { try OrderBook.insert(order, because: "test", now: clock.now, in: $0) }
  }

  /// Puts a ready-made package in; returns its hash.
  func keep(package: [UInt8]) throws -> [UInt8] {
    try store.transaction {
      try OrderBook.keep(package: package, in: Fixture.vault, random: SystemRandomSource.shared, $0)
    }
  }

  /// The order as it is stored.
  func order(_ number: Int = 0) throws -> Order {
    try #require(try store.read { try OrderBook.order(Fixture.iccid(number), in: $0) })
  }

  /// What was recorded about `correlation`.
  func record(_ correlation: String) throws -> [Event] {
    try store.read { try EventRecord.entries(correlation: correlation, in: $0) }.map(\.event)
  }

  // MARK: Calls

  func message<Function: ServerFunction>(
    _ function: Function.Type, _ request: Function.Request, header: JSONBinding.RequestHeader? = nil,
    certificate: [UInt8]? = nil
  ) -> Message {
    Message(
      host: Fixture.address, path: Function.path, headers: ["X-Admin-Protocol": "gsma/rsp/v2.5.0"],
      body: JSONBinding.encode(request, header: header), peerCertificate: certificate)
  }

  func call<Function: ServerFunction>(
    _ function: Function.Type, _ request: Function.Request, header: JSONBinding.RequestHeader? = nil,
    certificate: [UInt8]? = nil
  ) throws -> Result<Function.Response, Refusal> {
    let reply = route.respond(to: message(function, request, header: header, certificate: certificate))
    #expect(reply.status == 200)
    return try JSONBinding.decodeAnswer(from: reply.body)
  }

  func notify(_ request: ES9Plus.HandleNotification.Request) {
    #expect(route.respond(to: message(ES9Plus.HandleNotification.self, request)).status == 204)
  }

  func initiate(_ card: TestCard, challenge: [UInt8]? = nil) throws -> ES9Plus.InitiateAuthentication.Response {
    try call(
      ES9Plus.InitiateAuthentication.self,
      .init(
        euiccChallenge: challenge ?? SystemRandomSource.shared.bytes(16), smdpAddress: Fixture.address,
        euiccInfo1: card.euiccInfo1)
    ).get()
  }

  /// The first two calls.
  func authenticate(
    _ card: TestCard, matchingId: String? = "TOKEN"
  ) throws -> Result<ES9Plus.AuthenticateClient.Response, Refusal> {
    try call(ES9Plus.AuthenticateClient.self, card.authenticate(to: initiate(card), matchingId: matchingId))
  }

  /// A whole download; gives what the card found in the package.
  @discardableResult
  func download(
    _ card: TestCard, matchingId: String? = "TOKEN", otsk: PrivateKey? = nil, code: String? = nil
  ) throws -> (transactionId: TransactionId, metadata: [UInt8], package: [UInt8], configuration: [UInt8]) {
    let otsk = otsk ?? PrivateKey(card.key.curve, random: SystemRandomSource.shared)
    let offer = try authenticate(card, matchingId: matchingId).get()
    let answer = try call(
      ES9Plus.GetBoundProfilePackage.self, card.prepare(offer, otpk: otsk.publicKey, code: code)
    ).get()
    let opened = try card.open(
      answer.boundProfilePackage, otsk: otsk, transactionId: offer.transactionId, dpPb: dpPb)
    return (offer.transactionId, opened.metadata, opened.package, opened.configuration)
  }

  func success(_ aid: String = "A0000005591010FFFFFFFF8900001000") throws -> ProfileInstallationResultData.FinalResult {
    .successResult(SuccessResult(aid: try AID([UInt8](hex: aid)), simaResponse: [0x30, 0x02, 0xA0, 0x00]))
  }
}
