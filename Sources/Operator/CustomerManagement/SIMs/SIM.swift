import Identifiers
import Store

/// A SIM or profile in stock: a pair of ICCID and IMSI, of a profile type.
public struct SIM: Sendable, Hashable {
  /// A SIM's life.
  public enum State: Int, Sendable, CaseIterable, CustomStringConvertible {
    case free = 0
    /// Taken for an order.
    case taken = 1
    case inUse = 2
    /// Was in use; its keys are never used again.
    case retired = 3

    public var description: String {
      switch self {
      case .free: "free"
      case .taken: "taken"
      case .inUse: "in use"
      case .retired: "retired"
      }
    }
  }

  public let iccid: ICCID
  public let imsi: IMSI
  public let profileType: String
  public let state: State
  /// The order that took it.
  public let takenBy: String?
  public let subscription: Int?

  static func read(_ row: Row) throws -> SIM {
    guard let state = State(rawValue: try row(3)) else { throw StoreError.unexpected("a SIM of no known state") }
    return SIM(
      iccid: try row(0), imsi: try row(1), profileType: try row(2), state: state, takenBy: try row(4),
      subscription: try row(5))
  }
}
