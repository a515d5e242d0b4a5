import Bytes
import Foundation
import Synchronization
import Testing
import Transport

import TransportCard
import World

@Suite("lpac's stdio protocol") struct LPACStdioTests {
  private func ask(_ stdio: LPACStdio, _ line: String) -> String? {
    stdio.respond(Array(line.utf8)).map { String(decoding: $0, as: UTF8.self) }
  }

  @Test("functions of the card: connect, channels, transmit") func card() {
    let card = EchoCard()
    card.answer = { apdu in
      switch apdu[1] {
      case 0x70 where apdu[2] == 0: [0x01, 0x90, 0x00]
      case 0xA4: [0x61, 0x02]
      case 0xC0: [0x6F, 0x00, 0x90, 0x00]
      default: [0x90, 0x00]
      }
    }
    let stdio = LPACStdio(InProcessCard(card))
    func apdu(_ function: String, _ parameter: String?) -> String? {
      ask(
        stdio, #"{"type":"apdu","payload":{"func":"\#(function)","param":\#(parameter.map { "\"\($0)\"" } ?? "null")}}"#
      )
    }
    #expect(apdu("connect", nil) == #"{"type":"apdu","payload":{"ecode":0}}"#)
    #expect(apdu("logic_channel_open", "a0000005591010ffffffff8900000100") == #"{"type":"apdu","payload":{"ecode":1}}"#)
    #expect(apdu("transmit", "81e2910003bf2e00") == #"{"type":"apdu","payload":{"ecode":0,"data":"9000"}}"#)
    #expect(apdu("logic_channel_close", "01") == #"{"type":"apdu","payload":{"ecode":0}}"#)
    #expect(apdu("disconnect", nil) == #"{"type":"apdu","payload":{"ecode":0}}"#)
    #expect(
      card.log == [
        "on", "0070000001", "01A4040010A0000005591010FFFFFFFF8900000100", "01C0000002", "81E2910003BF2E00", "00708001",
      ])
    #expect(apdu("transmit", "81") == #"{"type":"apdu","payload":{"ecode":-1}}"#)
    #expect(apdu("transmit", "zz") == #"{"type":"apdu","payload":{"ecode":-1}}"#)
    #expect(apdu("logic_channel_close", nil) == #"{"type":"apdu","payload":{"ecode":-1}}"#)
    #expect(apdu("format", nil) == #"{"type":"apdu","payload":{"ecode":-1}}"#)
  }

  @Test("an application that is not there gives a negative channel") func noApplication() {
    let card = EchoCard()
    card.answer = { $0[1] == 0x70 ? [0x01, 0x90, 0x00] : [0x6A, 0x82] }
    let answer = ask(
      LPACStdio(InProcessCard(card)), #"{"type":"apdu","payload":{"func":"logic_channel_open","param":"A000"}}"#)
    #expect(answer == #"{"type":"apdu","payload":{"ecode":-1}}"#)
  }

  @Test("requests over http reach the servers with host, path, headers and body") func http() {
    let servers = InProcessServers()
    servers.place("smdp.example.com") { message in
      Reply(status: message.headers["X-Admin-Protocol"] == "gsma/rsp/v2.2.0" ? 200 : 400, body: message.body + [0xFF])
    }
    let stdio = LPACStdio(InProcessCard(EchoCard()), servers: servers)
    let line =
      #"{"type":"http","payload":{"url":"https://smdp.example.com/gsma/rsp2/es9plus/x","tx":"0102","headers":["X-Admin-Protocol: gsma/rsp/v2.2.0"]}}"#
    #expect(ask(stdio, line) == #"{"type":"http","payload":{"rcode":200,"rx":"0102FF"}}"#)
    let elsewhere = line.replacingOccurrences(of: "smdp.example.com", with: "elsewhere")
    #expect(ask(stdio, elsewhere) == #"{"type":"http","payload":{"rcode":503,"rx":""}}"#)
  }

  @Test("other lines are the program's output") func output() {
    let seen = Mutex<[String]>([])
    let stdio = LPACStdio(InProcessCard(EchoCard())) { line in seen.withLock { $0.append(line) } }
    for line in [#"{"type":"lpa","payload":{"code":0}}"#, "no JSON", #"{"type":"http","payload":{}}"#, "{}"] {
      #expect(ask(stdio, line) == nil)
    }
    #expect(seen.withLock { $0.count } == 4)
  }

  @Test("a program is served to its end; its exit status is handed on") func run() throws {
    let seen = Mutex<[String]>([])
    let stdio = LPACStdio(InProcessCard(EchoCard())) { line in seen.withLock { $0.append(line) } }
    let script =
      #"echo '{"type":"apdu","payload":{"func":"connect","param":null}}'; read answer; echo "got $answer $LPAC_APDU"; exit 3"#
    #expect(try stdio.run(["sh", "-c", script]) == 3)
    #expect(seen.withLock { $0 } == [#"got {"type":"apdu","payload":{"ecode":0}} stdio"#])
    #expect(throws: LinkError.self) { try stdio.run(["no-such-program-anywhere"]) }
    #expect(throws: LinkError.self) { try stdio.run([]) }
  }

  @Test("a program that stops reading does not kill us") func deafProgram() throws {
    let stdio = LPACStdio(InProcessCard(EchoCard())) { _ in }
    let script =
      #"exec 0<&-; for i in 1 2 3; do echo '{"type":"apdu","payload":{"func":"connect","param":null}}'; done; exit 0"#
    #expect(try stdio.run(["sh", "-c", script]) == 0)
  }
}
