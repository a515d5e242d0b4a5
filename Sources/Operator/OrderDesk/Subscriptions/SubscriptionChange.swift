import Bytes
import Identifiers
import Store

/// A subscription that is suspended, goes on, or ends: one act in the books, in the network and at the SM-DP+.
public struct SubscriptionChange: Sendable, Hashable {
  /// What is changed.
  public enum Kind: Int, Sendable, CaseIterable, CustomStringConvertible {
    /// The SIM is shut out for a while.
    case suspend = 1
    /// It is let in again.
    case resume = 2
    /// The SIM is shut out for good, the number comes to rest, open orders are taken back.
    case end = 3

    public var description: String {
      switch self {
      case .suspend: "suspend"
      case .resume: "resume"
      case .end: "end"
      }
    }
  }

  /// How far it has come.
  public enum State: Int, Sendable, CustomStringConvertible {
    case underWay = 1
    case done = 2
    /// The subscription's state did not allow it; nothing was changed.
    case refused = 3

    public var description: String {
      switch self {
      case .underWay: "under way"
      case .done: "done"
      case .refused: "refused"
      }
    }
  }

  /// 12 letters and digits.
  public let id: String
  public let subscription: Int
  public let kind: Kind
  public let state: State
  public let since: Instant
  /// Why it was refused.
  public let ending: String?

  static func read(_ row: Row) throws(StoreError) -> SubscriptionChange {
    guard let kind = Kind(rawValue: try row(2)), let state = State(rawValue: try row(3)) else {
      throw .unexpected("a change of no known kind")
    }
    return SubscriptionChange(
      id: try row(0), subscription: try row(1), kind: kind, state: state, since: try row(4), ending: try row(5))
  }

  static func find(_ id: String, in reader: any Reader) throws -> SubscriptionChange {
    let row = try reader.first(
      "SELECT id, subscription, kind, state, since, ending FROM subscription_change WHERE id = $1", id)
    guard let row else { throw OrderError.unknownChange(id) }
    return try read(row)
  }
}

extension Desk {
  /// Asks for a change of a subscription; its steps run when a runner comes by. One that is under way is not begun
  /// again, and another waits until it is over.
  public func change(
    _ subscription: Int, _ kind: SubscriptionChange.Kind, now: Instant, random: any RandomSource
  ) throws -> SubscriptionChange {
    try perform { transaction in
      let open = try transaction.first(
        """
        SELECT id, subscription, kind, state, since, ending FROM subscription_change
        WHERE subscription = $1 AND state = 1
        """, subscription
      ).map(SubscriptionChange.read)
      if let open {
        guard open.kind == kind else {
          throw OrderError.notAllowed(
            "subscription \(subscription) is being changed (\(open.kind), \(open.id)): ask again when that is done")
        }
        return open
      }
      let id = OrderName.make(random)
      try transaction.execute(
        "INSERT INTO subscription_change (id, subscription, kind, state, since) VALUES ($1, $2, $3, 1, $4)", id,
        subscription, kind.rawValue, now)
      try Steps.begin(SubscriptionSteps.plan, subject: id, now: now, in: transaction)
      return try SubscriptionChange.find(id, in: transaction)
    }
  }

  /// The change `id`.
  public func change(_ id: String) throws -> SubscriptionChange {
    try store.read { try SubscriptionChange.find(id, in: $0) }
  }

  /// The act behind a change: its next step, and why it does not go on.
  public func act(ofChange id: String) throws -> Act? {
    try store.read { try Steps.act(SubscriptionSteps.plan.name, subject: id, in: $0) }
  }
}
