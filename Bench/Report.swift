import Foundation

/// Tells what a run finds, as it finds it: a table for people, or a line of JSON for each figure.
struct Report {
  let isJSON: Bool

  /// One figure, or why there is none.
  private struct Figure: Encodable {
    /// "cpu/download": for machines, and stays.
    let name: String
    var value: Double?
    var unit: String?
    /// Why there is no value.
    var skipped: String?
  }

  /// Begins a group of figures.
  func heading(_ text: String) { if !isJSON { show("\n\(text)") } }

  /// A figure: `name` is for machines, `label` for people.
  func add(_ name: String, _ label: String, _ value: Double, _ unit: String) {
    if isJSON { return show(Figure(name: name, value: value, unit: unit)) }
    let number = String(format: abs(value) < 100 ? "%.1f" : "%.0f", value)
    let room = max(1, 70 - label.count - number.count)
    show("  \(label)\(String(repeating: " ", count: room))\(number) \(unit)")
  }

  /// Tells that there is no figure, and why.
  func skip(_ name: String, _ label: String, because reason: String) {
    isJSON ? show(Figure(name: name, skipped: reason)) : show("  \(label): skipped: \(reason)")
  }

  private func show(_ figure: Figure) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    if let line = try? encoder.encode(figure) { show(String(decoding: line, as: UTF8.self)) }
  }

  private func show(_ line: String) {
    print(line)
    fflush(nil)
  }
}
