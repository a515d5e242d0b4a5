import Bytes
import CircleOfTrust
import Identifiers
import Keys
import MutualAuthentication
import OperatorChange
import SGP22
import SecureMessages
import Stations
import SubscriberTransfer
import Testing
import Transport
import World

@Suite("E3: attacks on a change of operator") struct TransferAttackTests {
  let setting: TransferStory.Setting
  let story: TransferStory
  let request: ChangeRequest

  init() throws {
    setting = try TransferStory.Setting(
      random: SystemRandomSource.shared, now: Instant(seconds: 1_800_000_000))
    story = try TransferStory(in: setting)
    request = ChangeRequest(change: "change-1", eid: story.eid, iccid: story.donor.iccid, msisdn: "4915550000000")
  }

  /// A call at the donor, over whatever certificate, signed with whatever key.
  private func ask<Function: ServerFunction>(
    _ function: Function.Type, _ body: Function.Request, as name: String, certificate: String, call: String = "1"
  ) throws -> Result<Function.Response, Refusal> {
    let route = SubscriberTransfer.Route(story.donor.desk) { [now = story.now] in
      Given(now: now, random: SystemRandomSource.shared)
    }
    let reply = route.respond(
      to: Message(
        host: "donor.example", path: Function.path,
        body: JSONBinding.encode(
          body, header: .init(functionRequesterIdentifier: name, functionCallIdentifier: call)),
        peerCertificate: try setting.certificate(of: certificate).encoded))
    return try JSONBinding.decodeAnswer(from: reply.body)
  }

  private func signed<Body: LastingBody>(
    _ body: Body, as name: String, key: String, to receiver: String = "donor", from start: Instant? = nil
  ) throws -> Signed<Body> {
    let start = start ?? story.now
    return try Signed(
      body, by: KeyHolder(ChangeRequest.mno(name), key: setting.key(of: key)), to: ChangeRequest.mno(receiver),
      term: Term(serial: 1, notBefore: start, notAfter: start + .seconds(3600)))
  }

  @Test("a receiving operator without a contract, or in another's name, is refused and learns nothing") func strangers()
    throws
  {
    for (name, certificate) in [("stranger", "stranger"), ("receiver", "stranger")] {
      let message = RequestOperatorChange.Request(request: try signed(request, as: name, key: certificate))
      let answer = try ask(RequestOperatorChange.self, message, as: name, certificate: certificate)
      #expect(throws: Refusal.requesterUnknown) { try answer.get() }
    }
    #expect(throws: Denial.self) {
      try story.receiver.desk.beginChange(
        "c", of: story.eid, from: "stranger", story.donor.iccid, subscription: 1, now: story.now)
    }
  }

  @Test("a request that somebody else signed, for another operator, or of yesterday, is refused") func forged() throws {
    let wrong = [
      try signed(request, as: "receiver", key: "stranger"), try signed(request, as: "stranger", key: "receiver"),
      try signed(request, as: "receiver", key: "receiver", to: "stranger"),
      try signed(request, as: "receiver", key: "receiver", from: story.now - .seconds(86_400)),
    ]
    for (number, message) in wrong.enumerated() {
      let answer = try ask(
        RequestOperatorChange.self, .init(request: message), as: "receiver", certificate: "receiver",
        call: "\(number)")
      #expect(throws: Refusal.changeUnverified) { try answer.get() }
    }
    #expect(try story.donor.desk.departure(to: "receiver", "change-1") == nil)
  }

  @Test("a receiving operator that is revoked in the middle gets no further, from the next call on") func revoked()
    throws
  {
    try story.begin()
    var circle = setting.trust.circle
    let list = try setting.root.revocationList(
      number: 1, revoked: [setting.certificate(of: "receiver").serialNumber: story.now - .seconds(10)],
      thisUpdate: story.now - .seconds(10), nextUpdate: story.now + .seconds(86_400 * 365))
    try circle.load(list, at: story.now)
    setting.trust.circle = circle
    for _ in 0..<3 { try story.pass() }
    #expect(try story.donor.desk.departure(to: "receiver", "change-1") == nil)
    #expect(story.eUICC.enabled == story.donor.iccid)
    try story.check()
  }

  @Test("a receiving operator that says it has the subscriber, and has not, gets nothing: the donor asks the eUICC")
  func liar() throws {
    let message = RequestOperatorChange.Request(request: try signed(request, as: "receiver", key: "receiver"))
    _ = try ask(RequestOperatorChange.self, message, as: "receiver", certificate: "receiver")
    for _ in 0..<4 { try story.pass() }
    let end = try signed(
      ChangeEnd(of: request, newICCID: story.receiver.iccid), as: "receiver", key: "receiver")
    _ = try ask(EndOperatorChange.self, .init(end: end), as: "receiver", certificate: "receiver", call: "end")
    for _ in 0..<4 { try story.pass() }
    let again = try signed(
      ChangeEnd(of: request, newICCID: story.receiver.iccid), as: "receiver", key: "receiver")
    let answer = try ask(
      EndOperatorChange.self, .init(end: again), as: "receiver", certificate: "receiver", call: "end 2")
    #expect(throws: Refusal.changeNotCompleted) { try answer.get() }
    #expect(try story.donor.desk.departure(to: "receiver", "change-1")?.state == .takenBack)
    #expect(try story.donor.admits())
    let subscription = try story.donor.customers.subscription(story.donor.subscription)
    #expect(subscription.number?.digits == "4915550000000")
    // With the rights gone its profile is not enabled any more.
    #expect(story.eUICC.enabled == story.donor.iccid)
  }

  @Test("rights that nobody uses come back, and with them everything that was prepared") func unused() throws {
    let message = RequestOperatorChange.Request(request: try signed(request, as: "receiver", key: "receiver"))
    _ = try ask(RequestOperatorChange.self, message, as: "receiver", certificate: "receiver")
    for _ in 0..<10 { try story.pass() }
    #expect(try story.donor.desk.departure(to: "receiver", "change-1")?.state == .underWay)
    for _ in 0..<(8 * 48) { try story.pass() }
    #expect(try story.donor.desk.departure(to: "receiver", "change-1")?.state == .takenBack)
    #expect(try story.donor.customers.porting("receiver/change-1", .portOut)?.state == .takenBack)
  }

  @Test("of two changes of one eUICC one is begun, and the rights to a profile go to one operator") func race() throws {
    try story.begin()
    #expect(throws: SubscriberTransfer.Refused.self) {
      try story.receiver.desk.beginChange(
        "change-2", of: story.eid, from: "donor", story.donor.iccid, subscription: 1, now: story.now)
    }
    for _ in 0..<2 { try story.pass() }
    let second = ChangeRequest(change: "change-2", eid: story.eid, iccid: story.donor.iccid)
    let message = RequestOperatorChange.Request(request: try signed(second, as: "receiver", key: "receiver"))
    let answer = try ask(RequestOperatorChange.self, message, as: "receiver", certificate: "receiver", call: "2")
    guard case .refused = try answer.get().answer.claimedBody.decision else {
      Issue.record("the rights went twice")
      return
    }
  }

  @Test("another's number does not come with a subscriber") func anothersNumber() throws {
    let greedy = ChangeRequest(
      change: "change-1", eid: story.eid, iccid: story.donor.iccid, msisdn: "4915550000001")
    let message = RequestOperatorChange.Request(request: try signed(greedy, as: "receiver", key: "receiver"))
    let answer = try ask(RequestOperatorChange.self, message, as: "receiver", certificate: "receiver")
    #expect(try answer.get().answer.claimedBody.decision == .refused("the number is not this subscriber's"))
  }
}
