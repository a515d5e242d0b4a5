import Bytes
import CircleFiles
import CircleOfTrust
import Identifiers
import Keys
import MutualAuthentication
import SGP02
import SMSR
import Stations
import Store
import Transport
import TransportHTTP
import UICC

/// An SM-SR of a site, put together: desk, mesh, dispatch of short messages, listener, and what it does by itself.
struct SMSRParty {
  let site: Site
  let configuration: SMSRConfiguration
  let trust: CircleInForce
  let desk: SMSR.Desk
  private let entry: CircleDirectory.Entry
  private let dispatch: Dispatch

  init(_ site: Site, configuration: SMSRConfiguration) throws {
    try configuration.check()
    (self.site, self.configuration) = (site, configuration)
    let circle = try site.existingCircle()
    trust = CircleInForce(try circle.circle())
    let certificate = configuration.listener.certificate
    guard let entry = try? circle.entry(certificate), let key = entry.key else {
      throw Complaint(
        .configuration, "The SM-SR has no certificate \(certificate) with its key.",
        remedy: "Make it with: simurgh sm-sr begin --dir \(site.directory)")
    }
    self.entry = entry
    let vault = try site.vault()
    guard let number = ShortMessageAddress(configuration.number) else {
      throw Complaint(.configuration, "\"\(configuration.number)\" is no telephone number.")
    }
    let card = CardCertificate(site: site, role: .smsr)
    let shown = try card.exists ? card.read(vault) : nil
    var settings = SMSR.Desk.Settings()
    settings.resending = BackOff(first: .seconds(Int64(configuration.resendSeconds)), longest: .seconds(3600))
    desk = try SMSR.Desk(
      store: site.store(configuration.store, sharesCommits: true), settings: settings, certificate: entry.certificate,
      key: key, vault: vault, trust: trust,
      makers: KnownCaller.requesters(configuration.makers, or: .operatorTLS, in: circle),
      operators: KnownCaller.requesters(configuration.operators, or: .operatorTLS, in: circle),
      smdps: KnownCaller.requesters(configuration.smdps, or: .dpTLS, in: circle),
      card: shown.map { .init(certificate: $0.certificate, key: $0.key, address: number.dialling) },
      now: .now())
    let gateway = configuration.gateway
    dispatch = Dispatch(
      desk, messages: ShortMessages(desk, number: number),
      gateway: .init(
        host: gateway.host, requester: gateway.requester,
        callers: try KnownCaller.requesters(
          [KnownCaller(name: gateway.name, certificates: gateway.certificates)], or: .dpTLS, in: circle)))
  }

  private static var given: Given { Given(now: .now(), random: SystemRandomSource.shared) }

  /// The listener for makers, operators, SM-DPs, other SM-SRs and the gateway: the desk judges each call by its certificate.
  func listener(sink: (any EventSink)?) throws -> Listener {
    let (route, dispatch) = (SMSR.Route(desk) { Self.given }, dispatch)
    return try configuration.listener.listener(
      "SM-SR", in: site.existingCircle(), trust: trust, roles: [.srTLS, .dpTLS, .operatorTLS], sink: sink,
      remedy: "simurgh sm-sr begin --dir \(site.directory)",
      BlockingThreads(16).handler { message in
        dispatch.respond(to: message, given: Self.given) ?? route.respond(to: message)
      })
  }

  /// Sends what is due, carries changes of SM-SR on, and enters its eUICCs in the directory; none waits for another.
  func workers() throws -> [Worker] {
    let (dispatch, gateway) = (dispatch, try client([.dpTLS, .operatorTLS]) { _ in })
    let manager = try manager()
    try StepRunner(SMSRChangeSteps.plan, for: manager, store: desk.store).resume(now: .now())
    try StepRunner(TakeOverSteps.plan, for: manager, store: desk.store).resume(now: .now())
    let changing = Worker("changes of SM-SR") {
      let manager = try self.manager()
      let changes = StepRunner(SMSRChangeSteps.plan, for: manager, store: desk.store, backOff: Self.asking)
      let takeOvers = StepRunner(TakeOverSteps.plan, for: manager, store: desk.store, backOff: Self.asking)
      return { try changes.run(now: .now()) + takeOvers.run(now: .now()) }
    }
    let sending = Worker("short messages") { try dispatch.send(given: Self.given, over: gateway) }
    guard configuration.directory != nil else { return [sending, changing] }
    let announcing = Worker("directory", pause: Self.announcing) {
      let (manager, store) = (try self.manager(), desk.store)
      // An entry holds for months: each eUICC is told once in a process's life.
      var told: Set<EID> = []
      return {
        var eids: [EID] = []
        repeat {
          eids = try store.read { [last = eids.last] in
            try EISTable.managed(after: last?.digits ?? "", limit: Self.share, in: $0)
          }
          for eid in eids where !told.contains(eid) {
            if try manager.announce(eid, now: .now()) { told.insert(eid) }
          }
        } while !eids.isEmpty
        return 0
      }
    }
    return [sending, changing, announcing]
  }

  /// The pauses until an eUICC or an SM-SR that has not answered yet is asked again.
  private static let asking = BackOff(first: .milliseconds(500), longest: .seconds(15))
  /// Seconds after which new eUICCs are looked for, to be entered in the directory.
  private static let announcing = 10.0
  /// How many are read at once.
  private static let share = 500

  private func manager() throws -> Manager {
    let hosts = try configuration.managers.map { (try $0.identifier(), $0.host) }
    let directory = try configuration.directory.map { try Mesh.Directory(oid: $0.identifier(), host: $0.host) }
    let settings = try clientSettings([.srTLS, .directoryTLS])
    let mesh = Mesh(
      trust: trust, identifier: desk.identifier, host: configuration.address, directory: directory,
      hosts: Dictionary(hosts) { first, _ in first }
    ) { check throws(LinkError) in try Self.client(settings, check) }
    return Manager(desk: desk, mesh: mesh, random: SystemRandomSource.shared)
  }

  private func clientSettings(_ roles: [Role]) throws -> HTTPSClient.Configuration {
    let trust = trust
    return try site.existingCircle().callers(as: entry, in: { trust.circle }, roles: roles)
  }

  private func client(_ roles: [Role], _ check: @escaping Mesh.Check) throws -> HTTPSClient {
    try Self.client(clientSettings(roles), check)
  }

  /// A client that sends nothing to a server which the circle or `check` refuses.
  private static func client(
    _ settings: HTTPSClient.Configuration, _ check: @escaping Mesh.Check
  ) throws(LinkError) -> HTTPSClient {
    var settings = settings
    let circle = settings.checkServer
    settings.checkServer = { certificate throws(LinkError) in
      try circle?(certificate)
      try check(certificate)
    }
    return try HTTPSClient(settings)
  }
}
