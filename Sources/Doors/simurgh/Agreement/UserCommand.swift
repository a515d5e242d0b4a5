import ArgumentParser
import Bytes
import CircleFiles
import Foundation
import GlobalPlatform
import Identifiers
import Keys
import MutualAgreement
import SecureMessages
import SecurityDomains
import StoreSQLite
import Transport
import TransportCard
import UserApparatus

/// The user's terminal with a card of the site, or one in a reader.
struct UserSite {
  let terminal: UserTerminal
  let agreement: AgreementSite

  /// The terminal for `card`, or for the card in a PC/SC `reader`.
  init(_ agreement: AgreementSite, card: String, reader: String? = nil, agrees: @escaping (Question) -> Bool) throws {
    self.agreement = agreement
    let link: any CardLink
    if let reader {
      link = try PCSC.connect(reader == "any" ? nil : reader)
    } else {
      let directory = try CardDirectory(card, of: agreement.site)
      guard directory.isManaged else {
        throw Complaint(
          .noInput, "There is no GlobalPlatform card in \(directory.path).",
          remedy: "Make one with: simurgh card create \(card) --global-platform")
      }
      link = InProcessCard(try directory.openManaged(faults: []))
    }
    _ = try link.reset()
    let folder = "\(agreement.site.directory)/agreement"
    try Folder.make(folder, isPrivate: true)
    terminal = try UserTerminal(
      card: link, store: SQLiteStore(path: agreement.userFile), vault: agreement.site.vault(),
      peers: SitePeers(agreement), registrar: agreement.known(AgreementSite.issuerRegistrar()),
      issuerDomain: Personalisation.usualIssuerDomain, agrees: agrees)
  }

  /// Asks the person at the keyboard, unless `isAgreed`.
  static func person(_ isAgreed: Bool) -> (Question) -> Bool {
    { question in
      if isAgreed { return true }
      let text =
        switch question {
        case .register(let card, let user, let issuer): "register card \(card) with \(issuer) for \"\(user)\""
        case .admit(let provider): "give \(provider) room on the card"
        case .store(let sdi, let provider): "store \(sdi.loadFile) version \(sdi.version) of \(provider)"
        case .delete(let sdi, let provider): "delete \(sdi.loadFile) of \(provider)"
        }
      FileHandle.standardError.write(Data("\(text)? (y/n) ".utf8))
      return readLine()?.lowercased().hasPrefix("y") == true
    }
  }
}

/// What all commands of a card's user have in common.
struct UserOptions: ParsableArguments {
  @OptionGroup var site: SiteOptions
  @Argument(help: "The card's name.") var card: String
  @Option(help: "A PC/SC reader instead: its name or a part of it; \"any\" for the first with a card.") var reader:
    String?
  @Flag(name: .shortAndLong, help: "Agree to everything without being asked.") var yes = false

  /// Does something with the terminal, then lets all parties of the site hear what waits for them.
  func with(_ body: (UserTerminal) throws -> Void) throws {
    try Complaint.reporting {
      let agreement = AgreementSite(site: site.site)
      let user = try UserSite(agreement, card: card, reader: reader, agrees: UserSite.person(yes))
      do { try body(user.terminal) } catch UserApparatusError.refused(.noDomain) {
        try Self.waitForDomain(agreement, user.terminal)
      }
      try agreement.deliver()
    }
  }

  /// The issuer's handover is on its way to the provider; where both run elsewhere it takes a moment.
  private static func waitForDomain(_ agreement: AgreementSite, _ terminal: UserTerminal) throws {
    for _ in 0..<50 {
      try agreement.deliver()
      do { return try terminal.resume() } catch UserApparatusError.refused(.noDomain) {
        guard !agreement.hosts().isEmpty else { break }
        Thread.sleep(forTimeInterval: 0.1)
      }
    }
    throw UserApparatusError.refused(.noDomain)
  }
}

/// `simurgh user`: the user of a card whose content issuer and providers agree on.
struct UserCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "user", abstract: "Hold a card: register it, and store and delete data on it by agreement.",
    discussion: """
      Nothing happens to a card that its user did not agree to; what was interrupted `resume` goes on with.

      Example: simurgh user register element-1 bank --name "A. User" && simurgh user admit element-1 bus && \
      simurgh user store element-1 bus A00000066701 --version 1
      """,
    subcommands: [
      Register.self, Admit.self, Catalogue.self, Store.self, Delete.self, Contact.self, Resume.self,
    ])

  struct Register: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Register the card with its issuer.",
      discussion: "Example: simurgh user register element-1 bank --name \"A. User\"")
    @OptionGroup var user: UserOptions
    @Argument(help: "The issuer's name.") var issuer: String
    @Option(help: "Who you are, for the issuer alone.") var name: String

    func run() throws {
      try user.with { terminal in
        try terminal.register(
          with: AgreementSite.party(.issuer, issuer), user: name, now: .now(), random: AgreementSite.random)
        print("card \(try terminal.name()) is registered with issuer:\(issuer)")
      }
    }
  }

  struct Admit: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Give a provider room on the card.", discussion: "Example: simurgh user admit element-1 bus")
    @OptionGroup var user: UserOptions
    @Argument(help: "The provider's name.") var provider: String

    func run() throws {
      try user.with {
        try $0.admit(AgreementSite.party(.provider, provider), now: .now(), random: AgreementSite.random)
      }
      print("provider:\(provider) has room on the card")
    }
  }

  struct Catalogue: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show what a provider has for this card.", discussion: "Example: simurgh user catalogue element-1 bus")
    @OptionGroup var user: UserOptions
    @Argument(help: "The provider's name.") var provider: String

    func run() throws {
      try user.with { terminal in
        let items = try terminal.catalogue(of: AgreementSite.party(.provider, provider), now: .now()).items
        Output.table(
          ["TITLE", "LOAD FILE", "VERSION", "BYTES", "PRICE"],
          items.map { [$0.title, $0.loadFile.description, "\($0.version)", "\($0.size)", "\($0.price)"] })
      }
    }
  }

  /// Which data, and by way of whom.
  struct Content: ParsableArguments {
    @Argument(help: "The provider's name.") var provider: String
    @Argument(help: "The load file's AID in hexadecimal.") var loadFile: String
    @Option(help: "The version.") var version: UInt16 = 1
    @Flag(help: "Ask the issuer instead of the provider (C2).") var throughIssuer = false

    func ask(_ operation: ContentOperation, _ terminal: UserTerminal) throws {
      let aid = try Complaint.naming("the load file") { try AID([UInt8](hex: loadFile)) }
      let party = try AgreementSite.party(.provider, provider)
      let door = try throughIssuer ? terminal.registration(at: .now()).issuer : party
      try terminal.ask(
        operation, StoringDataInformation(loadFile: aid, version: version), of: party, through: door, now: .now(),
        random: AgreementSite.random)
    }
  }

  struct Store: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Store data on the card, in place of another version if there is one.",
      discussion: "Example: simurgh user store element-1 bus A00000066701 --version 1")
    @OptionGroup var user: UserOptions
    @OptionGroup var content: Content

    func run() throws {
      try user.with { try content.ask(.store, $0) }
      print("\(content.loadFile) version \(content.version) is on the card")
    }
  }

  struct Delete: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Delete data from the card.", discussion: "Example: simurgh user delete element-1 bus A00000066701")
    @OptionGroup var user: UserOptions
    @OptionGroup var content: Content

    func run() throws {
      try user.with { try content.ask(.delete, $0) }
      print("\(content.loadFile) is no longer on the card")
    }
  }

  struct Contact: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Let the card meet its issuer's or a provider's books, which are repaired; revoked data go.",
      discussion: "Example: simurgh user contact element-1 issuer:bank")
    @OptionGroup var user: UserOptions
    @Argument(help: "issuer:NAME or provider:NAME.") var party: String

    func run() throws {
      let found = try Complaint.reporting { try AgreementName.read(party) }
      try user.with { try $0.contact(found, now: .now(), random: AgreementSite.random) }
      print("the books of \(found) are those of the card")
    }
  }

  struct Resume: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Go on with what was interrupted.", discussion: "Example: simurgh user resume element-1")
    @OptionGroup var user: UserOptions

    func run() throws {
      try user.with { terminal in
        let parties = try terminal.pending()
        try terminal.resume()
        print(parties.isEmpty ? "nothing was interrupted" : "done: \(parties.map(\.name).joined(separator: ", "))")
      }
    }
  }
}
