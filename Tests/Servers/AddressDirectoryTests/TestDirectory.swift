import AddressDirectory
import AddressLookup
import Bytes
import CircleOfTrust
import Identifiers
import Keys
import MutualAuthentication
import SGP22
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
  private let time: Mutex<Instant>
  init(_ start: Instant) { time = Mutex(start) }
  var now: Instant { time.withLock { $0 } }
  func advance(by duration: Duration) { time.withLock { $0 = $0 + duration } }
}

/// A directory over the store of the running test, and the servers that register in it.
struct TestDirectory {
  /// A server with its certificate.
  struct Server {
    let oid: OID
    let party: TestCircle.Party
    /// Who it says it is.
    var name: String
  }

  static let operator1 = PLMN.known("00101")
  static let operator2 = PLMN.known("00102")
  let eid: EID
  let circle: TestCircle
  let trust: CircleInForce
  let oid: OID
  let store: any Store
  let desk: Desk
  let route: Route
  let clock = Clock(TestCircle.start)
  let manager, otherManager, provider: Server

  init(_ change: (inout Desk.Settings) -> Void = { _ in }) throws {
    circle = try TestCircle()
    eid = try EID("89049032123451234512345678901235")
    trust = CircleInForce(Circle(roots: [circle.root.certificate]))
    oid = try #require(OID("2.999.40"))
    manager = try Self.server(circle, "2.999.31") { .srTLS($0, hosts: ["sr1.example.com"]) }
    otherManager = try Self.server(circle, "2.999.32") { .srTLS($0, hosts: ["sr2.example.com"]) }
    provider = try Self.server(circle, "2.999.10") { .dpTLS($0, hosts: ["dp.example.com"]) }
    store = try StoreKind.current.make()
    let own = try circle.issue(.directoryTLS(oid, hosts: ["directory.example.com"]))
    var settings = Desk.Settings()
    settings.providers = [Self.operator1: [provider.oid], Self.operator2: [provider.oid]]
    change(&settings)
    desk = try Desk(
      store: store, settings: settings, certificate: own.certificate, key: own.key, trust: trust, now: clock.now)
    let clock = clock
    route = Route(desk) { Given(now: clock.now, random: SystemRandomSource.shared) }
  }

  static func server(_ circle: TestCircle, _ oid: String, _ profile: (OID) -> CertificateProfile) throws -> Server {
    let number = try #require(OID(oid))
    return Server(oid: number, party: try circle.issue(profile(number)), name: oid)
  }

  // MARK: Calls

  func message<Function: ServerFunction>(
    _ function: Function.Type, _ request: Function.Request, by server: Server? = nil, call: String = "1"
  ) -> Message {
    Message(
      host: "directory.example.com", path: Function.path,
      body: JSONBinding.encode(
        request,
        header: server.map { .init(functionRequesterIdentifier: $0.name, functionCallIdentifier: call) }),
      peerCertificate: server?.party.certificate.encoded)
  }

  func answer<Function: ServerFunction>(
    _ function: Function.Type, to message: Message
  ) throws -> Result<Function.Response, Refusal> {
    let reply = route.respond(to: message)
    #expect(reply.status == 200)
    return try JSONBinding.decodeAnswer(from: reply.body)
  }

  func register(
    _ server: Server, _ service: AddressedService = .manager, at host: String = "sr1.example.com", call: String = "1"
  ) throws -> Result<NoFields, Refusal> {
    let request = RegisterAddress.Request(eid: eid, service: service, host: host)
    return try answer(RegisterAddress.self, to: message(RegisterAddress.self, request, by: server, call: call))
  }

  func handOver(_ server: Server, to other: Server, call: String) throws -> Result<NoFields, Refusal> {
    let request = HandOverAddress.Request(eid: eid, service: .manager, successor: other.oid)
    return try answer(HandOverAddress.self, to: message(HandOverAddress.self, request, by: server, call: call))
  }

  func withdraw(_ server: Server, call: String) throws -> Result<NoFields, Refusal> {
    let request = WithdrawAddress.Request(eid: eid, service: .manager)
    return try answer(WithdrawAddress.self, to: message(WithdrawAddress.self, request, by: server, call: call))
  }

  func ask(_ service: AddressedService? = .manager) throws -> Result<FindAddress.Response, Refusal> {
    try answer(FindAddress.self, to: message(FindAddress.self, .init(eid: eid, service: service)))
  }

  /// What one who asks believes.
  func find(_ service: AddressedService? = .manager) throws -> AddressAdvice {
    try advice(ask(service).get(), to: .init(eid: eid, service: service))
  }

  func advice(_ response: FindAddress.Response, to request: FindAddress.Request) throws(AddressDoubt) -> AddressAdvice {
    try AddressAdvice(response, to: request, from: oid, in: trust.circle, at: clock.now)
  }
}

extension PLMN {
  static func known(_ digits: String) -> PLMN {
    guard let plmn = try? PLMN(digits) else { preconditionFailure("\(digits) is no operator") }
    return plmn
  }
}
