import ArgumentParser
import Bytes
import CircleFiles
import Foundation
import Identifiers
import Keys
import OrderDesk
import Tables

/// `simurgh operator bulk`: many orders from one file.
struct BulkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bulk", abstract: "Place many orders from a CSV file; see how far they have come.",
    discussion: "Example: simurgh operator bulk import orders.csv",
    subcommands: [Import.self, Status.self])

  struct Item: Encodable {
    let bulk: String
    let rows, taken, failed: Int
    let orders: [String: Int]

    init(_ bulk: BulkOrder, _ desk: Desk) throws {
      (self.bulk, rows, taken, failed) = (bulk.name, bulk.total, bulk.taken, bulk.failed)
      orders = Dictionary(
        uniqueKeysWithValues: try desk.counts(of: bulk).map { ($0.key.description, $0.value) })
    }

    var text: String {
      let states = orders.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
      return "\(bulk): \(taken) of \(rows) rows taken, \(failed) failed; orders: \(states.isEmpty ? "none" : states)"
    }
  }

  struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Take the orders of a CSV file; a row that fails is written to a file, the others become orders.",
      discussion: """
        Columns: profileType; subscription, iccid, eid, confirmationCode, smds, reference. A line is a row. The same command after a \
        crash goes on where it was: no row is taken twice. `simurgh operator serve` does the orders' steps. Ends with \
        status 65 if a row failed.

        Example: simurgh operator bulk import orders.csv --errors failed.csv
        """)
    @OptionGroup var options: OperatorOptions
    @Argument(help: "The CSV file.") var file: String
    @Option(help: "The bulk order's name; the file's name if it is left out.") var name: String?
    @Option(help: "Where rows that failed are written, with number and reason; FILE.errors.csv if it is left out.")
    var errors: String?

    /// Rows that share a commit.
    private static let share = 1000

    func run() throws {
      try Complaint.reporting {
        let (rows, digest) = try BulkFile.read(file)
        let desk = try options.party(beginning: true).orders
        let started = try desk.beginBulk(
          name ?? URL(fileURLWithPath: file).lastPathComponent, digest: digest, total: rows.count, now: .now())
        var bulk = started
        let bar = ProgressBar(name: "taking")
        let begin = ContinuousClock.now
        while bulk.taken < bulk.total {
          bulk = try desk.take(
            rows[bulk.taken..<min(bulk.taken + Self.share, bulk.total)], of: bulk, now: .now(),
            random: SystemRandomSource.shared)
          if !options.json { bar.show(bulk.taken, of: bulk.total) }
        }
        let seconds = (ContinuousClock.now - begin) / .seconds(1)
        let path = errors ?? "\(file).errors.csv"
        if bulk.failed > 0 { try write(bulk, desk, to: path) }
        let item = try Item(bulk, desk)
        try options.show(item, item.text)
        if !options.json, bulk.taken > started.taken {
          print("\(Int(Double(bulk.taken - started.taken) / seconds)) rows a second")
        }
        guard bulk.failed > 0 else { return }
        if !options.json { print("the rows that failed are in \(path)") }
        throw ExitCode(Complaint.Kind.data.rawValue)
      }
    }

    private func write(_ bulk: BulkOrder, _ desk: Desk, to path: String) throws {
      var text = "row,reason\n"
      var row = 0
      while true {
        let errors = try desk.errors(of: bulk, after: row)
        for error in errors {
          text += "\(error.row),\"\(error.reason.replacingOccurrences(of: "\"", with: "\"\""))\"\n"
        }
        guard let last = errors.last else { break }
        row = last.row
      }
      try DurableFile.write(text, to: path, isSecret: false)
    }
  }

  struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show how far bulk orders have come.",
      discussion: "Example: simurgh operator bulk status orders.csv")
    @OptionGroup var options: OperatorOptions
    @Argument(help: "The bulk order; all of them if it is left out.") var name: String?

    func run() throws {
      try Complaint.reporting {
        let desk = try options.party().orders
        let bulks = try name.map { [try desk.bulk($0)] } ?? desk.bulks()
        let items = try bulks.map { try Item($0, desk) }
        try options.show(items, items.map(\.text).joined(separator: "\n"))
      }
    }
  }
}

/// Reads a bulk order's file.
enum BulkFile {
  static func read(_ file: String) throws -> (rows: [BulkRow], digest: [UInt8]) {
    let text = try InputFile.text(file, limit: InputFile.longestTable)
    let (names, table): ([String], [Result<[String], CSVText.Unreadable>])
    do { (names, table) = try CSVText.table(text) } catch {
      throw Complaint(.data, "\(file) is no CSV: \(error)")
    }
    let columns = try names.map { name in
      guard let column = BulkRow.column(name) else {
        throw Complaint(
          .data, "\(file) has a column \"\(name)\".", remedy: "Columns are \(BulkRow.columns.joined(separator: ", ")).")
      }
      return column
    }
    let rows = table.map { row in
      switch row {
      case .success(let values): BulkRow(Dictionary(zip(columns, values), uniquingKeysWith: { first, _ in first }))
      case .failure(let problem): BulkRow(unreadable: problem.description)
      }
    }
    return (rows, sha256(Array(text.utf8)))
  }
}
