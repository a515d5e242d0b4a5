import Bytes
import Foundation
import SecureElement
import Testing
import UICC

/// What a card costs; run with SIMURGH_BENCH=1 for the full number of cards and for the speeds.
@Suite("What a card costs", .serialized) struct CostTests {
  private static let isBench = ProcessInfo.processInfo.environment["SIMURGH_BENCH"] != nil
  private static let count = isBench ? 10_000 : 1_000

  /// A file system of the size of GSMA's TS.48 profiles: 250 files, most of them with contents of their own kind.
  private static func image() throws -> FileSystemImage {
    var files = try SampleFiles.builder()
    let usim = try #require(files.find([0x7F01]))
    for index in 0..<250 {
      let name = FileIdentifier(rawValue: UInt16(0x4F00 + index))
      let length = 10 + index % 40
      let file =
        index % 3 == 0
        ? try files.createEF(SampleFiles.records(name, length: length, count: 5, rule: 2), in: usim)
        : try files.createEF(SampleFiles.transparent(name, size: length, rule: 2, shortIdentifier: nil), in: usim)
      if index % 4 != 0 { try files.write((0..<length).map { UInt8(truncatingIfNeeded: $0 * index) }, in: file) }
    }
    var parameters = AKAParameters(algorithm: .milenage, key: [UInt8](0..<16), opc: [UInt8](0..<16))
    parameters.sqnOptions = 2
    files.setAuthentication(parameters, of: usim)
    return try files.build()
  }

  /// Bytes of the process that are in memory.
  private static func resident() throws -> Int {
    let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
    return (Int(fields[1]) ?? 0) * 4096
  }

  @Test("cards made from one profile take no more than 16 KiB each while they are idle") func idle() async throws {
    // Other tests take memory too, so the cards have a process to themselves.
    await #expect(processExitsWith: .success) { try CostTests.measure() }
  }

  private static func measure() throws {
    let image = try Self.image()
    var cards: [Card] = []
    var random = Seeded(1)
    func make() throws {
      let memory = VolatileMemory()
      let area = try Card.install(image, on: memory)
      // What is each card's own: as many contents as a subscription has.
      memory.commit(
        (0..<16).map { index in
          .set(MemoryKey(area, 0x0100_0000 + UInt32(3 + index * 5)), random.bytes(index == 0 ? 192 : 16))
        })
      let card = Card(memory: memory, random: SystemRandomSource.shared)
      #expect(!card.powerOn().isEmpty)
      #expect(card.respond([0, 0xA4, 0, 0x0C, 2, 0x2F, 0xE2]) == [0x90, 0])
      cards.append(card)
    }
    for _ in 0..<100 { try make() }
    let before = try Self.resident()
    for _ in 0..<Self.count { try make() }
    let on = try (Self.resident() - before) / Self.count
    for card in cards { card.powerOff() }
    var more: [Card] = []
    swap(&more, &cards)
    let again = try Self.resident()
    for _ in 0..<Self.count {
      try make()
      cards.last?.powerOff()
    }
    let off = try (Self.resident() - again) / Self.count
    print("an idle card of 266 files: \(off) bytes without power, \(on) with it")
    #expect(off <= 16_384)
    #expect(on <= 16_384)
    #expect(more.count == Self.count + 100)
  }

  @Test("commands a second", .enabled(if: isBench)) func speed() throws {
    let card = try SampleCard(image: Self.image())
    try card.send("00A4040C07A0000000871002")
    try card.send("0020000108" + PINTests.pin1)
    let clock = ContinuousClock()
    for (name, apdus) in [
      ("SELECT", ["00A40004026F0700"]), ("SELECT and READ BINARY", ["00A40004026F0700", "00B0000009"]),
      ("READ BINARY by short identifier", ["00B0870009"]), ("UPDATE BINARY", ["00D6870001AA", "00D6870001BB"]),
      ("READ RECORD", ["00A4000C024F03", "00B201040D"]), ("STATUS", ["80F2000C00"]),
    ] {
      let commands = try apdus.map { try [UInt8](hex: $0) }
      let rounds = 20_000
      let time = clock.measure {
        for _ in 0..<rounds { for command in commands { _ = card.card.respond(command) } }
      }
      let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18
      let rate = Double(rounds * commands.count) / seconds
      print("\(name): \(Int(rate)) APDUs a second")
      #expect(rate > 10_000)
    }
  }
}
