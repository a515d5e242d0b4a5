import GSUP
import Synchronization
import Transport
import TransportSocket

/// The other side of Osmocom's control interface refused; its words.
public struct ControlRefusal: Error, Hashable, Sendable {
  public let reason: String

  /// A refusal.
  public init(_ reason: String) { self.reason = reason }
}

/// Osmocom's control interface: variables are read and set.
public protocol ControlLink: Sendable {
  /// A variable's value. Throws ``ControlRefusal``, or a `LinkError` where the outcome is unknown.
  func get(_ variable: String) throws -> String
  /// Sets a variable. Throws ``ControlRefusal``, or a `LinkError` where the outcome is unknown.
  func set(_ variable: String, _ value: String) throws
}

/// The control interface over TCP, a connection for each question: it is rare, and nothing is left half read.
public final class ControlClient: ControlLink {
  private let host: String
  private let port: Int
  private let patience: Duration
  private let count = Mutex(0)

  /// Osmocom programs listen on a port of their own; osmo-hlr on 4259.
  public init(host: String = "127.0.0.1", port: Int = 4259, patience: Duration = .seconds(5)) {
    (self.host, self.port, self.patience) = (host, port, patience)
  }

  public func get(_ variable: String) throws -> String {
    let id = number()
    switch try ask(.get(id: id, variable: variable), id) {
    case .getReply(_, _, let value): return value
    default: throw LinkError(.malformed, "the control interface of \(host):\(port) answers something else")
    }
  }

  public func set(_ variable: String, _ value: String) throws {
    let id = number()
    guard case .setReply = try ask(.set(id: id, variable: variable, value: value), id) else {
      throw LinkError(.malformed, "the control interface of \(host):\(port) answers something else")
    }
  }

  private func number() -> Int {
    count.withLock { count in
      count = count % 1_000_000 + 1
      return count
    }
  }

  /// How many messages that nobody asked for are passed over.
  private static let trapLimit = 100

  private func ask(_ message: ControlMessage, _ id: Int) throws -> ControlMessage {
    let connection = try FrameClient(host: host, port: port, framing: GSUPService.framing, patience: patience)
    try connection.send(IPAFrame(.control, message.payload).bytes)
    for _ in 0..<Self.trapLimit {
      guard let frame = IPAFrame(bytes: try connection.receive()), frame.stream == .control else { continue }
      switch ControlMessage(payload: frame.payload) {
      case .error(let other, let reason)? where other == nil || other == id: throw ControlRefusal(reason)
      case .getReply(id, _, _)?, .setReply(id, _, _)?:
        if let answer = ControlMessage(payload: frame.payload) { return answer }
      default: continue
      }
    }
    throw LinkError(.broken, "the control interface of \(host):\(port) does not come to an answer")
  }
}
