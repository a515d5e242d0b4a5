import NIOCore
import NIOPosix
import Transport

/// How a stream of bytes is cut into frames.
public struct Framing: Sendable {
  /// Bytes from which a frame's length can be told.
  public var headerLength: Int
  /// The length of the frame that begins with these bytes, header included; nil where it is none: the connection ends.
  public var length: @Sendable ([UInt8]) -> Int?

  /// A way to cut.
  public init(headerLength: Int, length: @escaping @Sendable ([UInt8]) -> Int?) {
    (self.headerLength, self.length) = (headerLength, length)
  }
}

/// What a server of frames does with its connections.
public protocol FrameService: Sendable {
  /// A connection is there.
  func opened(_ connection: FrameConnection)
  /// A frame arrived: frames of a connection are taken in order, the work they lead to is done side by side.
  func received(_ frame: [UInt8], on connection: FrameConnection) -> (@Sendable () async -> Void)?
  /// The answer to a frame that needs no waiting: it runs where the frame was read. nil leaves the frame to
  /// ``received(_:on:)``.
  func answerAtOnce(_ frame: [UInt8], on connection: FrameConnection) -> [UInt8]?
  /// Bytes arrived that are no frame: the connection is closed.
  func refused(_ connection: FrameConnection)
  /// The connection is gone.
  func closed(_ connection: FrameConnection)
}

extension FrameService {
  public func answerAtOnce(_ frame: [UInt8], on connection: FrameConnection) -> [UInt8]? { nil }
  public func refused(_ connection: FrameConnection) {}
}

/// A peer's connection.
public final class FrameConnection: Sendable {
  private let channel: any Channel

  init(_ channel: any Channel) { self.channel = channel }

  /// Sends a frame; a peer that went away does not get it.
  public func send(_ frame: [UInt8]) { channel.writeAndFlush(ByteBuffer(bytes: frame), promise: nil) }

  /// Where the peer is, as an address and a port.
  public var peer: String { channel.remoteAddress?.description ?? "an unknown place" }

  /// Ends the connection.
  public func close() { channel.close(promise: nil) }
}

/// A TCP server whose peers speak in frames.
public final class FrameServer: Sendable {
  /// What peers may take of us.
  public struct Limits: Sendable {
    /// Most connections at a time; further ones are closed at once.
    public var connections = 256
    /// Most frames of one connection that are worked on at once; further ones wait in the peer's socket.
    public var framesAtOnce = 64
    /// Most bytes that wait to be read by a peer; a slower one is closed.
    public var backlog = 1 << 20

    /// The usual limits.
    public init() {}
  }

  /// The port that was bound.
  public let port: Int
  private let channel: any Channel
  private let serving: Task<Void, Never>

  /// Binds and serves; port 0 takes a free one.
  public init(
    host: String, port: Int, framing: Framing, limits: Limits = Limits(), service: some FrameService
  ) async throws(LinkError) {
    let listener: NIOAsyncChannel<Peer, Never>
    do {
      listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .serverChannelOption(.backlog, value: 256).serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
        .childChannelOption(
          .writeBufferWaterMark, value: .init(low: limits.backlog / 2, high: limits.backlog)
        )
        .bind(host: host, port: port) { channel in
          channel.eventLoop.makeCompletedFuture {
            let connection = FrameConnection(channel)
            let decoder = FrameDecoder(framing) { service.refused(connection) }
            try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(decoder))
            try channel.pipeline.syncOperations.addHandler(SlowReaderGuard())
            try channel.pipeline.syncOperations.addHandler(
              PromptAnswers(connection, service, limit: limits.framesAtOnce))
            return Peer(frames: try NIOAsyncChannel(wrappingChannelSynchronously: channel), connection: connection)
          }
        }
    } catch {
      throw .cannotListen(on: host, port, errno: (error as? IOError)?.errnoCode)
    }
    channel = listener.channel
    self.port = channel.localAddress?.port ?? port
    serving = Task {
      try? await listener.executeThenClose { peers in
        await withDiscardingTaskGroup { group in
          let count = Counter()
          do {
            for try await peer in peers {
              guard count.enter(limits.connections) else {
                peer.connection.close()
                group.addTask { try? await peer.frames.executeThenClose { _, _ in } }
                continue
              }
              group.addTask {
                await Self.serve(peer, limits, service)
                count.leave()
              }
            }
          } catch {}
          group.cancelAll()
        }
      }
    }
  }

  /// Closes the listener and all connections.
  public func stop() async {
    channel.close(promise: nil)
    serving.cancel()
    await serving.value
  }

  /// A connection and the frames on it that take longer.
  private struct Peer: Sendable {
    let frames: NIOAsyncChannel<[UInt8], ByteBuffer>
    let connection: FrameConnection
  }

  private static func serve(
    _ peer: Peer, _ limits: Limits, _ service: some FrameService
  ) async {
    let connection = peer.connection
    try? await peer.frames.executeThenClose { frames, _ in
      service.opened(connection)
      await withTaskGroup(of: Void.self) { group in
        var running = 0
        do {
          for try await frame in frames {
            guard let work = service.received(frame, on: connection) else { continue }
            if running == limits.framesAtOnce {
              await group.next()
              running -= 1
            }
            group.addTask { await work() }
            running += 1
          }
        } catch {}
      }
    }
    service.closed(connection)
  }
}
