import ArgumentParser
import Bytes
import Foundation
import Identifiers
import SGP22
import SMDPPlus
import Stations
import Store
import SwiftCSV
import Yams

/// `simurgh order`: orders from files.
struct OrderCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "order", abstract: "Bring orders into the SM-DP+'s order book.", subcommands: [Import.self])
}

extension OrderCommand {
  struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Import orders from a CSV or YAML file; a row that fails is reported, the others go in.",
      discussion: """
        Columns: iccid, imsi, k, opc (or topc with algorithm tuak), or package (a file); matchingId, confirmationCode, \
        eid, state, expiry, attempts, codeAttempts, policyRules, smds, profileType, owner, serviceProvider, profileName, \
        profileClass, plmn, notifications; any other column is a value for the template. YAML is a list of mappings \
        with the same names. Ends with status 65 if a row failed.
        """)

    @OptionGroup var site: SiteOptions
    @Argument(help: "A .csv, .yaml or .yml file.") var file: String
    @Flag(help: "Print JSON: one object a row.") var json = false

    /// What became of a row, for scripts.
    struct Item: Encodable {
      let row: Int
      var iccid: String?
      var state: String?
      var activationCode: String?
      var error: String?
    }

    func run() throws {
      try Complaint.reporting {
        let site = site.site
        let rows = try OrderFile.rows(file)
        let configuration = try ServerConfiguration.read(site.configurationFile)
        let store = try site.store()
        try store.migrate([EventRecord.schema, OrderBook.schema, Outbox.schema])
        let importing = try site.orderImport(
          configuration, filesIn: URL(fileURLWithPath: file).deletingLastPathComponent())
        let given = Given(now: .now(), random: SystemRandomSource.shared)
        let bar = ProgressBar(name: "importing")
        var items: [Item] = []
        for (number, row) in zip(1..., rows) {
          let outcomes = try importing.run([Site.orderRow(number, row)], into: store, given: given)
          items += outcomes.map { Self.item($0, address: configuration.address) }
          if !json { bar.show(number, of: rows.count) }
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
          activationCode: order.activationText(at: address))
      }
    }

    private func report(_ items: [Item]) throws {
      if json { return try Output.json(items) }
      for item in items {
        if let error = item.error {
          print("row \(item.row): not imported. \(error)")
        } else {
          print("row \(item.row): \(item.iccid ?? "") \(item.state ?? "") \(item.activationCode ?? "")")
        }
      }
      print("\(items.count { $0.error == nil }) imported, \(items.count { $0.error != nil }) failed")
    }
  }
}

/// Reads import files.
enum OrderFile {
  static func rows(_ file: String) throws -> [[String: String]] {
    let text: String
    do { text = try String(contentsOfFile: file, encoding: .utf8) } catch {
      throw Complaint(.noInput, "\(file) cannot be read.")
    }
    do {
      if file.lowercased().hasSuffix(".csv") { return try NamedCSV(string: text).rows }
      guard let list = try Yams.load(yaml: text) as? [[String: Any]] else {
        throw Complaint(
          .data, "\(file) is no list of orders.", remedy: "A YAML file begins each order with \"- iccid: …\".")
      }
      // YAML reads 8901… as a number: ICCIDs and keys must be quoted, or they would lose zeros.
      return try list.map { row in
        try row.mapValues { value in
          if let text = value as? String { return text }
          if let number = value as? Int { return String(number) }
          if let flag = value as? Bool { return flag ? "true" : "false" }
          throw Complaint(
            .data, "\(file): the value \(value) is neither text nor a number.", remedy: "Put it in quotes.")
        }
      }
    } catch let complaint as Complaint { throw complaint } catch {
      throw Complaint(.data, "\(file) is neither CSV nor YAML: \(error)")
    }
  }
}
