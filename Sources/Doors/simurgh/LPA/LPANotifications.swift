import ArgumentParser
import LPA
import SGP22

extension LPACommand {
  struct Notifications: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List, deliver or remove notifications.",
      discussion: "Example: simurgh lpa notifications process",
      subcommands: [ListThem.self, Process.self, Remove.self], defaultSubcommand: ListThem.self)

    /// A notification, for scripts.
    struct Item: Encodable {
      let number: Int
      let event, receiver, iccid: String

      init(_ metadata: NotificationMetadata) {
        (number, receiver) = (metadata.seqNumber, metadata.notificationAddress)
        // "notificationInstall" is the specification's; what happened stands after it.
        event = "\(metadata.profileManagementOperation)".replacing("notification", with: "").lowercased()
        iccid = metadata.iccid?.digits ?? ""
      }

      static func printTable(_ items: [Item]) {
        guard !items.isEmpty else { return print("No notification waits.") }
        Output.table(
          ["NUMBER", "EVENT", "RECEIVER", "ICCID"], items.map { ["\($0.number)", $0.event, $0.receiver, $0.iccid] })
      }
    }

    /// What became of notifications, for scripts.
    struct Report: Encodable {
      let delivered, waiting: [Item]

      init(_ outcome: NotificationDelivery.Outcome) {
        (delivered, waiting) = (outcome.delivered.map(Item.init), outcome.waiting.map(Item.init))
      }

      func print() {
        for item in delivered {
          Swift.print("notification \(item.number) (\(item.event)) delivered to \(item.receiver)")
        }
        for item in waiting {
          Swift.print("notification \(item.number) (\(item.event)) waits: \(item.receiver) did not take it")
        }
      }
    }

    /// Delivers what waits, as far as its receivers take it, and tells of each unless it is `quiet`.
    @discardableResult
    static func deliver(_ client: Client, quiet: Bool = false) throws -> Report {
      let report = Report(try client.deliverNotifications())
      if !quiet { report.print() }
      return report
    }

    struct ListThem: ParsableCommand {
      static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List what waits for delivery.",
        discussion: "Example: simurgh lpa notifications list --json")
      @OptionGroup var options: LPAOptions
      @Flag(help: "Print JSON.") var json = false

      func run() throws {
        try Complaint.reporting {
          let items = try options.isdr().notifications().map(Item.init)
          if json { return try Output.json(items) }
          Item.printTable(items)
        }
      }
    }

    struct Process: ParsableCommand {
      static let configuration = CommandConfiguration(
        abstract: "Deliver notifications, and remove those from the eUICC that were taken.",
        discussion: """
          Ends with status 69 while one waits.

          Example: simurgh lpa notifications process 3
          """)
      @OptionGroup var options: LPAOptions
      @Argument(help: "The number of one notification; all if it is left out.") var number: Int?
      @Flag(help: "Print JSON.") var json = false

      func run() throws {
        try Complaint.reporting {
          let device = try options.device()
          if let number, !(try device.isdr.notifications().contains { $0.seqNumber == number }) {
            throw Notifications.missing(number)
          }
          if let record = device.journal.record() {
            Complaint.note("a download from \(record.origin) was broken off; `simurgh lpa download` takes it up")
          }
          let client = device.client(PersonAtTerminal.consenting(quiet: true))
          let outcome = try client.deliverNotifications(only: number)
          let report = Report(outcome)
          if json {
            try Output.json(report)
          } else if report.delivered.isEmpty, report.waiting.isEmpty {
            print("No notification waits.")
          } else {
            report.print()
          }
          if !outcome.waiting.isEmpty { throw ExitCode(Complaint.Kind.unavailable.rawValue) }
        }
      }
    }

    struct Remove: ParsableCommand {
      static let configuration = CommandConfiguration(
        abstract: "Remove a notification without delivering it.",
        discussion: "Example: simurgh lpa notifications remove 3")
      @OptionGroup var options: LPAOptions
      @Argument(help: "The notification's number.") var number: Int

      func run() throws {
        try Complaint.reporting {
          guard try options.isdr().removeNotification(number) else { throw Notifications.missing(number) }
          print("removed")
        }
      }
    }

    private static func missing(_ number: Int) -> Complaint {
      Complaint(.noInput, "There is no notification \(number).", remedy: "See: simurgh lpa notifications list")
    }
  }
}
