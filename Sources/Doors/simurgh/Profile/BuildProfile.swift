import ArgumentParser
import CircleFiles
import Foundation
import Identifiers
import SMDPPlus

extension ProfileCommand {
  /// `simurgh profile build`: packages as files.
  struct Build: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Build profile packages from a CSV or YAML file, each into a file of its own.",
      discussion: """
        The rows are those of `simurgh order import`: iccid, imsi, k, opc, template and the template's values; other \
        columns are passed over. A package holds the subscriber's keys: its file, FOLDER/ICCID.der, is for its owner alone. A row \
        that fails is reported, the others are built. Ends with status 65 if a row failed.

        Example: simurgh profile build sims.csv --to packages
        """)

    @Argument(help: "A .csv, .yaml or .yml file.") var file: String
    @Option(help: "The folder of the packages.") var to: String
    @Flag(help: "Print JSON: one object a row.") var json = false

    struct Item: Encodable {
      let row: Int
      var iccid, package, error: String?
    }

    func run() throws {
      try Complaint.reporting {
        let rows = try OrderFile.rows(file)
        let templates = try Templates.all()
        let bar = ProgressBar(name: "building")
        var items: [Item] = []
        for row in rows {
          do { items.append(try build(row, templates)) } catch let complaint as Complaint { throw complaint } catch {
            items.append(Item(row: row.number, error: "\(error)"))
          }
          if !json { bar.show(items.count, of: rows.count) }
        }
        if json {
          try Output.json(items)
        } else {
          for item in items { if let error = item.error { print("row \(item.row): not built. \(error)") } }
          print("\(items.count { $0.error == nil }) packages in \(to), \(items.count { $0.error != nil }) failed")
        }
        if items.contains(where: { $0.error != nil }) { throw ExitCode(Complaint.Kind.data.rawValue) }
      }
    }

    private func build(_ row: OrderFile.Row, _ templates: [String: any PackageBuilder]) throws -> Item {
      let columns = Dictionary(
        try row.columns.get().map { ($0.key.lowercased().filter { !"-_ ".contains($0) }, $0.value) }
      ) { first, _ in first }.filter { !$0.value.isEmpty }
      let name = columns["template"] ?? "base"
      guard let template = templates[name] else { throw PackageProblem.unknownTemplate(name) }
      let iccid = try ICCID(columns["iccid"] ?? "")
      let values = PersonalValues(columns.filter { template.parameters.contains($0.key) })
      let package = try template.package(iccid: iccid, personalData: values)
      let place = "\(to)/\(iccid).der"
      try Folder.make(to, isPrivate: true)
      try KeyFile.write(package, to: place)
      return Item(row: row.number, iccid: iccid.digits, package: place)
    }
  }
}
