import AuC
import Bytes
import CircleFiles
import CustomerManagement
import DeviceChange
import Identifiers
import Keys
import OrderDesk
import Stations
import Store
import Transport
import TransportHTTP
import World

extension OperatorParty {
  /// The listener on which users and devices ask about moves, where operator.yaml has one.
  func moveListeners() throws -> [Listener] {
    guard let settings = configuration.moves else { return [] }
    let circle = try site.existingCircle()
    let entry = try circle.entry(settings.certificate)
    guard let key = entry.key else { throw Complaint(.configuration, "\(entry.name) has no private key.") }
    var desk = moves
    let customers = customers
    desk.subscribers = { try customers.imsi(of: $0, in: $1) }
    let route = DeviceChange.Route(desk) {
      Given(now: .now(), random: SystemRandomSource.shared)
    }
    return [
      Listener(
        host: settings.host, port: settings.port,
        identity: try TLSIdentity(certificates: [entry.certificate.encoded], key: key), clients: .anyone
      ) { message in await route.respond(to: message) }
    ]
  }

  /// The work on moves and on alarms about copies; none where operator.yaml knows no moves.
  func moveWork(_ client: HTTPSClient, faults: [OperatorFault]) throws -> [StepWork] {
    guard let settings = configuration.moves else { return [] }
    // The SM-DP+ at whose stock the operator's people work: the one that has no types of its own, or the first.
    guard let server = configuration.smdpPlus.first(where: { $0.profileTypes == nil }) ?? configuration.smdpPlus.first
    else { return [] }
    let line = ES2PlusClient(
      link: client, host: server.es2plus, requester: configuration.identifier, address: server.address)
    let folder = settings.messages.hasPrefix("/") ? settings.messages : "\(site.directory)/\(settings.messages)"
    let office = ChangeOffice(
      desk: moves, provider: MovedProfiles(line, stock: try ProfileStock(site, moves: moves), address: server.address),
      keys: MovedKeys(AuC.Desk(store: store, vault: try site.existingVault()), random: SystemRandomSource.shared),
      contact: MessageFolder(folder, customers: customers))
    return [MoveSteps.plan, AlarmSteps.plan, RenewalSteps.plan].map {
      StepWork($0, for: office, store: store, faults: faults)
    }
  }
}
