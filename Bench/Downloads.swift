import Bytes
import CircleOfTrust
import Foundation
import Identifiers
import Keys
import LPA
import ProfilePackage
import SGP22
import SMDPPlus
import SecureElement
import Stations
import StoreSQLite
import TLV
import Transport
import TransportCard
import World

/// Complete downloads: our LPA and software eUICCs against our SM-DP+, in one process, with a durable store.
final class Downloads {
  /// What was measured.
  struct Measured {
    let packageBytes: Int
    /// CPU of the SM-DP+'s four answers, its writer included.
    let serverMicroseconds: Double
    let wallMicroseconds: Double
  }

  private let address = "smdp.example"
  private let now = Instant.now()
  private let random = SystemRandomSource.shared
  private let store: SQLiteStore
  private let route: Route
  private let importing: OrderImport
  private let vault: KeyVault
  private let eum: Authority
  private let roots: [Certificate]
  private let device = DeviceInfo(tac: [0x35, 0x29, 0x06, 0x11])

  init(in folder: URL) throws {
    let random = random
    let now = now
    let validity = Validity(from: now - .seconds(86_400), days: 30)
    vault = try KeyVault(current: Secret(random.bytes(32)), former: [])
    let ci = try Authority(
      certificateIssuer: DistinguishedName([(.commonName, "Bench CI")]), key: PrivateKey(.p256, random: random),
      validity: validity, random: random)
    let eumKey = PrivateKey(.p256, random: random)
    eum = try Authority(
      certificate: ci.issue(
        .eum(organization: "Bench", eins: [SoftwareEUICC.laboratoryPrefix]), named: "Bench EUM", to: eumKey.publicKey,
        validity: validity, random: random), key: eumKey)
    roots = [ci.certificate]
    guard let oid = OID("2.999.10") else { throw CocoaError(.coderInvalidValue) }
    let (auth, binding) = (PrivateKey(.p256, random: random), PrivateKey(.p256, random: random))
    let circle = Circle(roots: roots)
    let credentials = try Credentials(
      authentication: ci.issue(
        .dpAuthentication(oid), named: "DPauth", to: auth.publicKey, validity: validity, random: random),
      authenticationKey: auth,
      profileBinding: ci.issue(
        .dpProfileBinding(oid), named: "DPpb", to: binding.publicKey, validity: validity, random: random),
      profileBindingKey: binding, circle: circle, now: now)
    store = try SQLiteStore(path: folder.appendingPathComponent("bench.sqlite").path)
    let templates: [String: any PackageBuilder] = ["base": SubscriberTemplate(try BaseProfile.template())]
    let desk = try Desk(
      store: store, settings: Desk.Settings(address: address), credentials: [credentials], circle: circle,
      packages: Workshop(templates: templates, vault: vault))
    route = Route(desk) { Given(now: .now(), random: SystemRandomSource.shared) }
    importing = OrderImport(templates: templates, vault: vault, address: address) { _ in [] }
  }

  /// Downloads `count` profiles, each to an eUICC of its own.
  func run(_ count: Int) throws -> Measured {
    var server = 0.0
    let servers = InProcessServers()
    servers.place(address) { [route] message in
      let begin = Measure.cpuSeconds()
      defer { server += Measure.cpuSeconds() - begin }
      return route.respond(to: message)
    }
    let clients = try (0..<count).map { try client(number: $0, servers: servers) }
    let begin = ContinuousClock.now
    for (number, client) in clients.enumerated() {
      guard
        let code = FQDN(address).flatMap({ address in
          MatchingId("BENCH-\(number)").map { ActivationCode(smdpAddress: address, matchingId: $0) }
        })
      else { throw CocoaError(.coderInvalidValue) }
      _ = try client.download(code)
      guard try client.deliverNotifications().waiting.isEmpty else { throw CocoaError(.coderInvalidValue) }
    }
    let wall = (ContinuousClock.now - begin) / .microseconds(1)
    let bytes = try BaseProfile.template().package.encoded.count
    return Measured(
      packageBytes: bytes, serverMicroseconds: server * 1_000_000 / Double(count),
      wallMicroseconds: wall / Double(count))
  }

  /// A device with a new eUICC, and the order that waits for it.
  private func client(number: Int, servers: any ServerLink) throws -> Client {
    let digits = String(number + 1)
    let body = "8988211" + String(repeating: "0", count: 11 - digits.count) + digits
    let row = OrderImport.Row(
      number: number,
      [
        "iccid": body + "0", "template": "base",
        "imsi": "00101" + String(repeating: "0", count: 10 - digits.count) + digits,
        "k": random.bytes(16).hex, "opc": random.bytes(16).hex, "matchingId": "BENCH-\(number)",
      ])
    let given = Given(now: now, random: random)
    if case .failure(let problem)? = try importing.run([row], into: store, given: given).first?.result { throw problem }
    let memory = VolatileMemory()
    _ = try SoftwareEUICC.make(
      on: memory, seed: random.bytes(16), manufacturers: [eum], roots: roots,
      validity: Validity(from: now - .seconds(86_400), days: 30), rootSMDS: "smds.example", vault: vault, now: now)
    let link = InProcessCard(SoftwareEUICC(memory: memory, vault: vault))
    _ = try link.reset()
    return Client(
      isdr: try ISDR(link), servers: servers, person: Consenting(), device: device, pause: { _ in })
  }

  /// Somebody who agrees.
  private final class Consenting: Person {
    func decide(_ question: Question) -> LPA.Decision { .accept(confirmationCode: nil) }
    func see(_ progress: LPA.Progress) {}
  }
}
