import ArgumentParser
import Bytes
import CircleOfTrust
import Foundation
import Identifiers
import ProfilePackage
import SGP02
import SMDP
import Stations
import TLV

/// `simurgh sm-dp`: the SM-DP of remotely managed eUICCs as a server.
struct SMDPCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sm-dp", abstract: "Run an SM-DP (SGP.02): loads operators' profiles into eUICCs through their SM-SR.",
    discussion: """
      It keeps operators' profile packages, and on an operator's word establishes keys with a new ISD-P and loads the \
      profile, in a secure channel that ends in the eUICC: the SM-SR between them reads nothing. \
      docs/remote-provisioning.md plays it and explains sm-dp.yaml. For handsets there is `simurgh smdp-plus`.

      Example: simurgh sm-dp begin && simurgh sm-dp serve
      """, subcommands: [Begin.self, Stock.self, Serve.self, Status.self])

  struct Begin: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make the SM-DP's certificates: for TLS, and the one that it shows eUICCs.",
      discussion: """
        The circle's issuer must be at hand with its key. What is there already stays as it is. The key of the certificate \
        for eUICCs is kept under the site's master key.

        Example: simurgh sm-dp begin --host dp.example.com
        """)

    @OptionGroup var site: SiteOptions
    @Option(help: "The SM-DP's object identifier.") var oid = LabNames.remoteSmdpOid
    @Option(help: "The host name at which it is called.") var host = "localhost"

    func run() throws {
      try Complaint.reporting {
        let (site, now) = (site.site, Instant.now())
        let oid = try KnownServer(oid: oid, host: host).identifier()
        let made = try site.existingCircle().server(
          SMDPConfiguration.read(site.smdpConfigurationFile).listener.certificate, or: .dpTLS(oid, hosts: [host]),
          now: now)
        let identifier = made.certificate.extensions.registeredIDs.first ?? oid
        try CardCertificate(site: site, role: .smdp).make(for: identifier, now: now)
        print("SM-DP \(identifier): \(made.path)")
      }
    }
  }

  struct Stock: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Take profile packages in, for one operator.",
      discussion: """
        Packages come from `simurgh profile build`, or from elsewhere in the same format (TCA eUICC Profile Package). They \
        hold subscribers' keys and are kept under the site's master key. One that is in stock already stays.

        Example: simurgh sm-dp stock packages/*.der --operator mno
        """)

    @OptionGroup var site: StoredSiteOptions
    @Argument(help: "Packages, DER.") var files: [String]
    @Option(help: "The operator that they belong to, by its name on ES2.") var `operator`: String
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
      try Complaint.reporting {
        // All are read before one is kept.
        let packages = try files.map { file in
          guard let iccid = try ProfileCommand.package(file).first(ProfileHeader.self)?.iccid else {
            throw Complaint(.data, "\(file) has no profile header with an ICCID.")
          }
          return (iccid: iccid, bytes: try InputFile.bytes(file))
        }
        let site = site.site
        let desk = try SMDPParty(site, configuration: SMDPConfiguration.read(site.smdpConfigurationFile)).desk
        let bar = ProgressBar(name: "stocking")
        for (number, package) in packages.enumerated() {
          let given = Given(now: .now(), random: SystemRandomSource.shared)
          try desk.stock(package.bytes, as: package.iccid, of: self.operator, given: given)
          if !json { bar.show(number + 1, of: packages.count) }
        }
        if json { return try Output.json(packages.map(\.iccid.digits)) }
        print("\(packages.count) packages of \(self.operator) in stock")
      }
    }
  }

  struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Serve until interrupted.",
      discussion: """
        Without a configuration it listens on 127.0.0.1:8452, for every operator of the circle. Downloads that a crash \
        interrupted go on by themselves.

        Example: simurgh sm-dp serve --log dp.log
        """)

    @OptionGroup var site: StoredSiteOptions
    @Option(help: "The configuration file; DIR/sm-dp.yaml if it is left out.") var config: String?
    @Option(help: "The port.") var port: Port?
    @Option(help: "Write every message, decoded, to this file; - is standard error.") var log: String?

    func run() async throws {
      try await Complaint.reporting {
        let site = site.site
        var configuration = try SMDPConfiguration.read(ConfigurationFile.named(config) ?? site.smdpConfigurationFile)
        if let port { configuration.listener.port = port.number }
        let party = try SMDPParty(site, configuration: configuration)
        let listener = try party.listener(sink: try log.map { try LogFile($0) })
        try await ServerRun.untilInterrupted("SM-DP \(configuration.name)", listener, site: site, trust: party.trust) {
          try party.workers()
        }
      }
    }
  }

  struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the profiles in stock, and how their downloads stand.",
      discussion: "Example: simurgh sm-dp status --json")

    @OptionGroup var site: StoredSiteOptions
    @Flag(help: "Print JSON.") var json = false

    struct Item: Encodable {
      let iccid, owner: String
      let eid, state, step, waitsFor: String?
    }

    func run() throws {
      try Complaint.reporting {
        let site = site.site
        let configuration = try SMDPConfiguration.read(site.smdpConfigurationFile)
        _ = try site.existingStore(configuration.store)
        let desk = try SMDPParty(site, configuration: configuration).desk
        let items = try desk.profiles(limit: 1000).map { profile in
          Item(
            iccid: profile.iccid.digits, owner: profile.mno, eid: profile.eid?.digits,
            state: profile.act.map { "\($0.state)" }, step: profile.act?.step, waitsFor: profile.act?.failure)
        }
        if json { return try Output.json(items) }
        if items.isEmpty { return print("No profile is in stock.") }
        Output.table(
          ["ICCID", "OPERATOR", "EID", "DOWNLOAD", "STEP", "WAITS FOR"],
          items.map { [$0.iccid, $0.owner, $0.eid ?? "", $0.state ?? "", $0.step ?? "", $0.waitsFor ?? ""] })
      }
    }
  }
}
