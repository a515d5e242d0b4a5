import ArgumentParser
import Bytes
import CardIssuer
import CircleFiles
import Foundation
import Identifiers
import OfflineCard
import TransportCard

/// `simurgh issuer`: who makes payment cards, and answers for them.
struct IssuerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "issuer",
    abstract: "Issue off-line payment cards, bar and replace them, certify terminals; issue cards for data.",
    discussion: """
      What is below `data` is the issuer of cards whose content it agrees on with providers; the rest is the payment \
      scheme's. Its master key is made once and wrapped at rest. Cards are made in software, or written in a reader. \
      docs/payment-card.md tells who signs what.

      Example: simurgh issuer begin Telephone && simurgh issuer issue card-1 && simurgh issuer terminal 00000001
      """,
    subcommands: [
      Begin.self, Issue.self, List.self, Bar.self, BlackList.self, Terminal.self, Invite.self, Serve.self,
      IssuerDataCommand.self,
    ])

  struct Begin: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Begin a payment scheme: the issuer's master key, and the charging centre's.",
      discussion: """
        All amounts of the scheme, limits, tariffs and bills, are in one currency and count its minor unit: cents, but whole \
        yen.

        Example: simurgh issuer begin Telephone --currency JPY
        """)
    @OptionGroup var site: SiteOptions
    @Argument(help: "The scheme's name, without spaces.") var name: String
    @Option(help: "The currency by its code of ISO 4217.") var currency = Currency.euro.code

    func run() throws {
      try Complaint.reporting {
        let chosen = try Complaint.naming("--currency") { try Currency(currency) }
        let scheme = try PaymentSite(site: site.site).begin(name, currency: chosen, now: .now())
        print(
          "payment scheme \(scheme.name), amounts in \(scheme.currency), master public key \(scheme.masterKey.point.hex)"
        )
      }
    }
  }

  struct Issue: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Issue cards, each with the letter that tells its setting number.",
      discussion: """
        Each name becomes a software card; with --reader, the new card in a PC/SC reader is written. Letters are files, \
        for nobody but you to read: the setting number is nowhere else.

        Example: simurgh issuer issue card-1 card-2 --letters letters
        """)

    struct Item: Encodable { let name, card, registration, expiry, letter: String }

    @OptionGroup var site: SiteOptions
    @Argument(help: "The cards' names.") var names: [String]
    @Option(help: "A PC/SC reader: its name or a part of it; \"any\" for the first with a card.") var reader: String?
    @Option(help: "The registration number of a user who is known; a new one for each card if it is left out.")
    var registration: String?
    @Option(help: "The number of a lost card, which is barred; its user keeps the registration number.")
    var replaces: String?
    @Option(help: "The most that one service may cost, in the currency's minor units.") var perService = 1000
    @Option(help: "The most that services may cost which the charging centre has not cleared.") var outstanding = 5000
    @Option(help: "How many services may be begun which it has not cleared, at most 64.") var services = 20
    @Option(help: "Days that may have passed since the oldest service which it has not cleared.")
    var outstandingDays = 30
    @Option(help: "Days to the expiry date.") var days = 1095
    @Flag(help: "Three wrong registration or setting numbers make the card unusable for good.") var diesOfMisuse = false
    @Option(help: "Where the letters go; DIR/payment/letters if it is left out.") var letters: String?
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
      guard names.count == 1 || (reader == nil && replaces == nil) else {
        throw ValidationError("--reader and --replaces are for one card at a time.")
      }
    }

    func run() throws {
      try Complaint.reporting {
        let payment = PaymentSite(site: site.site)
        let desk = try payment.issuer()
        guard let perService = Amount(perService), let outstanding = Amount(outstanding),
          let limits = OfflineLimits(
            perService: perService, outstanding: outstanding, services: services, days: outstandingDays,
            currency: desk.issuer.scheme.currency), days > 0
        else {
          throw Complaint(.usage, "The limits are out of range: amounts up to 10^12, 1 to 64 services, 1 to 3660 days.")
        }
        let terms = CardIssuer.Desk.Terms(limits: limits, diesOfMisuse: diesOfMisuse, days: days)
        let user = try registration.map { text in
          try Complaint.naming("--registration") { try RegistrationNumber(text) }
        }
        let lost = try replaces.map { text in try Complaint.naming("--replaces") { try CardNumber(text) } }
        let folder = letters ?? "\(site.directory)/payment/letters"
        // A card whose letter cannot be written would be of no use to anybody.
        guard Self.canBeWritten(folder) else {
          throw Complaint(.noPermission, "Letters cannot be written in \(folder).", remedy: "Give another --letters.")
        }
        var items: [Item] = []
        for name in names {
          let writer = try CardWriter(payment.link(card: name, reader: reader, isNew: true))
          try Folder.make(folder, isPrivate: true)
          let letter = try desk.issue(
            with: writer, to: user, replacing: lost, on: terms, now: .now(), random: PaymentSite.random)
          let file = "\(folder)/\(letter.card).txt"
          try KeyFile.write(Array(letter.text.utf8), to: file)
          items.append(
            Item(
              name: name, card: letter.card.text, registration: letter.registration.text,
              expiry: letter.expiry.description, letter: file))
        }
        if json { return try Output.json(items) }
        Output.table(
          ["NAME", "CARD", "REGISTRATION", "LETTER"], items.map { [$0.name, $0.card, $0.registration, $0.letter] })
      }
    }

    /// Whether files can be made in `folder`, which need not be there yet.
    private static func canBeWritten(_ folder: String) -> Bool {
      guard folder.split(separator: "/").allSatisfy({ $0.utf8.count <= Int(NAME_MAX) }) else { return false }
      var place = folder
      while !FileManager.default.fileExists(atPath: place) { place = PathName.folder(of: place) }
      var isFolder: ObjCBool = false
      _ = FileManager.default.fileExists(atPath: place, isDirectory: &isFolder)
      return isFolder.boolValue && access(place, W_OK) == 0
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the cards that were issued.", discussion: "Example: simurgh issuer list --json")

    struct Item: Encodable {
      let card, registration, state, expiry: String
      let replaces: String?
    }

    @OptionGroup var site: SiteOptions
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
      try Complaint.reporting {
        let items = try PaymentSite(site: site.site).issuer().cards().map { entry in
          Item(
            card: entry.card.text, registration: entry.registration.text, state: entry.state.description,
            expiry: entry.expiry.description, replaces: entry.replaces?.text)
        }
        if json { return try Output.json(items) }
        Output.table(
          ["CARD", "REGISTRATION", "STATE", "EXPIRY", "REPLACES"],
          items.map { [$0.card, $0.registration, $0.state, $0.expiry, $0.replaces ?? ""] })
      }
    }
  }

  struct Bar: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Bar a lost card for good.",
      discussion: """
        Terminals learn it from the next version of the black list.

        Example: simurgh issuer bar 9000000000000001 && simurgh issuer black-list
        """)
    @OptionGroup var site: SiteOptions
    @Argument(help: "The card's number.") var card: String

    func run() throws {
      try Complaint.reporting {
        let number = try CardNumber(card)
        try PaymentSite(site: site.site).issuer().bar(number, now: .now())
        print("card \(number) is barred")
      }
    }
  }

  struct BlackList: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Sign the next version of the black list and give it to the charging centre.",
      discussion: "Example: simurgh issuer black-list")
    @OptionGroup var site: SiteOptions

    func run() throws {
      try Complaint.reporting {
        let payment = PaymentSite(site: site.site)
        let updates = try payment.issuer().publishBlackList(now: .now())
        let centre = try payment.centre()
        for update in updates { try centre.publish(update, now: .now()) }
        guard let newest = updates.first?.claimedBody else { return print("nothing has changed") }
        print("black list version \(newest.to): \(newest.added.count) added, \(newest.removed.count) removed")
      }
    }
  }

  struct Terminal: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Load keys into a terminal, as at its manufacture, or certify them anew.",
      discussion: "Example: simurgh issuer terminal 00000001 --days 365")
    @OptionGroup var site: SiteOptions
    @Argument(help: "The terminal's number, 8 digits.") var number: String
    @Option(help: "Days that the certificate holds.") var days = 365

    func run() throws {
      try Complaint.reporting {
        let number = try TerminalNumber(number)
        guard days > 0 else { throw Complaint(.usage, "--days is at least 1.") }
        let place = try PaymentSite(site: site.site).makeTerminal(number, days: days, now: .now())
        print("terminal \(number) is in \(place)")
      }
    }
  }

  struct Invite: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make the code with which a terminal gets its keys from the centre when it is installed.",
      discussion: """
        The code is told this once, holds for seven days, and serves for one key of this terminal. \
        `simurgh charging serve` answers the terminal.

        Example: simurgh issuer invite 00000002
        """)
    @OptionGroup var site: SiteOptions
    @Argument(help: "The terminal's number, 8 digits.") var number: String
    @Option(help: "Days that the certificate will hold.") var days = 365

    func run() throws {
      try Complaint.reporting {
        let number = try TerminalNumber(number)
        guard days > 0 else { throw Complaint(.usage, "--days is at least 1.") }
        let issuer = try PaymentSite(site: site.site).issuer()
        let code = try issuer.invite(number, days: days, now: .now())
        print("at terminal \(number): simurgh terminal install \(number) --scheme \(issuer.issuer.scheme.name)")
        print("installation code: \(code.text)")
      }
    }
  }

  struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Put a payment card behind a PC/SC reader.",
      discussion: """
        The card connects to vpcd, the virtual reader of Debian's vsmartcard-vpcd, and appears to every PC/SC program.

        Example: simurgh issuer serve card-1
        """)
    @OptionGroup var site: SiteOptions
    @Argument(help: "The card's name.") var name: String
    @Option(help: "vpcd's host.") var host = "127.0.0.1"
    @Option(help: "vpcd's port; \(VPCDCard.defaultPort) if it is left out.") var port: Port?

    func run() throws {
      try Complaint.reporting {
        let port = port?.number ?? VPCDCard.defaultPort
        let served = try VPCDCard(PaymentSite(site: site.site).card(name), host: host, port: port)
        print("card \(name) is in the reader of vpcd on \(host):\(port). Interrupt (Ctrl-C) takes it out.")
        fflush(nil)
        try served.serve()
      }
    }
  }
}
