import SwiftCSV

/// Reads tables of comma-separated values. A line is a row: a quotation mark that is not closed ends with its line, and
/// spoils none but its own row.
public enum CSVText {
  /// Why a row cannot be read.
  public struct Unreadable: Error, Hashable, CustomStringConvertible {
    public let description: String
  }

  /// The names in the first line, and the values of each further line that is not empty; a row may have fewer values
  /// than there are names.
  public static func table(_ text: String) throws -> (names: [String], rows: [Result<[String], Unreadable>]) {
    let text = text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text
    let lines = text.split(whereSeparator: \.isNewline)
    guard let first = lines.first else { return ([], []) }
    let delimiter = CSVDelimiter.guessed(string: String(first))
    let names = try EnumeratedCSV(string: "\(first)\n", delimiter: delimiter, loadColumns: false).header
    let rows = lines.dropFirst().map { line in
      Result { () throws(Unreadable) in try row(line, delimiter, columns: names.count) }
    }
    return (names, rows)
  }

  private static func row(_ line: Substring, _ delimiter: CSVDelimiter, columns: Int) throws(Unreadable) -> [String] {
    let values: [String]
    if line.utf8.contains(UInt8(ascii: "\"")) {
      guard line.utf8.count(where: { $0 == UInt8(ascii: "\"") }).isMultiple(of: 2) else {
        throw Unreadable(description: "a quotation mark is not closed on its line")
      }
      guard let cells = try? EnumeratedCSV(string: "\(line)\n", delimiter: delimiter, loadColumns: false).header else {
        throw Unreadable(description: "a quotation mark stands within a value")
      }
      values = cells
    } else {
      values = line.split(separator: delimiter.rawValue, omittingEmptySubsequences: false).map(String.init)
    }
    guard values.count <= columns else {
      throw Unreadable(description: "it has \(values.count) values, but there are \(columns) columns")
    }
    return values
  }
}
