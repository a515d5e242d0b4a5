import ArgumentParser
import Bytes
import ContentManagement
import DataProvidingApparatus
import Dispatch
import Foundation
import GlobalPlatform
import Identifiers
import MutualAgreement
import SecureMessages

/// `simurgh provider`: who provides data for cards of issuers that it has agreements with.
struct ProviderCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "provider", abstract: "Provide data for cards: a catalogue, agreements with issuers, the books.",
    discussion: """
      A provider registers with the data registrar, agrees with issuers, and offers data. Which card holds what in which \
      version its books tell at all times.

      Example: simurgh provider begin bus --domain A000000667020000 && simurgh provider offer bus --file ticket.bin \
      --load-file A00000066701 --version 1 --title "Bus ticket"
      """,
    subcommands: [
      Begin.self, ShowRegistration<ProviderRole>.self, Agree.self, Offer.self, List.self, ShowBooks<ProviderRole>.self,
      ServeApparatus<ProviderRole>.self,
    ])

  struct Begin: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make a provider's key and register it (DPR).",
      discussion: """
        Its registrar approves the name first: simurgh registrar approve provider:bus

        Example: simurgh provider begin bus --domain A000000667020000
        """)
    @OptionGroup var site: SiteOptions
    @Argument(help: "The provider's name.") var name: String
    @Option(help: "The name of the provider's security domain on cards, 5 to 16 bytes in hexadecimal.") var domain:
      String

    func run() throws {
      try Complaint.reporting {
        let agreement = AgreementSite(site: site.site)
        let party = try AgreementSite.party(.provider, name)
        let aid = try Complaint.naming("--domain") { try AID([UInt8](hex: domain)) }
        try agreement.register(party, domain: aid, now: .now())
        print("\(party) is registered with domain \(aid)")
      }
    }
  }

  struct Agree: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Agree with an issuer: its cards may ask for data.",
      discussion: "Example: simurgh provider agree bus bank")
    @OptionGroup var site: SiteOptions
    @Argument(help: "The provider's name.") var name: String
    @Argument(help: "The issuer's name.") var issuer: String
    @Option(help: "The file with the registration of an issuer that runs in another directory.")
    var registration: String?

    func run() throws {
      try Complaint.reporting {
        let agreement = AgreementSite(site: site.site)
        let (party, other) = (try AgreementSite.party(.provider, name), try AgreementSite.party(.issuer, issuer))
        let bytes = try agreement.registration(of: other, file: registration)
        let irc = try Complaint.naming("the registration") { try Signed<IssuerRegistration>(encoded: bytes) }
        guard irc.claimedBody.known.party == other else { throw Complaint(.data, "It is not \(other)'s registration.") }
        try agreement.providing(party, peers: SitePeers(agreement)).agree(with: irc, now: .now())
        print("\(party) agrees with \(other)")
      }
    }
  }

  struct Offer: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Put data into the catalogue: a file that cards show after SELECT.",
      discussion: """
        With --certified the data registrar certifies them, for cards that take certified data alone.

        Example: simurgh provider offer bus --file ticket.bin --load-file A00000066701 --version 1 --title "Bus ticket"
        """)
    @OptionGroup var site: SiteOptions
    @Argument(help: "The provider's name.") var name: String
    @Option(help: "The file.") var file: String
    @Option(
      help: "The load file's AID in hexadecimal; module and application are called the same with 01 and 0101 behind.")
    var loadFile: String
    @Option(help: "The version.") var version: UInt16
    @Option(help: "What people are shown.") var title: String
    @Option(help: "The price, in the smallest unit.") var price = 0
    @Option(name: .customLong("for"), help: "Only for cards of this issuer; may be repeated.") var issuers: [String] =
      []
    @Flag(help: "Have the data registrar certify the data.") var certified = false

    func run() throws {
      try Complaint.reporting {
        let agreement = AgreementSite(site: site.site)
        let party = try AgreementSite.party(.provider, name)
        let content = try InputFile.bytes(file)
        guard content.count <= 50_000, price >= 0 else {
          throw Complaint(.data, "A file has at most 50000 bytes, and a price is not negative.")
        }
        let (aid, module, application) = try Complaint.naming("--load-file") {
          let bytes = try [UInt8](hex: loadFile)
          return (try AID(bytes), try AID(bytes + [1]), try AID(bytes + [1, 1]))
        }
        let item = CatalogueItem(
          title: title, loadFile: aid, application: application,
          package: DataPackage(
            module: module, version: version, files: [.init(0x6F01, shortIdentifier: 1, content: content)]),
          price: price, issuers: try issuers.map { try AgreementSite.party(.issuer, $0) })
        let desk = try agreement.providing(party, peers: SitePeers(agreement))
        do { try desk.offer(item) } catch AgreementRefusal.nameTaken {
          throw Complaint(
            .data, "Version \(version) of \(aid) is in the catalogue with other data.",
            remedy: "Offer them as another version.")
        }
        if certified { try desk.certify(aid, version: version, now: .now()) }
        print("\(aid) version \(version), \(item.sdi.size ?? 0) bytes, is in the catalogue of \(party)")
      }
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "List the catalogue.", discussion: "Example: simurgh provider list bus --json")
    struct Item: Encodable {
      let title, loadFile: String
      let version: UInt16
      let size, price: Int
      let issuers: [String]
      let certified: Bool
    }
    @OptionGroup var site: SiteOptions
    @Argument(help: "The provider's name.") var name: String
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
      try Complaint.reporting {
        let agreement = AgreementSite(site: site.site)
        let desk = try agreement.providing(AgreementSite.party(.provider, name), peers: SitePeers(agreement))
        let items = try desk.items().map { item in
          Item(
            title: item.title, loadFile: item.loadFile.description, version: item.package.version,
            size: item.sdi.size ?? 0, price: item.price, issuers: item.issuers.map(\.name),
            certified: item.certificate != nil)
        }
        if json { return try Output.json(items) }
        Output.table(
          ["TITLE", "LOAD FILE", "VERSION", "BYTES", "PRICE", "FOR"],
          items.map {
            [$0.title, $0.loadFile, "\($0.version)", "\($0.size)", "\($0.price)", $0.issuers.joined(separator: " ")]
          })
      }
    }
  }

}

/// Where a party of the data storing system listens.
struct AgreementListener: ParsableArguments {
  @Option(help: "The address to bind.") var host = "127.0.0.1"
  @Option(help: "The port.") var port: Port
  @Option(help: "The server's TLS certificate in the circle; \"none\" behind a front proxy.")
  var certificate = "DPtls/agreement"

  func serve(_ party: Party, of agreement: AgreementSite) async throws {
    let (respond, deliver) = try AgreementServer.responder(party, of: agreement, peers: SitePeers(agreement))
    let server = try await AgreementServer.start(
      respond, agreement.site, certificate: certificate, host: host, port: port.number)
    print("\(party) is up on \(host):\(server.ports.first ?? port.number). Interrupt (Ctrl-C) ends it.")
    fflush(nil)
    // What others did not take is offered to them again.
    let courier = Task.detached {
      while !Task.isCancelled {
        DispatchQueue.global().async(execute: deliver)
        try? await Task.sleep(for: .seconds(2))
      }
    }
    await Interruption.wait()
    courier.cancel()
    await server.stop(grace: .seconds(5))
  }
}
