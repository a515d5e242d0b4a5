import APDU
import ArgumentParser
import Bytes
import CarrierTerminal
import DealerTerminal
import Foundation
import HandsetRegistration
import Identifiers
import Keys
import Transport
import TransportCard

/// `simurgh carrier-terminal batch`: IDs supplied in advance, for dealers without a line (A5).
struct CarrierBatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "batch", abstract: "Supply dealers without a line with IDs in advance, count and recall them.",
    discussion: """
      The IDs go into the carrier's module of the dealer's terminal (simurgh card create NAME --kind batch), which signs each \
      once. The dealer sells with `simurgh dealer --offline NAME`. When the module comes back its log is compared with the \
      books: only then the network takes the handsets.

      Example: simurgh carrier-terminal batch supply D-1 shop-module --count 20
      """, subcommands: [List.self, Supply.self, Reconcile.self])

  struct Item: Encodable {
    let number: Int
    let dealer, until: String
    let supplied, used, confirmed, returned: Int
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the batches, with how many IDs of each are how far.",
      discussion: "Example: simurgh carrier-terminal batch list --json")
    @OptionGroup var options: CarrierListOptions

    func run() throws {
      try Complaint.reporting {
        let desk = try options.desk()
        let items = try desk.batches().map { batch in
          let count = try desk.count(batch: batch.number)
          return Item(
            number: batch.number, dealer: batch.dealer, until: "\(batch.end)", supplied: count[.supplied] ?? 0,
            used: count[.used] ?? 0, confirmed: count[.confirmed] ?? 0, returned: count[.returned] ?? 0)
        }
        try options.show(items, ["BATCH", "DEALER", "SUPPLIED", "USED", "CONFIRMED", "RETURNED", "UNTIL"]) {
          ["\($0.number)", $0.dealer, "\($0.supplied)", "\($0.used)", "\($0.confirmed)", "\($0.returned)", $0.until]
        }
      }
    }
  }

  struct Supply: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Put a new batch of IDs into a module.",
      discussion: """
        A module takes a batch once its last one is closed (reconcile --recall). Where the module did not get what the books \
        say, --batch gives it the same IDs again.

        Example: simurgh carrier-terminal batch supply D-1 shop-module --count 20 --days 90
        """)
    @OptionGroup var options: CarrierListOptions
    @Argument(help: "The dealer's number.") var dealer: String
    @OptionGroup var module: BatchModuleOptions
    @Option(help: "How many IDs, at most \(BatchSupply.limit).") var count: Count = 10
    @Option(help: "For how many days the dealer may sell them.") var days: Count = 90
    @Option(help: "A batch that is in the books already.") var batch: Int?

    func validate() throws {
      guard count.number <= BatchSupply.limit else {
        throw ValidationError("--count is from 1 to \(BatchSupply.limit).")
      }
      guard days.number <= 3650 else { throw ValidationError("--days is from 1 to 3650.") }
    }

    func run() throws {
      try Complaint.reporting {
        let (desk, now) = (try options.desk(), Instant.now())
        let terminal = try module.terminal(of: options.site.site)
        do {
          let number =
            try batch
            ?? desk.issue(
              count.number, toDealer: dealer, key: PublicKey(.p256, point: terminal.moduleKey), from: now,
              to: now + .seconds(Int64(days.number) * 86_400), random: SystemRandomSource.shared)
          do {
            try terminal.load(desk.supply(batch: number, answering: terminal.challenge(), now: now))
          } catch let error as OfflineTerminal.Refusal {
            throw Complaint(
              .refused, "\(error): batch \(number) is in the books, and not in the module.",
              remedy: "Close the batch that it has (batch reconcile --recall), then: batch supply … --batch \(number)")
          }
          if options.json { return try Output.json(["batch": number]) }
          print("batch \(number) is in the module: \(try desk.count(batch: number)[.supplied] ?? 0) IDs")
        } catch let refusal as RegistrationRefusal { throw Complaint(.refused, sentence(refusal)) }
      }
    }

    private func sentence(_ refusal: RegistrationRefusal) -> String {
      switch refusal {
      case .unknownDealer: "Dealer \(dealer) is not under contract: see simurgh carrier-terminal dealer list."
      case .outOfOrder: "There is no batch \(batch ?? 0) of which nothing was used."
      default: "No batch is supplied: \(refusal)."
      }
    }
  }

  struct Reconcile: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Compare a module's log with the books: what was sold is registered from now on.",
      discussion: """
        With --recall the module signs no more of the batch, and what was not used comes back. It may be repeated.

        Example: simurgh carrier-terminal batch reconcile 1 shop-module --recall
        """)
    @OptionGroup var options: CarrierListOptions
    @Argument(help: "The batch's number.") var batch: Int
    @OptionGroup var module: BatchModuleOptions
    @Flag(help: "Close the batch.") var recall = false

    struct Report: Encodable {
      let batch: Int
      let closed: Bool
      let confirmed, differences: [String]
    }

    func run() throws {
      try Complaint.reporting {
        let desk = try options.desk()
        guard try desk.batches().contains(where: { $0.number == batch }) else {
          throw Complaint(.noInput, "There is no batch \(batch).", remedy: "simurgh carrier-terminal batch list")
        }
        let terminal = try module.terminal(of: options.site.site)
        do {
          let challenge = try desk.audit(batch: batch, random: SystemRandomSource.shared)
          let log = try terminal.report(answering: challenge, recalls: recall)
          let result = try desk.reconcile(batch: batch, log, now: .now())
          let report = Report(
            batch: batch, closed: result.isClosed, confirmed: result.confirmed,
            differences: result.differences.map { "\($0)" })
          if options.json { return try Output.json(report) }
          print("batch \(batch): \(report.confirmed.count) registered\(report.closed ? ", closed" : "")")
          for number in report.confirmed { print("  \(number)") }
          for difference in report.differences { print("  \(difference)") }
        } catch let error as OfflineTerminal.Refusal {
          throw Complaint(.refused, "\(error).", remedy: "Supply it first: simurgh carrier-terminal batch supply")
        } catch let refusal as RegistrationRefusal {
          throw Complaint(
            .refused,
            refusal == .notAuthentic
              ? "The module's log is not batch \(batch)'s: another one is in it."
              : "Nothing is reconciled: \(refusal).",
            remedy: "simurgh carrier-terminal batch list")
        }
      }
    }
  }
}

/// Where the carrier's module of an off-line dealer's terminal is.
struct BatchModuleOptions: ParsableArguments {
  @Argument(help: "The carrier's module: the card's name, or a directory.") var module: String?
  @Option(help: "Or a PC/SC reader that it is in: its name or a part of it; \"any\" for the first with a card.")
  var reader: String?

  func validate() throws {
    guard (module == nil) != (reader == nil) else { throw ValidationError("Name the carrier's module, or --reader.") }
  }

  func terminal(of site: Site) throws -> OfflineTerminal { try OfflineTerminal(name: module, reader: reader, of: site) }
}

extension OfflineTerminal {
  /// The terminal that has the carrier's module called `name`, or the one in a reader.
  convenience init(name: String?, reader: String?, of site: Site) throws {
    if let reader {
      try self.init(module: PCSC.connect(reader == "any" ? nil : reader))
      return
    }
    let directory = try CardDirectory(name ?? "", of: site)
    guard directory.moduleKind == .batch else {
      throw Complaint(
        .noInput, "There is no carrier's module in \(directory.path).",
        remedy: "Make one with: simurgh card create \(directory.name) --kind batch --dir \(site.directory)")
    }
    try self.init(module: InProcessCard(try directory.openModule(faults: [])))
  }
}
