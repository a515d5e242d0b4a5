import Bytes
import Identifiers
import Keys
import NIOCore
import NIOPosix
import Synchronization
import Testing
import Transport
import TransportHTTP

@Suite("HTTP server and client") struct HTTPServerTests {
  private static let name = "smdp.example.com"
  private let ci: TestCertificates
  private let identity: TLSIdentity

  init() throws {
    ci = try TestCertificates.issuer()
    let server = try ci.issue(.init(name: "DP", dns: Self.name))
    identity = try TLSIdentity(certificates: [server.certificate], key: server.key)
  }

  private func client(
    _ server: HTTPServer, listener: Int = 0, _ adjust: (inout HTTPSClient.Configuration) -> Void = { _ in }
  ) throws -> HTTPSClient {
    var configuration = HTTPSClient.Configuration(roots: [ci.certificate])
    configuration.places = [Self.name: "127.0.0.1:\(server.ports[listener])"]
    adjust(&configuration)
    return try HTTPSClient(configuration)
  }

  @Test("a message arrives as it was sent, the answer likewise, and connections are kept") func roundTrip() async throws
  {
    let seen = Mutex<[Message]>([])
    let server = try await HTTPServer.start([
      Listener(port: 0, identity: identity) { message in
        seen.withLock { $0.append(message) }
        return Reply(status: 204, headers: ["X-Admin-Protocol": "gsma/rsp/v2.5.0"])
      }
    ])
    let client = try client(server)
    for number in 0..<3 {
      let reply = try await client.send(
        Message(
          host: Self.name, path: "/gsma/rsp2/es9plus/x", headers: ["User-Agent": "gsma-rsp-lpad"], body: [UInt8(number)]
        ))
      #expect(reply.status == 204)
      #expect(reply.headers["x-admin-protocol"] == "gsma/rsp/v2.5.0")
      #expect(reply.body.isEmpty)
    }
    let messages = seen.withLock { $0 }
    #expect(messages.map(\.body) == [[0], [1], [2]])
    #expect(messages.allSatisfy { $0.path == "/gsma/rsp2/es9plus/x" && $0.method == "POST" && $0.host == Self.name })
    #expect(messages.allSatisfy { $0.headers["user-agent"] == "gsma-rsp-lpad" && $0.peerCertificate == nil })
    client.close()
    await server.stop()
  }

  @Test("the blocking call gives the same from an ordinary thread") func blocking() async throws {
    let server = try await HTTPServer.start([Listener(port: 0, identity: identity) { Reply(body: $0.body + [9]) }])
    let client = try client(server)
    let reply: Reply = try await withCheckedThrowingContinuation { continuation in
      NIOThreadPool.singleton.submit { _ in
        continuation.resume(with: Result { try client.exchange(Message(host: Self.name, path: "/", body: [7])) })
      }
    }
    #expect(reply.body == [7, 9])
    client.close()
    await server.stop()
  }

  @Test("two listeners, each with its own certificate and handler") func listeners() async throws {
    let other = try TestCertificates.issuer("Other CI")
    let second = try other.issue(.init(name: "DP", dns: Self.name))
    let server = try await HTTPServer.start([
      Listener(port: 0, identity: identity) { _ in Reply(body: [1]) },
      Listener(port: 0, identity: try TLSIdentity(certificates: [second.certificate], key: second.key)) { _ in
        Reply(body: [2])
      },
    ])
    let first = try client(server)
    #expect(try await first.send(Message(host: Self.name, path: "/")).body == [1])
    let wrong = try client(server, listener: 1)
    await #expect(throws: LinkError.self) { try await wrong.send(Message(host: Self.name, path: "/")) }
    let right = try client(server, listener: 1) { $0.roots = [other.certificate] }
    #expect(try await right.send(Message(host: Self.name, path: "/")).body == [2])
    for client in [first, wrong, right] { client.close() }
    await server.stop()
  }

  @Test("SGP.22 §5.3: mutual TLS lets pinned certificates in, hands them to the handler, and keeps others out")
  func mutual() async throws {
    let known = try TestCertificates(.init(name: "Operator", dns: "operator.example.com"))
    let stranger = try TestCertificates(.init(name: "Operator", dns: "operator.example.com"))
    let server = try await HTTPServer.start([
      Listener(port: 0, identity: identity, clients: .pinned([known.certificate])) { message in
        Reply(body: message.peerCertificate ?? [])
      }
    ])
    func ask(_ holder: TestCertificates?, certificate: [UInt8]? = nil) async throws -> Reply {
      let client = try client(server) {
        $0.identity = holder.flatMap { try? TLSIdentity(certificates: [certificate ?? $0.certificate], key: $0.key) }
      }
      defer { client.close() }
      return try await client.send(Message(host: Self.name, path: "/gsma/rsp2/es2plus/downloadOrder"))
    }
    #expect(try await ask(known).body == known.certificate)
    await #expect(throws: LinkError.self) { try await ask(stranger) }
    await #expect(throws: LinkError.self) { try await ask(nil) }
    // The pinned certificate without its key.
    await #expect(throws: (any Error).self) { try await ask(stranger, certificate: known.certificate) }
    await server.stop()
  }

  @Test("a body beyond the limit is refused with 413, announced or not") func bodyLimit() async throws {
    var limits = Listener.Limits()
    limits.body = 1000
    let calls = Mutex(0)
    let server = try await HTTPServer.start([
      Listener(port: 0, identity: nil, limits: limits) { _ in
        calls.withLock { $0 += 1 }
        return Reply()
      }
    ])
    let announced = try await RawHTTP.exchange(
      server.ports[0], "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n")
    #expect(announced.hasPrefix("HTTP/1.1 413"))
    let chunk = String(repeating: "x", count: 0x200)
    let chunks = String(repeating: "200\r\n\(chunk)\r\n", count: 3)
    let chunked = try await RawHTTP.exchange(
      server.ports[0], "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n\(chunks)0\r\n\r\n")
    #expect(chunked.hasPrefix("HTTP/1.1 413"))
    #expect(calls.withLock { $0 } == 0)
    let exact = try await RawHTTP.exchange(
      server.ports[0],
      "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1000\r\n\r\n"
        + String(repeating: "x", count: 1000))
    #expect(exact.hasPrefix("HTTP/1.1 200"))
    await server.stop()
  }

  @Test(
    "who is silent, or drips its request, is cut off",
    arguments: ["", "POST / HT", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx"])
  func slow(_ beginning: String) async throws {
    var limits = Listener.Limits()
    (limits.idle, limits.request) = (.milliseconds(300), .milliseconds(500))
    let server = try await HTTPServer.start([Listener(port: 0, identity: nil, limits: limits) { _ in Reply() }])
    let start = ContinuousClock.now
    let answer = try await RawHTTP.exchange(server.ports[0], beginning)
    #expect(!answer.hasPrefix("HTTP/1.1 200"))
    #expect(ContinuousClock.now - start < .seconds(8))
    await server.stop()
  }

  @Test("a body that trickles in for longer than the limit is cut off, though never idle") func trickle() async throws {
    var limits = Listener.Limits()
    (limits.idle, limits.request) = (.seconds(30), .milliseconds(400))
    let server = try await HTTPServer.start([Listener(port: 0, identity: nil, limits: limits) { _ in Reply() }])
    let start = ContinuousClock.now
    let answer = try await RawHTTP.exchange(
      server.ports[0], "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n", trickling: 20)
    #expect(!answer.hasPrefix("HTTP/1.1 200"))
    #expect(ContinuousClock.now - start < .seconds(8))
    await server.stop()
  }

  @Test("RFC 9110 §10.1.1: a client that waits for leave to send its body gets it") func leave() async throws {
    let server = try await HTTPServer.start([
      Listener(port: 0, identity: nil, isPrompt: true) { Reply(body: $0.body) }
    ])
    let answer = try await RawHTTP.exchange(
      server.ports[0],
      "POST /x?y HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nab")
    #expect(answer.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK"))
    #expect(answer.hasSuffix("\r\n\r\nab"))
    await server.stop()
  }

  @Test("requests that come before the answers are answered in order, and the query is no part of the path")
  func pipelined() async throws {
    let server = try await HTTPServer.start([
      Listener(port: 0, identity: nil, isPrompt: true) { message in
        if message.path == "/slow" { try? await Task.sleep(for: .milliseconds(200)) }
        return Reply(body: Array(message.path.utf8))
      }
    ])
    let answer = try await RawHTTP.exchange(
      server.ports[0],
      "GET /slow?1 HTTP/1.1\r\nHost: x\r\n\r\nGET http://x/quick HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    #expect(answer.split(separator: "\r\n").filter { $0.contains("/slow") || $0.contains("/quick") }.count == 2)
    #expect(answer.hasSuffix("/quick"))
    await server.stop()
  }

  @Test("RFC 9110 §5.5: a field of a reply that would be two fields is left out, and the body stands where it should")
  func splitFields() async throws {
    let server = try await HTTPServer.start([
      Listener(port: 0, identity: nil, isPrompt: true) { _ in
        Reply(headers: ["X-Name": "a\r\nX-Other: b", "X-Sane": "c"], body: Array("body".utf8))
      }
    ])
    let answer = try await RawHTTP.exchange(
      server.ports[0], "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    #expect(answer.contains("\r\nX-Sane: c\r\n"))
    #expect(!answer.contains("X-Name") && !answer.contains("X-Other"))
    #expect(answer.hasSuffix("\r\n\r\nbody"))
    await server.stop()
  }

  @Test("a prompt handler runs where the request was received, any other elsewhere", arguments: [true, false])
  func prompt(_ isPrompt: Bool) async throws {
    let server = try await HTTPServer.start([
      Listener(port: 0, identity: identity, isPrompt: isPrompt) { _ in
        let isThere = MultiThreadedEventLoopGroup.currentEventLoop != nil
        await Task.yield()
        let isThereLater = MultiThreadedEventLoopGroup.currentEventLoop != nil
        return Reply(status: isThere == isPrompt && isThereLater == isPrompt ? 200 : 500)
      }
    ])
    let client = try client(server)
    #expect(try await client.send(Message(host: Self.name, path: "/")).status == 200)
    client.close()
    await server.stop()
  }

  @Test("no more connections are served at a time than the limit says; the next waits until one ends")
  func crowd() async throws {
    var limits = Listener.Limits()
    (limits.connections, limits.idle) = (1, .milliseconds(600))
    let now = Mutex(0)
    let most = Mutex(0)
    let server = try await HTTPServer.start([
      Listener(port: 0, identity: nil, limits: limits, isPrompt: true) { _ in
        let here = now.withLock {
          $0 += 1; return $0
        }
        most.withLock { $0 = max($0, here) }
        try? await Task.sleep(for: .milliseconds(50))
        now.withLock { $0 -= 1 }
        return Reply()
      }
    ])
    let answers = try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<12 {
        group.addTask {
          try await RawHTTP.exchange(
            server.ports[0], "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(answers.count == 12)
    #expect(answers.allSatisfy { $0.hasPrefix("HTTP/1.1 200") })
    // A door takes the few that knock at the same time at once.
    #expect(most.withLock { $0 } <= 4)
    await server.stop()
  }

  @Test("noise gets an error or silence, and the server lives on") func noise() async throws {
    let server = try await HTTPServer.start([Listener(port: 0, identity: nil) { _ in Reply(body: [1]) }])
    for text in [
      "\0\0\0\0\r\n\r\n", "GET\r\n\r\n", "POST / HTTP/9.9\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    ] {
      #expect(try await !RawHTTP.exchange(server.ports[0], text).hasPrefix("HTTP/1.1 200"))
    }
    let answer = try await RawHTTP.exchange(
      server.ports[0], "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
    #expect(answer.hasPrefix("HTTP/1.1 200"))
    await server.stop()
  }

  @Test("a stop lets the request under way finish") func gracefulStop() async throws {
    let (began, announce) = AsyncStream.makeStream(of: Void.self)
    let server = try await HTTPServer.start([
      Listener(port: 0, identity: identity) { _ in
        announce.yield()
        try? await Task.sleep(for: .milliseconds(300))
        return Reply(body: [42])
      }
    ])
    let client = try client(server)
    async let reply = client.send(Message(host: Self.name, path: "/"))
    for await _ in began { break }
    await server.stop()
    #expect(try await reply.body == [42])
    await #expect(throws: LinkError.self) { try await client.send(Message(host: Self.name, path: "/")) }
    client.close()
  }

  @Test("a port that is taken is said so, and no listener stays behind") func portTaken() async throws {
    let server = try await HTTPServer.start([Listener(port: 0, identity: nil) { _ in Reply() }])
    let taken = server.ports[0]
    await #expect(throws: LinkError.self) {
      try await HTTPServer.start([
        Listener(port: 0, identity: nil) { _ in Reply() }, Listener(port: taken, identity: nil) { _ in Reply() },
      ])
    }
    await server.stop()
  }

  @Test("a client says what is wrong: no such server, no answer in time, too much") func complaints() async throws {
    var limits = Listener.Limits()
    limits.body = 1 << 16
    let server = try await HTTPServer.start([
      Listener(port: 0, identity: identity, limits: limits) { message in
        if message.path == "/slow" { try? await Task.sleep(for: .seconds(2)) }
        return Reply(body: [UInt8](repeating: 0, count: 100_000))
      }
    ])
    let hasty = try client(server) { $0.timeout = .milliseconds(500) }
    let client = try client(server) { $0.bodyLimit = 50_000 }
    func kind(_ message: Message, _ client: HTTPSClient) async -> LinkError.Kind? {
      do throws(LinkError) {
        _ = try await client.send(message)
        return nil
      } catch {
        return error.kind
      }
    }
    #expect(await kind(Message(host: Self.name, path: "/slow"), hasty) == .broken)
    #expect(await kind(Message(host: Self.name, path: "/large"), client) == .malformed)
    #expect(await kind(Message(host: "127.0.0.1:1", path: "/"), client) == .unreachable)
    #expect(await kind(Message(host: "no such name", path: "/"), client) == .unreachable)
    #expect(await kind(Message(host: "unknown.invalid", path: "/"), client) == .unreachable)
    hasty.close()
    client.close()
    await server.stop(grace: .milliseconds(100))
  }
}

/// A connection that sends text and collects what comes until the end.
enum RawHTTP {
  /// Sends `text`, then `trickling` times a byte, a tenth of a second apart. A server that closes may be noticed by the
  /// writer first: what was answered until then is read all the same. A server that has not closed after ten seconds is
  /// waited for no longer.
  static func exchange(_ port: Int, _ text: String, trickling: Int = 0) async throws -> String {
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connect(host: "127.0.0.1", port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }
      }
    channel.channel.eventLoop.scheduleTask(in: .seconds(10)) { channel.channel.close(promise: nil) }
    return try await channel.executeThenClose { inbound, outbound in
      var isOpen = text.isEmpty ? true : (try? await outbound.write(ByteBuffer(string: text))) != nil
      for _ in 0..<trickling where isOpen {
        try await Task.sleep(for: .milliseconds(100))
        isOpen = (try? await outbound.write(ByteBuffer(string: "x"))) != nil
      }
      var answer = ""
      do {
        for try await buffer in inbound { answer += String(buffer: buffer) }
      } catch {}
      return answer
    }
  }
}
