import OrderDesk
import Tables

extension FuzzTarget {
  /// Files of orders, as CSV and as YAML.
  static let tables = FuzzTarget("tables") { bytes in
    let text = String(decoding: bytes, as: UTF8.self)
    if let (names, rows) = try? CSVText.table(text) {
      for name in names { _ = BulkRow.column(name) }
      precondition(rows.allSatisfy { ((try? $0.get())?.count ?? 0) <= names.count }, "no row has more than its columns")
    }
    _ = try? YAMLText.mappings(text)
    _ = try? YAMLText.node(text)
  }
}
