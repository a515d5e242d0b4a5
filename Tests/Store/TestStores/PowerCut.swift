import Store
import Synchronization

/// Cuts the power at one commit, before or after it.
public final class PowerCut: Sendable {
  private let rest: Mutex<Int>
  private let point: CommitPoint

  /// A cut at commit number `commit`, counted from 0.
  public init(at commit: Int, _ point: CommitPoint) {
    rest = Mutex(commit)
    self.point = point
  }

  /// Whether it has happened.
  public var isOver: Bool { rest.withLock { $0 < 0 } }

  /// To be given to ``Store/onCommit(_:)``.
  public func hook(_ reached: CommitPoint) throws {
    guard reached == point else { return }
    let isNow = rest.withLock { rest in
      rest -= 1
      return rest == -1
    }
    if isNow { throw Crash() }
  }
}
