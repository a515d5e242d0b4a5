import ArgumentParser
import AuC
import Bytes
import CircleFiles
import CircleOfTrust
import Foundation
import Identifiers
import MutualAuthentication
import Transport
import TransportHTTP
import World

/// `simurgh sms-centre`: devices in the field, and the short messages between them and their SM-SR.
struct SMSCentreCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sms-centre",
    abstract: "Run devices with eUICCs in the field, and a short message centre that reaches them.",
    discussion: """
      It stands for what a mobile network has between an SM-SR and a device: modems with software eUICCs, cells in which \
      they authenticate at their operators' authentication centres, and a service centre for short messages, which can read \
      none of them.

      Example: simurgh sms-centre serve meter --number 001010000000001=491700000001
      """, subcommands: [Serve.self])

  struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Serve until interrupted.",
      discussion: """
        The cards are made with `simurgh card create --m2m`. A device is let in where the authentication centre of one of the \
        networks, each the directory of an operator's site, knows its subscriber; then it has the number that --number \
        gives for its IMSI. The centre needs a certificate: `simurgh ca issue dp-tls sms-centre --host localhost`. Messages \
        that wait are kept in memory alone.

        Example: simurgh sms-centre serve meter --network mno-1 --network mno-2 --number 001010000000001=491700000001
        """)

    @OptionGroup var site: SiteOptions
    @Argument(help: "The cards' names.") var cards: [String]
    @Option(help: "The directory of an operator's site; may be given several times; --dir itself if it is left out.")
    var network: [String] = []
    @Option(help: "IMSI=NUMBER; may be given several times.") var number: [String] = []
    @Option(name: .customLong("sm-sr"), help: "The SM-SR's host and port.") var smsr = LabNames.smsrAddress
    @Option(help: "The SM-SR's certificate, as `simurgh ca show` names it.") var manager = LabNames.smsrCertificate
    @Option(help: "The centre's certificate.") var certificate = LabNames.smsCentreCertificate
    @Option(help: "The port; \(LabNames.smsCentrePort) if it is left out.") var port: Port?

    func run() async throws {
      try await Complaint.reporting {
        let site = site.site
        let circle = try site.existingCircle()
        let trust = CircleInForce(try circle.circle())
        let networks = try networks()
        let sides = try cards.map { name in
          let card = try CardDirectory(name, of: site)
          _ = try card.m2mEID()
          return (name, try card.side(faults: []))
        }
        let client = try HTTPSClient(
          circle.callers(as: entry(in: circle), in: { trust.circle }, roles: [.srTLS]))
        let caller = KnownCaller(name: "sm-sr", certificates: [manager])
        let centre = SMSCentre(
          name: LabNames.smsCentre, to: smsr, over: client,
          callers: try KnownCaller.requesters([caller], or: .srTLS, in: circle), trust: trust)
        for (name, side) in sides { centre.add(name, side, networks: networks) }
        let listener = try MutualListener(port: port?.number ?? LabNames.smsCentrePort, certificate: certificate)
          .listener(
            "sms-centre", in: circle, trust: trust, roles: [.srTLS], sink: nil,
            remedy: "simurgh ca issue dp-tls sms-centre --host localhost --dir \(site.directory)"
          ) { message in centre.respond(to: message) }
        try await ServerRun.untilInterrupted("sms-centre", listener, site: site, trust: trust) {
          centre.start()
          return []
        }
        centre.stop()
      }
    }

    private func entry(in circle: CircleDirectory) throws -> CircleDirectory.Entry {
      do { return try circle.entry(certificate) } catch CircleFilesError.nothingThere {
        throw Complaint(
          .configuration, "The circle has no certificate \(certificate).",
          remedy: "Make it with: simurgh ca issue dp-tls sms-centre --host localhost --dir \(site.directory)")
      }
    }

    /// The operators' networks, each with all numbers: whom an authentication centre does not know it lets in nowhere.
    private func networks() throws -> [FieldDevice.HomeNetwork] {
      let pairs = try number.map { text in
        let parts = text.split(separator: "=", omittingEmptySubsequences: false)
        guard parts.count == 2, (1...15).contains(parts[1].utf8.count), parts[1].allSatisfy(\.isNumber),
          let imsi = try? IMSI(String(parts[0]))
        else {
          throw Complaint(.data, "--number \(text) is no pair of IMSI and number.", remedy: "Write IMSI=NUMBER.")
        }
        return (imsi, String(parts[1]))
      }
      let numbers = Dictionary(pairs) { first, _ in first }
      let directories = network.isEmpty ? [site.directory] : network
      return try directories.map { directory in
        FieldDevice.HomeNetwork(auc: try Site(directory: directory).authenticationCentre(), numbers: numbers)
      }
    }
  }
}
