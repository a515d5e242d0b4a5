import Bytes
import CircleFiles
import CircleOfTrust
import Identifiers
import Keys
import MutualAuthentication
import SGP22
import SMDS
import Stations
import Store
import StoreSQLite
import Transport
import TransportHTTP

/// An SM-DS of a site, put together: desk, routes and listeners.
struct SMDSParty {
  let configuration: SMDSConfiguration
  let directory: CircleDirectory
  let desk: Desk
  /// Whether the desk waits for no other machine: a database elsewhere would hold up the thread that receives.
  private let isPrompt: Bool

  init(configuration: SMDSConfiguration, store: any Store, directory: CircleDirectory) throws {
    try configuration.check()
    (self.configuration, self.directory) = (configuration, directory)
    isPrompt = store is SQLiteStore
    let circle = try directory.circle()
    var settings = Desk.Settings(address: configuration.address)
    settings.eventLifetime = .seconds(86_400 * configuration.eventDays)
    desk = try Desk(
      store: store, settings: settings, credentials: Self.credentials(directory, circle), trust: CircleInForce(circle))
  }

  /// CERT.DSauth of each issuer whose certificates are here.
  private static func credentials(_ directory: CircleDirectory, _ circle: Circle) throws -> [ServerCredentials] {
    let credentials = try directory.entries(.dsAuthentication).compactMap { entry in
      try entry.key.map { key in
        try ServerCredentials(entry.certificate, key: key, as: .dsAuthentication, circle: circle, now: .now())
      }
    }
    guard !credentials.isEmpty else {
      throw Complaint(
        .configuration, "The circle has no certificate with which an SM-DS could prove itself.",
        remedy: "Issue one: simurgh ca issue ds-auth sm-ds --oid \(LabNames.smdsOid)")
    }
    return credentials
  }

  /// The listeners with their handlers.
  func listeners(sink: (any EventSink)?) throws -> [Listener] {
    let trust = desk.trust
    let route = Route(desk) { Given(now: .now(), random: SystemRandomSource.shared) }
    return try configuration.listeners.map { listener in
      // SGP.22 §5.9: on ES12 both sides authenticate; the desk binds the call to the certificate.
      let clients: Listener.Clients =
        listener.serves == .es12 ? .members(of: trust.circle, as: [.dpTLS, .dsTLS]) : .anyone
      return Listener(
        host: listener.host, port: listener.port,
        identity: try TLSIdentity(listener.certificate, in: directory, for: listener.name, on: listener.host),
        clients: clients, isPrompt: isPrompt, handler: Self.handler(listener, route, sink))
    }
  }

  /// A listener serves one interface: what is not its own is not there.
  private static func handler(
    _ listener: SMDSConfiguration.Listener, _ route: Route, _ sink: (any EventSink)?
  ) -> MessageHandler {
    let handler: MessageHandler = { message in
      let isMine =
        switch listener.serves {
        case .es11: !message.path.hasPrefix("/gsma/rsp2/es12/")
        case .es12: message.path.hasPrefix("/gsma/rsp2/es12/")
        }
      return isMine ? await route.respond(to: message) : Reply(status: 404)
    }
    guard let sink else { return handler }
    return recording(handler, peer: listener.name, sink: sink, names: MessageNames.all)
  }

  /// Forgets what is over and takes over new revocation lists, until the task is cancelled.
  func keepHouse() async {
    var watch = CircleWatch(directory: directory, trust: desk.trust)
    var round = 0
    while !Task.isCancelled {
      watch.refresh()
      if round % 15 == 0 { _ = try? desk.sweep(given: Given(now: .now(), random: SystemRandomSource.shared)) }
      round += 1
      try? await Task.sleep(for: CircleWatch.interval)
    }
  }
}
