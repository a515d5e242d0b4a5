import APDU
import UICC

/// The proactive commands that wait for the terminal (ETSI TS 102 221 §7.4.2, TS 102 223 §6.2).
struct ProactiveQueue {
  /// The most commands that wait.
  static let limit = 16

  private var waiting: [ProactiveCommand] = []
  /// What the terminal fetched and has not answered yet.
  private(set) var outstanding: ProactiveCommand?
  /// The terminal's capabilities; nil before TERMINAL PROFILE, and then the card stays silent.
  var terminalProfile: TerminalProfile?

  mutating func push(_ commands: [ProactiveCommand]) {
    for command in commands where waiting.count < Self.limit { waiting.append(command) }
  }

  /// `status`, or 91xx in the place of 9000 where a command waits and none is being carried out.
  func ending(_ status: StatusWord) -> StatusWord {
    guard status == .ok, let next else { return status }
    return .proactive(next.encoded.count)
  }

  /// What FETCH would get; nil where nothing waits, or the terminal is not to be told.
  var next: ProactiveCommand? { outstanding == nil && terminalProfile != nil ? waiting.first : nil }

  /// FETCH took the first one.
  mutating func fetch() {
    guard let first = next else { return }
    outstanding = first
    waiting.removeFirst()
  }

  /// TERMINAL RESPONSE ended the outstanding one, which is returned.
  mutating func answer() -> ProactiveCommand? {
    defer { outstanding = nil }
    return outstanding
  }
}
