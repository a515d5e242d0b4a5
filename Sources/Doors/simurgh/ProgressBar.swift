import Foundation

/// A bar that moves on a terminal, and a line at the end elsewhere.
struct ProgressBar {
  let name: String

  /// Shows that `done` of `total` are done.
  func show(_ done: Int, of total: Int) {
    guard Output.isTerminal, total > 0 else { return }
    let filled = done * 30 / total
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 30 - filled)
    print("\r\u{1B}[K  \(name) \(bar) \(done * 100 / total) %", terminator: done >= total ? "\n" : "")
    fflush(nil)
  }
}
