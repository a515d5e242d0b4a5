import APDU
import Bytes
import Synchronization
import Testing
import Transport
import World

final class CollectingSink: EventSink {
  private let collected = Mutex<[LinkEvent]>([])
  var events: [LinkEvent] { collected.withLock { $0 } }
  func take(_ event: LinkEvent) { collected.withLock { $0.append(event) } }
}

@Suite("Recorders: every message, decoded") struct RecorderTests {
  @Test("SGP.22 §5.7.2: blocks of STORE DATA are joined and named; so are the pieces of the answer") func storeData()
    throws
  {
    let card = ScriptedCard([
      ("81E2110004BF2E0480", "9000"), ("81E2910103024142", "6105"), ("01C0000005", "BF2E0280019000"),
    ])
    let sink = CollectingSink()
    let recorder = CardRecorder(card, sink: sink, names: [0xBF2E: "GetEuiccChallenge"])
    _ = try recorder.transmit(Command(cla: 0x81, ins: 0xE2, p1: 0x11, p2: 0, data: [0xBF, 0x2E, 0x04, 0x80]))
    _ = try recorder.transmit(Command(cla: 0x81, ins: 0xE2, p1: 0x91, p2: 1, data: [0x02, 0x41, 0x42]))
    _ = try recorder.transmit(Command(cla: 0x01, ins: 0xC0, p1: 0, p2: 0, le: 5))
    let events = sink.events
    #expect(events.count == 6)
    #expect(events[2].name == "STORE DATA on channel 1 GetEuiccChallenge")
    #expect(events[2].text.contains("80 4142"))
    #expect(events[5].direction == .received)
    #expect(events.allSatisfy { $0.peer == "card" })
    #expect(card.verdict.isEmpty, "\(card.verdict)")
  }

  @Test("PINs and session keys do not reach the record") func secrets() throws {
    let card = ScriptedCard([("0020000108" + "31323334FFFFFFFF", "9000"), ("0088008101AA", "DB0102039000")])
    let sink = CollectingSink()
    let recorder = CardRecorder(card, sink: sink)
    _ = try recorder.transmit(
      Command(cla: 0, ins: 0x20, p1: 0, p2: 1, data: Array("1234".utf8) + [255, 255, 255, 255]))
    _ = try recorder.transmit(Command(cla: 0, ins: 0x88, p1: 0, p2: 0x81, data: [0xAA]))
    let everything = sink.events.map { $0.text + $0.bytes.hex }.joined()
    #expect(!everything.contains("31323334"))
    #expect(!everything.contains("DB010203"))
    #expect(everything.contains("‹redacted›"))
  }

  @Test("JSON is shown a member a line, TLVs in base 64 as trees, the transaction as correlation") func json() throws {
    let servers = InProcessServers()
    servers.place("smdp.example.com") { message in
      Reply(headers: ["Content-Type": "application/json"], body: message.body)
    }
    let sink = CollectingSink()
    let recorder = ServerRecorder(servers, sink: sink, names: [0xBF20: "EUICCInfo1"])
    let body = #"{"transactionId":"0A0B","euiccInfo1":"vyADggEC","smdpAddress":"smdp.example.com"}"#
    _ = try recorder.exchange(
      Message(host: "smdp.example.com", path: "/gsma/rsp2/es9plus/initiateAuthentication", body: Array(body.utf8)))
    let events = sink.events
    #expect(events.map(\.name) == ["ES9PLUS initiateAuthentication", "ES9PLUS initiateAuthentication"])
    #expect(events.map(\.direction) == [.sent, .received])
    #expect(events[0].correlation == "0A0B")
    #expect(events[0].text.contains("BF20 EUICCInfo1"))
    #expect(events[0].text.contains("smdpAddress: smdp.example.com"))
    #expect(throws: LinkError.self) { try recorder.exchange(Message(host: "elsewhere.example.com", path: "/")) }
    #expect(sink.events.last?.name == "no answer")
  }

  @Test("noise is recorded without harm") func noise() throws {
    let servers = InProcessServers()
    servers.place("x") { message in Reply(status: 500, body: message.body) }
    let sink = CollectingSink()
    let recorder = ServerRecorder(servers, sink: sink)
    for body: [UInt8] in [
      [], [0xFF], Array("{".utf8), Array("[1,{}]".utf8), Array(#"{"a":[null,true,1,{"b":"////////"}]}"#.utf8),
    ] {
      #expect(try recorder.exchange(Message(host: "x", path: "", body: body)).body == body)
    }
    #expect(sink.events.count == 10)
  }

  @Test("text events read as arrows with indented lines") func text() {
    let event = LinkEvent(peer: "card", direction: .sent, name: "SELECT", text: "00A40400\nA000", bytes: [])
    #expect("\(event)" == "→ card  SELECT\n    00A40400\n    A000\n")
  }
}
