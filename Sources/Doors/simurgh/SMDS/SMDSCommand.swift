import ArgumentParser
import Bytes
import Foundation
import Identifiers
import Keys
import SMDS
import Stations
import Store
import Transport
import TransportHTTP

/// `simurgh sm-ds`: the SM-DS as a server.
struct SMDSCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sm-ds", abstract: "Run an SM-DS (SGP.22): ES11 for devices, ES12 for SM-DP+.",
    discussion: """
      A device asks its SM-DS which servers have something for its eUICC, so that nobody has to hand over an activation \
      code. An order says so with an SM-DS address and an EID: ES2+.ConfirmOrder's smdsAddress, or the columns smds and \
      eid of `simurgh order import`. The SM-DP+ then registers the event here, and deletes it when the profile is \
      installed or the order is cancelled.

      Example: simurgh sm-ds serve --dir lab
      """, subcommands: [Serve.self, Events.self], defaultSubcommand: Serve.self)
}

extension SMDSCommand {
  struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Serve until interrupted.",
      discussion: """
        Without a configuration it serves ES11 on 127.0.0.1:8445 and ES12 on 127.0.0.1:8447 as "localhost:8445". It \
        needs two certificates: `simurgh ca issue ds-auth sm-ds --oid 2.999.20` and \
        `simurgh ca issue ds-tls sm-ds --oid 2.999.20 --host localhost`. On ES12 it takes events of every SM-DP+ that \
        shows a TLS certificate of the circle; each is known by the object identifier in it. Each key of DIR/sm-ds.yaml \
        is explained in docs/sm-ds.md.

        Example: simurgh sm-ds serve --log ds.log
        """)

    @OptionGroup var site: StoredSiteOptions
    @Option(help: "The configuration file; DIR/sm-ds.yaml if it is left out.") var config: String?
    @Option(help: "The address that devices and SM-DP+ know, with a port where it is not 443.") var address: String?
    @Option(help: "The port of the first listener.") var port: Port?
    @Option(help: "Write every message, decoded, to this file; - is standard error.") var log: String?

    func run() async throws {
      try await Complaint.reporting {
        let site = site.site
        var configuration = try SMDSConfiguration.read(
          ConfigurationFile.named(config) ?? site.smdsConfigurationFile)
        if let port, !configuration.listeners.isEmpty { configuration.listeners[0].port = port.number }
        configuration.address = address ?? (port.map { "localhost:\($0.number)" } ?? configuration.address)
        let circle = try site.existingCircle()
        let lock = ServersLock.share(of: site)
        defer { withExtendedLifetime(lock) {} }
        let party = try SMDSParty(
          configuration: configuration, store: try site.store(configuration.store), directory: circle)
        let sink = try log.map { try LogFile($0) }
        let server = try await HTTPServer.start(party.listeners(sink: sink))
        for (listener, port) in zip(configuration.listeners, server.ports) {
          print("\(listener.name): \(listener.serves.rawValue) on \(listener.host):\(port)")
        }
        print("SM-DS \(configuration.address) is up. Interrupt (Ctrl-C) ends it.")
        fflush(nil)
        let chores = Task { await party.keepHouse() }
        await Interruption.wait()
        chores.cancel()
        await server.stop(grace: .seconds(5))
      }
    }
  }

  struct Events: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the events that wait for an eUICC.",
      discussion: "Example: simurgh sm-ds events 89049032123451234512345678901235")

    @OptionGroup var site: StoredSiteOptions
    @Argument(help: "The EID.") var eid: String
    @Flag(help: "Print JSON.") var json = false

    /// An event for scripts.
    struct Item: Encodable {
      let eventId, server, owner, until: String
    }

    func run() throws {
      try Complaint.reporting {
        let site = site.site
        let eid = try Complaint.naming(self.eid) { try EID(self.eid) }
        let store = try site.existingStore(SMDSConfiguration.read(site.smdsConfigurationFile).store)
        try store.migrate([EventTable.schema])
        let items = try store.read { try EventTable.events(of: eid, at: .now(), limit: 1000, in: $0) }.map {
          Item(eventId: $0.eventId, server: $0.server, owner: $0.owner, until: "\($0.expiry)")
        }
        if json { return try Output.json(items) }
        if items.isEmpty { return print("No event waits for \(eid).") }
        Output.table(
          ["EVENT", "SERVER", "REGISTERED BY", "UNTIL"], items.map { [$0.eventId, $0.server, $0.owner, $0.until] })
      }
    }
  }
}
