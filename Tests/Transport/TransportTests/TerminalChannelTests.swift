import APDU
import Bytes
import Testing
import Transport

/// A card that follows a script: each command must be the next of it.
final class ScriptedCard: CardLink {
  private var script: [(command: String, answer: String)]
  private(set) var complaints: [String] = []

  init(_ script: [(String, String)]) { self.script = script }

  func transmit(_ command: Command) throws(LinkError) -> Response {
    guard !script.isEmpty else {
      complaints.append("unexpected \(command)")
      return Response([], .technicalProblem)
    }
    let (wanted, answer) = script.removeFirst()
    if command.bytes.hex != wanted { complaints.append("\(command) instead of \(wanted)") }
    return (try? [UInt8](hex: answer)).flatMap { Response(bytes: $0) } ?? Response([], .technicalProblem)
  }

  func reset() throws(LinkError) -> [UInt8] { [0x3B, 0x00] }

  /// Empty when all went as written.
  var verdict: [String] { complaints + script.map { "missing \($0.command)" } }
}

@Suite("Terminal channel: 61xx, 6Cxx and chaining stay below") struct TerminalChannelTests {
  @Test("ISO/IEC 7816-4 §5.3.4: 61xx is followed by GET RESPONSE until all is there") func getResponse() throws {
    let card = ScriptedCard([
      ("80E2910003BF2D00", "6103"), ("00C0000003", "0102036102"), ("00C0000002", "04059000"),
    ])
    let answer = try TerminalChannel(card).send(
      Command(cla: 0x80, ins: 0xE2, p1: 0x91, p2: 0, data: [0xBF, 0x2D, 0x00]))
    #expect(answer == Response([1, 2, 3, 4, 5]))
    #expect(card.verdict.isEmpty, "\(card.verdict)")
  }

  @Test("6100 announces 256 bytes and more; 6C00 likewise") func zeroIs256() throws {
    let card = ScriptedCard([
      ("00B0000010", "6C00"), ("00B0000000", "AA6100"), ("00C0000000", "BB9000"),
    ])
    let answer = try TerminalChannel(card).send(Command(cla: 0, ins: 0xB0, p1: 0, p2: 0, le: 16))
    #expect(answer == Response([0xAA, 0xBB]))
    #expect(card.verdict.isEmpty, "\(card.verdict)")
  }

  @Test("ISO/IEC 7816-4 §5.3.3: data beyond 255 bytes go out as a chain; a refusal ends it") func chaining() throws {
    let data = [UInt8](repeating: 0x5A, count: 300)
    let card = ScriptedCard([
      ("10DA0000FF" + data.prefix(255).hex, "9000"), ("00DA00002D" + data.prefix(45).hex, "9000"),
    ])
    #expect(try TerminalChannel(card).send(Command(cla: 0, ins: 0xDA, p1: 0, p2: 0, data: data)).status == .ok)
    #expect(card.verdict.isEmpty, "\(card.verdict)")
    let strict = ScriptedCard([("10DA0000FF" + data.prefix(255).hex, "6884")])
    #expect(try TerminalChannel(strict).send(Command(cla: 0, ins: 0xDA, p1: 0, p2: 0, data: data)).status == 0x6884)
    #expect(strict.verdict.isEmpty, "\(strict.verdict)")
  }

  @Test("a channel is opened, used with its class byte, and closed") func channels() throws {
    let card = ScriptedCard([
      ("0070000001", "029000"), ("02A4040002A000", "6102"), ("02C0000002", "6F009000"), ("82E29100", "9000"),
      ("00708002", "9000"),
    ])
    let opened = try TerminalChannel(card).open(selecting: [0xA0, 0x00])
    #expect(opened.answer == Response([0x6F, 0x00]))
    #expect(opened.channel.number == 2)
    _ = try opened.channel.send(Command(cla: 0x80, ins: 0xE2, p1: 0x91, p2: 0))
    opened.channel.close()
    #expect(card.verdict.isEmpty, "\(card.verdict)")
  }

  @Test("a channel whose application is missing is closed again") func missingApplication() throws {
    let card = ScriptedCard([("0070000001", "019000"), ("01A4040001A0", "6A82"), ("00708001", "9000")])
    #expect(try TerminalChannel(card).open(selecting: [0xA0]).answer.status == .fileNotFound)
    #expect(card.verdict.isEmpty, "\(card.verdict)")
  }

  @Test(
    "a card without free channels, or with an impossible one, is an error",
    arguments: ["6881", "149000", "009000", "9000"])
  func noChannel(_ answer: String) {
    #expect(throws: LinkError.self) { try TerminalChannel(ScriptedCard([("0070000001", answer)])).open(selecting: [1]) }
  }

  @Test("a card that announces data without end is left") func endless() {
    final class Endless: CardLink {
      let data: [UInt8]
      init(_ data: [UInt8]) { self.data = data }
      func transmit(_ command: Command) throws(LinkError) -> Response { Response(data, 0x6100) }
      func reset() throws(LinkError) -> [UInt8] { [] }
    }
    for data in [[], [UInt8](repeating: 0, count: 256)] {
      #expect(throws: LinkError.self) {
        try TerminalChannel(Endless(data)).send(Command(cla: 0, ins: 0xB0, p1: 0, p2: 0))
      }
    }
  }
}
