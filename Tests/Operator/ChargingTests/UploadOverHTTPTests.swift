import Charging
import Foundation
import TestScheme
import TestStores
import Testing
import Transport
import TransportHTTP

@Suite("B8: upload over the line, which breaks", .overEveryStore) struct UploadOverHTTPTests {
  let centre: TestCentre

  init() throws { centre = try TestCentre() }

  @Test("the connection ends after every byte of the request, and after every byte of the answer: counted once")
  func everyByte() async throws {
    let (desk, now) = (centre.desk, centre.now)
    let route = Route(desk, now: { now })
    let server = try await HTTPServer.start([
      Listener(port: 0, identity: nil) { await route.respond(to: $0) }
    ])
    let port = try #require(server.ports.first)
    let terminal = try centre.terminal()
    try terminal.use(centre.scheme.card(), 10, 30)
    let upload = try #require(try terminal.memory.nextUpload(by: terminal.identity))
    let head = "POST \(Route.uploadPath) HTTP/1.1\r\nHost: centre\r\nContent-Length: \(upload.count)\r\n\r\n"
    let request = Array(head.utf8) + upload
    for count in 0..<request.count { try Line(port).send(Array(request.prefix(count))) }
    #expect(try centre.total() == 0)
    #expect(try terminal.memory.nextUpload(by: terminal.identity) == upload, "the same bytes go out again")

    let whole = try Line(port)
    try whole.send(request)
    let (answer, length) = try whole.answer()
    for count in 0..<length {
      let line = try Line(port)
      try line.send(request)
      _ = try line.read(count)
    }
    let again = try Line(port)
    try again.send(request)
    #expect(try again.answer().body == answer, "the stored receipt")
    let receipt = try terminal.memory.take(answer, for: upload, by: terminal.identity, at: now)
    #expect(receipt.accepted == 1)
    #expect(try terminal.memory.waiting().isEmpty)
    #expect(try centre.total() == 30)
    await server.stop(grace: .seconds(1))
  }
}

/// A TCP connection that ends when nobody holds it any more.
private final class Line {
  private struct Broken: Error {}

  private let descriptor: Int32

  init(_ port: Int) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
    }
    guard result == 0 else { throw Broken() }
  }

  deinit { close(descriptor) }

  func send(_ bytes: [UInt8]) throws {
    guard bytes.isEmpty || Foundation.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
      throw Broken()
    }
  }

  func read(_ count: Int) throws -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      var piece = [UInt8](repeating: 0, count: count - bytes.count)
      let got = recv(descriptor, &piece, piece.count, 0)
      guard got > 0 else { throw Broken() }
      bytes += piece.prefix(got)
    }
    return bytes
  }

  /// The body of an answer with status 200, and how long the whole answer is.
  func answer() throws -> (body: [UInt8], length: Int) {
    var head = ""
    while !head.hasSuffix("\r\n\r\n") { head += String(decoding: try read(1), as: UTF8.self) }
    let length = head.lowercased().split(separator: "\r\n").compactMap { line in
      line.hasPrefix("content-length:") ? Int(line.dropFirst(15).filter { $0 != " " }) : nil
    }
    guard head.hasPrefix("HTTP/1.1 200"), let count = length.first else { throw Broken() }
    return (try read(count), head.utf8.count + count)
  }
}
