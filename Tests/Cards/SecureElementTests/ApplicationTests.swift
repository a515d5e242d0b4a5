import APDU
import Bytes
import Foundation
import Identifiers
import SecureElement
import TestSupport
import Testing
import UICC

/// Stands in for an ISD-R: it answers STORE DATA with what came, and plays with file systems when told to.
///
/// Data `01` creates a file system, `02 area` shows it, `03 area` deletes it, `04` creates, shows and then fails, `05`
/// counts power-ons, `06` shows with REFRESH, `07` resets the channels; anything else is answered as it came.
private final class Platform: Application {
  static let aid = AID(literal: "A0000005591010FFFFFFFF8900000100")
  private static let counter = MemoryKey(.application(1), 1)
  /// Lost with the power.
  private var received: [UInt8] = []

  func identifiers(in exchange: Exchange) -> [AID] { [Self.aid] }

  func select(_ aid: AID, in exchange: Exchange) throws(StatusWordError) -> [UInt8] {
    [0x6F, 0x12, 0x84, 0x10] + aid.bytes
  }

  func powerOn(in exchange: Exchange) throws(StatusWordError) {
    let count = exchange.memory.read(Self.counter)?.first ?? 0
    exchange.memory.write(Self.counter, [count + 1])
  }

  func respond(to exchange: Exchange) throws(StatusWordError) -> Response? {
    try Self.commands.run(exchange, by: self)
  }

  private static let commands = CommandTable<Platform>([
    CommandEntry("STORE DATA", ins: 0xE2, .proprietary, run: storeData)
  ])

  private static func storeData(_ platform: Platform, _ exchange: Exchange) throws(StatusWordError) -> Response {
    if exchange.command.p2 == 0 { platform.received = [] }
    platform.received += exchange.command.data
    guard exchange.command.p1 & 0x80 != 0 else { return Response() }
    let data = platform.received
    let area = MemoryArea(rawValue: data.count == 2 ? 0x0100 + UInt16(data[1]) : 0)
    switch data.first {
    case 1: return Response(try exchange.create(image()).rawValue.bigEndianBytes)
    case 2: exchange.show(area)
    case 3: exchange.delete(area)
    case 4:
      exchange.show(try exchange.create(image()))
      throw StatusWordError(.wrongData)
    case 5: return Response(exchange.memory.read(counter) ?? [])
    case 6:
      exchange.show(area)
      exchange.push(.refresh(.uiccReset))
    case 7: exchange.resetChannels()
    default: return Response(data)
    }
    return Response()
  }

  private static func image() throws(StatusWordError) -> FileSystemImage {
    do {
      var files = try SampleFiles.builder()
      try files.write([0xEE], in: files.file(at: [.iccid]))
      return try files.build()
    } catch {
      throw StatusWordError(.wrongData)
    }
  }
}

@Suite("Applications beside the file system") struct ApplicationTests {
  private func card(_ memory: any CardMemory = VolatileMemory()) throws -> SampleCard {
    let card = try SampleCard(memory, applications: [{ Platform() }])
    #expect(try card.send("0070000001") == "019000")
    #expect(try card.send("01A4040010" + Platform.aid.bytes.hex) == "6114")
    #expect(try card.send("01C0000014") == "6F128410" + Platform.aid.bytes.hex + "9000")
    return card
  }

  /// EF.ICCID as channel 0 sees it.
  private func iccid(_ card: SampleCard) throws -> String {
    let status = try card.send("00A4000C022FE2")
    return status == "9000" ? try card.send("00B0000002") : status
  }

  @Test("an application gets its channel's commands first; the card's own remain") func precedence() throws {
    let card = try card()
    #expect(try card.send("81E29100021122") == "6102")
    #expect(try card.send("81C0000002") == "11229000")
    #expect(try card.send("81E2110002AABB") == "9000")
    #expect(try card.send("81E2910102CCDD") == "6104")
    #expect(try card.send("01E2910001AA") == "6E00", "STORE DATA is no interindustry command here")
    #expect(try card.send("80E29100021122") == "6D00", "the basic channel has no application")
    #expect(try card.send("81CA005A00") == "6D00")
    #expect(try card.send("01B0000001") == "6986", "no files where the application is selected")
    #expect(try card.send("0120000108" + PINTests.pin1) == "6A88")
    #expect(try card.send("81F2000C00") == "9000")
    #expect(try card.send("01A4000C022FE2") == "9000", "back to the files")
    #expect(try card.send("81E29100021122") == "6D00")
    #expect(try card.send("01708001") == "9000")
  }

  @Test("a file system is created, shown and deleted, each in one commit") func fileSystems() throws {
    let log = PowerCutLog(VolatileLog())
    let card = try card(LogMemory(log))
    #expect(try iccid(card) == "98009000")
    var writes = log.writes
    #expect(try card.send("81E29100010100") == "01019000")
    #expect(log.writes == writes + 1)
    #expect(try iccid(card) == "98009000", "not visible yet")
    writes = log.writes
    #expect(try card.send("81E29100020201") == "9000")
    #expect(log.writes == writes + 1)
    #expect(try iccid(card) == "EE009000")
    #expect(try card.send("81E29100020301") == "9000")
    #expect(try iccid(card) == "6A82", "no file system is visible")
    #expect(try card.send("81E29100020200") == "9000")
    #expect(try iccid(card) == "98009000")
    #expect(try card.send("81E291000101") == "6102")
    #expect(try card.send("81C0000002") == "01019000", "the area is free again")
  }

  @Test("what a failing command began has never been") func failure() throws {
    let memory = VolatileMemory()
    let card = try card(memory)
    let before = memory.map.usedBytes
    #expect(try card.send("81E291000104") == "6A80")
    #expect(memory.map.usedBytes == before)
    #expect(try iccid(card) == "98009000")
  }

  @Test("installing a file system is torn at no byte") func tear() throws {
    let fresh = VolatileLog()
    _ = try SampleCard(LogMemory(fresh), applications: [{ Platform() }])
    var size = 0
    var byte = 0
    repeat {
      let inner = VolatileLog(fresh.bytes)
      let log = PowerCutLog(inner)
      let memory = try LogMemory(log)
      let card = try card(memory)
      let before = (inner.bytes.count, memory.map.areas.count)
      if byte >= 0 { log.cut(atWrite: 1, .afterBytes(byte)) }
      let answer = try card.send("81E291000101")
      #expect(answer.isEmpty)
      size = max(size, inner.bytes.count - before.0)
      try memory.restorePower()
      let isWhole = byte >= size && byte > inner.bytes.count - before.0 - 1 && memory.map.areas.count > before.1
      #expect(memory.map.areas.count == before.1 || isWhole)
      if isWhole { break }
      byte += 37
    } while byte < 100_000
    #expect(size > 1000)
  }

  @Test("showing another file system resets the other channels and forgets the PINs; the own channel stays")
  func switching() throws {
    let card = try card()
    try card.send("81E291000101")
    try card.send("0020000108" + PINTests.pin1)
    try card.send("0070000001")
    try card.send("02A4040C07A0000000871002")
    try card.send("00A4080C047F106F3A")
    #expect(try card.send("00B2010400").hasSuffix("9000"))
    #expect(try card.send("81E29100020201") == "9000")
    #expect(try card.send("00B2010400") == "6986")
    try card.send("00A4080C047F106F3A")
    #expect(try card.send("00B2010400") == "6982")
    #expect(try card.send("82F2000C00") == "6881")
    #expect(try card.send("81E2910001AA") == "6101")
    #expect(try card.send("00708001") == "9000")
    #expect(try card.send("0070000001") == "019000")
  }

  @Test("resetting the channels keeps the visible file system") func channels() throws {
    let card = try card()
    try card.send("00A4000C022FE2")
    try card.send("0070000001")
    #expect(try card.send("81E291000107") == "9000")
    #expect(try card.send("00B0000001") == "6986")
    #expect(try card.send("82F2000C00") == "6881")
    #expect(try iccid(card) == "98009000")
  }

  @Test("REFRESH follows the switch, for a terminal that told its profile") func refresh() throws {
    let card = try card()
    try card.send("8010000003FFFFFF")
    #expect(try card.send("81E29100020600") == "910B")
    #expect(try card.send("801200000B") == "D009" + "8103010104" + "82028182" + "9000")
  }

  @Test("applications know when the card got power, and lose what they keep in themselves") func power() throws {
    let card = try card()
    #expect(try card.send("81E2910001" + "05") == "6101")
    #expect(try card.send("81C0000001") == "019000")
    #expect(try card.send("81E2110001AA") == "9000")
    _ = card.card.reset()
    try card.send("0070000001")
    try card.send("01A4040C10" + Platform.aid.bytes.hex)
    #expect(try card.send("81E2910101BB") == "6101", "AA is gone")
    #expect(try card.send("81E291000105") == "6101")
    #expect(try card.send("81C0000001") == "029000")
  }

  @Test("selection by partial name finds ADFs first, then applications") func partial() throws {
    let card = try card()
    #expect(try card.send("00A4040C05A000000559") == "9000")
    #expect(try card.send("80E2910001AA") == "6101")
    #expect(try card.send("00A4044C05A000000559") == "9000")
    #expect(try card.send("80E2910001AA") == "6D00")
  }
}

@Suite("What lpac sends to a card") struct TranscriptTests {
  @Test(
    "its sessions run: channel, selection, STORE DATA in blocks, answers in pieces of 256 bytes",
    .enabled(if: Vectors.exist, Vectors.missing))
  func sessions() throws {
    for file in Vectors.names(in: "sessions/lpac") {
      let card = try SampleCard(applications: [{ Platform() }])
      var stored = ""
      for line in try Vectors.text("sessions/lpac/\(file)").split(separator: "\n") {
        let words = line.split(separator: " ").map(String.init)
        switch words.first {
        case "OPEN":
          #expect(try card.send("80AA000005A903830107") == "9000")
          #expect(try card.send("0070000001") == "019000")
          #expect(try card.send("01A40400" + "10" + words[1]) == "6114")
        case "C":
          var apdu = words[1]
          // The recording leaves out Lc's data where the line is folded into two words.
          if words.count > 2 { apdu += words[2] }
          let header = try [UInt8](hex: apdu.prefix(10))
          if header[3] == 0 { stored = "" }
          stored += apdu.dropFirst(10)
          let isLast = header[2] & 0x80 != 0
          let isOrder = isLast && stored.utf8.count <= 4
          let answer = try card.sendPieces(apdu)
          if !isOrder { #expect(answer == (isLast ? stored.uppercased() : "") + "9000", "\(file): \(apdu)") }
        default: continue
        }
      }
      #expect(try card.send("00708001") == "9000")
    }
  }
}

extension SampleCard {
  /// Sends a command and fetches its answer in pieces, on the command's own channel.
  fileprivate func sendPieces(_ hex: String) throws -> String {
    var answer = try send(hex)
    var data = ""
    while answer.dropLast(2).hasSuffix("61") {
      data += answer.dropLast(4)
      answer = try send(hex.prefix(2) + "C00000" + answer.suffix(2))
      #expect(answer.utf8.count <= 516)
    }
    return data + answer
  }
}
