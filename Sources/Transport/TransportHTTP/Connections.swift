import NIOCore
import Synchronization

/// The connections of a listener that are open.
final class Connections: Sendable {
  private struct State {
    var open: [ObjectIdentifier: any Channel] = [:]
    /// Lets the next connection in, where one waits at the door.
    var whenOneCloses: (@Sendable () -> Void)?
  }

  private let limit: Int
  private let state = Mutex(State())

  /// At most `limit` at a time, and the few that a door takes at once.
  init(limit: Int) { self.limit = limit }

  /// Those that are open now.
  var all: [any Channel] { state.withLock { Array($0.open.values) } }

  /// Counts `channel` as long as it is open.
  func add(_ channel: any Channel) {
    let key = ObjectIdentifier(channel)
    state.withLock { $0.open[key] = channel }
    channel.closeFuture.whenComplete { _ in
      let next = self.state.withLock { state in
        state.open[key] = nil
        defer { state.whenOneCloses = nil }
        return state.whenOneCloses
      }
      next?()
    }
  }

  /// Whether there is room for one more; if not, `next` is called once when there is.
  func hasRoom(otherwise next: @escaping @Sendable () -> Void) -> Bool {
    state.withLock { state in
      if state.open.count < limit { return true }
      state.whenOneCloses = next
      return false
    }
  }
}

/// Lets further connections wait at a listener's door while it has as many as it may.
final class Admission: ChannelOutboundHandler {
  typealias OutboundIn = Never

  private let connections: Connections

  init(_ connections: Connections) { self.connections = connections }

  func read(context: ChannelHandlerContext) {
    let door = context.channel
    if connections.hasRoom(otherwise: { door.read() }) { context.read() }
  }
}
