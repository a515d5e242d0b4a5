import APDU
import Bytes
import CircleOfTrust
import Identifiers
import SGP02
import SGP22
import SMSR
import Store
import TestStores
import TestSupport
import Testing

@Suite("SGP.02 §5.5: what operators have done on eUICCs", .overEveryStore) struct ProfileManagementTests {
  private let manager: TestManager

  init() throws {
    manager = try TestManager()
    _ = try manager.register().get()
  }

  private func enable(_ call: String = "e") throws -> Result<NoFields, Refusal> {
    try manager.call(ES4.EnableProfile.self, manager.target(2), by: manager.receiver, call)
  }

  private func states() throws -> [EISProfile.State] { try manager.books().map(\.state) }

  @Test("§5.5.5: enabling is under way until the eUICC has proved it; then books and eUICC agree") func enabling()
    throws
  {
    var euicc = try manager.euicc
    #expect(throws: Refusal.functionUnderWay) { try enable().get() }
    #expect(throws: Refusal.functionUnderWay) { try enable().get() }
    #expect(try states() == [.disabled, .enabled, .disabled])
    #expect(try manager.carry(&euicc) >= 2)
    _ = try enable().get()
    #expect(euicc.enabled == manager.isdps[2])
    #expect(euicc.commands == 1)
    #expect(try states() == [.disabled, .disabled, .enabled])
    // What was said once is said again, whatever happens later.
    _ = try enable().get()
    let eis = try manager.call(ES4.GetEIS.self, .init(eid: manager.eid), by: manager.donor, "g").get().eis
    #expect(eis.profiles.map(\.state) == [.disabled, .disabled])
    #expect(eis.remainingMemory == 7000)
    #expect(eis.lastAuditDate != nil)
  }

  @Test(
    "§5.5.6, §5.5.7: disabled, the last resort is enabled; deleted, the profile is in no books", arguments: [0, 1, 3])
  func disabling(losses: Int) throws {
    var euicc = try manager.euicc
    euicc.losing = losses
    func disable() throws -> Result<NoFields, Refusal> {
      try manager.call(ES4.DisableProfile.self, manager.target(1), by: manager.donor, "d")
    }
    #expect(throws: Refusal.functionUnderWay) { try disable().get() }
    try manager.carry(&euicc)
    _ = try disable().get()
    #expect(euicc.enabled == manager.isdps[0])
    #expect(try states() == [.enabled, .disabled, .disabled])
    func delete() throws -> Result<NoFields, Refusal> {
      try manager.call(ES4.DeleteProfile.self, manager.target(1), by: manager.donor, "x")
    }
    euicc.losing = losses
    #expect(throws: Refusal.functionUnderWay) { try delete().get() }
    try manager.carry(&euicc)
    _ = try delete().get()
    #expect(try states() == [.enabled, .disabled])
    #expect(euicc.isdps.count == 2)
    // However many answers were lost, nothing was done twice.
    #expect(euicc.commands == 2)
  }

  @Test("a command whose answer is lost is sent again as it is, and the eUICC is asked what became of it") func lost()
    throws
  {
    var euicc = try manager.euicc
    #expect(throws: Refusal.functionUnderWay) { try enable().get() }
    let first = try #require(try manager.desk.packetsDue(given: manager.given).first)
    _ = try euicc.receive(first.packet)
    #expect(try manager.desk.packetsDue(given: manager.given).isEmpty)
    manager.clock.advance(by: .seconds(30))
    let again = try #require(try manager.desk.packetsDue(given: manager.given).first)
    #expect(again.packet == first.packet)
    let answer = try #require(try euicc.receive(again.packet))
    try manager.desk.receive(answer, from: manager.eid, given: manager.given)
    #expect(try states() == [.disabled, .enabled, .disabled])
    try manager.carry(&euicc)
    _ = try enable().get()
    #expect(euicc.commands == 1)
  }

  @Test("two operators at once: the second is judged by what the first left") func race() throws {
    var euicc = try manager.euicc
    #expect(throws: Refusal.functionUnderWay) { try enable().get() }
    func disable() throws -> Result<NoFields, Refusal> {
      try manager.call(ES4.DisableProfile.self, manager.target(1), by: manager.donor, "d")
    }
    #expect(throws: Refusal.functionUnderWay) { try disable().get() }
    try manager.carry(&euicc)
    _ = try enable().get()
    // The donor's profile is no longer the one that is enabled.
    #expect(throws: Refusal.profileStateWrong) { try disable().get() }
    #expect(euicc.commands == 1)
    #expect(euicc.enabled == manager.isdps[2])
  }

  @Test("§2.4.7: POL2 of the profile, and of the one that is enabled, is obeyed before anything is sent") func pol2()
    throws
  {
    func rules(_ number: Int, _ pol2: POL2, by caller: TestManager.Caller, _ call: String) throws {
      let request = ES4.UpdatePolicyRules.Request(target: manager.target(number), pol2: pol2)
      _ = try manager.call(ES4.UpdatePolicyRules.self, request, by: caller, call).get()
    }
    try rules(1, .disablingNotAllowed, by: manager.donor, "1")
    #expect(throws: Refusal.refusedByPOL2) { try enable("a").get() }
    #expect(throws: Refusal.refusedByPOL2) {
      try manager.call(ES4.DisableProfile.self, manager.target(1), by: manager.donor, "b").get()
    }
    try rules(1, [], by: manager.donor, "2")
    try rules(2, [.enablingNotAllowed, .deletionNotAllowed], by: manager.receiver, "3")
    #expect(throws: Refusal.refusedByPOL2) { try enable("c").get() }
    #expect(throws: Refusal.refusedByPOL2) {
      try manager.call(ES4.DeleteProfile.self, manager.target(2), by: manager.receiver, "d").get()
    }
    // A refusal stands for its call, though the rules change: a new call is decided anew.
    try rules(2, [], by: manager.receiver, "4")
    #expect(throws: Refusal.refusedByPOL2) { try enable("c").get() }
    #expect(throws: Refusal.functionUnderWay) { try enable("e").get() }
  }

  @Test("§2.4.7: a profile that POL2 wants deleted when it is disabled is deleted when another takes its place")
  func autoDelete() throws {
    var euicc = try manager.euicc
    let request = ES4.UpdatePolicyRules.Request(target: manager.target(1), pol2: .deletedWhenDisabled)
    _ = try manager.call(ES4.UpdatePolicyRules.self, request, by: manager.donor, "1").get()
    #expect(throws: Refusal.functionUnderWay) { try enable().get() }
    try manager.carry(&euicc)
    _ = try enable().get()
    #expect(try manager.books().map(\.iccid) == [manager.iccids[0], manager.iccids[2]])
    #expect(euicc.isdps.map(\.aid) == [manager.isdps[0], manager.isdps[2]])
  }

  @Test("§2.4.7: the POL2 that counts is that of the moment when the change began, and only for this change")
  func changedRules() throws {
    var euicc = try manager.euicc
    func rules(_ pol2: POL2, _ call: String) throws {
      let request = ES4.UpdatePolicyRules.Request(target: manager.target(1), pol2: pol2)
      _ = try manager.call(ES4.UpdatePolicyRules.self, request, by: manager.donor, call).get()
    }
    try rules(.deletedWhenDisabled, "1")
    // A change that the eUICC refuses leaves nothing behind.
    euicc.refusal = .forbiddenByPOL1
    #expect(throws: Refusal.functionUnderWay) { try enable("refused").get() }
    try manager.carry(&euicc)
    #expect(throws: Refusal.refusedByPOL1) { try enable("refused").get() }
    euicc.refusal = nil
    try rules([], "2")
    #expect(throws: Refusal.functionUnderWay) { try enable("keeps").get() }
    // Too late: it stays.
    try rules(.deletedWhenDisabled, "3")
    try rules([], "4")
    try manager.carry(&euicc)
    #expect(try manager.books().map(\.iccid) == manager.iccids)
    // And back again, after which the other operator's profile goes, though its rule has gone before it went.
    func back() throws -> Result<NoFields, Refusal> {
      try manager.call(ES4.EnableProfile.self, manager.target(1), by: manager.donor, "back")
    }
    func receiverRules(_ pol2: POL2, _ call: String) throws {
      let request = ES4.UpdatePolicyRules.Request(target: manager.target(2), pol2: pol2)
      _ = try manager.call(ES4.UpdatePolicyRules.self, request, by: manager.receiver, call).get()
    }
    try receiverRules(.deletedWhenDisabled, "5")
    #expect(throws: Refusal.functionUnderWay) { try back().get() }
    try receiverRules([], "6")
    try manager.carry(&euicc)
    #expect(try manager.books().map(\.iccid) == [manager.iccids[0], manager.iccids[1]])
  }

  @Test("§4.1.1: what the eUICC refuses, by POL1 or otherwise, is refused, and changes no books") func refused() throws
  {
    for (index, (status, refusal)) in [
      (StatusWord.forbiddenByPOL1, Refusal.refusedByPOL1), (.conditionsOfUse, .euiccNotExecuted),
    ].enumerated() {
      var euicc = try manager.euicc
      let manager = try TestManager()
      _ = try manager.register().get()
      euicc = try manager.euicc
      euicc.refusal = status
      func enable() throws -> Result<NoFields, Refusal> {
        try manager.call(ES4.EnableProfile.self, manager.target(2), by: manager.receiver, "\(index)")
      }
      #expect(throws: Refusal.functionUnderWay) { try enable().get() }
      try manager.carry(&euicc)
      #expect(throws: refusal) { try enable().get() }
      #expect(try manager.books().map(\.state) == [.disabled, .enabled, .disabled])
    }
  }

  @Test("the last resort is neither disabled nor deleted, nor is what is enabled deleted; another's is unknown")
  func lastResort() throws {
    var euicc = try manager.euicc
    #expect(throws: Refusal.profileStateWrong) {
      try manager.call(ES4.DeleteProfile.self, manager.target(0), by: manager.donor, "1").get()
    }
    #expect(throws: Refusal.profileStateWrong) {
      try manager.call(ES4.DeleteProfile.self, manager.target(1), by: manager.donor, "2").get()
    }
    #expect(throws: Refusal.profileStateWrong) {
      try manager.call(ES4.EnableProfile.self, manager.target(1), by: manager.donor, "3").get()
    }
    for call in ["4", "5"] {
      #expect(throws: Refusal.profileUnknown) {
        try manager.call(ES4.DisableProfile.self, manager.target(1), by: manager.receiver, call).get()
      }
    }
    #expect(throws: Refusal.profileUnknown) {
      let request = ES4.UpdateSubscriptionAddress.Request(
        target: manager.target(1), newSubscriptionAddress: .init(msisdn: "491"))
      return try manager.call(ES4.UpdateSubscriptionAddress.self, request, by: manager.receiver, "6").get()
    }
    #expect(try manager.carry(&euicc) == 0)
  }

  @Test("an identifier that comes again for another profile or function is refused with 1.1/3.3") func reused() throws {
    #expect(throws: Refusal.functionUnderWay) { try enable("1").get() }
    #expect(throws: Refusal.callIdentifierReused) {
      try manager.call(ES4.DeleteProfile.self, manager.target(2), by: manager.receiver, "1").get()
    }
  }

  @Test("answers of another eUICC, old ones, changed ones and complaints without proof decide nothing") func forged()
    throws
  {
    var euicc = try manager.euicc
    #expect(throws: Refusal.functionUnderWay) { try enable().get() }
    let packet = try #require(try manager.desk.packetsDue(given: manager.given).first)
    let answer = try #require(try euicc.receive(packet.packet))
    for position in answer.indices {
      var forged = answer
      forged[position] ^= 0x01
      try manager.desk.receive(forged, from: manager.eid, given: manager.given)
    }
    let stranger = try EID("89049032123451234512345678901332")
    try manager.desk.receive(answer, from: stranger, given: manager.given)
    #expect(try manager.desk.packetsDue(given: manager.given).isEmpty)
    try manager.desk.receive(answer, from: manager.eid, given: manager.given)
    try manager.desk.receive(notification: #require(try euicc.notification()), from: manager.eid, given: manager.given)
    let question = try #require(try manager.desk.packetsDue(given: manager.given).first)
    // The answer to the command is no report.
    try manager.desk.receive(answer, from: manager.eid, given: manager.given)
    #expect(throws: Refusal.functionUnderWay) { try enable().get() }
    let report = try #require(try euicc.receive(question.packet))
    try manager.desk.receive(report, from: manager.eid, given: manager.given)
    _ = try enable().get()
  }

  @Test("§5.5.8: an audit brings the books to what the eUICC proves: after a fall-back, or a profile that is gone")
  func audit() throws {
    var euicc = try manager.euicc
    // The network was lost: the eUICC enabled its last resort of its own accord.
    let other = TestEUICC(
      manager.eid, keys: euicc.keys,
      isdps: [
        .init(aid: manager.isdps[0], state: .enabled, hasFallbackAttribute: true, iccid: nil),
        .init(aid: manager.isdps[1], state: .disabled, hasFallbackAttribute: false, iccid: nil),
      ])
    euicc = other
    func audit() throws -> Result<ES4.GetEIS.Response, Refusal> {
      try manager.call(ES4.AuditEIS.self, .init(eid: manager.eid), by: manager.donor, "a")
    }
    #expect(throws: Refusal.functionUnderWay) { try audit().get() }
    try manager.carry(&euicc)
    #expect(try audit().get().eis.profiles.map(\.state) == [.enabled, .disabled])
    #expect(try manager.books().count == 2)
    #expect(throws: Refusal.eidUnknown) {
      let stranger = try EID("89049032123451234512345678901332")
      return try manager.call(ES4.AuditEIS.self, .init(eid: stranger), by: manager.donor, "b").get()
    }
  }

  @Test(
    "§3.2, §4.1.1.11: a profile counts as enabled when the eUICC told so, and was confirmed; one it took back is not")
  func notifications() throws {
    var euicc = try manager.euicc
    #expect(throws: Refusal.functionUnderWay) { try enable().get() }
    func exchange() throws {
      for packet in try manager.desk.packetsDue(given: manager.given) {
        guard let answer = try euicc.receive(packet.packet) else { continue }
        try manager.desk.receive(answer, from: manager.eid, given: manager.given)
      }
    }
    try exchange()
    try exchange()
    // The books follow the eUICC, and the operator is not told yet.
    #expect(try states() == [.disabled, .disabled, .enabled])
    #expect(throws: Refusal.functionUnderWay) { try enable().get() }
    // A notification of another eUICC, or one that was changed, is none.
    var forged = try #require(try euicc.notification())
    forged[forged.count - 1] ^= 1
    try manager.desk.receive(notification: forged, from: manager.eid, given: manager.given)
    try exchange()
    #expect(throws: Refusal.functionUnderWay) { try enable().get() }
    // There was no network: the profile before is enabled again, and says so.
    euicc.takeBack(to: manager.isdps[1])
    try manager.desk.receive(notification: #require(try euicc.notification()), from: manager.eid, given: manager.given)
    try exchange()
    #expect(throws: Refusal.euiccNotExecuted) { try enable().get() }
    #expect(try states() == [.disabled, .enabled, .disabled])
    #expect(euicc.pending == nil)
  }

  @Test("everything that was done or refused on an eUICC is in its audit trail") func trail() throws {
    var euicc = try manager.euicc
    #expect(throws: Refusal.functionUnderWay) { try enable().get() }
    try manager.carry(&euicc)
    let entries = try manager.store.read { try EventRecord.entries(correlation: manager.eid.digits, in: $0) }
    let names = Set(entries.map(\.event.name))
    #expect(names.isSuperset(of: ["EIS", "Operation", ES4.EnableProfile.path]))
  }
}
