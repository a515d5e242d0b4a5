import Bytes
import GSUP
import Identifiers
import Synchronization
import TransportSocket

/// GSUP's end of TCP connections: IPA frames in, who is who, and deliveries to the node they are for.
public final class GSUPService: FrameService {
  /// How connections are cut into IPA frames.
  public static let framing = Framing(headerLength: IPAFrame.headerLength) { IPAFrame.length(header: $0) }

  private let route: GSUPRoute
  private let random: any RandomSource
  private let now: @Sendable () -> Instant
  private let log: @Sendable (String) -> Void
  private let peers = Mutex(Peers())

  private struct Peers {
    var names: [ObjectIdentifier: String] = [:]
    var connections: [String: FrameConnection] = [:]
  }

  /// The service over a route, with the shell's clock and randomness; `log` gets a line for each connection that is
  /// closed because of what arrived on it.
  public init(
    _ route: GSUPRoute, random: any RandomSource, log: @escaping @Sendable (String) -> Void = { _ in },
    now: @escaping @Sendable () -> Instant
  ) {
    (self.route, self.random, self.log, self.now) = (route, RandomPage(random), log, now)
  }

  public func opened(_ connection: FrameConnection) {
    connection.send(IPAFrame(.connection, IPAConnectionMessage.identityRequest.payload).bytes)
  }

  public func answerAtOnce(_ frame: [UInt8], on connection: FrameConnection) -> [UInt8]? {
    guard frame.count > 4, frame[2] == 0xEE, frame[3] == 0x05,
      let node = peers.withLock({ $0.names[ObjectIdentifier(connection)] })
    else { return nil }
    return route.respondAtOnce(to: Array(frame[4...]), from: node, now: now(), random: random)
  }

  public func received(_ frame: [UInt8], on connection: FrameConnection) -> (@Sendable () async -> Void)? {
    switch IPAFrame(bytes: frame).map({ ($0.stream, $0.payload) }) {
    case (.connection, let payload)?:
      multiplex(payload, on: connection)
      return nil
    case (.gsup, let payload)?:
      // Who has not said who it is, is told nothing.
      guard let node = peers.withLock({ $0.names[ObjectIdentifier(connection)] }) else {
        refuse(connection, "asked before it said who it is")
        return nil
      }
      guard let message = GSUPMessage(bytes: payload) else {
        refuse(connection, "sent a malformed GSUP message of \(payload.count) bytes")
        return nil
      }
      return { await self.answer(message, from: node, on: connection) }
    default: return nil
    }
  }

  public func refused(_ connection: FrameConnection) {
    log("GSUP: closed the connection of \(name(of: connection)): it sent what is no IPA frame")
  }

  private func refuse(_ connection: FrameConnection, _ deed: String) {
    log("GSUP: closed the connection of \(name(of: connection)): it \(deed)")
    connection.close()
  }

  /// Who a peer says it is, of printable characters alone, and where it is.
  private func name(of connection: FrameConnection) -> String {
    let name = peers.withLock { $0.names[ObjectIdentifier(connection)] }
    return [name, connection.peer].compactMap { $0 }.joined(separator: " at ")
  }

  private func answer(_ message: GSUPMessage, from node: String, on connection: FrameConnection) async {
    for delivery in await route.respond(to: message, from: node, now: now(), random: random) {
      let other = peers.withLock { $0.connections[delivery.node] }
      let place: FrameConnection? = delivery.node == node ? connection : other
      place?.send(IPAFrame(.gsup, delivery.message.bytes).bytes)
    }
  }

  /// Tells the nodes that are connected which of their subscribers were barred, closed or removed since the last time.
  public func withdraw() throws {
    let connections = peers.withLock { $0.connections }
    try route.withdraw(isThere: { connections[$0] != nil }) { delivery in
      connections[delivery.node]?.send(IPAFrame(.gsup, delivery.message.bytes).bytes)
    }
  }

  public func closed(_ connection: FrameConnection) {
    peers.withLock { peers in
      guard let name = peers.names.removeValue(forKey: ObjectIdentifier(connection)) else { return }
      if peers.connections[name] === connection { peers.connections[name] = nil }
    }
  }

  private func multiplex(_ payload: [UInt8], on connection: FrameConnection) {
    guard let message = IPAConnectionMessage(payload: payload) else { return }
    switch message {
    case .ping: connection.send(IPAFrame(.connection, IPAConnectionMessage.pong.payload).bytes)
    case .identityResponse:
      guard let name = message.peerName else { return refuse(connection, "has no name") }
      peers.withLock { peers in
        peers.names[ObjectIdentifier(connection)] = name
        peers.connections[name] = connection
      }
      connection.send(IPAFrame(.connection, IPAConnectionMessage.identityAcknowledgement.payload).bytes)
    case .pong, .identityRequest, .identityAcknowledgement: return
    }
  }
}
