import ArgumentParser
import AuC
import Bytes
import CustomerManagement
import Foundation
import Identifiers
import Keys
import OrderDesk

/// `simurgh operator stock`: the SIMs that orders take.
struct StockCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stock", abstract: "Bring SIMs into stock with their keys; list them.",
    discussion: "Example: simurgh operator stock import sims.csv",
    subcommands: [Import.self, List.self])

  struct Item: Encodable {
    let iccid, imsi, profileType, state: String
    let order: String?
    let subscription: Int?

    init(_ sim: CustomerManagement.SIM) {
      (iccid, imsi, profileType) = (sim.iccid.digits, sim.imsi.digits, sim.profileType)
      (state, order, subscription) = (sim.state.description, sim.takenBy, sim.subscription)
    }
  }

  struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Bring SIMs in from a CSV or YAML file, each with its keys or not at all.",
      discussion: """
        Columns: iccid, imsi, k, and opc (Milenage) or topc (TUAK); profileType. Other columns are passed over, so the \
        file of `simurgh order import` serves here too. The keys go to the authentication centre, prepared, and are used \
        when the SIM is installed. After a crash the same command goes on; a SIM that is known with other values is told. \
        Ends with status 65 if a row failed.

        Example: simurgh operator stock import sims.csv --profile-type consumer
        """)
    @OptionGroup var options: OperatorOptions
    @Argument(help: "The file.") var file: String
    @Option(help: "The profile type of rows that name none.") var profileType = "lab"

    struct Result: Encodable {
      let row: Int
      let error: String
    }

    func run() throws {
      try Complaint.reporting {
        let rows = try OrderFile.rows(file)
        let party = try options.party(beginning: true)
        let bar = ProgressBar(name: "stocking")
        var failed: [Result] = []
        for start in stride(from: 0, to: rows.count, by: Self.share) {
          let end = min(start + Self.share, rows.count)
          failed += take(rows[start..<end], party)
          if !options.json { bar.show(end, of: rows.count) }
        }
        let text = failed.map { "row \($0.row): not in stock. \($0.error)\n" }.joined()
        try options.show(failed, "\(text)\(rows.count - failed.count) SIMs in stock, \(failed.count) failed")
        if !failed.isEmpty { throw ExitCode(Complaint.Kind.data.rawValue) }
      }
    }

    /// Rows that share a commit.
    private static let share = 500

    /// A SIM as a row describes it.
    private struct New {
      let iccid: ICCID
      let imsi: IMSI
      let profileType: String
      let credentials: Credentials
    }

    /// Takes rows in together; where that fails, one by one, to tell whose fault it is.
    private func take(_ rows: ArraySlice<OrderFile.Row>, _ party: OperatorParty) -> [Result] {
      var failed: [Result] = []
      var sims: [(row: Int, sim: New)] = []
      for row in rows {
        do { sims.append((row.number, try read(row.columns.get()))) } catch {
          failed.append(Result(row: row.number, error: "\(error)"))
        }
      }
      do { try keep(sims.map(\.sim), party) } catch {
        for (row, sim) in sims {
          do { try keep([sim], party) } catch {
            if !wasTaken(sim, error, party) { failed.append(Result(row: row, error: "\(error)")) }
          }
        }
      }
      return failed.sorted { $0.row < $1.row }
    }

    /// Whether an import before this one, which may have been broken off, took the same SIM. Its keys are the same: they
    /// were prepared once more.
    private func wasTaken(_ sim: New, _ error: any Error, _ party: OperatorParty) -> Bool {
      guard case CustomerError.knownSIM(_) = error, let there = try? party.customers.sim(sim.iccid) else {
        return false
      }
      return there.imsi == sim.imsi && there.profileType == sim.profileType
    }

    /// Keys first: a SIM of stock always has its keys. Both may be repeated.
    private func keep(_ sims: [New], _ party: OperatorParty) throws {
      try party.network.prepare(
        sims.map { (OrderDesk.SIM(iccid: $0.iccid, imsi: $0.imsi), $0.credentials) }, now: .now())
      try party.customers.stock(sims.map { ($0.iccid, $0.imsi, $0.profileType) }, now: .now())
    }

    private func read(_ row: [String: String]) throws -> New {
      func value(_ name: String) -> String? {
        row.first { $0.key.lowercased().filter { !"-_ ".contains($0) } == name }?.value.nonEmpty
      }
      guard let iccid = try value("iccid").map({ try ICCID($0) }), let imsi = try value("imsi").map({ try IMSI($0) })
      else { throw Complaint(.data, "iccid and imsi are wanted") }
      func key(_ name: String) throws -> Secret? {
        guard let text = value(name) else { return nil }
        guard let bytes = try? [UInt8](hex: text) else {
          throw Complaint(.data, "\(name): hexadecimal digits are wanted")
        }
        return Secret(bytes)
      }
      guard let k = try key("k") else { throw Complaint(.data, "k is wanted") }
      let algorithm: Credentials.Algorithm
      switch (try key("opc"), try key("topc")) {
      case (let opc?, nil): algorithm = .milenage(opc: opc)
      case (nil, let topc?): algorithm = .tuak(topc: topc)
      default: throw Complaint(.data, "either opc or topc is wanted")
      }
      return New(
        iccid: iccid, imsi: imsi, profileType: value("profiletype") ?? profileType,
        credentials: try Credentials(k: k, algorithm: algorithm))
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the SIMs.",
      discussion: "Example: simurgh operator stock list --state free")
    @OptionGroup var options: OperatorOptions
    @Option(help: "Of one state: free, taken, in use, retired.") var state: String?
    @Option(help: "Begin after this ICCID.") var after = ""
    @Option(help: "How many, at most.") var limit: Count = 100

    func run() throws {
      try Complaint.reporting {
        let wanted = try state.map { text in
          guard let state = CustomerManagement.SIM.State.allCases.first(where: { $0.description == text }) else {
            throw Complaint(.data, "There is no state \"\(text)\".")
          }
          return state
        }
        let items = try options.party().customers.sims(state: wanted, after: after, limit: limit.number).map(Item.init)
        if options.json { return try Output.json(items) }
        Output.table(
          ["ICCID", "IMSI", "TYPE", "STATE", "ORDER", "SUBSCRIPTION"],
          items.map {
            [$0.iccid, $0.imsi, $0.profileType, $0.state, $0.order ?? "", $0.subscription.map(String.init) ?? ""]
          })
      }
    }
  }
}

extension String {
  fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}
