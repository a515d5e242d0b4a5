import Foundation

/// What commands print: tables for people, JSON for scripts.
enum Output {
  /// One JSON document on standard output, keys sorted.
  static func json(_ value: some Encodable) throws { print(try jsonText(value)) }

  /// The same as text.
  static func jsonText(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  /// A table with a header; columns are as wide as their widest cell.
  static func table(_ header: [String], _ rows: [[String]]) {
    let all = [header] + rows.map { $0.map { $0.escaped() } }
    let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    for (number, row) in all.enumerated() {
      let cells = zip(row, widths).map { $0.padding(toLength: max($1, $0.count), withPad: " ", startingAt: 0) }
      let line = cells.joined(separator: "  ").trimmingSuffix { $0 == " " }
      print(number == 0 && isTerminal ? "\u{1B}[1m\(line)\u{1B}[0m" : String(line))
    }
  }

  /// Labels and their values, aligned.
  static func rows(_ rows: [(label: String, value: String)]) {
    let width = 2 + (rows.map(\.label.count).max() ?? 0)
    for row in rows {
      print(
        "\(row.label.padding(toLength: width, withPad: " ", startingAt: 0))\(row.value.escaped(lineBreaks: true))")
    }
  }

  /// Whether the command line asks for JSON; what comes after "--" is another program's.
  static let isJSONWanted = CommandLine.arguments.prefix { $0 != "--" }.contains("--json")

  /// Whether standard output is a terminal: colours and moving bars go nowhere else.
  static let isTerminal = isatty(STDOUT_FILENO) == 1
}

extension String {
  fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> Substring {
    var rest = self[...]
    while let last = rest.last, predicate(last) { rest.removeLast() }
    return rest
  }
}
