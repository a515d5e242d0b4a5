import Foundation
import Identifiers

/// Reads a row's columns and notices those nobody asked for.
final class RowReader {
  private let columns: [String: String]
  private var asked: Set<String> = []

  init(_ columns: [String: String]) { self.columns = columns }

  /// The text of column `name`; nil where it is empty or absent.
  subscript(name: String) -> String? {
    let key = OrderImport.Row.normal(name)
    asked.insert(key)
    return columns[key]
  }

  /// The value of a column that must be there.
  func required<Value>(
    _ name: String, _ parse: (String) throws -> Value
  ) throws(OrderImport.RowProblem) -> Value {
    guard let value = try optional(name, parse) else { throw .init(name, "a value is wanted") }
    return value
  }

  /// The value of a column that may be empty.
  func optional<Value>(
    _ name: String, wanted: String = "another value", _ parse: (String) throws -> Value?
  ) throws(OrderImport.RowProblem) -> Value? {
    guard let text = self[name] else { return nil }
    do {
      guard let value = try parse(text) else {
        throw OrderImport.RowProblem(name, "\(wanted) is wanted, not \"\(text)\"")
      }
      return value
    } catch let problem as OrderImport.RowProblem {
      throw problem
    } catch let problem as InvalidIdentifier {
      throw .init(name, problem.reason)
    } catch {
      throw .init(name, "\(error)")
    }
  }

  /// A whole number.
  func number(_ name: String, in range: ClosedRange<Int>) throws(OrderImport.RowProblem) -> Int? {
    try optional(name, wanted: "a number from \(range.lowerBound) to \(range.upperBound)") { text in
      Int(text).flatMap { range.contains($0) ? $0 : nil }
    }
  }

  /// yes or no; no where it is empty.
  func flag(_ name: String) throws(OrderImport.RowProblem) -> Bool {
    try optional(name, wanted: "yes or no") {
      ["yes": true, "true": true, "no": false, "false": false][$0.lowercased()]
    }
      ?? false
  }

  /// A day ("2026-12-31": its end) or a time in UTC ("2026-12-31T12:00:00Z").
  func instant(_ name: String) throws(OrderImport.RowProblem) -> Instant? {
    try optional(name, wanted: "a day like 2026-12-31 or a time like 2026-12-31T12:00:00Z") { text in
      if let time = try? Date(text, strategy: .iso8601) {
        return Instant(seconds: Int64(time.timeIntervalSince1970))
      }
      guard let day = try? Date(text, strategy: .iso8601.year().month().day()) else { return nil }
      return Instant(seconds: Int64(day.timeIntervalSince1970) + 86_400)
    }
  }

  /// Words with spaces, commas or semicolons between them.
  func words(_ name: String) -> [String] {
    (self[name] ?? "").split { " ,;".contains($0) }.map { $0.lowercased() }
  }

  /// Refuses columns that nobody asked for: a misspelt one would be lost silently.
  func finish() throws(OrderImport.RowProblem) {
    if let unknown = columns.keys.sorted().first(where: { !asked.contains($0) }) {
      throw .init(unknown, "there is no such column, or this template has no such parameter")
    }
  }
}
