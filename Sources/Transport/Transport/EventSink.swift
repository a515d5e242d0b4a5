/// A message seen on a link, decoded for reading.
public struct LinkEvent: Hashable, Sendable {
  /// Which way the message went, as seen from the end that records.
  public enum Direction: String, Sendable {
    case sent, received
  }

  /// The other end: "card", "smdp.example.com".
  public var peer: String
  public var direction: Direction
  /// What the message is: "STORE DATA", "ES9+ initiateAuthentication".
  public var name: String
  /// What belongs together, where the message tells: a transaction identifier; else empty.
  public var correlation: String
  /// The message readably, a line for each part; secrets masked.
  public var text: String
  /// The message's bytes as they were on the link; secrets masked.
  public var bytes: [UInt8]

  /// An event.
  public init(
    peer: String, direction: Direction, name: String, correlation: String = "", text: String, bytes: [UInt8]
  ) {
    (self.peer, self.direction, self.name) = (peer, direction, name)
    (self.correlation, self.text, self.bytes) = (correlation, text, bytes)
  }
}

/// Where link events go: the event record, a log file, a test.
public protocol EventSink: AnyObject, Sendable {
  /// Takes an event; must not fail, and must not call back into the link.
  func take(_ event: LinkEvent)
}

extension LinkEvent: CustomStringConvertible {
  /// The event for logs that people read: an arrow, the peer and the name, and the message indented; ends with a line
  /// break.
  public var description: String {
    let arrow = direction == .sent ? "→" : "←"
    return "\(arrow) \(peer)  \(name)\n" + text.split(separator: "\n").map { "    \($0)\n" }.joined()
  }
}
