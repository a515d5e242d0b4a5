import Bytes
import DeviceChange
import Identifiers
import Store
import TestStores
import Testing

@Suite("D: two living bodies of one identity raise an alarm with evidence") struct CloneTests {
  private func see(_ counter: Counter, _ iccid: ICCID, _ imsi: IMSI, on device: Int) throws -> CloneAlarm? {
    try counter.desk.saw(
      .profile(iccid, imsi, on: EID(Counter.eids[device]), by: "SM-DP+"), now: counter.now,
      random: SystemRandomSource.shared)
  }

  @Test("a profile seen on one eUICC, as often as may be, is none; on another it is", .overEveryStore)
  func twoCards() throws {
    let counter = try Counter()
    let request = try counter.request()
    for _ in 0..<3 { #expect(try see(counter, request.iccid, request.imsi, on: 0) == nil) }
    let alarm = try #require(try see(counter, request.iccid, request.imsi, on: 1))
    #expect(alarm.kind == .twoCards)
    #expect(alarm.before.contains(Counter.eids[0]) && alarm.after.contains(Counter.eids[1]))
    // One alarm, however often it is seen.
    #expect(try see(counter, request.iccid, request.imsi, on: 1)?.count == 2)
    #expect(try counter.desk.openAlarms().count == 1)
    try counter.settle()
    #expect(counter.others.notices == [.cloned(isBarred: false)])
    #expect(counter.others.log.isEmpty)
  }

  @Test("a move is none: the new profile on the new eUICC, the old one on the old; after it the old one is dead")
  func moved() throws {
    let counter = try Counter()
    let move = try counter.start(counter.request())
    try counter.agree(move)
    let new = try #require(try counter.desk.move(move.id).newICCID)
    #expect(try see(counter, move.iccid, move.imsi, on: 0) == nil)
    #expect(try see(counter, new, move.imsi, on: 1) == nil)
    // The new profile on a third one, or on the old: it was ordered for one eUICC.
    #expect(try see(counter, new, move.imsi, on: 0)?.kind == .twoCards)
    counter.others.standings = [new: .enabled, move.iccid: .disabled]
    try counter.settle()
    #expect(try counter.desk.move(move.id).state == .moved)
    let alarm = try #require(try see(counter, move.iccid, move.imsi, on: 0))
    #expect(alarm.kind == .replaced && alarm.before.contains(move.id))
  }

  @Test(
    "a number that went back is an alarm with what was said by whom; by policy the subscriber is shut out until decided"
  )
  func counter() throws {
    var rules = RiskRules()
    rules.barring = [.counter]
    let counter = try Counter(rules)
    let imsi = try counter.request().imsi
    let alarm = try #require(
      try counter.desk.saw(
        .counter(imsi, keys: "sim-1", before: "SEQ 70 at home", after: "SEQ 40 far away"), now: counter.now,
        random: SystemRandomSource.shared))
    #expect(alarm.after == "keys sim-1: SEQ 40 far away")
    try counter.settle()
    #expect(counter.others.log == ["bar"])
    #expect(counter.others.notices == [.cloned(isBarred: true)])
    try counter.desk.decide(alarm.id, "an old AUTS of that node", by: "clerk", now: counter.now)
    #expect(throws: MoveError.self) { try counter.desk.decide(alarm.id, "no", by: "x", now: counter.now) }
    try counter.settle()
    #expect(counter.others.log == ["bar", "unbar"])
    #expect(try counter.desk.openAlarms().isEmpty)
    // The next is an alarm of its own.
    #expect(
      try counter.desk.saw(
        .counter(imsi, keys: "sim-1", before: "b", after: "a"), now: counter.now, random: SystemRandomSource.shared)?.id
        != alarm.id)
  }

  private func renewing() throws -> (Counter, MoveRequest, CloneAlarm) {
    var rules = RiskRules()
    (rules.renewing, rules.barring) = ([.twoCards], [.twoCards])
    let counter = try Counter(rules)
    let request = try counter.request()
    _ = try see(counter, request.iccid, request.imsi, on: 0)
    let alarm = try #require(try see(counter, request.iccid, request.imsi, on: 1))
    try counter.settle()
    return (counter, request, alarm)
  }

  @Test(
    "by policy a copy brings a change of keys: another profile for the eUICC where the profile belongs", .overEveryStore
  )
  func renewal() throws {
    let (counter, request, alarm) = try renewing()
    #expect(counter.others.log == ["bar", "prepare", "order"])
    let ordered = try #require(counter.others.ordered)
    #expect((ordered.imsi, ordered.replaces, ordered.eid.digits) == (request.imsi, request.iccid, Counter.eids[0]))
    #expect(counter.others.notices.last == .renewal(activationCode: "LPA:1$smdp.example$TOKEN"))
    #expect(try counter.desk.openAlarms().count == 1)
    // Seen again and again: one renewal.
    _ = try see(counter, request.iccid, request.imsi, on: 1)
    try counter.settle()
    #expect(try counter.desk.renewals(of: request.imsi).count == 1)
    let new = try #require(try counter.desk.renewals(of: request.imsi).first?.newICCID)
    counter.others.standings[new] = .enabled
    try counter.settle()
    #expect(counter.others.log == ["bar", "prepare", "order", "commit", "unbar"])
    #expect(try counter.desk.openAlarms().isEmpty)
    #expect(try counter.desk.renewals(of: request.imsi).first?.committedAt != nil)
    // The new one on its eUICC is none; on the copy's it is an alarm again.
    #expect(try see(counter, new, request.imsi, on: 0) == nil)
    #expect(try see(counter, new, request.imsi, on: 1)?.id != alarm.id)
  }

  @Test("other keys that nobody installs are taken back, and the alarm is a person's; without the policy none are made")
  func notRenewed() throws {
    let (counter, request, _) = try renewing()
    try counter.settle(within: .seconds(8 * 86_400))
    #expect(counter.others.log == ["bar", "prepare", "order", "cancel", "abandon"])
    #expect(try counter.desk.openAlarms().count == 1)
    #expect(try counter.desk.renewals(of: request.imsi).first?.committedAt == nil)
    // Of a USIM that nobody has seen on an eUICC it is not known where it belongs.
    var rules = RiskRules()
    rules.renewing = [.counter]
    let other = try Counter(rules)
    _ = try other.desk.saw(
      .counter(request.imsi, keys: "sim-1", before: "b", after: "a"), now: other.now, random: SystemRandomSource.shared)
    try other.settle()
    #expect(other.others.log.isEmpty)
    #expect(try other.desk.openAlarms().count == 1)
  }
}
