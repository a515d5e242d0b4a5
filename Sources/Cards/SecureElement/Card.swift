import APDU
import Bytes

/// The one software card: bytes in, bytes out, over a memory that survives power cuts.
///
/// A card without power holds nothing but its memory; everything else comes to be at ``powerOn()`` and goes with
/// ``powerOff()``. It is not safe to use from several threads at once.
public final class Card {
  /// What differs from one make of card to another.
  public struct Configuration: Sendable {
    /// The answer to reset.
    public var answerToReset: [UInt8] = AnswerToReset.standard
    /// Bytes that the memory may hold.
    public var memoryCapacity = 1 << 20
    /// Logical channels, the basic one included: 1 to 20.
    public var channels = 20

    /// A card of the usual make.
    public init() {}
  }

  let memory: any CardMemory
  let makers: [ApplicationMaker]
  let random: any RandomSource
  let configuration: Configuration
  private var session: CardSession?

  /// A card over `memory`, without power, with the applications that `applications` make.
  public init(
    memory: any CardMemory, applications: [ApplicationMaker] = [], random: any RandomSource,
    configuration: Configuration = Configuration()
  ) {
    (self.memory, makers, self.random, self.configuration) = (memory, applications, random, configuration)
  }

  /// Puts a file system on a card that is being made, and makes it visible: the MF of a plain SIM, or what an eUICC
  /// shows while no profile is enabled.
  public static func install(
    _ image: FileSystemImage, on memory: any CardMemory
  ) throws(CardMemoryError) -> MemoryArea {
    let taken = Set(memory.map.areas.map(\.rawValue))
    let area = MemoryArea(rawValue: MemoryArea.fileSystems.first { !taken.contains($0) } ?? .max)
    let contents = image.items.map { MemoryChange.set(MemoryKey(area, $0.key), $0.value) }
    try memory.commit(contents + [.set(CardItem.visibleArea.key, area.rawValue.bigEndianBytes)])
    return area
  }

  /// Power and clock: the answer to reset, or nothing where the card is broken.
  public func powerOn() -> [UInt8] {
    session = nil
    do {
      try memory.restorePower()
    } catch {
      return []
    }
    let session = CardSession(card: self)
    guard session.start() else { return [] }
    self.session = session
    return configuration.answerToReset
  }

  /// No power any more: everything but the memory is forgotten.
  public func powerOff() { session = nil }

  /// A warm reset: the answer to reset.
  public func reset() -> [UInt8] { powerOn() }

  /// The answer to a command; nothing where the card has no power, or lost it within the command.
  public func respond(_ apdu: [UInt8]) -> [UInt8] {
    guard let session else { return [] }
    guard let response = session.respond(apdu) else {
      powerOff()
      return []
    }
    return response.bytes
  }
}

/// What the card says of itself when it gets power (ISO/IEC 7816-3 §8, ETSI TS 102 221 §6.3).
enum AnswerToReset {
  static let standard: [UInt8] = {
    // TA1 96: clock rate 512, 32 cycles a bit; TD1 T=0; TD2 T=15; TA3 C7: classes A, B, C.
    let interface: [UInt8] = [0x9F, 0x96, 0x80, 0x1F, 0xC7]
    // Compact TLV: card service data (selection by full and partial DF name, EF.DIR), card capabilities (selection
    // by DF name, path and identifier, SFI, record numbers; command chaining, up to 20 channels), the maker's name.
    let historical: [UInt8] = [0x80, 0x31, 0xE0, 0x73, 0xFE, 0x21, 0x9F, 0x67] + Array("Simurgh".utf8)
    let body = interface + historical
    return [0x3B] + body + [body.reduce(0, ^)]
  }()
}
