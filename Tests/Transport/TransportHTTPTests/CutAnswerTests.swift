import Bytes
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL
import Testing
import Transport
import TransportHTTP

@Suite("Answers that end too early") struct CutAnswerTests {
  private static let name = "smdp.example.com"

  @Test(
    "an answer that the server cuts off at any byte, with TLS's goodbye or without, is a broken line and never an answer",
    arguments: [
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{\"limit\":42}",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{\"limit\"\r\n4\r\n:42}\r\n0\r\n\r\n",
    ], [true, false])
  func cut(answer: String, goodbye: Bool) async throws {
    let ci = try TestCertificates.issuer()
    let server = try await CuttingServer.start(try ci.issue(.init(name: "DP", dns: Self.name)), saysGoodbye: goodbye)
    var configuration = HTTPSClient.Configuration(roots: [ci.certificate])
    configuration.places = [Self.name: "127.0.0.1:\(server.port)"]
    configuration.timeout = .seconds(10)
    let client = try HTTPSClient(configuration)
    defer { client.close() }
    for end in 0...answer.utf8.count {
      server.answer(answer.utf8.prefix(end))
      do throws(LinkError) {
        let reply = try await client.send(Message(host: Self.name, path: "/", body: []))
        #expect(end == answer.utf8.count, "\(end)")
        #expect(reply.body == Array("{\"limit\":42}".utf8))
      } catch {
        #expect(end < answer.utf8.count && error.kind == .broken, "\(end): \(error)")
      }
    }
    try await server.stop()
  }
}

/// A server that answers whatever it is asked with some bytes, and hangs up.
private final class CuttingServer: Sendable {
  private let content: NIOLockedValueBox<[UInt8]>
  private let channel: any Channel

  static func start(_ certificate: TestCertificates, saysGoodbye: Bool) async throws -> CuttingServer {
    let tls = TLSConfiguration.makeServerConfiguration(
      certificateChain: [.certificate(try NIOSSLCertificate(bytes: certificate.certificate, format: .der))],
      privateKey: .privateKey(try NIOSSLPrivateKey(bytes: certificate.key.pkcs8.bytes, format: .der)))
    let context = try NIOSSLContext(configuration: tls)
    let content = NIOLockedValueBox<[UInt8]>([])
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandlers(
            NIOSSLServerHandler(context: context), Answering(content, saysGoodbye: saysGoodbye))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    return CuttingServer(channel, content)
  }

  private init(_ channel: any Channel, _ content: NIOLockedValueBox<[UInt8]>) {
    (self.channel, self.content) = (channel, content)
  }

  var port: Int { channel.localAddress?.port ?? 0 }
  func answer(_ bytes: some Collection<UInt8>) { content.withLockedValue { $0 = Array(bytes) } }
  func stop() async throws { try await channel.close() }

  private final class Answering: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let content: NIOLockedValueBox<[UInt8]>
    private let saysGoodbye: Bool

    init(_ content: NIOLockedValueBox<[UInt8]>, saysGoodbye: Bool) {
      (self.content, self.saysGoodbye) = (content, saysGoodbye)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let end = context.eventLoop.makePromise(of: Void.self)
      let pipeline = context.pipeline.syncOperations
      let (saysGoodbye, channel) = (saysGoodbye, NIOLoopBound(context, eventLoop: context.eventLoop))
      end.futureResult.assumeIsolated().whenComplete { _ in
        // What is below TLS closes without it.
        let layer = saysGoodbye ? nil : try? pipeline.context(handlerType: NIOSSLServerHandler.self)
        (layer ?? channel.value).close(promise: nil)
      }
      context.channel.writeAndFlush(ByteBuffer(bytes: content.withLockedValue { $0 }), promise: end)
    }
  }
}
