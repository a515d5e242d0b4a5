import ArgumentParser
import Bytes
import Charging
import CircleFiles
import Foundation
import Identifiers
import OfflineCard
import Transport
import TransportHTTP

/// `simurgh charging`: the charging centre of a payment scheme.
struct ChargingCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "charging", abstract: "Take terminals' uploads, make bills, answer disputes, find fraud.",
    discussion: """
      Every service counts once, whatever becomes of uploads, and any line of a bill can be shown with its card's \
      signature.

      Example: simurgh charging serve
      """,
    subcommands: [Serve.self, Close.self, Bills.self, Show.self, Fraud.self, PlaceTerminal.self])

  struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Take uploads and install terminals, over HTTPS, until interrupted.",
      discussion: """
        Without a configuration it serves on 127.0.0.1:8449: uploads, and keys for terminals that are installed. It needs \
        a certificate: `simurgh ca issue dp-tls charging --host localhost`. Each key of DIR/charging.yaml is explained in \
        docs/payment-card.md.

        Example: simurgh charging serve --log charging.log
        """)
    @OptionGroup var site: SiteOptions
    @Option(help: "The configuration file; DIR/charging.yaml if it is left out.") var config: String?
    @Option(help: "The address of the first listener.") var host: String?
    @Option(help: "The port of the first listener.") var port: Port?
    @Option(help: "The TLS certificate of every listener, as `simurgh ca show` names it.") var certificate: String?
    @Option(help: "Write every message, decoded, to this file; - is standard error.") var log: String?

    func run() async throws {
      try await Complaint.reporting {
        let site = site.site
        var configuration = try ChargingConfiguration.read(
          ConfigurationFile.named(config) ?? site.chargingConfigurationFile)
        if !configuration.listeners.isEmpty {
          if let host { configuration.listeners[0].host = host }
          if let port { configuration.listeners[0].port = port.number }
        }
        if let certificate {
          for index in configuration.listeners.indices { configuration.listeners[index].certificate = certificate }
        }
        let lock = ServersLock.share(of: site)
        defer { withExtendedLifetime(lock) {} }
        let party = ChargingParty(configuration: configuration, payment: PaymentSite(site: site))
        let server = try await HTTPServer.start(party.listeners(sink: log.map { try LogFile($0) }))
        for (listener, port) in zip(configuration.listeners, server.ports) {
          print(
            "\(listener.name): \(listener.serves.map(\.rawValue).joined(separator: ", ")) on \(listener.host):\(port)")
        }
        print("The charging centre is up. Interrupt (Ctrl-C) ends it.")
        fflush(nil)
        await Interruption.wait()
        await server.stop(grace: .seconds(5))
      }
    }
  }

  struct Close: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Close a month: what stands on no bill yet goes on one.",
      discussion: "Example: simurgh charging close 2026-11")
    @OptionGroup var site: SiteOptions
    @Argument(help: "The month, like 2026-11.") var month: String

    func run() throws {
      try Complaint.reporting {
        let month = try Month(month)
        let lines = try PaymentSite(site: site.site).centre().close(month, now: .now())
        print("\(month) is closed: \(lines) lines")
      }
    }
  }

  struct Bills: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "bill", abstract: "Print a user's bill of a closed month, or write everybody's.",
      discussion: "Example: simurgh charging bill 2026-11 --registration 0000000001 --format html > bill.html")

    enum Format: String, CaseIterable, ExpressibleByArgument { case html, csv, json }

    struct Item: Encodable {
      struct Line: Encodable {
        let begun, service, terminal, card: String
        let number, units: Int
        let currency: String
      }
      struct Total: Encodable { let currency, units, amount: String }
      let month, registration: String
      let draft: Bool
      let lines: [Line]
      let totals: [Total]

      init(_ bill: Bill) {
        (month, registration, draft) = (bill.month.description, bill.registration.text, bill.isDraft)
        lines = bill.lines.map {
          Line(
            begun: $0.begun.description, service: $0.kind.name, terminal: $0.terminal.text, card: $0.card.text,
            number: $0.number, units: $0.amount.units, currency: $0.currency.code)
        }
        totals = bill.totals.map {
          Total(currency: $0.currency.code, units: "\($0.units)", amount: $0.description)
        }
      }
    }

    @OptionGroup var site: SiteOptions
    @Argument(help: "The month, like 2026-11.") var month: String
    @Option(help: "The user's registration number; everybody's if it is left out.") var registration: String?
    @Option(help: "A page to print, values separated by commas, or JSON.") var format = Format.csv
    @Option(help: "A directory for everybody's bills, a file each.") var out: String?
    @Flag(help: "What would stand on the bill of a month that is not closed yet.") var draft = false

    func validate() throws {
      guard !draft || registration != nil else { throw ValidationError("--draft is for one --registration.") }
      guard (registration == nil) != (out == nil) else {
        throw ValidationError("Give --registration for one bill, or --out for everybody's.")
      }
    }

    func run() throws {
      try Complaint.reporting {
        let (desk, month) = (try PaymentSite(site: site.site).centre(), try Month(month))
        func text(_ user: RegistrationNumber) throws -> String {
          let bill: Bill
          do { bill = try draft ? desk.draft(month, of: user) : desk.bill(month, of: user) } catch BillError.notClosed {
            throw Complaint(
              .data, "The month \(month) is not closed.",
              remedy: "simurgh charging close \(month), or --draft for what would stand on the bill now")
          }
          switch format {
          case .html: return bill.html
          case .csv: return bill.csv
          case .json: return try Output.jsonText(Item(bill)) + "\n"
          }
        }
        if let registration { return print(try text(RegistrationNumber(registration)), terminator: "") }
        guard let out else { return }
        try Folder.make(out)
        let users = try desk.billed(month)
        for user in users {
          try KeyFile.write(Array(text(user).utf8), to: "\(out)/\(month)-\(user).\(format.rawValue)")
        }
        print("\(users.count) bills are in \(out)")
      }
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show a service with its card's signature, for whoever doubts it.",
      discussion: """
        With --out, record, certificate, signatures and keys become files that OpenSSL verifies: the commands are in \
        verify.sh beside them.

        Example: simurgh charging show 9000000000000001 1 --out dispute && cd dispute && sh verify.sh
        """)

    struct Item: Encodable {
      let card, registration, terminal, service, begun, at, currency: String
      let number, step, units, limit: Int
      let ended, genuine: Bool
      /// The record and the card's certificate as they were signed, in hexadecimal.
      let record, certificate: String
    }

    @OptionGroup var site: SiteOptions
    @Argument(help: "The card's number.") var card: String
    @Argument(help: "The card's number of the service.") var number: Int
    @Option(help: "A directory for the evidence as files.") var out: String?
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
      try Complaint.reporting {
        let card = try CardNumber(card)
        guard let evidence = try PaymentSite(site: site.site).centre().evidence(card, number) else {
          throw Complaint(.noInput, "Nothing is known of service \(number) of card \(card).")
        }
        if let out {
          try Folder.make(out)
          for file in try evidence.files() { try KeyFile.write(file.content, to: "\(out)/\(file.name)") }
        }
        let record = evidence.record.claimedBody
        let item = Item(
          card: card.text, registration: record.registration.text, terminal: record.terminal.text,
          service: record.service.name, begun: record.begun.description, at: record.at.description,
          currency: record.currency.code, number: record.number, step: record.step, units: record.amount.units,
          limit: record.limit.units,
          ended: record.isEnd, genuine: evidence.isGenuine, record: evidence.record.encoded.hex,
          certificate: evidence.certificate.encoded.hex)
        if json { return try Output.json(item) }
        Output.rows([
          ("Card", item.card), ("Service", "\(item.number), \(item.service)"), ("User", item.registration),
          ("Terminal", item.terminal), ("Begun", item.begun), ("Until", item.at),
          ("Amount", "\(Money(record.amount, record.currency))"),
          ("Signatures", item.genuine ? "right: the card's, and the issuer's under it" : "WRONG"),
          ("Record", item.record),
        ])
      }
    }
  }

  struct Fraud: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Report what looks like fraud.",
      discussion: """
        Records that no card signed, cloned cards, missing numbers, impossible travel, use beyond the limit.

        Example: simurgh charging fraud
        """)
    @OptionGroup var site: SiteOptions
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
      try Complaint.reporting {
        let findings = try PaymentSite(site: site.site).centre().fraudReport().map(\.description)
        if json { return try Output.json(findings) }
        print(findings.isEmpty ? "nothing looks like fraud" : findings.joined(separator: "\n"))
      }
    }
  }

  struct PlaceTerminal: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "place", abstract: "Say where a terminal stands, so that impossible travel is found.",
      discussion: "Example: simurgh charging place 00000001 35.68 139.77")
    @OptionGroup var site: SiteOptions
    @Argument(help: "The terminal's number.") var terminal: String
    @Argument(help: "Degrees of latitude, north positive.") var latitude: Double
    @Argument(help: "Degrees of longitude, east positive.") var longitude: Double

    func run() throws {
      try Complaint.reporting {
        guard let place = Place(latitude: latitude, longitude: longitude) else {
          throw Complaint(.data, "There is no such place on earth.")
        }
        try PaymentSite(site: site.site).centre().place(TerminalNumber(terminal), at: place)
      }
    }
  }
}
