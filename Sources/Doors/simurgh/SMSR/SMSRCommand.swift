import ArgumentParser
import Bytes
import CircleFiles
import CircleOfTrust
import Foundation
import Identifiers
import SGP02
import SMSR
import Store
import TLV

/// `simurgh sm-sr`: the SM-SR as a server.
struct SMSRCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sm-sr", abstract: "Run an SM-SR (SGP.02): manages eUICCs over short messages, for their operators.",
    discussion: """
      An eUICC's maker registers it (`simurgh card register`); operators and their SM-DPs then have profiles created, \
      loaded, enabled, disabled and deleted on it. The SM-SR carries what the SM-DP and the eUICC say to each other, and can \
      read none of it. docs/remote-provisioning.md plays it all and explains sm-sr.yaml.

      Example: simurgh sm-sr begin && simurgh sm-sr serve
      """, subcommands: [Begin.self, Serve.self, Status.self])

  struct Begin: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make the SM-SR's certificates: for TLS, and the one that it shows eUICCs.",
      discussion: """
        The circle's issuer must be at hand with its key. What is there already stays as it is. The key of the certificate \
        for eUICCs is kept under the site's master key.

        Example: simurgh sm-sr begin --host sr.example.com
        """)

    @OptionGroup var site: SiteOptions
    @Option(help: "The SM-SR's object identifier.") var oid = LabNames.smsrOid
    @Option(help: "The host name at which it is called.") var host = "localhost"

    func run() throws {
      try Complaint.reporting {
        let (site, now) = (site.site, Instant.now())
        let oid = try KnownServer(oid: oid, host: host).identifier()
        let circle = try site.existingCircle()
        let name = try SMSRConfiguration.read(site.smsrConfigurationFile).listener.certificate
        let made = try circle.server(name, or: .srTLS(oid, hosts: [host]), now: now)
        try CardCertificate(site: site, role: .smsr).make(
          for: made.certificate.extensions.registeredIDs.first ?? oid, now: now)
        print("SM-SR \(made.certificate.extensions.registeredIDs.first ?? oid): \(made.path)")
      }
    }
  }

  struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Serve until interrupted.",
      discussion: """
        Without a configuration it listens on 127.0.0.1:8451, for every maker, operator and SM-DP of the circle, and sends \
        short messages through the centre at localhost:8454 (`simurgh sms-centre serve`). What a crash interrupted goes on \
        by itself: each packet's counter is durable before the packet goes.

        Example: simurgh sm-sr serve --log sr.log
        """)

    @OptionGroup var site: StoredSiteOptions
    @Option(help: "The configuration file; DIR/sm-sr.yaml if it is left out.") var config: String?
    @Option(help: "The port.") var port: Port?
    @Option(help: "Write every message, decoded, to this file; - is standard error.") var log: String?

    func run() async throws {
      try await Complaint.reporting {
        let site = site.site
        var configuration = try SMSRConfiguration.read(ConfigurationFile.named(config) ?? site.smsrConfigurationFile)
        if let port {
          configuration.listener.port = port.number
          configuration.address = "localhost:\(port.number)"
        }
        let party = try SMSRParty(site, configuration: configuration)
        let listener = try party.listener(sink: try log.map { try LogFile($0) })
        try await ServerRun.untilInterrupted("SM-SR \(party.desk.identifier)", listener, site: site, trust: party.trust)
        {
          try party.workers()
        }
      }
    }
  }

  struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the eUICCs, or show what the books have of one.",
      discussion: "Example: simurgh sm-sr status 89049032123451234512345678901235 --json")

    @OptionGroup var site: StoredSiteOptions
    @Argument(help: "The EID; the first hundred if it is left out.") var eid: String?
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
      try Complaint.reporting {
        let site = site.site
        let store = try site.existingStore(SMSRConfiguration.read(site.smsrConfigurationFile).store)
        try Desk.migrate(store)
        guard let eid = try eid.map({ text in try Complaint.naming("the EID") { try EID(text) } }) else {
          let eids = try store.read { try EISTable.managed(limit: 100, in: $0) }.map(\.digits)
          if json { return try Output.json(eids) }
          return eids.isEmpty ? print("No eUICC is managed here.") : Output.table(["EID"], eids.map { [$0] })
        }
        guard let eis = try store.read({ try EISTable.eis(eid, managedBy: "", in: $0) }) else {
          throw Complaint(
            .noInput, "No eUICC \(eid) is managed here.", remedy: "simurgh sm-sr status lists those that are.")
        }
        try EISReport(eis, of: eid).print(json: json)
      }
    }
  }
}

/// What an SM-SR's books have of an eUICC, for people and scripts.
struct EISReport: Encodable {
  struct Profile: Encodable {
    let iccid, aid, owner, state: String
    let msisdn: String?
    let isLastResort: Bool
  }

  let eid: String
  let freeBytes: Int
  let lastAudit: String?
  let profiles: [Profile]

  init(_ eis: EIS, of eid: EID) {
    (self.eid, freeBytes, lastAudit) = (eid.digits, eis.remainingMemory, eis.lastAuditDate?.description)
    profiles = eis.profiles.map {
      Profile(
        iccid: $0.iccid.digits, aid: $0.isdpAid.description, owner: $0.mnoId, state: $0.state.rawValue,
        msisdn: $0.subscriptionAddress.msisdn, isLastResort: $0.fallbackAttribute)
    }
  }

  func print(json: Bool) throws {
    if json { return try Output.json(self) }
    Output.rows([("EID", eid), ("Free", "\(freeBytes) bytes"), ("Compared with it", lastAudit ?? "never")])
    Swift.print()
    Output.table(
      ["ICCID", "ISD-P", "OPERATOR", "STATE", "NUMBER", "LAST RESORT"],
      profiles.map { [$0.iccid, $0.aid, $0.owner, $0.state, $0.msisdn ?? "", $0.isLastResort ? "yes" : ""] })
  }
}
