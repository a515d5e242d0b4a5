import ArgumentParser
import Foundation
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

    /// What became of notifications and of cancellations, for scripts.
    struct Report: Encodable {
      var delivered, waiting: [Item]
      /// Servers that were told of a cancellation, and those that are still to be told.
      var cancellations, cancellationsWaiting: [String]

      init(_ outcome: NotificationDelivery.Outcome, _ cancellations: CancellationDelivery.Outcome) {
        (delivered, waiting) = (outcome.delivered.map(Item.init), outcome.waiting.map(Item.init))
        self.cancellations = cancellations.settled.map(\.origin)
        cancellationsWaiting = cancellations.waiting.map(\.origin)
      }

      /// Whether everybody knows everything.
      var isComplete: Bool { waiting.isEmpty && cancellationsWaiting.isEmpty }
      /// Whether somebody took something.
      var hasDelivered: Bool { !delivered.isEmpty || !cancellations.isEmpty }

      func print() {
        for origin in cancellations { Swift.print("the cancelled download from \(origin) is known there") }
        for origin in cancellationsWaiting {
          Swift.print("the cancelled download from \(origin) waits: the server did not take it")
        }
        for item in delivered {
          Swift.print("notification \(item.number) (\(item.event)) delivered to \(item.receiver)")
        }
        for item in waiting {
          Swift.print("notification \(item.number) (\(item.event)) waits: \(item.receiver) did not take it")
        }
      }
    }

    /// Delivers what waits, as far as its receivers take it, and tells of each unless it is `quiet`; `number`: one
    /// notification alone.
    @discardableResult
    static func deliver(
      _ device: Device, _ client: Client, only number: Int? = nil, quiet: Bool = false
    ) throws -> Report {
      let cancellations = try client.deliverCancellations(number == nil ? device.journal.read().owed : [])
      if !cancellations.settled.isEmpty {
        device.journal.change { journal in for record in cancellations.settled { journal.settle(record) } }
      }
      let report = Report(try client.deliverNotifications(only: number), cancellations)
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
          Servers that were away when a download was cancelled are told of it too. Ends with status 69 while something \
          waits. With --wait it tries again until everything is delivered, first after 10 seconds and in the end once a \
          day; the card is free between two tries, and Ctrl-C ends it without loss.

          Example: simurgh lpa notifications process --wait
          """)
      @OptionGroup var options: LPAOptions
      @Argument(help: "The number of one notification; all if it is left out.") var number: Int?
      @Flag(help: "Try again until everything is delivered.") var wait = false
      @Flag(help: "Print JSON.") var json = false

      func run() throws {
        try Complaint.reporting {
          var report = try attempt(isFirst: true)
          var pauses = RetryPauses()
          while wait, !report.isComplete {
            if report.hasDelivered { pauses.reset() }
            let pause = pauses.next()
            fflush(nil)
            Complaint.note("something waits still; another try in \(pause)")
            Thread.sleep(forTimeInterval: pause / .seconds(1))
            let before = report
            report = try attempt(isFirst: false)
            if json {
              report.delivered = before.delivered + report.delivered
              report.cancellations = before.cancellations + report.cancellations
            }
          }
          if json { try Output.json(report) }
          if !report.isComplete { throw ExitCode(Complaint.Kind.unavailable.rawValue) }
        }
      }

      /// One try; the card is taken for it alone.
      private func attempt(isFirst: Bool) throws -> Report {
        let device = try options.device()
        if isFirst {
          if let number, !(try device.isdr.notifications().contains { $0.seqNumber == number }) {
            throw Notifications.missing(number)
          }
          if let record = device.journal.record() {
            Complaint.note("a download from \(record.origin) was broken off; `simurgh lpa download` takes it up")
          }
        }
        let client = device.client(PersonAtTerminal.consenting(quiet: true))
        let report = try Notifications.deliver(device, client, only: number, quiet: json)
        if !json, isFirst, report.isComplete, !report.hasDelivered { print("No notification waits.") }
        return report
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
