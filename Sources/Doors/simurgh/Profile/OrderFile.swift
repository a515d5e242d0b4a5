import Foundation
import SwiftCSV
import Yams

/// Reads import files. What is wrong with one row does not concern the others.
enum OrderFile {
  /// A row: its columns by name, or why it cannot be read.
  struct Row {
    /// Counted from 1, without the line of names.
    let number: Int
    let columns: Result<[String: String], Unreadable>
  }

  /// Why a row cannot be read.
  struct Unreadable: Error, CustomStringConvertible {
    let description: String
  }

  /// The rows of a .csv, .yaml or .yml file.
  static func rows(_ file: String) throws -> [Row] {
    let text: String
    do { text = try String(contentsOfFile: file, encoding: .utf8) } catch {
      throw Complaint(.noInput, "\(file) cannot be read.")
    }
    let found: [Result<[String: String], Unreadable>]
    do {
      found = file.lowercased().hasSuffix(".csv") ? try table(text) : try list(text, file)
    } catch let complaint as Complaint { throw complaint } catch {
      throw Complaint(.data, "\(file) is neither CSV nor YAML: \(error)")
    }
    return zip(1..., found).map { Row(number: $0, columns: $1) }
  }

  /// A line is a row: a quotation mark that is not closed ends with its line, and spoils none but its own row.
  private static func table(_ text: String) throws -> [Result<[String: String], Unreadable>] {
    let text = text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text
    let lines = text.split(whereSeparator: \.isNewline)
    guard let first = lines.first else { return [] }
    let delimiter = CSVDelimiter.guessed(string: String(first))
    let names = try EnumeratedCSV(string: "\(first)\n", delimiter: delimiter, loadColumns: false).header
    return lines.dropFirst().map { line in
      guard line.count(where: { $0 == "\"" }).isMultiple(of: 2) else {
        return .failure(Unreadable(description: "a quotation mark is not closed on its line"))
      }
      guard let cells = try? EnumeratedCSV(string: "\(line)\n", delimiter: delimiter, loadColumns: false).header else {
        return .failure(Unreadable(description: "a quotation mark stands within a value"))
      }
      guard cells.count <= names.count else {
        return .failure(Unreadable(description: "it has \(cells.count) values, but there are \(names.count) columns"))
      }
      return .success(Dictionary(zip(names, cells), uniquingKeysWith: { first, _ in first }))
    }
  }

  /// Scalars as they are written: to a reader of YAML's numbers an IMSI would lose its zeros and a key its digits.
  private static func list(_ text: String, _ file: String) throws -> [Result<[String: String], Unreadable>] {
    guard let root = try Yams.compose(yaml: text), case .sequence(let list) = root else {
      throw Complaint(
        .data, "\(file) is no list of orders.", remedy: "A YAML file begins each order with \"- iccid: …\".")
    }
    return list.map { node in Result { () throws(Unreadable) in try columns(node) } }
  }

  private static func columns(_ node: Node) throws(Unreadable) -> [String: String] {
    guard let mapping = node.mapping else { throw Unreadable(description: "it is no mapping of names to values") }
    var row: [String: String] = [:]
    for (key, value) in mapping {
      guard let name = key.scalar?.string else { throw Unreadable(description: "a name in it is no text") }
      guard let text = value.scalar?.string else {
        throw Unreadable(description: "\(name): neither text nor a number")
      }
      row[name] = text
    }
    return row
  }
}
