import Foundation

/// Lets many run side by side, and now and then one alone: who lost too often against the others has its way.
///
/// `@unchecked Sendable`: the state is used under `change` alone.
final class Precedence: @unchecked Sendable {
  private let change = NSCondition()
  private var running = 0
  private var isAlone = false
  private var wantingAlone = 0

  /// Runs `body` together with others, or alone.
  func run<Result>(alone: Bool, _ body: () throws -> Result) rethrows -> Result {
    begin(alone: alone)
    defer { end() }
    return try body()
  }

  private func begin(alone: Bool) {
    change.lock()
    if alone {
      wantingAlone += 1
      while running > 0 { change.wait() }
      wantingAlone -= 1
      isAlone = true
    } else {
      while isAlone || wantingAlone > 0 { change.wait() }
    }
    running += 1
    change.unlock()
  }

  private func end() {
    change.lock()
    running -= 1
    isAlone = false
    change.broadcast()
    change.unlock()
  }
}
