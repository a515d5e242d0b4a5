import Identifiers
import Store

/// Where a subscriber's profile or keys were seen, as others tell: the SM-DP+ of downloads and notifications, which the
/// eUICC signed, and the authentication centre of what USIMs say.
public enum Sighting: Sendable, Hashable {
  /// A profile on an eUICC: it was downloaded there, or told of being installed, enabled or disabled.
  case profile(ICCID, IMSI, on: EID, by: String)
  /// A USIM's own sequence number went back: what it said before and after, by which node.
  case counter(IMSI, keys: String, before: String, after: String)
}

/// Two living bodies of one identity, with the evidence.
public struct CloneAlarm: Sendable, Hashable {
  /// What cannot be.
  public enum Kind: Int, Sendable, CaseIterable, CustomStringConvertible {
    /// A profile on two eUICCs.
    case twoCards = 1
    /// A profile lives on whose place another has taken.
    case replaced = 2
    /// A USIM's own number went back.
    case counter = 3

    public var description: String {
      switch self {
      case .twoCards: "one profile on two eUICCs"
      case .replaced: "a profile is used whose place another has taken"
      case .counter: "a USIM's own sequence number went back"
      }
    }
  }

  /// 12 letters and digits.
  public let id: String
  public let imsi: IMSI
  public let kind: Kind
  /// What was known, and what was seen that does not go with it.
  public let before: String
  public let after: String
  public let since: Instant
  /// When something was seen last, and how often.
  public let last: Instant
  public let count: Int
  /// Whether the subscriber is shut out because of it.
  public let isBarred: Bool
  /// Who decided what.
  public let decidedBy: String?
  public let decision: String?

  static func read(_ row: Row) throws(StoreError) -> CloneAlarm {
    guard let kind = Kind(rawValue: try row(2)) else { throw .unexpected("an alarm of no known kind") }
    return CloneAlarm(
      id: try row(0), imsi: try row(1), kind: kind, before: try row(3), after: try row(4), since: try row(5),
      last: try row(6), count: try row(7), isBarred: try row(8), decidedBy: try row(9), decision: try row(10))
  }
}
