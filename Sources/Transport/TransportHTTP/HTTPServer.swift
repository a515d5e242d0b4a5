import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Transport

/// A running HTTP server with one or more listeners.
public final class HTTPServer: Sendable {
  private let running: [RunningListener]

  private init(_ running: [RunningListener]) { self.running = running }

  /// Binds all listeners; returns when all of them take connections, or none does.
  public static func start(_ listeners: [Listener]) async throws(LinkError) -> HTTPServer {
    var running: [RunningListener] = []
    for listener in listeners {
      do throws(LinkError) {
        running.append(try await RunningListener(listener))
      } catch {
        for other in running { await other.stop(grace: .zero) }
        throw error
      }
    }
    return HTTPServer(running)
  }

  /// The listeners' ports, in their order.
  public var ports: [Int] { running.map(\.port) }

  /// Takes no more connections, lets requests under way finish, at most for `grace`, then closes everything.
  public func stop(grace: Duration = .seconds(10)) async {
    await withTaskGroup(of: Void.self) { group in
      for listener in running { group.addTask { await listener.stop(grace: grace) } }
    }
  }
}

/// One listener's server: NIO's HTTP/1.1, each connection served on the thread of its event loop.
private struct RunningListener: Sendable {
  let port: Int
  private let door: any Channel
  private let connections: Connections

  init(_ listener: Listener) async throws(LinkError) {
    let tls = try listener.identity.map { identity throws(LinkError) in try ServerTLS(identity, listener) }
    let connections = Connections(limit: listener.limits.connections)
    let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.backlog, value: 1024)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .serverChannelInitializer { door in
        door.eventLoop.makeCompletedFuture { try door.pipeline.syncOperations.addHandler(Admission(connections)) }
      }
      .childChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { channel in
        connections.add(channel)
        return channel.eventLoop.makeCompletedFuture { try Self.furnish(channel, listener, tls) }
      }
    do { door = try await bootstrap.bind(host: listener.host, port: listener.port).get() } catch {
      throw .cannotListen(
        on: listener.host, listener.port, errno: (error as? IOError)?.errnoCode)
    }
    self.connections = connections
    port = door.localAddress?.port ?? listener.port
  }

  /// The handlers of a connection.
  private static func furnish(_ channel: any Channel, _ listener: Listener, _ tls: ServerTLS?) throws {
    var limits = NIOHTTPDecoderLimitConfiguration()
    (limits.maxHeaderFieldSize, limits.maxHeaderListSize, limits.maxHeaderFieldCount) = (16 << 10, 32 << 10, 100)
    let pipeline = channel.pipeline.syncOperations
    if let tls { try pipeline.addHandler(tls.handler()) }
    let decoder = HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: limits)
    try pipeline.addHandler(ByteToMessageHandler(decoder))
    try pipeline.addHandler(ServerConnection(listener, on: channel.eventLoop))
  }

  func stop(grace: Duration) async {
    try? await door.close()
    let open = connections.all
    // Whoever is idle closes now, whoever works on a request after its answer.
    for channel in open { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
    let deadline = door.eventLoop.scheduleTask(in: TimeAmount(grace)) {
      for channel in open { channel.close(promise: nil) }
    }
    for channel in open { try? await channel.closeFuture.get() }
    deadline.cancel()
  }
}

/// How a listener proves itself and whom it asks for a certificate.
private struct ServerTLS: Sendable {
  private let context: NIOSSLContext
  private let clients: Listener.Clients

  init(_ identity: TLSIdentity, _ listener: Listener) throws(LinkError) {
    var tls = TLSConfiguration.makeServerConfiguration(
      certificateChain: identity.chain.map { .certificate($0) }, privateKey: .privateKey(identity.key))
    // SGP.22 §2.6.6: TLS 1.2 at least.
    tls.minimumTLSVersion = .tlsv12
    tls.applicationProtocols = ["http/1.1"]
    // A peer that does not answer our goodbye is not waited for.
    tls.shutdownTimeout = .milliseconds(500)
    // Asks for a certificate; the callback decides instead of the library, which knows no pinned ones.
    if case .holders = listener.clients { tls.certificateVerification = .noHostnameVerification }
    do { context = try NIOSSLContext(configuration: tls) } catch {
      throw LinkError(.untrusted, "the TLS certificate for port \(listener.port) does not fit its key: \(error)")
    }
    clients = listener.clients
  }

  /// TLS for one connection.
  func handler() -> NIOSSLServerHandler {
    guard case .holders(let accepts) = clients else { return NIOSSLServerHandler(context: context) }
    return NIOSSLServerHandler(context: context) { certificates, verdict in
      let chain = certificates.compactMap { try? $0.toDERBytes() }
      let isAccepted = !chain.isEmpty && chain.count == certificates.count && accepts(chain)
      verdict.succeed(isAccepted ? .certificateVerified : .failed)
    }
  }
}
