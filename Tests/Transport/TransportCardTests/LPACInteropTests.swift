import APDU
import Bytes
import Foundation
import Synchronization
import Testing
import Transport
import TransportCard

/// Run by Tests/Interop/card-links, which finds lpac.
@Suite(
  "lpac over stdio",
  .enabled(if: ProcessInfo.processInfo.environment["SIMURGH_LPAC"] != nil, "run by Tests/Interop/card-links"))
struct LPACInteropTests {
  /// An ISD-R that knows its EID, in answers of at most 16 bytes a piece.
  private func card() -> EchoCard {
    let card = EchoCard()
    let waiting = Mutex<[UInt8]>([])
    let answers: [String: String] = [
      "BF3E035C015A": "BF3E125A1089049032123451234512345678901235",
      "BF3C00": "BF3C0A8108" + Array("ds.local".utf8).hex,
      "BF2D00": "BF2D02A000",
    ]
    card.answer = { apdu in
      guard let command = try? Command(bytes: apdu) else { return [0x67, 0x00] }
      switch command.ins {
      case 0x70: return command.p1 == 0 ? [0x01, 0x90, 0x00] : [0x90, 0x00]
      case 0xA4: return [0x90, 0x00]
      case 0xC0:
        return waiting.withLock { waiting in
          let piece = Array(waiting.prefix(command.le ?? 0))
          waiting.removeFirst(piece.count)
          return piece + (waiting.isEmpty ? StatusWord.ok : .more(min(waiting.count, 16))).bytes
        }
      case 0xE2:
        guard let answer = answers[command.data.hex], let bytes = try? [UInt8](hex: answer) else {
          return [0x6A, 0x88]
        }
        waiting.withLock { $0 = bytes }
        return StatusWord.more(min(bytes.count, 16)).bytes
      default: return [0x6D, 0x00]
      }
    }
    return card
  }

  @Test("chip info reads the EID, profile list an empty list; every APDU is recorded by name") func session() throws {
    let lpac = try #require(ProcessInfo.processInfo.environment["SIMURGH_LPAC"])
    let lines = Mutex<[String]>([])
    let sink = CollectingSink()
    let card = card()
    let link = CardRecorder(InProcessCard(card), sink: sink, names: [0xBF3E: "GetEuiccData"])
    let stdio = LPACStdio(link) { line in lines.withLock { $0.append(line) } }
    #expect(try stdio.run([lpac, "profile", "list"]) == 0)
    _ = try stdio.run([lpac, "chip", "info"])
    let output = lines.withLock { $0.joined() }
    #expect(output.contains(#""data":[]"#), "\(output)")
    #expect(output.contains("89049032123451234512345678901235"), "\(output)")
    #expect(sink.events.contains { $0.name == "STORE DATA on channel 1 GetEuiccData" })
    #expect(sink.events.last?.name == "MANAGE CHANNEL")
  }
}

final class CollectingSink: EventSink {
  private let collected = Mutex<[LinkEvent]>([])
  var events: [LinkEvent] { collected.withLock { $0 } }
  func take(_ event: LinkEvent) { collected.withLock { $0.append(event) } }
}
