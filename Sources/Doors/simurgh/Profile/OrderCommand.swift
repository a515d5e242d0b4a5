import ArgumentParser
import Bytes
import Foundation
import Identifiers
import SGP22
import SMDPPlus
import Stations
import Store

/// `simurgh order`: orders from files.
struct OrderCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "order", abstract: "Bring orders into the SM-DP+'s order book.",
    discussion: "Example: simurgh order import orders.csv", subcommands: [Import.self])
}

extension OrderCommand {
  struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Import orders from a CSV or YAML file; a row that fails is reported, the others go in.",
      discussion: """
        Columns: iccid, imsi, k, opc (or topc with algorithm tuak) and template ("base" if it is left out), or package \
        (a file); matchingId, confirmationCode, eid, state, expiry, attempts, codeAttempts, bindsToFirst (yes or no), \
        policyRules, smds, profileType, owner, serviceProvider, profileName, profileClass, plmn, gid1, gid2, icon (a \
        file), notifications; any other column is a value for the template. A line of a CSV file is a row. YAML is a \
        list of mappings with the same names. After a crash the same command goes on: what is there already stays as it is. \
        Ends with status 65 if a row failed.

        Example: simurgh order import orders.csv --json
        """)

    @OptionGroup var site: StoredSiteOptions
    @Argument(help: "A .csv, .yaml or .yml file.") var file: String
    @Flag(help: "Print JSON: one object a row.") var json = false

    /// Rows that share a commit.
    private static let portion = 250
    /// Rows that are told one by one when all is well; of longer files only those that failed.
    private static let listed = 50

    /// What became of a row, for scripts.
    struct Item: Encodable {
      let row: Int
      var iccid: String?
      var state: String?
      var activationCode: String?
      var wasThere: Bool?
      var error: String?
    }

    func run() throws {
      try Complaint.reporting {
        let site = site.site
        let rows = try OrderFile.rows(file)
        guard !rows.isEmpty else {
          throw Complaint(
            .data, "\(file) has no orders.", remedy: "Its first line names the columns, each further line is an order.")
        }
        let configuration = try ServerConfiguration.read(site.configurationFile)
        let store = try site.store(configuration.store)
        try store.migrate([EventRecord.schema, OrderBook.schema, Outbox.schema])
        let importing = try site.orderImport(
          configuration, filesIn: URL(fileURLWithPath: file).deletingLastPathComponent())
        let given = Given(now: .now(), random: SystemRandomSource.shared)
        let bar = ProgressBar(name: "importing")
        var items: [Item] = []
        for start in stride(from: 0, to: rows.count, by: Self.portion) {
          let portion = rows[start...].prefix(Self.portion)
          let readable = portion.compactMap { row in
            (try? row.columns.get()).map { Site.orderRow(row.number, $0) }
          }
          let outcomes = try importing.run(readable, into: store, given: given)
          let unreadable = portion.compactMap { row -> Item? in
            guard case .failure(let problem) = row.columns else { return nil }
            return Item(row: row.number, error: "\(problem)")
          }
          let told = unreadable + outcomes.map { Self.item($0, address: configuration.address) }
          items += told.sorted { $0.row < $1.row }
          if !json { bar.show(items.count, of: rows.count) }
        }
        try report(items)
        if items.contains(where: { $0.error != nil }) { throw ExitCode(Complaint.Kind.data.rawValue) }
      }
    }

    private static func item(_ outcome: OrderImport.Outcome, address: String) -> Item {
      switch outcome.result {
      case .failure(let problem): return Item(row: outcome.number, error: "\(problem)")
      case .success(let order):
        return Item(
          row: outcome.number, iccid: order.iccid.digits, state: order.state.description,
          activationCode: order.activationText(at: address), wasThere: outcome.wasThere ? true : nil)
      }
    }

    private func report(_ items: [Item]) throws {
      if json { return try Output.json(items) }
      for item in items {
        if let error = item.error {
          print("row \(item.row): not imported. \(error)")
        } else if items.count <= Self.listed {
          let words = [item.iccid, item.state, item.activationCode].compactMap { $0 }
          print("row \(item.row): \(words.joined(separator: " "))")
        }
      }
      let there = items.count { $0.wasThere == true }
      print(
        "\(items.count { $0.error == nil } - there) imported, \(items.count { $0.error != nil }) failed"
          + (there > 0 ? ", \(there) were there already" : ""))
    }
  }
}
