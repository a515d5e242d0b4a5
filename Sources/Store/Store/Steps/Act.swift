import Identifiers

/// A long act as the store has it.
public struct Act: Sendable, Equatable {
  /// Where an act goes.
  public enum State: Int, Sendable, CaseIterable, CustomStringConvertible {
    /// Step by step to its end.
    case forward = 1
    /// Back, because somebody asked for it.
    case takenBack = 2
    /// Back, because a step was refused.
    case failing = 3
    /// Nowhere: all steps are done.
    case done = 4
    /// Nowhere: what was done is undone, as somebody asked.
    case undone = 5
    /// Nowhere: what was done is undone, because a step was refused.
    case failed = 6

    public var description: String {
      switch self {
      case .forward: "running"
      case .takenBack: "being taken back"
      case .failing: "failing"
      case .done: "done"
      case .undone: "undone"
      case .failed: "failed"
      }
    }

    /// Whether nothing more happens.
    public var isOver: Bool { [.done, .undone, .failed].contains(self) }
  }

  public let number: Int
  public let plan: String
  /// What it is about: an order's identifier. A plan has one act for a subject.
  public let subject: String
  public internal(set) var state: State
  /// The step that is next, in the act's direction.
  public internal(set) var step: String
  /// Tries of this step so far.
  public internal(set) var attempts: Int
  /// Why the act is to be undone, or was.
  public internal(set) var undoCause: String?
  /// Why the last try of this step brought nothing.
  public internal(set) var failure: String?
  /// When it goes on; nil while it waits for somebody, and when it is over.
  public internal(set) var due: Instant?

  /// Counts up whenever a runner takes the act or settles it.
  var version: Int
  /// Whether a runner has begun the step and its outcome is not settled.
  var isBegun: Bool
  /// Whether somebody woke the act since a runner took it.
  var isWoken: Bool
  /// How far the act had come when it turned back; nil once something is undone.
  var reached: String?

  static func read(_ row: Row) throws(StoreError) -> Act {
    guard let state = State(rawValue: try row(3)) else { throw .unexpected("an act of no known state") }
    return Act(
      number: try row(0), plan: try row(1), subject: try row(2), state: state, step: try row(4), attempts: try row(5),
      undoCause: try row(6), failure: try row(7), due: try row(8), version: try row(9), isBegun: try row(10),
      isWoken: try row(11), reached: try row(12))
  }
}
