import Bytes
import CircleOfTrust
import Foundation
import Identifiers
import Keys
import ProfileFactory
import SGP22
import SMDPPlus
import Stations
import Store
import StoreSQLite
import Transport
import World

/// What the SM-DP+ does with its CPU besides cryptography, transport and disk: downloads in one process, on one thread,
/// over a store in memory, with a watch at each door.
struct Stages {
  /// A part of a download.
  struct Stage {
    let name: String
    let label: String
    let microseconds: Double
  }

  /// The parts, without the cryptography.
  let list: [Stage]
  /// All of it, cryptography included.
  let total: Double

  /// Downloads as many profiles as `options` say, each to an eUICC of its own.
  init(_ options: Options, floors: Floors) throws {
    let count = options.downloads
    let store = WatchedStore(try SQLiteStore.inMemory())
    let packages = Watch()
    let server = try BenchServer(over: store, allNotifications: options.allNotifications) {
      WatchedPackages(inner: $0, watch: packages)
    }
    let fleet = try (0..<count).map { number in
      (try server.order(number), try BenchDevice(eum: server.eum, roots: server.circle.roots))
    }
    store.reset()
    let answering = Watch()
    var exchanges: [String: (Message, Reply)] = [:]
    let servers = InProcessServers()
    servers.place(BenchServer.address) { message in
      let reply = answering.time { server.route.respond(to: message) }
      exchanges[message.path] = (message, reply)
      return reply
    }
    for (token, device) in fleet { try device.download(token, from: BenchServer.address, over: servers) }

    func each(_ watch: Watch) -> Double { watch.seconds * 1e6 / Double(count) }
    total = each(answering)
    let json = try Self.json(exchanges)
    let chain = try Self.chain(exchanges, server) - floors.verify
    let bind = try Self.bind(server, floors) - floors.generate - floors.agree - floors.sign - floors.protect
    let (reads, writes, build) = (each(store.reading), each(store.writing), each(packages))
    let rest = total - floors.cryptography - json - chain - bind - reads - writes - build
    list = [
      Stage(name: "json", label: "JSON and base 64 to messages and back", microseconds: json),
      Stage(name: "chain", label: "certificate chain, but for its signature", microseconds: chain),
      Stage(name: "store-reads", label: "store: reads", microseconds: reads),
      Stage(name: "store-writes", label: "store: writes, without a disk", microseconds: writes),
      Stage(name: "build", label: "package of template and personal data", microseconds: build),
      Stage(name: "bind", label: "binding, but for its cryptography", microseconds: bind),
      Stage(name: "decisions", label: "decisions, sessions at rest, the rest", microseconds: rest),
    ]
  }

  // MARK: Parts that have no door: the same work once more, by itself

  /// Reading every request of a download and writing every answer.
  private static func json(_ exchanges: [String: (Message, Reply)]) throws -> Double {
    func cost<Function: ServerFunction>(_ function: Function.Type) throws -> Double {
      guard let (message, reply) = exchanges[Function.path] else { throw BenchError("\(Function.path) was not called") }
      let reading = try Measure.microseconds(for: 0.1) {
        _ = try JSONBinding.decode(Function.Request.self, from: message.body)
      }
      if Function.isNotification { return reading }
      let answer = try JSONBinding.decodeAnswer(Function.Response.self, from: reply.body)
      return reading + Measure.microseconds(for: 0.1) { _ = JSONBinding.encode(answer) }
    }
    return try cost(ES9Plus.InitiateAuthentication.self) + cost(ES9Plus.AuthenticateClient.self)
      + cost(ES9Plus.GetBoundProfilePackage.self) + cost(ES9Plus.HandleNotification.self)
  }

  private static func chain(_ exchanges: [String: (Message, Reply)], _ server: BenchServer) throws -> Double {
    guard let body = exchanges[ES9Plus.AuthenticateClient.path]?.0.body,
      case .ok(let ok) = try JSONBinding.decode(ES9Plus.AuthenticateClient.Request.self, from: body).request
        .authenticateServerResponse.value
    else { throw BenchError("no eUICC authenticated") }
    let now = Instant.now()
    return try Measure.microseconds {
      _ = try server.circle.verify([ok.euiccCertificate, ok.eumCertificate], as: .euicc, at: now)
    }
  }

  private static func bind(_ server: BenchServer, _ floors: Floors) throws -> Double {
    let random = SystemRandomSource.shared
    let package = try server.package(0)
    let iccid = try ICCID("89882110000000000000")
    let metadata = StoreMetadataRequest(iccid: iccid, serviceProviderName: "Bench", profileName: "Bench").encoded
    let euiccOtpk = PrivateKey(.p256, random: random).publicKey
    let signing = PrivateKey(.p256, random: random)
    let eid = try EID(prefix: "890490320000000000000000000001")
    guard let transactionId = TransactionId(random.bytes(16)) else { throw BenchError("no transaction") }
    return try Measure.microseconds {
      let bound = try BoundProfile(
        .package(package), metadata: metadata, dpOid: server.credentials.oid,
        hostId: Array(server.credentials.oid.bytes.prefix(16)), eid: eid, euiccOtpk: euiccOtpk, random: random)
      _ = try bound.package(transactionId: transactionId, signedBy: signing)
    }
  }
}
