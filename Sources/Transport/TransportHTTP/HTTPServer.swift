import Glibc
import HTTPTypes
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Transport

/// A running HTTP server with one or more listeners.
public final class HTTPServer: Sendable {
  private let running: [RunningListener]

  private init(_ running: [RunningListener]) { self.running = running }

  /// Binds all listeners; returns when all of them take connections, or none does.
  public static func start(
    _ listeners: [Listener], logger: Logger = Logger(label: "simurgh.http") { _ in SwiftLogNoOpLogHandler() }
  ) async throws(LinkError) -> HTTPServer {
    var running: [RunningListener] = []
    for listener in listeners {
      do throws(LinkError) {
        running.append(try await RunningListener(listener, logger: logger))
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

/// One listener's server.
private struct RunningListener: Sendable {
  let port: Int
  private let shutDown: @Sendable () async -> Void
  private let task: Task<Void, any Error>

  init(_ listener: Listener, logger: Logger) async throws(LinkError) {
    let http = HTTP1Channel(
      responder: Responder(listener).respond,
      configuration: .init(
        additionalChannelHandlers: [RequestDeadline(listener.limits.request)],
        idleTimeout: TimeAmount(listener.limits.idle),
        httpDecoderConfiguration: .init(
          maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 32 << 10, maxHeaderFieldCount: 100)))
    if let identity = listener.identity {
      let channel: TLSChannel<HTTP1Channel>
      do {
        channel = try TLSChannel(http, configuration: Self.tls(identity, listener.clients))
      } catch {
        throw LinkError(.untrusted, "the TLS certificate for port \(listener.port) does not fit its key: \(error)")
      }
      try await self.init(channel, listener, logger: logger)
    } else {
      try await self.init(http, listener, logger: logger)
    }
  }

  private init(_ channel: some ServerChildChannel, _ listener: Listener, logger: Logger) async throws(LinkError) {
    let (bound, announce) = AsyncStream.makeStream(of: Int.self)
    let server = Server(
      childChannelSetup: channel,
      configuration: ServerConfiguration(
        address: .hostname(listener.host, port: listener.port),
        availableConnectionsDelegate: MaximumAvailableConnections(listener.limits.connections)),
      onServerRunning: { announce.yield($0.localAddress?.port ?? listener.port) },
      eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger)
    let task = Task {
      defer { announce.finish() }
      try await server.run()
    }
    var ports = bound.makeAsyncIterator()
    guard let port = await ports.next() else {
      var reason = "it stopped"
      do { try await task.value } catch { reason = Self.sentence(error) }
      throw LinkError(
        .unreachable, "nothing can listen on \(listener.host):\(listener.port): \(reason); choose another port")
    }
    (self.port, self.task) = (port, task)
    shutDown = { try? await server.shutdownGracefully() }
  }

  private static func sentence(_ error: any Error) -> String {
    switch (error as? IOError)?.errnoCode {
    case EADDRINUSE: "another program listens there"
    case EACCES: "ports below 1024 are for root"
    case EADDRNOTAVAIL: "this machine has no such address"
    default: "\(error)"
    }
  }

  func stop(grace: Duration) async {
    let deadline = Task {
      try? await Task.sleep(for: grace)
      task.cancel()
    }
    if grace == .zero { task.cancel() }
    await shutDown()
    _ = try? await task.value
    deadline.cancel()
  }

  private static func tls(_ identity: TLSIdentity, _ clients: Listener.Clients) -> TLSChannelConfiguration {
    var tls = TLSConfiguration.makeServerConfiguration(
      certificateChain: identity.chain.map { .certificate($0) }, privateKey: .privateKey(identity.key))
    // SGP.22 §2.6.6: TLS 1.2 at least.
    tls.minimumTLSVersion = .tlsv12
    tls.applicationProtocols = ["http/1.1"]
    // A peer that does not answer our goodbye is not waited for.
    tls.shutdownTimeout = .milliseconds(500)
    guard case .holders(let accepts) = clients else { return TLSChannelConfiguration(tlsConfiguration: tls) }
    // Asks for a certificate; the callback decides instead of the library, which knows no pinned ones.
    tls.certificateVerification = .noHostnameVerification
    return TLSChannelConfiguration(tlsConfiguration: tls) { certificates, verdict in
      let chain = certificates.compactMap { try? $0.toDERBytes() }
      let isAccepted = !chain.isEmpty && chain.count == certificates.count && accepts(chain)
      verdict.succeed(isAccepted ? .certificateVerified : .failed)
    }
  }
}
