import ArgumentParser
import Bytes
import CarrierTerminal
import CustomerManagement
import Foundation
import Identifiers
import MutualAuthentication
import TransportHTTP
import World

/// `simurgh carrier-terminal`: the carrier's terminal, at which dealers register handsets.
struct CarrierTerminalCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "carrier-terminal",
    abstract: "Run a carrier's terminal (EP 0 652 681): dealers register handsets and cards over mutual TLS.",
    discussion: """
      The carrier keeps lists: the models it approves, the module makers whose modules may get IDs, the dealers under \
      contract with the certificates that they show. Numbers, identities, subscribers and the network's keys are the \
      operator's: `simurgh number`, `simurgh operator`, `simurgh auc`. docs/carrier-terminal.md plays a dealer's day and \
      explains carrier-terminal.yaml.

      Example: simurgh carrier-terminal begin 00101 && simurgh carrier-terminal serve
      """,
    subcommands: [
      Begin.self, Stock.self, Serve.self, CarrierDealerCommand.self, CarrierModelCommand.self, CarrierMakerCommand.self,
      CarrierRegistrationCommand.self, CarrierBatchCommand.self,
    ])

  struct Begin: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make the carrier's key, and for a laboratory the consortium's and the factories' too.",
      discussion: """
        The consortium certifies the carrier's key; the module maker, the models of handset and registration terminal, and \
        the lot's password go on the carrier's lists. What the factories need is in DIR/handset-factory, what the carrier \
        alone has in DIR/carrier-terminal.

        Example: simurgh carrier-terminal begin 00101
        """)
    @OptionGroup var site: StoredSiteOptions
    @Argument(help: "The network: country code and network code, like 00101.") var network: String

    func run() throws {
      try Complaint.reporting {
        let (site, now) = (site.site, Instant.now())
        let registration = RegistrationSite(site: site)
        try registration.begin(try Complaint.naming("the network") { try PLMN(network) }, now: now)
        let desk = try CarrierParty(site).desk
        try desk.add(maker: registration.maker().known)
        let end = now + .seconds(5 * 365 * 86_400)
        try desk.approve(model: registration.modelKey().publicKey, name: "laboratory model", from: now, to: end)
        try desk.approve(
          model: registration.terminalModelKey().publicKey, as: .registrationTerminal, name: "laboratory terminal",
          from: now, to: end)
        try desk.set(
          password: HandsetFactory.password, ofLot: HandsetFactory.lot, random: SystemRandomSource.shared)
        print("carrier \(network) is in \(site.directory); enter dealers with: simurgh carrier-terminal dealer add")
      }
    }
  }

  struct Stock: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Bring identities for modules into stock: IMSIs, whose keys are made at the registration.",
      discussion: """
        SIMs that come with their keys are the operator's (simurgh operator stock import).

        Example: simurgh carrier-terminal stock 001010000000010 8981001000000000010 --count 20
        """)
    @OptionGroup var site: StoredSiteOptions
    @Argument(help: "The first IMSI.") var imsi: String
    @Argument(help: "The first ICCID, by which stock is kept.") var iccid: String
    @Option(help: "How many, counted up from both.") var count: Count = 1

    func validate() throws {
      guard count.number <= 100_000 else { throw ValidationError("--count is from 1 to 100000.") }
    }

    func run() throws {
      try Complaint.reporting {
        let sims = try (0..<UInt64(count.number)).map { index in
          (
            iccid: try Complaint.naming("the ICCID") { try ICCID(Self.counted(iccid, index)) },
            imsi: try Complaint.naming("the IMSI") { try IMSI(Self.counted(imsi, index)) },
            profileType: CarrierOffice.profileType
          )
        }
        let site = site.site
        let store = try site.store(CarrierConfiguration.read(site.carrierConfigurationFile).store)
        try CustomerManagement.Desk(store: store).stock(sims, now: .now())
        print("\(sims.count) identities are in stock")
      }
    }

    /// The digits that stand `index` behind `first`, as many of them.
    private static func counted(_ first: String, _ index: UInt64) throws -> String {
      guard let number = UInt64(first), case let (sum, isOver) = number.addingReportingOverflow(index), !isOver else {
        throw Complaint(.data, "\"\(first)\" is no number that can be counted up.")
      }
      let digits = String(sum)
      return String(repeating: "0", count: max(0, first.count - digits.count)) + digits
    }
  }

  struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Serve dealers until interrupted.",
      discussion: """
        Without a configuration it listens on 127.0.0.1:8450 and takes numbers from the pool "handsets". A dealer shows the \
        certificate that stands in the list; whoever shows another gets no connection. Lists may change while it serves.

        Example: simurgh carrier-terminal serve --port 9450 --log registrations.log
        """)
    @OptionGroup var site: StoredSiteOptions
    @Option(help: "The configuration file; DIR/carrier-terminal.yaml if it is left out.") var config: String?
    @Option(help: "The port.") var port: Port?
    @Option(help: "The TLS certificate, as `simurgh ca show` names it.") var certificate: String?
    @Option(help: "Write every message, decoded as far as it is not sealed, to this file; - is standard error.")
    var log: String?

    func run() async throws {
      try await Complaint.reporting {
        let site = site.site
        var configuration = try CarrierConfiguration.read(
          ConfigurationFile.named(config) ?? site.carrierConfigurationFile)
        if let port { configuration.port = port.number }
        if let certificate { configuration.certificate = certificate }
        let circle = try site.existingCircle()
        let lock = ServersLock.share(of: site)
        defer { withExtendedLifetime(lock) {} }
        let trust = CircleInForce(try circle.circle())
        let party = try CarrierParty(site, configuration: configuration)
        let server = try await HTTPServer.start([
          party.listener(trust: trust, sink: try log.map { try LogFile($0) })
        ])
        if configuration.credit == nil {
          Complaint.note("no credit company is configured: cards that end in 0002 are refused, all others are good")
        }
        print(
          "The carrier's terminal is up on \(configuration.host):\(server.ports.first ?? 0). Interrupt (Ctrl-C) ends it."
        )
        fflush(nil)
        let watching = Task { await CircleWatch(directory: circle, trust: trust).run() }
        let chores = Task { await party.keepHouse() }
        await Interruption.wait()
        watching.cancel()
        chores.cancel()
        await server.stop(grace: .seconds(5))
      }
    }
  }
}

/// What the commands over the carrier's lists share.
struct CarrierListOptions: ParsableArguments {
  @OptionGroup var site: StoredSiteOptions
  @Flag(help: "Print JSON.") var json = false

  func desk() throws -> CarrierTerminal.Desk { try CarrierParty(site.site).desk }

  /// Prints a list as JSON or as a table.
  func show<Item: Encodable>(_ items: [Item], _ header: [String], _ row: (Item) -> [String]) throws {
    if json { return try Output.json(items) }
    Output.table(header, items.map(row))
  }
}
