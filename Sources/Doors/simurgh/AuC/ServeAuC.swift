import ArgumentParser
import AuC
import Bytes
import Foundation
import Identifiers
import Keys
import Transport
import TransportHTTP
import TransportSocket

extension AuCCommand {
  struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Serve networks until interrupted.",
      discussion: """
        Three doors lead to the same keys, each open only where it is asked for, here or in DIR/auc.yaml (docs/auc.md):

          --eap-socket PATH   a Unix datagram socket for hostapd's EAP server (eap_sim_db=unix:PATH)
          --gsup-port PORT    GSUP over IPA for Osmocom's MSC, SGSN and MME; keep it inside the core network
          --https-port PORT   JSON over HTTPS, for clients with a token or certificate that auc.yaml names

        Example: simurgh auc serve --eap-socket /run/simurgh-auc.sock
        """)

    @OptionGroup var site: StoredSiteOptions
    @Option(help: "The configuration file; DIR/auc.yaml if it is left out.") var config: String?
    @Option(help: "The Unix datagram socket for hostapd.") var eapSocket: String?
    @Option(
      name: .customLong("eap-hlr-port"),
      help: "The port on a loopback address of the HLR from which the socket's vectors come; ours if left out.")
    var eapHLRPort: Port?
    @Option(help: "The port for GSUP, on a loopback address.") var gsupPort: Port?
    @Option(help: "The port for HTTPS, on a loopback address.") var httpsPort: Port?

    func run() async throws {
      try await Complaint.reporting {
        let site = site.site
        var configuration = try AuCConfiguration.read(
          ConfigurationFile.named(config) ?? site.authenticationCentreConfigurationFile)
        if let eapSocket { configuration.eapSocket = eapSocket }
        if let eapHLRPort { configuration.eapHLR = AuCConfiguration.Place(port: eapHLRPort.number) }
        if let gsupPort { configuration.gsup = AuCConfiguration.Place(port: gsupPort.number) }
        if let httpsPort { configuration.https.append(AuCConfiguration.Listener(port: httpsPort.number)) }
        let doors = try await AuCDoors.open(configuration, site)
        for line in doors.lines { print(line) }
        print("The authentication centre is up. Interrupt (Ctrl-C) ends it.")
        fflush(nil)
        await Interruption.wait()
        await doors.close()
      }
    }
  }
}

/// The doors of a running authentication centre.
struct AuCDoors {
  let lines: [String]
  private let datagrams: DatagramServer?
  private let frames: FrameServer?
  private let withdrawing: Task<Void, any Error>?
  private let http: HTTPServer?

  static func open(_ configuration: AuCConfiguration, _ site: Site) async throws -> AuCDoors {
    guard configuration.eapSocket != nil || configuration.gsup != nil || !configuration.https.isEmpty else {
      throw Complaint(
        .configuration, "No door is asked for.",
        remedy: "Try: simurgh auc serve --eap-socket \(site.directory)/auc.sock")
    }
    let desk = try site.authenticationCentre(configuration, beginning: true)
    let random = SystemRandomSource.shared
    var lines: [String] = []
    let datagrams = try configuration.eapSocket.map { path in
      let foreign = configuration.eapHLR.map { ForeignHLR(host: $0.host, port: $0.port) }
      let database = EAPSIMDatabase(foreign ?? desk)
      lines.append(
        "eap_sim_db on unix:\(path)" + (configuration.eapHLR.map { ", vectors of \($0.host):\($0.port)" } ?? ""))
      return try DatagramServer(path: path) { database.respond(to: $0, now: .now(), random: random) }
    }
    var frames: FrameServer?
    var withdrawing: Task<Void, any Error>?
    if let place = configuration.gsup {
      let log: @Sendable (String) -> Void = { FileHandle.standardError.write(Data("\(Instant.now()) \($0)\n".utf8)) }
      let service = GSUPService(GSUPRoute(desk), random: random, log: log) { .now() }
      let server = try await FrameServer(
        host: place.host, port: place.port, framing: GSUPService.framing, service: service)
      lines.append("GSUP on \(place.host):\(server.port)")
      frames = server
      withdrawing = Task {
        while true {
          try await Task.sleep(for: .seconds(1))
          // A store that is away for a moment is asked again.
          try? service.withdraw()
        }
      }
    }
    var http: HTTPServer?
    if !configuration.https.isEmpty {
      let server = try await HTTPServer.start(listeners(configuration, site, desk))
      for (listener, port) in zip(configuration.https, server.ports) {
        lines.append("HTTPS on \(listener.host):\(port), clients with \(listener.clients.rawValue)")
      }
      http = server
    }
    return AuCDoors(lines: lines, datagrams: datagrams, frames: frames, withdrawing: withdrawing, http: http)
  }

  func close() async {
    withdrawing?.cancel()
    datagrams?.stop()
    await frames?.stop()
    await http?.stop(grace: .seconds(2))
  }

  /// The listeners of the HTTPS interface.
  static func listeners(
    _ configuration: AuCConfiguration, _ site: Site, _ desk: AuC.Desk
  ) throws -> [Listener] {
    let circle = try site.existingCircle()
    let route = HTTPRoute(desk, clients: try configuration.httpClients(site))
    let known = Set(
      try configuration.clients.compactMap(\.certificate).map { try circle.entry($0).certificate.encoded })
    var limits = Listener.Limits()
    limits.body = 64 << 10
    return try configuration.https.map { listener in
      let entry = try circle.entry(listener.certificate)
      guard let key = entry.key else { throw Complaint(.configuration, "\(entry.name) has no private key.") }
      return Listener(
        host: listener.host, port: listener.port,
        identity: try TLSIdentity(certificates: [entry.certificate.encoded], key: key),
        clients: listener.clients == .certificates ? .pinned(known) : .anyone, limits: limits
      ) { await route.respond(to: $0, now: .now(), random: SystemRandomSource.shared) }
    }
  }
}
