import ArgumentParser
import ContentManagement
import Identifiers
import IssuingApparatus
import MutualAgreement
import SecureMessages
import Store

/// What issuers and data providers have in common on the command line.
protocol AgreementRole {
  static var kind: AgreementSite.Kind { get }
  /// The commands that theirs stand under.
  static var path: String { get }
  /// A name for examples.
  static var example: String { get }
  /// What their registration is called, and who wants to see it.
  static var registration: (name: String, file: String, readers: String) { get }
  static var apparatus: String { get }
  static var port: Int { get }
  /// The apparatus of a party, and the price of a kilobyte by provider where there is one.
  static func books(_ party: Party, of agreement: AgreementSite) throws -> (any Apparatus, prices: [String: Int])
}

enum IssuerRole: AgreementRole {
  static let kind = AgreementSite.Kind.issuer
  static let path = "simurgh issuer data"
  static let example = "bank"
  static let registration = (name: "IRC", file: "bank.irc", readers: "providers")
  static let apparatus = "issuing apparatus"
  static let port = 8460

  static func books(_ party: Party, of agreement: AgreementSite) throws -> (any Apparatus, prices: [String: Int]) {
    let desk = try agreement.issuing(party, peers: SitePeers(agreement))
    let prices = try desk.agreements().map { ($0.provider.name, $0.memoryPrice) }
    return (desk, Dictionary(prices, uniquingKeysWith: { one, _ in one }))
  }
}

enum ProviderRole: AgreementRole {
  static let kind = AgreementSite.Kind.provider
  static let path = "simurgh provider"
  static let example = "bus"
  static let registration = (name: "DPR", file: "bus.dpr", readers: "issuers")
  static let apparatus = "data providing apparatus"
  static let port = 8461

  static func books(_ party: Party, of agreement: AgreementSite) throws -> (any Apparatus, prices: [String: Int]) {
    (try agreement.providing(party, peers: SitePeers(agreement)), [:])
  }
}

/// Which party of the site.
struct AgreementParty<Role: AgreementRole>: ParsableArguments {
  @OptionGroup var site: SiteOptions
  @Argument(help: "The party's name.") var name: String

  var agreement: AgreementSite { AgreementSite(site: site.site) }
  func party() throws -> Party { try AgreementSite.party(Role.kind, name) }
}

/// `show`: what others know the party by.
struct ShowRegistration<Role: AgreementRole>: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "show",
      abstract: """
        Print the registration (\(Role.registration.name)), for \(Role.registration.readers) that run in other directories.
        """,
      discussion: "Example: \(Role.path) show \(Role.example) > \(Role.registration.file)")
  }
  @OptionGroup var party: AgreementParty<Role>

  func run() throws {
    try Complaint.reporting { print(try party.agreement.read("registration", of: party.party()).hex) }
  }
}

/// `books`: what is on which card.
struct ShowBooks<Role: AgreementRole>: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "books", abstract: "List which card holds whose data in which version.",
      discussion: """
        What a card held against the books when it was met stands in the record; the books have followed the card since.

        Example: \(Role.path) books \(Role.example) --differences
        """)
  }
  @OptionGroup var party: AgreementParty<Role>
  @Flag(help: "List instead what cards held against the books, and when that was found and repaired.")
  var differences = false
  @Flag(help: "Print JSON.") var json = false

  func run() throws {
    try Complaint.reporting {
      try party.agreement.deliver()
      let (apparatus, prices) = try Role.books(party.party(), of: party.agreement)
      if differences { return try DifferenceReport(ContentBook.differences(in: apparatus.store)).print(json: json) }
      try BookReport(apparatus.store.read(ContentBook.lines), prices: prices).print(json: json)
    }
  }
}

/// `serve`: the party as a server.
struct ServeApparatus<Role: AgreementRole>: AsyncParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "serve", abstract: "Run the \(Role.apparatus) over TLS.",
      discussion: "Example: \(Role.path) serve \(Role.example) --port \(Role.port)")
  }
  @OptionGroup var party: AgreementParty<Role>
  @OptionGroup var listener: AgreementListener

  func run() async throws {
    try await Complaint.reporting { try await listener.serve(party.party(), of: party.agreement) }
  }
}

/// The books as people and scripts read them.
struct BookReport {
  struct Item: Encodable {
    let card, loadFile, provider, proof: String
    let version: UInt16?
    let pending: String?
    let bytes: Int
    /// What the card's memory costs the provider, in the smallest unit of the issuer's money.
    let memoryPrice: Int?
  }

  let items: [Item]

  /// `prices` are those of a kilobyte on the issuer's cards, by provider.
  init(_ lines: [ContentBook.Line], prices: [String: Int] = [:]) {
    items = lines.map { line in
      let pending = line.wanted.map { $0 == ContentBook.Line.deletion ? "deletion" : "version \($0)" }
      return Item(
        card: line.card, loadFile: line.loadFile.description, provider: line.provider, proof: "\(line.proof)",
        version: line.version, pending: pending, bytes: line.size,
        memoryPrice: prices[line.provider].map { $0 * ((line.size + 1023) / 1024) })
    }
  }

  func print(json: Bool) throws {
    if json { return try Output.json(items) }
    Output.table(
      ["CARD", "LOAD FILE", "VERSION", "PENDING", "PROVIDER", "KNOWN BY"],
      items.map {
        [$0.card, $0.loadFile, $0.version.map { "\($0)" } ?? "", $0.pending ?? "", $0.provider, $0.proof]
      })
  }
}

/// What the books did not expect, as people and scripts read it.
struct DifferenceReport {
  struct Item: Encodable {
    let at, card, difference: String
  }

  let items: [Item]

  init(_ events: [Event]) {
    items = events.map { event in
      guard case .text(let text) = event.body else {
        return Item(at: "\(event.at)", card: event.correlation, difference: "")
      }
      return Item(at: "\(event.at)", card: event.correlation, difference: text)
    }
  }

  func print(json: Bool) throws {
    if json { return try Output.json(items) }
    Output.table(["WHEN", "CARD", "DIFFERENCE"], items.map { [$0.at, $0.card, $0.difference] })
  }
}
