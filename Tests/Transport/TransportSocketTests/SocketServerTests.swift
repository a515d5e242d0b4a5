import Foundation
import NIOCore
import NIOPosix
import Synchronization
import Testing
import Transport
import TransportSocket

@Suite("Servers on sockets") struct SocketServerTests {
  /// Answers each frame with itself, its last byte raised.
  private struct Echo: FrameService {
    let closings = Closings()
    func opened(_ connection: FrameConnection) { connection.send([0, 0]) }
    func received(_ frame: [UInt8], on connection: FrameConnection) -> (@Sendable () async -> Void)? {
      { connection.send(frame.dropLast() + frame.suffix(1).map { $0 &+ 1 }) }
    }
    func closed(_ connection: FrameConnection) { closings.count.withLock { $0 += 1 } }
  }

  private final class Closings: Sendable { let count = Mutex(0) }

  private static let framing = Framing(headerLength: 2) { header in
    header[0] == 0 ? 2 + Int(header[1]) : nil
  }

  private func client(_ port: Int) async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
    try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(host: "127.0.0.1", port: port) {
      channel in
      channel.eventLoop.makeCompletedFuture { try NIOAsyncChannel(wrappingChannelSynchronously: channel) }
    }
  }

  @Test("frames are cut however they arrive, and answered", .timeLimit(.minutes(1))) func frames() async throws {
    let echo = Echo()
    let server = try await FrameServer(host: "127.0.0.1", port: 0, framing: Self.framing, service: echo)
    let client = try await client(server.port)
    try await client.executeThenClose { inbound, outbound in
      for byte in [0, 3, 7, 7, 7, 0] as [UInt8] { try await outbound.write(ByteBuffer(bytes: [byte])) }
      try await outbound.write(ByteBuffer(bytes: [1, 9, 0, 1, 9]))
      var got: [UInt8] = []
      for try await piece in inbound {
        got += piece.readableBytesView
        if got.count >= 13 { break }
      }
      #expect(got.prefix(2) == [0, 0])
      #expect(got.dropFirst(2).sorted() == [0, 3, 7, 7, 8, 0, 1, 10, 0, 1, 10].sorted())
    }
    await server.stop()
    #expect(echo.closings.count.withLock { $0 } == 1)
  }

  @Test("what is no frame ends the connection; too many connections are closed at once", .timeLimit(.minutes(1)))
  func refused() async throws {
    var limits = FrameServer.Limits()
    limits.connections = 1
    let server = try await FrameServer(
      host: "127.0.0.1", port: 0, framing: Self.framing, limits: limits, service: Echo())
    let first = try await client(server.port)
    try await first.executeThenClose { inbound, outbound in
      var pieces = inbound.makeAsyncIterator()
      #expect(try await pieces.next()?.readableBytes == 2)
      let second = try await client(server.port)
      try await second.executeThenClose { inbound, _ in
        var count = 0
        for try await piece in inbound { count += piece.readableBytes }
        #expect(count == 0)
      }
      try await outbound.write(ByteBuffer(bytes: [9, 9]))
      #expect(try await pieces.next() == nil)
    }
    await server.stop()
  }

  @Test("a datagram is answered to its sender; one that is no message is not", .timeLimit(.minutes(1)))
  func datagrams() throws {
    let folder = try FileManager.default.url(
      for: .itemReplacementDirectory, in: .userDomainMask, appropriateFor: FileManager.default.temporaryDirectory,
      create: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.path + "/server"
    let server = try DatagramServer(path: path) { $0.first == 1 ? $0 + [2] : nil }
    defer { server.stop() }
    let permissions = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber
    #expect(permissions?.intValue == 0o660)
    #expect(throws: LinkError.self) { try DatagramServer(path: path) { _ in nil } }
    let peer = try UnixPeer(folder.path + "/client")
    peer.send([9], to: path)
    peer.send([], to: path)
    peer.send([UInt8](repeating: 9, count: 5000), to: path)
    peer.send([1, 1], to: path)
    #expect(peer.receive() == [1, 1, 2])
  }

  @Test(
    "a socket's path that is too long, or in no folder, is a complaint",
    arguments: ["", "/nowhere/at/all", String(repeating: "x", count: 200)])
  func paths(_ path: String) {
    #expect(throws: LinkError.self) { try DatagramServer(path: path) { _ in nil } }
  }
}

/// A Unix datagram socket with a name of its own.
private final class UnixPeer {
  private let descriptor: Int32

  init(_ path: String) throws {
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    let bound = Self.with(path) { bind(descriptor, $0, $1) }
    try #require(bound == 0)
  }

  deinit { close(descriptor) }

  func send(_ bytes: [UInt8], to path: String) {
    _ = Self.with(path) { address, size in
      Int32(bytes.withUnsafeBytes { sendto(descriptor, $0.baseAddress, $0.count, 0, address, size) })
    }
  }

  func receive() -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 100)
    let got = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
    return Array(buffer.prefix(max(0, got)))
  }

  private static func with(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
    return withUnsafePointer(to: address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
    }
  }
}
