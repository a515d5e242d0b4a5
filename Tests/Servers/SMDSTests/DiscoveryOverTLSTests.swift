import Bytes
import CircleOfTrust
import Foundation
import Identifiers
import Keys
import LPA
import MutualAuthentication
import ProfilePackage
import SGP22
import SMDPPlus
import SMDS
import SecureElement
import Stations
import Store
import StoreSQLite
import Synchronization
import TLV
import Testing
import Transport
import TransportCard
import TransportHTTP
import World

/// SM-DP+, SM-DS, and a device with a software eUICC, over TLS on loopback.
private struct Network {
  let now = Instant.now()
  let random = SystemRandomSource.shared
  let vault: KeyVault
  let ci: Authority
  let circle: Circle
  let smdpPlus: SMDPPlus.Desk
  let smds: SMDS.Desk
  let server: HTTPServer
  let es9: String
  let es11: String
  let oid: String

  init() async throws {
    let (now, random) = (now, random)
    let validity = Validity(from: now - .seconds(86_400), days: 30)
    let vault = try KeyVault(current: Secret(random.bytes(32)), former: [])
    let ci = try Authority(
      certificateIssuer: DistinguishedName([(.commonName, "Test CI")]), key: PrivateKey(.p256, random: random),
      validity: validity, random: random)
    let circle = Circle(roots: [ci.certificate])
    (self.vault, self.ci, self.circle) = (vault, ci, circle)
    let (dp, ds) = (try #require(OID("2.999.10")), try #require(OID("2.999.20")))
    oid = "\(dp)"
    func issue(_ profile: CertificateProfile) throws -> (certificate: Certificate, key: PrivateKey) {
      let key = PrivateKey(.p256, random: random)
      return (
        try ci.issue(profile, named: "\(profile.role)", to: key.publicKey, validity: validity, random: random), key
      )
    }
    func identity(_ made: (certificate: Certificate, key: PrivateKey)) throws -> TLSIdentity {
      try TLSIdentity(certificates: [made.certificate.encoded], key: made.key)
    }
    let (auth, binding, dsAuth) = (
      try issue(.dpAuthentication(dp)), try issue(.dpProfileBinding(dp)), try issue(.dsAuthentication(ds))
    )
    let (dpTLS, dsTLS) = (
      try identity(issue(.dpTLS(dp, hosts: ["localhost"]))), try identity(issue(.dsTLS(ds, hosts: ["localhost"])))
    )
    let given: @Sendable () -> Given = { Given(now: .now(), random: SystemRandomSource.shared) }
    let ports = Ports()
    let doors = try await HTTPServer.start([
      Listener(port: 0, identity: dpTLS) { await ports.smdpPlus?.respond(to: $0) ?? Reply(status: 503) },
      Listener(port: 0, identity: dsTLS) { await ports.smds?.respond(to: $0) ?? Reply(status: 503) },
      Listener(port: 0, identity: dsTLS, clients: .members(of: circle, as: [.dpTLS])) {
        await ports.smds?.respond(to: $0) ?? Reply(status: 503)
      },
    ])
    (es9, es11) = ("localhost:\(doors.ports[0])", "localhost:\(doors.ports[1])")
    var settings = SMDPPlus.Desk.Settings(address: es9)
    settings.registrationAddresses = [es11: "localhost:\(doors.ports[2])"]
    smdpPlus = try SMDPPlus.Desk(
      store: SQLiteStore.inMemory(), vault: vault, settings: settings,
      credentials: [
        Credentials(
          authentication: auth.certificate, authenticationKey: auth.key, profileBinding: binding.certificate,
          profileBindingKey: binding.key, circle: circle, now: now)
      ], circle: circle, packages: Workshop(templates: Self.templates(), vault: vault))
    smds = try SMDS.Desk(
      store: SQLiteStore.inMemory(), settings: .init(address: es11),
      credentials: [
        ServerCredentials(dsAuth.certificate, key: dsAuth.key, as: .dsAuthentication, circle: circle, now: now)
      ], trust: CircleInForce(circle))
    ports.set(SMDPPlus.Route(smdpPlus, given: given), SMDS.Route(smds, given: given))
    (server, client) = (doors, try HTTPSClient(.init(circle: circle, identity: dpTLS)))
  }

  /// The SM-DP+'s way to the SM-DS.
  private let client: HTTPSClient

  static func templates() throws -> [String: any PackageBuilder] {
    ["base": SubscriberTemplate(try BaseProfile.template())]
  }

  /// An order with an event for `eid`.
  func order(_ eid: EID) throws -> ICCID {
    let importing = OrderImport(
      templates: try Self.templates(), vault: vault, address: es9,
      events: EventRegistration(address: es9, requester: oid)
    ) { _ in [] }
    let row = OrderImport.Row(
      number: 1,
      [
        "iccid": "8988211000000000013", "template": "base", "imsi": "001010000000001", "k": random.bytes(16).hex,
        "opc": random.bytes(16).hex, "eid": eid.digits, "smds": es11,
      ])
    let outcomes = try importing.run([row], into: smdpPlus.store, given: Given(now: now, random: random))
    return try #require(outcomes.first).result.get().iccid
  }

  /// Delivers what the SM-DP+ has for the SM-DS; returns how much was taken.
  func deliver() async throws -> Int {
    try await Courier(smdpPlus).deliver(given: Given(now: .now(), random: random)) { try await client.send($0) }
  }

  /// A device with a new eUICC.
  func device() throws -> (eid: EID, lpa: Client) {
    let validity = Validity(from: now - .seconds(86_400), days: 30)
    let key = PrivateKey(.p256, random: random)
    let eum = try Authority(
      certificate: ci.issue(
        .eum(organization: "Test", eins: [SoftwareEUICC.laboratoryPrefix]), named: "EUM", to: key.publicKey,
        validity: validity, random: random), key: key)
    let memory = VolatileMemory()
    let eid = try SoftwareEUICC.make(
      on: memory, seed: random.bytes(16), manufacturers: [eum], roots: [ci.certificate], validity: validity,
      rootSMDS: es11, vault: vault, now: now)
    let link = InProcessCard(SoftwareEUICC(memory: memory, vault: vault))
    _ = try link.reset()
    return (
      eid,
      Client(
        isdr: try ISDR(link), servers: try HTTPSClient(.init(circle: circle)), person: Consenting(),
        device: DeviceInfo(tac: [0x35, 0x29, 0x06, 0x11]), pause: { _ in })
    )
  }

  /// Somebody who agrees.
  private final class Consenting: Person {
    func decide(_ question: Question) -> LPA.Decision { .accept(confirmationCode: nil) }
    func see(_ progress: LPA.Progress) {}
  }
}

/// What stands behind the listeners, known only after their ports are.
private final class Ports: Sendable {
  private let routes = Mutex<(SMDPPlus.Route, SMDS.Route)?>(nil)

  func set(_ smdpPlus: SMDPPlus.Route, _ smds: SMDS.Route) { routes.withLock { $0 = (smdpPlus, smds) } }
  var smdpPlus: SMDPPlus.Route? { routes.withLock { $0?.0 } }
  var smds: SMDS.Route? { routes.withLock { $0?.1 } }
}

@Suite("SGP.22 §3.6: discovery over TLS") struct DiscoveryOverTLSTests {
  @Test("an order with an SM-DS becomes an event, the eUICC's device finds and fetches the profile, the event is gone")
  func discovery() async throws {
    let network = try await Network()
    let (eid, lpa) = try network.device()
    let iccid = try network.order(eid)
    #expect(try await network.deliver() == 1)
    // Blocking calls stay off the cooperative threads.
    let found = try await blocking(lpa) { try $0.discover() }
    #expect(found.map(\.address.description) == [network.es9])
    let event = try #require(found.first)
    let installed = try await blocking(lpa) { lpa in
      let outcome = try lpa.download(event)
      _ = try lpa.deliverNotifications()
      return outcome.iccid
    }
    #expect(installed == iccid)
    #expect(try network.smdpPlus.store.read { try OrderBook.order(iccid, in: $0)?.state } == .installed)
    #expect(try await network.deliver() == 1)
    #expect(try await blocking(lpa) { try $0.discover() } == [])
    let (_, stranger) = try network.device()
    #expect(try await blocking(stranger) { try $0.discover() } == [])
    await network.server.stop(grace: .milliseconds(200))
  }

  private struct Held: @unchecked Sendable { let lpa: Client }

  /// Runs `body` on a thread that may block. Nobody else has the LPA meanwhile.
  private func blocking<Result: Sendable>(
    _ lpa: Client, _ body: @escaping @Sendable (Client) throws -> Result
  ) async throws -> Result {
    let held = Held(lpa: lpa)
    return try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread { continuation.resume(with: Swift.Result { try body(held.lpa) }) }
    }
  }
}
