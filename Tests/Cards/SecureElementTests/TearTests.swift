import APDU
import Bytes
import Identifiers
import SecureElement
import Testing

@Suite("A power cut within a command leaves the state before or after it") struct TearTests {
  /// Commands that write, each after what it needs.
  static let commands: [(name: String, before: [String], command: String)] = [
    ("UPDATE BINARY", ["00A4040C07A0000000871002", "00A4000C026F20"], "00D6000003010203"),
    (
      "UPDATE RECORD", ["0020000108" + PINTests.pin1, "00A4080C047F106F3A"],
      "00DC01041E" + String(repeating: "AB", count: 30)
    ),
    ("INCREASE", ["00A4040C07A0000000871002", "00A4000C026F39"], "8032000003000001"),
    ("SET DATA", ["00A4040C07A0000000871002", "00A4000C026F50"], "80DB008004C0020102"),
    ("DEACTIVATE FILE", ["00A4040C07A0000000871002", "00A4000C026F20"], "00040000"),
    ("VERIFY PIN, right", [], "0020000108" + PINTests.pin1),
    ("VERIFY PIN, wrong", [], "0020000108" + PINTests.wrong),
    ("CHANGE PIN", [], "0024000110" + PINTests.pin1 + PINTests.pin2),
    ("DISABLE PIN", [], "0026000108" + PINTests.pin1),
    ("UNBLOCK PIN", [], "002C000110" + PINTests.puk + PINTests.pin2),
    ("UNBLOCK PIN, wrong", [], "002C000110" + PINTests.pin2 + PINTests.pin2),
  ]

  /// What the card holds, as bytes.
  private static func contents(_ memory: LogMemory) -> [MemoryKey: [UInt8]] {
    var result: [MemoryKey: [UInt8]] = [:]
    for area in memory.map.areas { for key in memory.map.keys(in: area) { result[key] = memory.map[key] } }
    return result
  }

  @Test("at every byte of every record", arguments: commands.indices)
  func everyByte(index: Int) throws {
    let (_, before, command) = Self.commands[index]
    let fresh = VolatileLog()
    _ = try SampleCard(LogMemory(fresh))
    // The states through which the command goes when power stays: one after each durable write.
    var states: [[MemoryKey: [UInt8]]] = []
    var lengths: [Int] = []
    do {
      let log = VolatileLog(fresh.bytes)
      let card = try SampleCard(LogMemory(log))
      for command in before { try card.send(command) }
      lengths.append(log.bytes.count)
      try card.send(command)
      var end = lengths[0]
      while end < log.bytes.count {
        // Header: magic, sequence, length at offset 8.
        end += 16 + Int(try #require(UInt32(bigEndian: log.bytes[end + 8..<end + 12])))
        lengths.append(end)
      }
      states = try lengths.map { Self.contents(try LogMemory(VolatileLog(Array(log.bytes.prefix($0))))) }
    }
    #expect(states.count > 1, "the command writes")
    for write in 1..<lengths.count {
      let size = lengths[write] - lengths[write - 1]
      for byte in 0...size {
        let log = PowerCutLog(VolatileLog(fresh.bytes))
        let memory = try LogMemory(log)
        let card = try SampleCard(memory)
        for command in before { try card.send(command) }
        log.cut(atWrite: write, .afterBytes(byte))
        #expect(try card.send(command).isEmpty, "no answer leaves a card without power")
        #expect(try card.send("80F2000C00").isEmpty, "it stays dead")
        #expect(!card.card.powerOn().isEmpty)
        #expect(Self.contents(memory) == states[byte < size ? write - 1 : write])
        #expect(try card.send("00A40004022FE200").hasSuffix("9000"))
      }
    }
  }

  @Test("a try is spent before the PIN is compared: cutting power cannot win it back") func retryCounter() throws {
    let log = PowerCutLog(VolatileLog())
    let card = try SampleCard(LogMemory(log))
    for expected in ["63C2", "63C1", "63C0"] {
      log.cut(atWrite: 1, .afterWrite)
      #expect(try card.send("0020000108" + PINTests.wrong).isEmpty)
      _ = card.card.powerOn()
      #expect(try card.send("00200001") == expected)
    }
    #expect(try card.send("0020000108" + PINTests.pin1) == "6983")
  }

  @Test("a memory that fails without a power cut answers 6581 and changes nothing") func failure() throws {
    final class Broken: CardMemory {
      let inner = VolatileMemory()
      var isBroken = false
      var map: MemoryMap { inner.map }
      func commit(_ changes: [MemoryChange]) throws(CardMemoryError) {
        if isBroken { throw .system("no space left") }
        inner.commit(changes)
      }
      func restorePower() throws(CardMemoryError) { if isBroken { throw .system("gone") } }
    }
    let memory = Broken()
    let card = try SampleCard(memory)
    memory.isBroken = true
    try card.send("00A4040C07A0000000871002")
    try card.send("00A4000C026F20")
    #expect(try card.send("00D6000003010203") == "6581")
    #expect(try card.send("0020000108" + PINTests.pin1) == "6581")
    memory.isBroken = false
    #expect(try card.send("00B0000003") == "FFFFFF9000")
    #expect(try card.send("00200001") == "63C3")
    memory.isBroken = true
    #expect(card.card.powerOn().isEmpty, "a card whose memory cannot be read does not answer to reset")
  }
}
