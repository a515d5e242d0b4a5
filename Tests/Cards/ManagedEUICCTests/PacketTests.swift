import APDU
import Bytes
import Keys
import SGP02
import SecureChannel
import Testing
import UICC

@Suite("A managed eUICC and its packets") struct PacketTests {
  @Test(
    "SGP.02 §2.4.3: a packet is carried out and its receipt proven, in the report of delivery or a message of its own")
  func receipt() throws {
    let manager = try TestManager()
    let answers = try manager.call(.setFallbackAttribute(TestManager.isdp(0)))
    #expect(answers == [Response()])
    let script = try CommandScript.encode([ES5.setFallbackAttribute(TestManager.isdp(0)).command])
    let answer = try #require(try manager.deliver(manager.packet(script, security: .fullBySubmit)))
    #expect(manager.fetched.last?.kind == .sendShortMessage)
    guard case .proven(let proof) = try SCP80.ResponsePacket.Received(answer, keys: manager.keys) else {
      Issue.record("no proof")
      return
    }
    #expect(try CommandScript.answers(proof.data) == [Response()])
    // An answer that is too long for the report comes in several messages.
    let report = try #require(try manager.call(.getReport).first)
    #expect(try EUICCReport(encoded: report.data).status?.isdps.count == 1)
  }

  @Test("TS 102 225 §5.1.4: a replayed, an older and a reordered packet are refused, also after a power cut")
  func replay() throws {
    let manager = try TestManager()
    let script = try CommandScript.encode([ES5.createISDP(TestManager.isdp(1), memory: 1_000).command])
    let first = try manager.packet(script)
    let second = try manager.packet(CommandScript.encode([ES5.setFallbackAttribute(TestManager.isdp(0)).command]))
    func status(_ packet: [UInt8]) throws -> SCP80.Status? {
      guard let answer = try manager.deliver(packet),
        case .proven(let proof) = try SCP80.ResponsePacket.Received(answer, keys: manager.keys)
      else { return nil }
      return proof.status
    }
    #expect(try status(second) == .ok)
    #expect(try status(second) == .counterLow)
    #expect(try status(first) == .counterLow, "the packets were reordered")
    manager.card.powerOff()
    try manager.powerOn()
    #expect(try status(second) == .counterLow)
    #expect(manager.states().count == 1)
  }

  @Test("keys of another eUICC open nothing, and what is said of such a packet proves nothing") func foreignKeys()
    throws
  {
    let (manager, other) = (try TestManager(), try TestManager(TestParties(), "other"))
    let script = try CommandScript.encode([ES5.createISDP(TestManager.isdp(1), memory: 1_000).command])
    let answer = try #require(try manager.deliver(other.packet(script)))
    #expect(try SCP80.ResponsePacket.Received(answer, keys: manager.keys) == .unproven(.checksumFailed))
    #expect(manager.states().count == 1)
    // The counter did not move: the true SM-SR's first packet is taken.
    #expect(try manager.status(.createISDP(TestManager.isdp(1), memory: 1_000)) == .ok)
  }

  @Test("who has not shown the keys makes the card send no message of its own") func silence() throws {
    let (manager, other) = (try TestManager(), try TestManager(TestParties(), "other"))
    let before = manager.submitted().count
    let script = CommandScript.encode([ES5.getReport.command])
    let answer = try manager.deliver(other.packet(script, security: .fullBySubmit))
    #expect(manager.submitted().count == before)
    #expect(try SCP80.ResponsePacket.Received(answer ?? [], keys: manager.keys) == .unproven(.checksumFailed))
  }

  @Test("a packet that wants no proof, or less security, is refused: the card's own notifications cannot come back")
  func reflection() throws {
    let manager = try TestManager()
    try manager.network(0x00)
    let message = try #require(
      manager.submitted().last { $0.header.elements.contains(UserDataHeader.commandPacket) })
    #expect(try manager.deliver(message.data) == nil)
    let script = CommandScript.encode([ES5.getReport.command])
    #expect(try manager.deliver(manager.packet(script, security: .notification)) == nil)
    manager.counter = 0
    #expect(try manager.call(.getReport).count == 1, "the counter did not move")
  }

  @Test("a TAR that nobody has is told so, and what is no script too") func routing() throws {
    let manager = try TestManager()
    let tar = try #require(SCP80.TAR([0x00, 0x00, 0x77]))
    #expect(try manager.exchange([0x84, 0x00], to: tar)?.status == .unknownTAR)
    #expect(try manager.exchange([0x01, 0x02])?.status == .securityError)
  }

  @Test("TS 102 226 §5.2.1: a script ends at the first refusal, and what was done before it stays") func script() throws
  {
    let manager = try TestManager()
    let answers = try manager.call(
      .createISDP(TestManager.isdp(1), memory: 0), .enableProfile(TestManager.isdp(1)),
      .createISDP(TestManager.isdp(2), memory: 0))
    #expect(answers.map(\.status) == [.ok, .conditionsOfUse])
    #expect(manager.states() == [.enabled, .selectable])
  }

  @Test("a short message that is not for the card's packets is left alone, and nothing traps") func foreign() throws {
    let manager = try TestManager()
    let random = SeededRandomSource(seed: [9])
    let packet = try manager.packet([1, 2, 3])
    for count in 0..<packet.count { _ = try manager.deliver(Array(packet.prefix(count))) }
    for _ in 0..<500 { _ = try manager.deliver(random.bytes(Int(random.bytes(1)[0] % 60))) }
    #expect(manager.states() == [.enabled])
    manager.counter = 1
    #expect(try manager.call(.getReport).count == 1)
  }
}
