import Bytes
import CircleOfTrust
import Identifiers
import Keys
import MutualAuthentication
import SGP02
import SGP22
import SMSR
import SecureChannel
import SecureMessages
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
  private let time = Mutex(TestCircle.start)
  var now: Instant { time.withLock { $0 } }
  func advance(by duration: Duration) { time.withLock { $0 = $0 + duration } }
}

/// An SM-SR over the store of the running test, a maker, two operators, and an eUICC with three profiles: the bootstrap
/// profile, which is the last resort, and one of each operator; the first operator's is enabled.
struct TestManager {
  /// A party with its TLS certificate.
  struct Caller {
    let name: String
    let certificate: [UInt8]
  }

  let circle: TestCircle
  let trust: CircleInForce
  let store: any Store
  private(set) var desk: Desk
  private(set) var route: Route
  let clock = Clock()
  let oid: OID
  /// What keys are sealed to.
  let known: KnownParty
  let own: TestCircle.Party
  let maker, donor, receiver, provider: Caller
  let eid: EID
  let isdps: [AID]
  let iccids: [ICCID]
  let keySet: ManagementKeySet

  init() throws {
    let circle = try TestCircle()
    let clock = clock
    self.circle = circle
    oid = try #require(OID("2.999.31"))
    eid = try EID("89049032123451234512345678901235")
    isdps = try (0x10...0x12).map { try #require(SecurityDomains.isdp($0)) }
    iccids = try ["8988211000000000013", "8988211000000000021", "8988211000000000039"].map { try ICCID($0) }
    keySet = ManagementKeySet(
      eid: eid, version: 1, kic: Secret(circle.random.bytes(16)), kid: Secret(circle.random.bytes(16)))
    func caller(_ name: String) throws -> Caller {
      Caller(name: name, certificate: try circle.issue(.operatorTLS).certificate.encoded)
    }
    (maker, donor, receiver) = (try caller("maker"), try caller("donor"), try caller("receiver"))
    provider = try caller("provider")
    own = try circle.issue(.srTLS(oid, hosts: ["sr1.example.com"]))
    known = KnownParty(try ManagementKeySet.manager(oid), key: own.key.publicKey)
    trust = CircleInForce(Circle(roots: [circle.root.certificate]))
    store = try StoreKind.current.make()
    desk = try Desk(
      store: store, certificate: own.certificate, key: own.key,
      vault: KeyVault(current: Secret([UInt8](repeating: 7, count: 32))), trust: trust,
      makers: Self.requesters(maker), operators: Self.requesters(donor, receiver),
      smdps: Self.requesters(provider), now: clock.now)
    route = Route(desk) { Given(now: clock.now, random: SystemRandomSource.shared) }
  }

  private static func requesters(_ callers: Caller...) -> Requesters {
    Requesters(callers.map { .init(identifier: $0.name, fingerprints: [sha256($0.certificate)]) })
  }

  /// The same SM-SR, started again with another master key.
  func rekeyed(_ vault: KeyVault) throws -> TestManager {
    var other = self
    let clock = clock
    other.desk = try Desk(
      store: store, certificate: own.certificate, key: own.key, vault: vault, trust: trust,
      makers: Self.requesters(maker), operators: Self.requesters(donor, receiver),
      smdps: Self.requesters(provider), now: clock.now)
    other.route = Route(other.desk) { Given(now: clock.now, random: SystemRandomSource.shared) }
    return other
  }

  var given: Given { Given(now: clock.now, random: SystemRandomSource.shared) }

  // MARK: ES1

  var profiles: [EISProfile] {
    [
      EISProfile(
        iccid: iccids[0], isdpAid: isdps[0], mnoId: "donor", state: .disabled, fallbackAttribute: true,
        allocatedMemory: 1000),
      EISProfile(
        iccid: iccids[1], isdpAid: isdps[1], mnoId: "donor", state: .enabled,
        subscriptionAddress: .init(msisdn: "491555000001"), allocatedMemory: 1000),
      EISProfile(iccid: iccids[2], isdpAid: isdps[2], mnoId: "receiver", state: .disabled, allocatedMemory: 1000),
    ]
  }

  /// The eUICC's certificate, signed by `maker` or the circle's.
  func ecasd(_ eid: EID? = nil, by maker: PrivateKey? = nil) throws -> [UInt8] {
    try PartyCertificate(
      .ecasdAgreement, serialNumber: [1], issuer: [2], subject: (eid ?? self.eid).bytes, effective: "20260101",
      expiration: "20360101", key: PrivateKey(.p256, random: circle.random).publicKey,
      signedBy: maker ?? circle.eum.key
    ).encoded
  }

  func registration(_ change: (inout Registration) -> Void = { _ in }) throws -> ES1.RegisterEIS.Request {
    var draft = Registration(
      eid: eid, eumId: "maker", ecasd: try ecasd(), keySet: keySet, profiles: profiles, receiver: known,
      signer: circle.eum.key)
    change(&draft)
    let term = Term(serial: 1, notBefore: TestCircle.start, notAfter: TestCircle.start + .seconds(1_000_000))
    let holder = KeyHolder(try EumSignedInfo.maker(circle.eum.key.publicKey).party, key: draft.signer)
    let info = EumSignedInfo(
      eid: draft.eid, eumId: draft.eumId, productionDate: TestCircle.start, platformType: "Simurgh",
      platformVersion: "1", ecasd: draft.ecasd)
    return ES1.RegisterEIS.Request(
      eis: EIS(
        eumSignedInfo: try Signed(info, by: holder, term: term), eumCertificate: circle.eum.certificate.encoded,
        smsrId: oid.description, remainingMemory: 7000, availableMemoryForProfiles: 10_000,
        profiles: draft.profiles),
      keySet: try Sealed(
        Signed(draft.keySet, by: holder, to: known.party, term: term), from: holder.party, to: draft.receiver,
        term: term))
  }

  /// What a registration says, to be changed by a test.
  struct Registration {
    var eid: EID
    var eumId: String
    var ecasd: [UInt8]
    var keySet: ManagementKeySet
    var profiles: [EISProfile]
    var receiver: KnownParty
    var signer: PrivateKey
  }

  func register(
    _ request: ES1.RegisterEIS.Request? = nil, by caller: Caller? = nil, call: String = "1"
  ) throws -> Result<NoFields, Refusal> {
    try self.call(ES1.RegisterEIS.self, request ?? registration(), by: caller ?? maker, call)
  }

  // MARK: Calls

  func message<Function: ServerFunction>(
    _ function: Function.Type, _ request: Function.Request, by caller: Caller, _ call: String
  ) -> Message {
    Message(
      host: "sr1.example.com", path: Function.path,
      body: JSONBinding.encode(
        request, header: .init(functionRequesterIdentifier: caller.name, functionCallIdentifier: call)),
      peerCertificate: caller.certificate)
  }

  func call<Function: ServerFunction>(
    _ function: Function.Type, _ request: Function.Request, by caller: Caller, _ call: String
  ) throws -> Result<Function.Response, Refusal> {
    let reply = route.respond(to: message(function, request, by: caller, call))
    #expect(reply.status == 200)
    return try JSONBinding.decodeAnswer(from: reply.body)
  }

  func target(_ number: Int) -> ProfileTarget { ProfileTarget(eid: eid, iccid: iccids[number]) }

  /// The books, without what one caller may not see.
  func books() throws -> [EISProfile] { try store.read { try EISTable.profiles(of: eid, in: $0) } }

  var euicc: TestEUICC {
    get throws {
      TestEUICC(
        eid, keys: try SCP80.Keys(version: 1, cipher: keySet.kic, checksum: keySet.kid),
        isdps: [
          .init(aid: isdps[0], state: .disabled, hasFallbackAttribute: true, iccid: iccids[0]),
          .init(aid: isdps[1], state: .enabled, hasFallbackAttribute: false, iccid: iccids[1]),
          .init(aid: isdps[2], state: .disabled, hasFallbackAttribute: false, iccid: iccids[2]),
        ])
    }
  }

  /// Carries packets and answers until nothing is due, moving the clock where something only waits; returns how many
  /// packets went.
  @discardableResult func carry(_ euicc: inout TestEUICC, rounds: Int = 20) throws -> Int {
    var count = 0
    for _ in 0..<rounds {
      let packets = try desk.packetsDue(given: given)
      for packet in packets {
        count += 1
        if let answer = try euicc.receive(packet.packet) { try desk.receive(answer, from: packet.eid, given: given) }
      }
      if let told = try euicc.notification() {
        try desk.receive(notification: told, from: eid, given: given)
      }
      if packets.isEmpty { clock.advance(by: .seconds(3600)) }
    }
    return count
  }
}
