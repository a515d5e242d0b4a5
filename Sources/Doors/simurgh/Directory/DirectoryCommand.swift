import ArgumentParser
import Bytes
import Foundation
import SGP22
import Stations

/// `simurgh directory`: the directory of addresses as a server.
struct DirectoryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "directory",
    abstract: "Run a directory of addresses: which SM-SR manages an eUICC, which SM-DP serves it.",
    discussion: """
      SM-SRs and SM-DPs enter themselves, and hand over to each other; whoever asks gets a signed answer that holds for a \
      time. Nobody has to believe it: whoever follows it confirms the server by certificate. \
      docs/remote-provisioning.md explains directory.yaml.

      Example: simurgh directory serve
      """, subcommands: [Serve.self, Zone.self])

  struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Serve until interrupted.",
      discussion: """
        Without a configuration it listens on 127.0.0.1:8453. It needs a certificate: \
        `simurgh ca issue directory directory --oid 2.999.33 --host localhost`.

        Example: simurgh directory serve --log directory.log
        """)

    @OptionGroup var site: StoredSiteOptions
    @Option(help: "The configuration file; DIR/directory.yaml if it is left out.") var config: String?
    @Option(help: "The port.") var port: Port?
    @Option(help: "Write every message, decoded, to this file; - is standard error.") var log: String?

    func run() async throws {
      try await Complaint.reporting {
        let site = site.site
        var configuration = try DirectoryConfiguration.read(
          ConfigurationFile.named(config) ?? site.directoryConfigurationFile)
        if let port { configuration.listener.port = port.number }
        let party = try DirectoryParty(site, configuration: configuration)
        let listener = try party.listener(sink: try log.map { try LogFile($0) })
        try await ServerRun.untilInterrupted("directory", listener, site: site, trust: party.trust) {
          let desk = party.desk
          return [
            Worker("sweeping", pause: 60) {
              try desk.sweep(given: Given(now: .now(), random: SystemRandomSource.shared))
            }
          ]
        }
      }
    }
  }

  struct Zone: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print the directory as a zone file, for a name server to load.",
      discussion: """
        Each answer is a TXT record with the directory's signature, so resolvers need not be believed. The answers hold \
        for answerSeconds: print it again before half of that is over.

        Example: simurgh directory zone ese.example --name-server ns.example > ese.example.zone
        """)

    @OptionGroup var site: StoredSiteOptions
    @Option(help: "The configuration file; DIR/directory.yaml if it is left out.") var config: String?
    @Argument(help: "The domain that the records stand in.") var domain: String
    @Option(help: "The name server of the domain.") var nameServer = "localhost"

    func run() throws {
      try Complaint.reporting {
        let site = site.site
        for name in [domain, nameServer] where FQDN(name)?.name != name {
          throw Complaint(.usage, "\(name) is no domain.", remedy: "A name like ese.example is wanted.")
        }
        let configuration = try DirectoryConfiguration.read(
          ConfigurationFile.named(config) ?? site.directoryConfigurationFile)
        let given = Given(now: .now(), random: SystemRandomSource.shared)
        let zone = try DirectoryParty(site, configuration: configuration).desk.zoneFile(
          of: domain, nameServer: nameServer, given: given)
        print(zone, terminator: "")
      }
    }
  }
}
