/// A line of Osmocom's control interface: "SET 1 subscriber.create 001010000000001".
public enum ControlMessage: Hashable, Sendable {
  case get(id: Int, variable: String)
  case set(id: Int, variable: String, value: String)
  case getReply(id: Int, variable: String, value: String)
  case setReply(id: Int, variable: String, value: String)
  case trap(variable: String, value: String)
  case error(id: Int?, reason: String)

  /// The message of a payload; nil where it is none.
  public init?(payload: [UInt8]) {
    guard let text = String(validating: payload.filter { $0 != 0 }, as: UTF8.self) else { return nil }
    let words = text.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
    guard words.count >= 3 else { return nil }
    let (id, rest) = (Int(words[1]), words.count > 3 ? words[3] : "")
    switch (words[0], id) {
    case ("GET", let id?): self = .get(id: id, variable: words[2])
    case ("SET", let id?): self = .set(id: id, variable: words[2], value: rest)
    case ("GET_REPLY", let id?): self = .getReply(id: id, variable: words[2], value: rest)
    case ("SET_REPLY", let id?): self = .setReply(id: id, variable: words[2], value: rest)
    case ("TRAP", _): self = .trap(variable: words[2], value: rest)
    case ("ERROR", let id): self = .error(id: id, reason: words.dropFirst(2).joined(separator: " "))
    default: return nil
    }
  }

  /// The message as a payload.
  public var payload: [UInt8] {
    switch self {
    case .get(let id, let variable): Array("GET \(id) \(variable)".utf8)
    case .set(let id, let variable, let value): Array("SET \(id) \(variable) \(value)".utf8)
    case .getReply(let id, let variable, let value): Array("GET_REPLY \(id) \(variable) \(value)".utf8)
    case .setReply(let id, let variable, let value): Array("SET_REPLY \(id) \(variable) \(value)".utf8)
    case .trap(let variable, let value): Array("TRAP 0 \(variable) \(value)".utf8)
    case .error(let id, let reason): Array("ERROR \(id.map(String.init) ?? "err") \(reason)".utf8)
    }
  }
}
