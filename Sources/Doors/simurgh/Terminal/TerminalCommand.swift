import ArgumentParser
import Bytes
import CardIssuer
import CardTerminal
import Charging
import Foundation
import Identifiers
import OfflineCard
import SecureMessages
import Transport
import TransportHTTP

/// `simurgh terminal`: a terminal that takes payment cards.
struct TerminalCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "terminal", abstract: "Be a terminal that takes off-line payment cards.",
    discussion: """
      The terminal serves for days without the charging centre; `sync` sets its calendar, brings its black list up to \
      date and uploads its log.

      Example: simurgh terminal sync 00000001 && simurgh terminal use 00000001 --card card-1
      """,
    subcommands: [Install.self, Use.self, Sync.self, Log.self])

  /// Which terminal.
  struct Options: ParsableArguments {
    @OptionGroup var site: SiteOptions
    @Argument(help: "The terminal's number, 8 digits.") var number: String

    func terminal() throws -> (identity: TerminalIdentity, memory: TerminalMemory) {
      try PaymentSite(site: site.site).terminal(TerminalNumber(number))
    }
  }

  struct Install: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Load keys from the centre into a new terminal.",
      discussion: """
        The terminal makes its key, and the issuer certifies it for whoever has the code of `simurgh issuer invite`. \
        The code is read from the keyboard. If the line breaks, do it again: the same code still serves for the same key.

        Example: simurgh terminal install 00000002 --scheme Telephone
        """)

    @OptionGroup var site: SiteOptions
    @Argument(help: "The terminal's number, 8 digits.") var number: String
    @Option(help: "The payment scheme's name.") var scheme: String
    @Option(help: "The centre's name and port.") var centre = LabNames.chargingAddress

    func run() throws {
      try Complaint.reporting {
        let payment = PaymentSite(site: site.site)
        let number = try TerminalNumber(number)
        let client = try HTTPSClient(site.site.existingCircle().callers())
        print("Installation code: ", terminator: "")
        fflush(nil)
        let code = try Complaint.naming("the code") { try InstallationCode(readLine() ?? "") }
        let installation = TerminalInstallation(
          number, in: scheme, code: code, key: try payment.installationKey(number))
        let answer = try CentreLine.send(
          installation.request(), to: CardIssuer.Route.installationPath, at: centre, over: client)
        do {
          print("terminal \(number) is installed in \(try payment.keep(installation.identity(from: answer)))")
        } catch SecureMessageError.wrongSignature {
          throw Complaint(.refused, "The answer does not come from who made the code; nothing was taken of it.")
        }
      }
    }
  }

  struct Use: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Put a card into the terminal, and register a PIN or use a service, as at a public telephone.",
      discussion: """
        Dial digits and press Enter; * registers a PIN, with the registration and setting numbers of the letter; an empty \
        line takes the card out.

        Example: simurgh terminal use 00000001 --card card-1 --seconds 150
        """)

    enum Kind: String, CaseIterable, ExpressibleByArgument { case call, vending }

    @OptionGroup var options: Options
    @Option(help: "The software card's name.") var card = "card"
    @Option(help: "A PC/SC reader instead: its name or a part of it; \"any\" for the first with a card.")
    var reader: String?
    @Option(help: "What is used.") var service = Kind.call
    @Option(help: "What each begun interval of a call costs, or the article, in the currency's minor units.")
    var price = 10
    @Option(help: "Seconds of an interval.") var interval = 60
    @Option(help: "Seconds that the call lasts.") var seconds = 180
    @Option(help: "The most that one service may cost.") var perService = 2000
    @Option(help: "Days without the charging centre after which nobody is served.") var days = 7
    @Option(help: "Services that the log holds.") var services = 1000

    func run() throws {
      try Complaint.reporting {
        let (identity, memory) = try options.terminal()
        guard let price = Amount(price), let most = Amount(perService) else {
          throw Complaint(.usage, "An amount is 0 to 10^12 minor units of the scheme's currency.")
        }
        let limits = RiskLimits(perService: most, stored: .greatest, services: services, days: days)
        let terminal = Terminal(
          identity, memory: memory, limits: limits, clock: { .now() }, random: PaymentSite.random)
        let link = try PaymentSite(site: options.site.site).link(card: card, reader: reader)
        let provider: any ServiceProvider =
          switch service {
          case .call: CallService(over: PayphoneLine(talkFor: seconds), price: price, seconds: interval)
          case .vending: VendingService(select: { _ in price }, deliver: { print("┃ Here you are.") })
          }
        if case .returned(let reason) = try terminal.visit(link, by: PersonAtPayphone(), for: provider) {
          if case .outOfService = reason {
            Complaint.note("Connect the terminal to the centre: simurgh terminal sync \(identity.number)")
          }
          throw ExitCode(Complaint.Kind.refused.rawValue)
        }
      }
    }
  }

  struct Sync: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Set the calendar, bring the black list up to date, upload the usage log.",
      discussion: "Example: simurgh terminal sync 00000001 --centre localhost:8449")

    struct Result: Encodable {
      let time: String
      let blackList, uploaded, refused: Int
    }

    @OptionGroup var options: Options
    @Option(help: "The charging centre's name and port.") var centre = LabNames.chargingAddress
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
      try Complaint.reporting {
        let (identity, memory) = try options.terminal()
        let client = try HTTPSClient(options.site.site.existingCircle().callers())
        let line = CentreLine(identity: identity, memory: memory, centre: centre, link: client)
        let (time, version) = try line.hear()
        let (uploaded, refused) = try line.upload()
        if json {
          return try Output.json(
            Result(time: time.description, blackList: version, uploaded: uploaded, refused: refused))
        }
        print(
          "the calendar says \(time); black list version \(version); \(uploaded) services uploaded, \(refused) refused")
      }
    }
  }

  struct Log: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show the services that wait for the charging centre.",
      discussion: "Example: simurgh terminal log 00000001 --json")

    struct Item: Encodable {
      let card, registration, service, begun, currency: String
      let number, units: Int
      let ended: Bool
    }

    @OptionGroup var options: Options
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
      try Complaint.reporting {
        let items = try options.terminal().memory.waiting().map { signed in
          let record = signed.claimedBody
          return Item(
            card: signed.claimedCard?.text ?? "", registration: record.registration.text, service: record.service.name,
            begun: record.begun.description, currency: record.currency.code, number: record.number,
            units: record.amount.units, ended: record.isEnd)
        }
        if json { return try Output.json(items) }
        Output.table(
          ["CARD", "NO.", "REGISTRATION", "SERVICE", "BEGUN", "UNITS", "", "ENDED"],
          items.map {
            [
              $0.card, "\($0.number)", $0.registration, $0.service, $0.begun, "\($0.units)", $0.currency,
              $0.ended ? "yes" : "pulled",
            ]
          })
      }
    }
  }
}

/// A terminal's line to the charging centre.
struct CentreLine {
  let identity: TerminalIdentity
  let memory: TerminalMemory
  let centre: String
  let link: any ServerLink

  /// Asks for time and black list until there is nothing more to tell.
  func hear() throws -> (time: Instant, blackList: Int) {
    while true {
      let request = try memory.newsRequest(by: identity, random: PaymentSite.random)
      let answer = try send(request.encoded, to: Charging.Route.newsPath)
      guard try memory.take(answer, to: request, by: identity, clock: .now()) else { break }
    }
    return (try memory.calendar().time(clock: .now()), try memory.blackListVersion())
  }

  /// Uploads batch after batch; what was not receipted waits for the next time.
  func upload() throws -> (uploaded: Int, refused: Int) {
    var (uploaded, refused) = (0, 0)
    while let request = try memory.nextUpload(by: identity) {
      let answer = try send(request, to: Charging.Route.uploadPath)
      let receipt = try memory.take(
        answer, for: request, by: identity, at: memory.calendar().time(clock: .now()))
      (uploaded, refused) = (uploaded + receipt.accepted, refused + receipt.refused)
    }
    return (uploaded, refused)
  }

  private func send(_ body: [UInt8], to path: String) throws -> [UInt8] {
    try Self.send(body, to: path, at: centre, over: link)
  }

  static func send(_ body: [UInt8], to path: String, at centre: String, over link: any ServerLink) throws -> [UInt8] {
    let reply = try link.exchange(
      Message(host: centre, path: path, headers: ["Content-Type": Charging.Route.contentType], body: body))
    guard reply.status == 200 else {
      let reason = String(decoding: reply.body.prefix(200), as: UTF8.self).filter { !$0.isNewline }
      throw Complaint(.refused, "The charging centre refuses (HTTP status \(reply.status)): \(reason)")
    }
    return reply.body
  }
}
