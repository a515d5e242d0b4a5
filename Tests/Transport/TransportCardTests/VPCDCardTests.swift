import Bytes
import Glibc
import Testing
import Transport
import TransportCard

@Suite("vpcd: a software card in the virtual reader") struct VPCDCardTests {
  /// A vpcd that sends `messages`, collects the answers, then closes. Gives what it got.
  private func serve(_ messages: [[UInt8]], answers: Int, to card: EchoCard) throws -> [[UInt8]] {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
        bind(listener, raw, length) == 0 && listen(listener, 1) == 0 && getsockname(listener, raw, &length) == 0
      }
    }
    defer { close(listener) }
    try #require(bound)
    let vpcd = try VPCDCard(card, port: Int(UInt16(bigEndian: address.sin_port)))
    let connection = accept(listener, nil, nil)
    // Everything is small enough for the socket's buffers, so one thread can play both sides.
    for message in messages {
      let frame = UInt16(message.count).bigEndianBytes + message
      try #require(write(connection, frame, frame.count) == frame.count)
    }
    shutdown(connection, Int32(SHUT_WR))
    defer { close(connection) }
    try vpcd.serve()
    var got: [[UInt8]] = []
    for _ in 0..<answers {
      var header: [UInt8] = [0, 0]
      guard recv(connection, &header, 2, Int32(MSG_WAITALL)) == 2 else { break }
      var body = [UInt8](repeating: 0, count: Int(header[0]) << 8 | Int(header[1]))
      guard recv(connection, &body, body.count, Int32(MSG_WAITALL)) == body.count else { break }
      got.append(body)
    }
    return got
  }

  @Test("control messages give, take and reset power; anything longer is a command") func control() throws {
    let card = EchoCard()
    let got = try serve(
      [[4], [1], [2], [0x00, 0xA4, 0x00, 0x04], [0], [1], [0x00, 0xB0, 0x00, 0x00, 0x01]], answers: 3, to: card)
    #expect(got == [[0x3B, 0x02, 0x41, 0x42], [0xA4, 0x90, 0x00], [0xB0, 0x90, 0x00]])
    #expect(card.log == ["on", "reset", "00A40004", "off", "on", "00B0000001", "off"])
  }

  @Test("empty and unknown control messages are passed over") func unknown() throws {
    let card = EchoCard()
    #expect(try serve([[], [9], [4]], answers: 1, to: card).count == 1)
  }

  @Test("without vpcd the complaint says what to install") func absent() {
    #expect { try VPCDCard(EchoCard(), port: 1) } throws: { "\($0)".contains("vsmartcard-vpcd") }
  }
}
