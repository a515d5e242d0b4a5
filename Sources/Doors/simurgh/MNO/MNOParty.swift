import Bytes
import CircleFiles
import CircleOfTrust
import ConnectivityManagement
import Identifiers
import Keys
import MutualAuthentication
import Stations
import Store
import SubscriberTransfer
import TLV
import Transport
import TransportHTTP
import World

/// An operator's connectivity management of a site, put together: provisioning and changes of operator, over the back
/// office's customers and authentication centre.
struct MNOParty {
  let site: Site
  let configuration: MNOConfiguration
  let trust: CircleInForce
  let provisioning: ConnectivityManagement.Desk
  let transfers: SubscriberTransfer.Desk
  let back: OperatorParty
  private let entry: CircleDirectory.Entry

  /// The operator of `site`: one that is there, unless it is `beginning`.
  init(_ site: Site, beginning: Bool = false) throws {
    self.site = site
    configuration = try MNOConfiguration.read(site.mnoConfigurationFile)
    try configuration.check()
    let circle = try site.existingCircle()
    trust = CircleInForce(try circle.circle())
    guard let entry = try? circle.entry(configuration.certificate), let key = entry.key else {
      throw Complaint(
        .configuration, "The operator has no certificate \(configuration.certificate) with its key.",
        remedy: "Make it with: simurgh ca issue operator \(configuration.name) --dir \(site.directory)")
    }
    self.entry = entry
    asking = BackOff(first: .milliseconds(500), longest: .seconds(Int64(configuration.askSeconds)))
    let peers = try configuration.peers.map { peer in
      SubscriberTransfer.Desk.Peer(
        name: peer.name, certificate: try circle.entry(peer.certificate).certificate, host: peer.host)
    }
    back = try OperatorParty(site, beginning: beginning)
    var settings = ConnectivityManagement.Desk.Settings(name: configuration.name)
    settings.rules = configuration.rules.capability
    settings.asking = asking
    provisioning = try ConnectivityManagement.Desk(store: back.store, settings: settings, trust: trust)
    var rules = SubscriberTransfer.Desk.Settings()
    rules.pause = .seconds(Int64(configuration.askSeconds))
    transfers = try SubscriberTransfer.Desk(
      store: back.store, settings: rules, name: configuration.name, key: key, trust: trust, peers: peers)
  }

  /// Calls SM-SRs, the SM-DP and other operators.
  func client() throws -> HTTPSClient {
    let trust = trust
    return try HTTPSClient(
      site.existingCircle().callers(as: entry, in: { trust.circle }, roles: [.srTLS, .dpTLS]))
  }

  /// The listener for other operators.
  func listener(sink: (any EventSink)?) throws -> Listener {
    let route = SubscriberTransfer.Route(transfers) { Given(now: .now(), random: SystemRandomSource.shared) }
    return try configuration.listener.listener(
      "mno", in: site.existingCircle(), trust: trust, roles: [.operatorTLS], sink: sink,
      remedy: "simurgh ca issue dp-tls \(PathName.last(of: configuration.listener.certificate)) --host localhost"
        + " --dir \(site.directory)",
      BlockingThreads(8).handler { route.respond(to: $0) })
  }

  /// Carries provisionings and changes of operator on.
  func workers() throws -> [Worker] {
    let (provisioning, client) = (provisioning, try client())
    try DeviceProvisioning.resume(provisioning, now: .now(), over: client)
    try runner(ArrivalSteps.plan, client).resume(now: .now())
    try runner(DepartureSteps.plan, client).resume(now: .now())
    return [
      Worker("provisioning") { try DeviceProvisioning.run(provisioning, now: .now(), over: client) },
      Worker("arrivals") {
        let runner = try runner(ArrivalSteps.plan, client)
        return { try runner.run(now: .now()) }
      },
      Worker("departures") {
        let runner = try runner(DepartureSteps.plan, client)
        return { try runner.run(now: .now()) }
      },
    ]
  }

  private func runner(
    _ plan: StepPlan<SubscriberTransfer.Office>, _ client: HTTPSClient
  ) throws -> StepRunner<SubscriberTransfer.Office> {
    StepRunner(plan, for: try office(client), store: back.store, backOff: asking)
  }

  /// The pauses until somebody who has not answered yet is asked again.
  private let asking: BackOff

  private func office(_ client: HTTPSClient) throws -> SubscriberTransfer.Office {
    let managers = try configuration.managers.map { manager in
      (oid: try KnownServer(oid: manager.oid, host: manager.host).identifier(), host: manager.host)
    }
    let delivery = OrderedProfiles(provisioning, managers: managers.map(\.host), now: { .now() }, connect: { client })
    return SubscriberTransfer.Office(
      desk: transfers,
      profiles: SMSRProfiles(name: configuration.name, managers: managers, delivery: delivery, connect: { client }),
      records: SubscriberMove(back.customers, gate: back.network), link: client, random: SystemRandomSource.shared)
  }
}
