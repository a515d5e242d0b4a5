import AuC
import Bytes
import CircleOfTrust
import CustomerManagement
import Foundation
import Identifiers
import Keys
import OrderDesk
import ProfilePackage
import SGP22
import SMDPPlus
import Stations
import Store
import StoreSQLite
import Synchronization
import TLV
import Transport
import TransportHTTP
import World

/// An operator that orders from an SM-DP+ over ES2+ with mutual TLS, each with a durable store of its own.
struct OrderBench {
  private static let count = 1000
  private static let bulkRows = 100_000
  /// Rows that share a commit, as `simurgh operator bulk import` and `stock import` have it.
  private static let bulkShare = 1000
  private static let stockShare = 500
  /// Threads that do the steps, as `simurgh operator serve` starts them.
  private static let workers = 4
  private static let identifier = "bench-operator"
  private static let profileType = "bench"

  private let random = SystemRandomSource.shared
  private let now = Instant.now()
  private let ci: Authority
  private let validity: Validity
  private let vault: KeyVault
  private let store: SQLiteStore
  private let customers: CustomerManagement.Desk
  private let orders: OrderDesk.Desk
  private let gate: NetworkGate
  private let serverStore: SQLiteStore

  init(in folder: URL) throws {
    validity = Validity(from: now - .seconds(86_400), days: 30)
    ci = try Authority(
      certificateIssuer: DistinguishedName([(.commonName, "Bench CI")]), key: PrivateKey(.p256, random: random),
      validity: validity, random: random)
    vault = try KeyVault(current: Secret(random.bytes(32)), former: [])
    store = try SQLiteStore(path: folder.appendingPathComponent("operator.sqlite").path)
    serverStore = try SQLiteStore(path: folder.appendingPathComponent("es2plus.sqlite").path)
    try store.migrate([EventRecord.schema, SubscriberTable.schema])
    customers = try CustomerManagement.Desk(store: store)
    orders = try OrderDesk.Desk(store: store, vault: vault)
    gate = NetworkGate(AuC.Desk(store: store, vault: vault), random: random)
  }

  func run(_ report: Report) async throws {
    report.heading("\(Self.count) orders over ES2+ with mutual TLS, both parties in this process; durable SQLite")
    report.add("orders/stock", "SIMs into stock with their keys", try stock(), "/s")
    let operatorIdentity = try identity(.operatorTLS, "Bench operator")
    guard let oid = OID("2.999.10") else { throw BenchError("no object identifier") }
    let serverIdentity = try identity(.dpTLS(oid, hosts: ["localhost"]), "Bench SM-DP+")
    let route = try server(knowing: operatorIdentity.certificate)
    let http = try await HTTPServer.start([
      Listener(
        host: "127.0.0.1", port: 0, identity: serverIdentity.tls, clients: .pinned([operatorIdentity.certificate])
      ) { message in await route.respond(to: message) }
    ])
    let seconds = try await Self.offThread { [self] in
      try order(from: "localhost:\(http.ports[0])", as: operatorIdentity.tls)
    }
    await http.stop(grace: .seconds(1))
    report.add(
      "orders/wall-second", "orders to an activation code, \(Self.workers) workers", Double(Self.count) / seconds, "/s")
    report.add("orders/bulk", "rows of a bulk order taken", try bulk(), "/s")
  }

  // MARK: What is measured

  /// SIMs a second, with wrapped keys in the authentication centre.
  private func stock() throws -> Double {
    let begin = ContinuousClock.now
    for start in stride(from: 0, to: Self.count, by: Self.stockShare) {
      let sims = try (start..<min(start + Self.stockShare, Self.count)).map { number in
        (
          sim: OrderDesk.SIM(iccid: try Self.iccid(number), imsi: try Self.imsi(number)),
          credentials: try Credentials(
            k: Secret(random.bytes(16)), algorithm: .milenage(opc: Secret(random.bytes(16))))
        )
      }
      try gate.prepare(sims, now: now)
      try customers.stock(sims.map { ($0.sim.iccid, $0.sim.imsi, Self.profileType) }, now: now)
    }
    return Double(Self.count) / ((ContinuousClock.now - begin) / .seconds(1))
  }

  /// Seconds until all orders have their activation codes.
  private func order(from host: String, as identity: TLSIdentity) throws -> Double {
    let client = try HTTPSClient(HTTPSClient.Configuration(roots: [ci.certificate.encoded], identity: identity))
    defer { client.close() }
    let begin = ContinuousClock.now
    for number in 0..<Self.count {
      let request = try OrderRequest(profileType: Self.profileType, reference: "B-\(number)")
      _ = try orders.place(request, now: .now(), random: random)
    }
    let left = Atomic<Int>(Self.workers)
    for _ in 0..<Self.workers {
      let thread = Thread { [self] in
        let line = ES2PlusClient(link: client, host: host, requester: Self.identifier, address: "localhost")
        let office = Office(
          desk: orders, servers: ES2PlusServers([.init("bench", line)]), stock: StockRoom(customers),
          books: SubscriberBooks(customers), network: gate)
        let runner = StepRunner(OrderSteps.plan, for: office, store: store)
        while (try? orders.counts()[.released]) != Self.count {
          if ((try? runner.run(now: .now())) ?? 0) == 0 { Thread.sleep(forTimeInterval: 0.01) }
        }
        left.subtract(1, ordering: .releasing)
      }
      thread.start()
    }
    while left.load(ordering: .acquiring) > 0 {
      Thread.sleep(forTimeInterval: 0.01)
      guard ContinuousClock.now - begin < .seconds(120) else {
        throw BenchError("orders stand still: \(try orders.failing().first?.failure ?? "no reason")")
      }
    }
    return (ContinuousClock.now - begin) / .seconds(1)
  }

  /// Rows a second that become durable orders.
  private func bulk() throws -> Double {
    let rows = (0..<Self.bulkRows).map { BulkRow(["profileType": Self.profileType, "reference": "R-\($0)"]) }
    let begin = ContinuousClock.now
    var bulk = try orders.beginBulk("bench", digest: [1], total: rows.count, now: now)
    while bulk.taken < bulk.total {
      let end = min(bulk.taken + Self.bulkShare, bulk.total)
      bulk = try orders.take(rows[bulk.taken..<end], of: bulk, now: .now(), random: random)
    }
    guard bulk.failed == 0 else { throw BenchError("\(bulk.failed) rows of the bulk order failed") }
    return Double(Self.bulkRows) / ((ContinuousClock.now - begin) / .seconds(1))
  }

  // MARK: Who takes part

  private func identity(
    _ profile: CertificateProfile, _ name: String
  ) throws -> (certificate: [UInt8], tls: TLSIdentity) {
    let key = PrivateKey(.p256, random: random)
    let certificate = try ci.issue(profile, named: name, to: key.publicKey, validity: validity, random: random).encoded
    return (certificate, try TLSIdentity(certificates: [certificate], key: key))
  }

  /// The SM-DP+ with its profiles in stock.
  private func server(knowing certificate: [UInt8]) throws -> SMDPPlus.Route {
    let templates: [String: any PackageBuilder] = ["base": SubscriberTemplate(try BaseProfile.template())]
    let desk = try SMDPPlus.Desk(
      store: serverStore, vault: vault, settings: .init(address: "localhost"), credentials: [],
      circle: Circle(roots: [ci.certificate]),
      requesters: Requesters([
        .init(identifier: Self.identifier, fingerprints: [sha256(certificate)], callback: nil)
      ]), packages: Workshop(templates: templates, vault: vault))
    let importing = OrderImport(templates: templates, vault: vault, address: "localhost") { _ in [] }
    let rows = try (0..<Self.count).map { number in
      OrderImport.Row(
        number: number + 1,
        [
          "iccid": try Self.iccid(number).digits, "imsi": try Self.imsi(number).digits, "k": random.bytes(16).hex,
          "opc": random.bytes(16).hex, "template": "base", "state": "available", "owner": Self.identifier,
          "profileType": Self.profileType,
        ])
    }
    for outcome in try importing.run(rows, into: serverStore, given: Given(now: now, random: random)) {
      if case .failure(let problem) = outcome.result { throw problem }
    }
    return SMDPPlus.Route(desk) { Given(now: .now(), random: SystemRandomSource.shared) }
  }

  private static func iccid(_ number: Int) throws -> ICCID { try ICCID("8988211\(100_000_000_000 + number)") }

  private static func imsi(_ number: Int) throws -> IMSI { try IMSI("00101\(1_000_000_000 + number)") }

  /// Runs what blocks on a thread that may.
  private static func offThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global().async { continuation.resume(with: Result { try body() }) }
    }
  }
}
