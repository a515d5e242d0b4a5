import Bytes
import CarrierTerminal
import CircleOfTrust
import CustomerManagement
import Foundation
import HandsetRegistration
import Identifiers
import Keys
import StoreSQLite
import TLV
import Transport
import TransportHTTP
import World

/// Handset registrations (system A): 1,000 dealers at once, each with a handset, a certificate and a TLS connection of its
/// own, against one carrier's terminal whose commits are durable.
struct RegistrationBench {
  private static let dealers = 1000
  private static let address = "carrier.example"
  /// As `simurgh carrier-terminal serve` has them.
  private static let threads = 32

  private let world: RegistrationWorld
  private let store: SQLiteStore
  private let folder: URL
  private let random = SystemRandomSource.shared

  init(in folder: URL) throws {
    self.folder = folder
    store = try SQLiteStore(path: folder.appendingPathComponent("registrations").path, sharesCommits: true)
    world = try RegistrationWorld(
      store: store, network: PLMN("00101"), numbers: 2 * Self.dealers, company: Company(),
      vault: KeyVault(current: Secret(random.bytes(32))), random: random, now: .now())
  }

  private struct Company: CreditCompany {
    func answer(about card: CreditCardNumber) -> CreditAnswer { .approved(limit: 100_00) }
  }

  func run(_ report: Report) async throws {
    let (plan, identity) = try makePlan()
    let requests = Counter()
    let (desk, route) = (world.desk, Route(world.desk))
    let handler = BlockingThreads(Self.threads).handler { message in
      requests.count()
      return route.respond(to: message, now: .now(), random: SystemRandomSource.shared)
    }
    let http = try await HTTPServer.start([
      Listener(
        port: 0, identity: identity,
        clients: .holders { chain in chain.first.flatMap { try? desk.dealer(showing: $0) } != nil }, handler: handler)
    ])
    var ready = plan
    ready.place = "127.0.0.1:\(http.ports[0])"
    let fleet = try DeviceProcess(ready, for: "dealers", in: folder)
    let before = (Measure.cpuSeconds(), store.counts, requests.value)
    let result = try fleet.run()
    let after = (Measure.cpuSeconds(), store.counts, requests.value)
    await http.stop(grace: .seconds(1))

    let count = Double(max(1, result.done))
    let (cpu, calls) = ((after.0 - before.0) * 1e6 / count, Double(after.2 - before.2) / count)
    let transactions = Double(after.1.transactions - before.1.transactions)
    let floors = try Floors(package: 16, in: folder)
    // Signed: answer to RDM, offer, approval, ID; verified: module's certificate and presence, two requests, receipt;
    // sealed twice (a key and an agreement each), opened twice.
    let floor = 4 * floors.sign + 5 * floors.verify + 2 * floors.generate + 4 * floors.agree
    // A connection: the server signs once, verifies the dealer's signature, makes a key and agrees.
    let connection = floors.sign + floors.verify + floors.generate + floors.agree

    report.heading(
      "Handset registrations, \(Self.dealers) dealers at once, each over a TLS connection of its own, durable SQLite")
    report.add(
      "registration/rate", "complete new registrations, handsets on the same machine", count / result.seconds, "/s")
    report.add("registration/cpu-second", "registrations in a second of the server's CPU", 1e6 / cpu, "/s")
    report.add("registration/median", "one as the dealer sees it, median", result.quantile(0.5) / 1000, "ms")
    report.add("registration/p99", "one as the dealer sees it, 99 %", result.quantile(0.99) / 1000, "ms")
    report.add("registration/requests", "requests of each", calls, "")
    report.add("registration/transactions", "transactions of each", transactions / count, "")
    report.add(
      "registration/share", "transactions that share a commit",
      transactions / Double(max(1, after.1.commits - before.1.commits)), "")
    report.add("registration/server", "carrier's terminal with TLS, its CPU for each", cpu, "µs")
    report.add("registration/floor", "cryptography that the registration cannot do without", floor, "µs")
    report.add("registration/connection", "and that its TLS connection cannot do without", connection, "µs")
    report.add("registration/crypto-share", "share of both", 100 * (floor + connection) / cpu, "%")
  }

  /// The dealers with their certificates, entered in the carrier's list.
  private func makePlan() throws -> (plan: DealerPlan, identity: TLSIdentity) {
    let validity = Validity(from: .now() - .seconds(86_400), days: 30)
    let ci = try Authority(
      certificateIssuer: DistinguishedName([(.commonName, "Bench CI")]), key: PrivateKey(.p256, random: random),
      validity: validity, random: random)
    guard let oid = OID("2.999.10") else { throw BenchError("no object identifier") }
    func issue(_ profile: CertificateProfile, _ name: String) throws -> (certificate: [UInt8], key: PrivateKey) {
      let key = PrivateKey(.p256, random: random)
      let certificate = try ci.issue(profile, named: name, to: key.publicKey, validity: validity, random: random)
      return (certificate.encoded, key)
    }
    let server = try issue(.dpTLS(oid, hosts: [Self.address]), "carrier")
    let dealers = try (0..<Self.dealers).map { index in
      let dealer = try issue(.operatorTLS, "D-\(index)")
      try world.desk.add(dealer: "D-\(index)", name: "Dealer \(index)", certificate: dealer.certificate)
      return DealerPlan.Identity(certificate: dealer.certificate.hex, key: dealer.key.scalar.bytes.hex)
    }
    let plan = DealerPlan(
      address: Self.address, place: "", root: ci.certificate.encoded.hex, dealers: dealers,
      consortiumKey: world.consortium.key.publicKey.point.hex, makerKey: world.maker.key.scalar.bytes.hex,
      modelKey: world.modelKey.scalar.bytes.hex, signatureData: world.factory.signatureData.hex)
    return (plan, try TLSIdentity(certificates: [server.certificate], key: server.key))
  }
}
