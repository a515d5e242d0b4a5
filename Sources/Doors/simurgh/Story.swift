import Foundation

/// Steps of a story, told as they happen; the last line says how many went well.
final class Story {
  private let title: String
  /// Columns of a step's name.
  private static let width = 22
  private let quiet: Bool
  private(set) var succeeded = 0
  private(set) var failed = 0
  private(set) var steps: [Step] = []

  /// One step as it ended.
  struct Step: Encodable {
    let name: String
    let detail: String
    let ok: Bool
    let milliseconds: Int
  }

  /// A story called `title`; a quiet one collects its steps and prints nothing.
  init(_ title: String, quiet: Bool) { (self.title, self.quiet) = (title, quiet) }

  /// Does one step; what it returns is shown behind its name. A failure is told and thrown on.
  @discardableResult
  func step<R>(_ name: String, detail: (R) -> String, _ body: () async throws -> R) async throws -> R {
    let begin = ContinuousClock.now
    if !quiet, Output.isTerminal { print("  ⋯ \(name)", terminator: ""); fflush(nil) }
    func ended(_ ok: Bool, _ text: String) {
      let milliseconds = Int((ContinuousClock.now - begin) / .milliseconds(1))
      steps.append(Step(name: name, detail: text, ok: ok, milliseconds: milliseconds))
      if ok { succeeded += 1 } else { failed += 1 }
      guard !quiet else { return }
      let label = name.padding(toLength: max(Self.width, name.count), withPad: " ", startingAt: 0)
      print("\(Output.isTerminal ? "\r\u{1B}[K" : "")  \(ok ? "✔" : "✘") \(label)  \(text) (\(milliseconds) ms)")
    }
    do {
      let result = try await body()
      ended(true, detail(result))
      return result
    } catch {
      ended(false, "\(error)")
      throw error
    }
  }

  /// Says something between two steps.
  func say(_ text: String) { if !quiet { print(text) } }

  /// The last line: `lab: 12 steps ok, 0 failed`.
  var closingLine: String { "\(title): \(succeeded) steps ok, \(failed) failed" }
}
