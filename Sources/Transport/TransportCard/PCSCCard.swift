import APDU
import CPCSC
import Transport

/// The card in a reader. Other programs are kept out while the connection lasts.
public final class PCSCCard: CardLink {
  private let context: PCSCContext
  private var handle = 0
  private var activeProtocol = UInt(0)
  /// The reader's name.
  public let reader: String
  /// Long enough for an extended answer.
  private var buffer = [UInt8](repeating: 0, count: 65_538)

  init(_ context: PCSCContext, reader: String) throws(LinkError) {
    (self.context, self.reader) = (context, reader)
    let protocols = UInt(SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1)
    try PCSCError.check(
      SCardConnect(context.handle, reader, UInt(SCARD_SHARE_EXCLUSIVE), protocols, &handle, &activeProtocol), reader)
  }

  deinit { SCardDisconnect(handle, UInt(SCARD_RESET_CARD)) }

  public func transmit(_ command: Command) throws(LinkError) -> Response {
    let bytes = command.bytes
    var length = UInt(buffer.count)
    var sending = activeProtocol == UInt(SCARD_PROTOCOL_T0) ? g_rgSCardT0Pci : g_rgSCardT1Pci
    try PCSCError.check(
      SCardTransmit(handle, &sending, bytes, UInt(bytes.count), nil, &buffer, &length), reader)
    guard let response = Response(bytes: buffer.prefix(Int(length))) else {
      throw LinkError(.malformed, "the card in \(reader) gave an answer without status word; reset it")
    }
    return response
  }

  public func reset() throws(LinkError) -> [UInt8] {
    let protocols = UInt(SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1)
    try PCSCError.check(
      SCardReconnect(
        handle, UInt(SCARD_SHARE_EXCLUSIVE), protocols, UInt(SCARD_UNPOWER_CARD), &activeProtocol), reader)
    return try context.status(of: reader).atr ?? []
  }
}
