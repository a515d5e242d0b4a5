import APDU
import Bytes
import Foundation
import Testing
import Transport
import TransportCard

/// Run by Tests/Interop/card-links, which brings up pcscd with vpcd.
@Suite(
  "PC/SC: reader, vpcd and opensc", .serialized,
  .enabled(if: ProcessInfo.processInfo.environment["SIMURGH_PCSC"] != nil, "run by Tests/Interop/card-links"))
struct PCSCInteropTests {
  /// Serves `card` on a thread of its own while `body` runs.
  private func serving<R>(_ card: EchoCard, _ body: () throws -> R) throws -> R {
    let vpcd = try VPCDCard(card)
    let box = Unchecked(vpcd)
    let thread = Thread { try? box.value.serve() }
    thread.start()
    defer {
      vpcd.stop()
      while !thread.isFinished { usleep(10_000) }
    }
    try waitForCard(true)
    return try body()
  }

  private func waitForCard(_ isThere: Bool) throws {
    for _ in 0..<100 where try PCSC.readers().first?.hasCard != isThere { usleep(100_000) }
  }

  private struct Unchecked<Value>: @unchecked Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
  }

  private static let atr: [UInt8] = [0x3B, 0x02, 0x41, 0x42]

  @Test("readers are listed with what is in them; a card answers, is reset, and goes") func reader() throws {
    try waitForCard(false)
    #expect(throws: LinkError.self) { try PCSC.connect() }
    let card = EchoCard()
    try serving(card) {
      let reader = try #require(try PCSC.readers().first)
      #expect(reader.name.hasPrefix("Virtual PCD"))
      #expect(reader.atr == Self.atr)
      #expect(throws: LinkError.self) { try PCSC.connect("Virtual") }
      #expect(throws: LinkError.self) { try PCSC.connect("No such reader") }
      let link = try PCSC.connect(reader.name)
      #expect(throws: LinkError.self) { try PCSC.connect(reader.name) }
      #expect(try link.transmit(Command(cla: 0, ins: 0xB0, p1: 0, p2: 0, le: 1)) == Response([0xB0]))
      #expect(try link.reset() == Self.atr)
      #expect(try TerminalChannel(link).send(Command(cla: 0, ins: 0xA4, p1: 0, p2: 4, le: 256)) == Response([0xA4]))
      card.answer = { _ in [UInt8](repeating: 0x55, count: 256) + [0x90, 0x00] }
      #expect(try link.transmit(Command(cla: 0, ins: 0xB0, p1: 0, p2: 0, le: 256)).data.count == 256)
    }
    try waitForCard(false)
  }

  @Test("a card that leaves in the middle is an error that says so") func removal() throws {
    var link: PCSCCard?
    try serving(EchoCard()) { link = try PCSC.connect() }
    try waitForCard(false)
    #expect(throws: LinkError.self) { try link?.transmit(Command(cla: 0, ins: 0xB0, p1: 0, p2: 0, le: 1)) }
    #expect(throws: LinkError.self) { try link?.reset() }
  }

  private static let tool = "/usr/bin/opensc-tool"

  @Test(
    "opensc-tool sees the card and speaks with it",
    .enabled(if: FileManager.default.isExecutableFile(atPath: tool), "opensc-tool is missing (Debian's package opensc)")
  )
  func openSC() throws {
    let card = EchoCard()
    let output = try serving(card) {
      let process = Process()
      let pipe = Pipe()
      process.executableURL = URL(fileURLWithPath: Self.tool)
      process.arguments = ["--card-driver", "default", "--send-apdu", "00:B0:00:00:01"]
      process.standardOutput = pipe
      try process.run()
      let data = pipe.fileHandleForReading.readDataToEndOfFile()
      process.waitUntilExit()
      return String(decoding: data, as: UTF8.self)
    }
    #expect(output.contains("SW1=0x90, SW2=0x00"), "\(output)")
    #expect(card.log.contains("00B0000001"))
  }
}
