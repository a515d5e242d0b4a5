import OfflineCard

/// How much a terminal dares off line.
public struct RiskLimits: Sendable, Hashable {
  /// The most that one service may cost.
  public var perService: Amount
  /// The most that all services in its log may cost.
  public var stored: Amount
  /// How many services its log holds.
  public var services: Int
  /// Days without a word from the charging centre after which it serves nobody.
  public var days: Int

  /// All limits.
  public init(perService: Amount, stored: Amount, services: Int, days: Int) {
    (self.perService, self.stored, self.services, self.days) = (perService, stored, services, days)
  }
}

/// Why a terminal serves nobody, or not any more.
public enum OutOfService: Error, Hashable, Sendable, CustomStringConvertible {
  case calendar(TerminalCalendar.Problem)
  /// The charging centre was not heard for longer than the limit.
  case silence(days: Int)
  /// The log is full.
  case memoryFull
  /// What is stored has reached its limit.
  case amountReached

  public var description: String {
    switch self {
    case .calendar(let problem): problem.description
    case .silence(let days): "the charging centre was not heard for \(days) days; connect the terminal"
    case .memoryFull: "the usage log is full; connect the terminal to the charging centre"
    case .amountReached: "the log holds as much as the terminal may dare; connect it to the charging centre"
    }
  }
}
