import Charging
import Foundation
import Synchronization
import TestScheme
import TestStores
import TestSupport
import Testing
import Transport
import TransportHTTP

@Suite("B8: upload over TLS, which breaks") struct UploadOverTLSTests {
  @Test(
    "the connection ends within every record of TLS, in the request as in the answer: nothing is lost, and the service counts once",
    arguments: Relay.Direction.allCases)
  func everyRecord(direction: Relay.Direction) async throws {
    let (centre, circle) = (try TestCentre(), try TestCircle())
    let (desk, now) = (centre.desk, centre.now)
    let route = Route(desk, now: { now })
    let server = try circle.issue(.dpTLS(circle.oid, hosts: ["localhost"]))
    let door = try await HTTPServer.start([
      Listener(port: 0, identity: try TLSIdentity(certificates: [server.certificate.encoded], key: server.key)) {
        await route.respond(to: $0)
      }
    ])
    let relay = try Relay(to: try #require(door.ports.first))
    let configuration = HTTPSClient.Configuration(roots: [circle.root.certificate.encoded])
    let terminal = try centre.terminal()
    try terminal.use(centre.scheme.card(), 10, 30)
    let upload = try #require(try terminal.memory.nextUpload(by: terminal.identity))
    func send() async throws -> [UInt8] {
      // A connection that is kept would be cut later.
      let client = try HTTPSClient(configuration)
      defer { client.close() }
      let reply = try await client.send(
        Message(
          host: "localhost:\(relay.port)", path: Route.uploadPath, headers: ["Content-Type": Route.contentType],
          body: upload))
      #expect(reply.status == 200)
      return reply.body
    }
    // A record is longer than 7 bytes, and of one that is not whole TLS gives nothing away.
    var (count, answer): (Int, [UInt8]?) = (0, nil)
    while answer == nil {
      relay.cut(direction, after: count)
      answer = try? await send()
      if answer == nil {
        #expect(try terminal.memory.nextUpload(by: terminal.identity) == upload, "the same bytes go out again")
        #expect(try [0, 30].contains(centre.total()))
      }
      count += 7
      try #require(count < 100_000)
    }
    #expect(count > 700, "the connection was cut, and not only after the answer")
    relay.cut(direction, after: .max)
    #expect(try await send() == answer, "the stored receipt")
    let receipt = try terminal.memory.take(#require(answer), for: upload, by: terminal.identity, at: now)
    #expect(receipt.accepted == 1)
    #expect(try terminal.memory.waiting().isEmpty)
    #expect(try centre.total() == 30)
    await door.stop(grace: .milliseconds(200))
  }
}

/// Carries bytes between a client and a server on this machine, and hangs up after so many of one direction.
final class Relay: Sendable {
  enum Direction: CaseIterable { case request, answer }

  private struct Broken: Error {}

  let port: Int
  private let listener: Int32
  private let limit = Mutex<(direction: Direction, count: Int)>((.request, .max))

  init(to server: Int) throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var (address, size) = (Self.address(0), socklen_t(MemoryLayout<sockaddr_in>.size))
    let isBound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, size) == 0 && listen(listener, 16) == 0 && getsockname(listener, $0, &size) == 0
      }
    }
    guard isBound else { throw Broken() }
    port = Int(in_port_t(bigEndian: address.sin_port))
    self.listener = listener
    Thread.detachNewThread { [weak self] in
      defer { close(listener) }
      while true {
        let client = accept(listener, nil, nil)
        guard client >= 0, let limit = self?.limit.withLock({ $0 }) else { return }
        Thread.detachNewThread { Self.carry(client, to: server, limit) }
      }
    }
  }

  deinit { shutdown(listener, Int32(SHUT_RDWR)) }

  /// Connections from now on end after `count` bytes of one direction.
  func cut(_ direction: Direction, after count: Int) { limit.withLock { $0 = (direction, count) } }

  private static func address(_ port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    return address
  }

  private static func carry(_ client: Int32, to port: Int, _ limit: (direction: Direction, count: Int)) {
    let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer {
      close(client)
      close(server)
    }
    var address = address(port)
    let isConnected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    guard isConnected else { return }
    var left = limit.count
    while left > 0 {
      var ends = [
        pollfd(fd: client, events: Int16(POLLIN), revents: 0), pollfd(fd: server, events: Int16(POLLIN), revents: 0),
      ]
      guard poll(&ends, 2, 20_000) > 0 else { return }
      for (end, other, direction) in [(0, server, Direction.request), (1, client, .answer)]
      where ends[end].revents != 0 {
        let isLimited = direction == limit.direction
        var bytes = [UInt8](repeating: 0, count: isLimited ? min(left, 4096) : 4096)
        let got = recv(ends[end].fd, &bytes, bytes.count, 0)
        guard got > 0, send(other, bytes, got, Int32(MSG_NOSIGNAL)) == got else { return }
        if isLimited { left -= got }
      }
    }
  }
}
