import Bytes
import Keys
import SecureElement

extension FuzzTarget {
  /// What a card's log holds: as it stands, and as the changes of a record whose checksum is right. A memory comes of it,
  /// or a refusal; a card with that memory answers or has no power.
  static let cardMemory = FuzzTarget("card-memory") { bytes in
    for log in [bytes, LogRecord.framed(bytes, sequence: 1)] {
      guard let memory = try? LogMemory(VolatileLog(log)) else { continue }
      let again = try? LogMemory(VolatileLog(log))
      precondition(again?.map.usedBytes == memory.map.usedBytes, "a log says the same twice")
      let card = Card(memory: memory, random: SeededRandomSource(seed: [1]))
      guard !card.powerOn().isEmpty else { continue }
      check(card.respond([0x00, 0xA4, 0x00, 0x04, 0x02, 0x3F, 0x00]))
      check(card.respond([0x80, 0xF2, 0x00, 0x00, 0x00]))
    }
  }
}
