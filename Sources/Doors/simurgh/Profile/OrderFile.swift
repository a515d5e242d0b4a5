import Tables

/// Reads import files. What is wrong with one row does not concern the others.
enum OrderFile {
  /// A row: its columns by name, or why it cannot be read.
  struct Row {
    /// Counted from 1, without the line of names.
    let number: Int
    let columns: Result<[String: String], CSVText.Unreadable>
  }

  /// The rows of a .csv, .yaml or .yml file.
  static func rows(_ file: String) throws -> [Row] {
    let text = try InputFile.text(file, limit: InputFile.longestTable)
    let found: [Result<[String: String], CSVText.Unreadable>]
    do {
      found = file.lowercased().hasSuffix(".csv") ? try table(text) : try list(text, file)
    } catch let complaint as Complaint { throw complaint } catch {
      throw Complaint(.data, "\(file) is neither CSV nor YAML: \(error)")
    }
    return zip(1..., found).map { Row(number: $0, columns: $1) }
  }

  private static func table(_ text: String) throws -> [Result<[String: String], CSVText.Unreadable>] {
    let (names, rows) = try CSVText.table(text)
    return rows.map { row in row.map { Dictionary(zip(names, $0), uniquingKeysWith: { first, _ in first }) } }
  }

  private static func list(_ text: String, _ file: String) throws -> [Result<[String: String], CSVText.Unreadable>] {
    guard let list = try YAMLText.mappings(text) else {
      throw Complaint(
        .data, "\(file) is no list of orders.", remedy: "A YAML file begins each order with \"- iccid: …\".")
    }
    return list
  }
}
