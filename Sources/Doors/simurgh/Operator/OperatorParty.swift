import AuC
import Bytes
import CircleFiles
import CircleOfTrust
import CustomerManagement
import DeviceChange
import Foundation
import Identifiers
import Keys
import MutualAuthentication
import OrderDesk
import Stations
import Store
import Transport
import TransportHTTP
import World

/// An operator's back office of a site, put together: customer management, order desk, authentication centre, and the
/// lines to the SM-DP+.
struct OperatorParty {
  let site: Site
  let configuration: OperatorConfiguration
  let store: any Store
  let customers: CustomerManagement.Desk
  let orders: OrderDesk.Desk
  /// Profiles that move to other devices.
  let moves: DeviceChange.Desk
  /// Lets SIMs in and shuts them out.
  let network: NetworkGate

  /// The back office of `site`: one that is there, unless it is `beginning`.
  init(_ site: Site, beginning: Bool = false) throws {
    self.site = site
    configuration = try OperatorConfiguration.read(site.operatorConfigurationFile)
    store = try beginning ? site.store(configuration.store) : site.existingStore(configuration.store)
    let vault = try beginning ? site.vault() : site.existingVault()
    try store.migrate([EventRecord.schema, SubscriberTable.schema])
    customers = try CustomerManagement.Desk(store: store)
    orders = try OrderDesk.Desk(store: store, vault: vault)
    var rules = RiskRules()
    // The SM-DP+'s books are at hand here, and a person waits.
    rules.look = .seconds(2)
    moves = try DeviceChange.Desk(store: store, vault: vault, rules: rules)
    network = NetworkGate(AuC.Desk(store: store, vault: vault), random: SystemRandomSource.shared)
  }

  /// The client that calls the SM-DP+ with the operator's certificate; one that runs on asks the circle in force.
  func client(trust: CircleInForce? = nil) throws -> HTTPSClient {
    let circle = try site.existingCircle()
    let inForce = trust.map { trust in { @Sendable in trust.circle } }
    return try HTTPSClient(circle.callers(as: circle.entry(configuration.certificate), in: inForce))
  }

  /// The work on orders, on changes of subscriptions and on moves, over `client`.
  func work(_ client: HTTPSClient, faults: [OperatorFault] = []) throws -> [StepWork] {
    let servers = configuration.smdpPlus.map { server in
      let line = ES2PlusClient(
        link: client, host: server.es2plus, requester: configuration.identifier, address: server.address)
      return ES2PlusServers.Server(server.name, line, profileTypes: server.profileTypes.map(Set.init))
    }
    let office = Office(
      desk: orders, servers: ES2PlusServers(servers), stock: StockRoom(customers), books: SubscriberBooks(customers),
      network: network)
    return [OrderSteps.plan, SubscriptionSteps.plan].map { StepWork($0, for: office, store: store, faults: faults) }
      + (try moveWork(client, faults: faults))
  }

  /// The listener on which the SM-DP+ tells how downloads go. Its certificates are known for themselves; one that its
  /// issuer has revoked counts no more, on a connection that is open too.
  func listener(trust: CircleInForce) throws -> Listener {
    let circle = try site.existingCircle()
    var names: [[UInt8]: String] = [:]
    var pinned: Set<[UInt8]> = []
    for server in configuration.smdpPlus {
      for name in server.certificates {
        let certificate = try circle.entry(name).certificate.encoded
        guard names.updateValue(server.name, forKey: sha256(certificate)) ?? server.name == server.name else {
          throw Complaint(
            .configuration, "Two SM-DP+ of operator.yaml show the certificate \(name).",
            remedy: "A report is believed about the orders of the SM-DP+ it comes from: give each its own.")
        }
        pinned.insert(certificate)
      }
    }
    let entry = try circle.entry(configuration.callback.certificate)
    guard let key = entry.key else { throw Complaint(.configuration, "\(entry.name) has no private key.") }
    let route = OrderDesk.Route(orders, servers: names) { Given(now: .now(), random: SystemRandomSource.shared) }
    return Listener(
      host: configuration.callback.host, port: configuration.callback.port,
      identity: try TLSIdentity(certificates: [entry.certificate.encoded], key: key), clients: .pinned(pinned)
    ) { message in
      let shown = message.peerCertificate.flatMap { try? Certificate(encoded: $0) }
      guard shown.flatMap(trust.circle.revocation) == nil else { return Reply(status: 403) }
      return await route.respond(to: message)
    }
  }

  /// The credit check: the configured service, or the local rules.
  func creditCheck() throws -> any CreditCheck {
    guard let service = configuration.credit else { return LocalCreditRules() }
    // The service's certificate is of the circle here; the link bounds time and length, and follows no redirection.
    var settings = try site.existingCircle().callers()
    settings.timeout = .seconds(min(max(service.seconds ?? 10, 1), 120))
    settings.bodyLimit = CreditService<HTTPSClient>.bodyLimit
    return CreditService(host: service.host, path: service.path, over: try HTTPSClient(settings))
  }
}

extension Site {
  /// The operator's configuration, if there is one.
  var operatorConfigurationFile: String { "\(directory)/operator.yaml" }
}
