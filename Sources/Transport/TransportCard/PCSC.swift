import CPCSC
import Transport

/// Card readers, through libpcsclite's service.
public enum PCSC {
  /// A reader and what is in it.
  public struct Reader: Hashable, Sendable {
    public let name: String
    /// Whether a card is in it.
    public let hasCard: Bool
    /// The card's answer to reset; nil without a card.
    public let atr: [UInt8]?
  }

  /// All readers, in the service's order; empty where none is connected.
  public static func readers() throws(LinkError) -> [Reader] {
    let context = try PCSCContext()
    var readers: [Reader] = []
    for name in try context.names() { readers.append(try context.status(of: name)) }
    return readers
  }

  /// Connects to the card in the reader called `name`; without a name, in the first reader that holds one.
  public static func connect(_ name: String? = nil) throws(LinkError) -> PCSCCard {
    let context = try PCSCContext()
    let names = try context.names()
    let reader: String
    if let name {
      // Names are long; the beginning of one will do where it names one reader only.
      let found = names.contains(name) ? [name] : names.filter { $0.hasPrefix(name) }
      guard found.count == 1, let only = found.first else {
        let choice = names.isEmpty ? "no reader is connected" : "the readers are: \(names.joined(separator: ", "))"
        throw LinkError(.unreachable, "\"\(name)\" names \(found.isEmpty ? "no" : "more than one") reader; \(choice)")
      }
      reader = only
    } else {
      guard !names.isEmpty else { throw LinkError(.unreachable, "no card reader is connected; plug one in") }
      var occupied: String?
      for name in names where occupied == nil {
        if try context.status(of: name).hasCard { occupied = name }
      }
      guard let occupied else {
        throw LinkError(.unreachable, "no card is in \(names.joined(separator: " or ")); insert one")
      }
      reader = occupied
    }
    return try PCSCCard(context, reader: reader)
  }
}

/// A connection to the service; released when nobody holds it any more.
final class PCSCContext {
  let handle: Int

  init() throws(LinkError) {
    var handle = 0
    try PCSCError.check(SCardEstablishContext(UInt(SCARD_SCOPE_SYSTEM), nil, nil, &handle))
    self.handle = handle
  }

  deinit { SCardReleaseContext(handle) }

  func names() throws(LinkError) -> [String] {
    // A reader may come between asking for the length and for the list: ask again.
    for _ in 0..<4 {
      var length = UInt(0)
      let result = SCardListReaders(handle, nil, nil, &length)
      if PCSCError.code(result) == 0x8010_002E { return [] }
      try PCSCError.check(result)
      guard length > 0, length < 1 << 16 else { return [] }
      var buffer = [CChar](repeating: 0, count: Int(length))
      let second = SCardListReaders(handle, nil, &buffer, &length)
      if PCSCError.code(second) == 0x8010_0008 { continue }
      if PCSCError.code(second) == 0x8010_002E { return [] }
      try PCSCError.check(second)
      return buffer.prefix(Int(length)).split(separator: 0).map {
        String(decoding: $0.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      }
    }
    throw LinkError(.broken, "the list of card readers keeps changing; try again")
  }

  func status(of reader: String) throws(LinkError) -> PCSC.Reader {
    var state = SCARD_READERSTATE()
    let result = reader.withCString { name in
      state.reader = name
      return SCardGetStatusChange(handle, 0, &state, 1)
    }
    try PCSCError.check(result, reader)
    let hasCard = state.event_state & UInt(SCARD_STATE_PRESENT) != 0
    let length = min(Int(state.atr_length), Int(SIMURGH_ATR_SIZE))
    let atr = withUnsafeBytes(of: &state.atr) { Array($0.prefix(length)) }
    return PCSC.Reader(name: reader, hasCard: hasCard, atr: hasCard ? atr : nil)
  }
}
