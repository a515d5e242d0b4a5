import ArgumentParser
import Bytes
import ContentManagement
import Foundation
import Identifiers
import MutualAgreement
import SecureMessages

/// `simurgh registrar`: who registers issuers and data providers, and certifies data.
struct RegistrarCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "registrar",
    abstract: "Register issuers and data providers of a data storing system, and revoke them.",
    discussion: """
      A site has two registrars: one of issuers, one of providers and data. docs/mutual-agreement.md tells who \
      signs what.

      Example: simurgh registrar begin && simurgh registrar approve issuer:bank && simurgh issuer data begin bank
      """,
    subcommands: [Begin.self, Show.self, Trust.self, Approve.self, Revoke.self, List.self, Serve.self])

  struct Begin: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make the registrars' keys.", discussion: "Example: simurgh registrar begin")
    @OptionGroup var site: SiteOptions

    func run() throws {
      try Complaint.reporting {
        let agreement = AgreementSite(site: site.site)
        for party in [try AgreementSite.issuerRegistrar(), try AgreementSite.dataRegistrar()] {
          print("\(party), public key \(try agreement.begin(party).key.publicKey.point.hex)")
        }
      }
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print the registrars' public keys, for parties that run in other directories.",
      discussion: "Example: simurgh registrar show > registrars")
    @OptionGroup var site: SiteOptions

    func run() throws {
      try Complaint.reporting {
        for line in try AgreementSite(site: site.site).registrarLines() { print(line) }
      }
    }
  }

  struct Trust: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Take over the registrars of another directory, by their public keys.",
      discussion: """
        Where they are reached, lines of DIR/agreement/hosts tell: issuer-registrar:site localhost:8462

        Example: simurgh registrar trust registrars --dir bank
        """)
    @OptionGroup var site: SiteOptions
    @Argument(help: "The file that `show` made.") var file: String

    func run() throws {
      try Complaint.reporting {
        for party in try AgreementSite(site: site.site).trust(file) { print("\(party)'s word counts") }
      }
    }
  }

  struct Approve: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Approve a name, so that its holder's application is granted.",
      discussion: "Example: simurgh registrar approve provider:bus")
    @OptionGroup var site: SiteOptions
    @Argument(help: "issuer:NAME or provider:NAME.") var name: String

    func run() throws {
      try Complaint.reporting {
        let agreement = AgreementSite(site: site.site)
        let party = try AgreementName.read(name)
        try agreement.approve(party, now: .now())
        print("\(party) may register")
      }
    }
  }

  struct Revoke: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Revoke an issuer, a provider, or data up to a version; everybody registered is told.",
      discussion: """
        Cards delete revoked data when they meet their issuer next, if the issuer's agreement with the provider says so.

        Example: simurgh registrar revoke data:A00000066701 --through 1
        """)
    @OptionGroup var site: SiteOptions
    @Argument(help: "issuer:NAME, provider:NAME, or data:AID of a load file.") var name: String
    @Option(help: "The newest version of the data that is revoked.") var through: UInt16 = .max

    func run() throws {
      try Complaint.reporting {
        let agreement = AgreementSite(site: site.site)
        if name.hasPrefix("data:") {
          let aid = try Complaint.naming("the name") { try AID([UInt8](hex: name.dropFirst(5))) }
          try agreement.data().book.revoke(.init(aid, through: through), now: .now())
        } else {
          let party = try AgreementName.read(name)
          try AgreementName.book(of: party, agreement).revoke(party, now: .now())
        }
        try agreement.deliver()
        print("\(name) is revoked")
      }
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List who is approved, registered and revoked.", discussion: "Example: simurgh registrar list --json")
    struct Item: Encodable {
      let name: String
      let registered, revoked: Bool
    }
    @OptionGroup var site: SiteOptions
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
      try Complaint.reporting {
        let agreement = AgreementSite(site: site.site)
        let items = try (agreement.issuers().book.parties() + agreement.data().book.parties()).map {
          Item(name: $0.name, registered: $0.isRegistered, revoked: $0.isRevoked)
        }
        if json { return try Output.json(items) }
        Output.table(
          ["NAME", "STATE"],
          items.map { [$0.name, $0.revoked ? "revoked" : $0.registered ? "registered" : "approved"] })
      }
    }
  }

  struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Run a registrar over TLS: applications, and data to be certified.",
      discussion: "Example: simurgh registrar serve data --port 8462")

    /// The two registrars of a site.
    enum Registrar: String, CaseIterable, ExpressibleByArgument {
      case issuers, data
    }

    @OptionGroup var site: SiteOptions
    @Argument(help: "issuers or data.") var registrar: Registrar
    @OptionGroup var listener: AgreementListener

    func run() async throws {
      try await Complaint.reporting {
        let agreement = AgreementSite(site: site.site)
        let party = try registrar == .issuers ? AgreementSite.issuerRegistrar() : AgreementSite.dataRegistrar()
        try await listener.serve(party, of: agreement)
      }
    }
  }
}

/// Names of parties as people write them.
enum AgreementName {
  /// issuer:NAME or provider:NAME.
  static func read(_ text: String) throws -> Party {
    let parts = text.split(separator: ":", maxSplits: 1)
    guard parts.count == 2, let kind = AgreementSite.Kind(rawValue: String(parts[0])),
      kind == .issuer || kind == .provider
    else { throw Complaint(.usage, "\"\(text)\" is neither issuer:NAME nor provider:NAME.") }
    return try AgreementSite.party(kind, String(parts[1]))
  }

  /// The book of the party's registrar.
  static func book(of party: Party, _ agreement: AgreementSite) throws -> RegistrarBook {
    party.name.hasPrefix("issuer:") ? try agreement.issuers().book : try agreement.data().book
  }
}
