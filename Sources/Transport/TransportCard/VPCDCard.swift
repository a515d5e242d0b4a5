import Transport

/// Puts a software card into the virtual reader of vpcd, which makes it a PC/SC card for every program.
///
/// vpcd listens for the card on TCP. Both ways a message is its length in two bytes, then itself; one byte alone is a
/// control message: 0 power off, 1 power on, 2 reset, 4 answer to reset wanted.
public final class VPCDCard {
  /// vpcd's port for the first virtual reader; the second's is one more.
  public static let defaultPort = 35_963

  private let socket: StreamSocket
  private let card: any CardSide
  private var isPowered = false
  private var atr: [UInt8] = []

  /// Connects to vpcd.
  public init(_ card: any CardSide, host: String = "127.0.0.1", port: Int = defaultPort) throws(LinkError) {
    self.card = card
    do {
      socket = try StreamSocket(host: host, port: port)
    } catch {
      throw LinkError(
        .unreachable, "vpcd does not listen on \(host):\(port); install vsmartcard-vpcd and start pcscd")
    }
  }

  /// Serves the card until vpcd closes the connection or ``stop()`` is called.
  public func serve() throws(LinkError) {
    defer {
      if isPowered { card.powerOff() }
      isPowered = false
    }
    while let message = try receive() {
      switch (message.count, message.first) {
      case (0, _): continue
      case (1, 0):
        if isPowered { card.powerOff() }
        isPowered = false
      case (1, 1): powerOn()
      case (1, 2):
        if isPowered { atr = card.reset() } else { powerOn() }
      case (1, 4):
        // vpcd asks for the answer to reset before it gives power, to see whether a card is there.
        if !isPowered { powerOn() }
        try send(atr)
      case (1, _): continue
      default:
        if !isPowered { powerOn() }
        try send(card.respond(message))
      }
    }
  }

  /// Makes ``serve()`` return; may be called from another thread.
  public func stop() { socket.shutDown() }

  private func powerOn() {
    if !isPowered { atr = card.powerOn() }
    isPowered = true
  }

  private func receive() throws(LinkError) -> [UInt8]? {
    guard let header = try socket.read(2) else { return nil }
    socket.acknowledge()
    guard let message = try socket.read(Int(header[0]) << 8 | Int(header[1])) else {
      throw LinkError(.broken, "vpcd went away in the middle of a message; is pcscd still running?")
    }
    return message
  }

  private func send(_ message: [UInt8]) throws(LinkError) {
    let length = UInt16(truncatingIfNeeded: message.count)
    guard message.count == Int(length) else {
      throw LinkError(.malformed, "the card's answer of \(message.count) bytes is too long for vpcd")
    }
    try socket.write([UInt8(length >> 8), UInt8(length & 0xFF)] + message)
  }
}
