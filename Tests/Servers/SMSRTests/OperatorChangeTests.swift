import Bytes
import Identifiers
import Keys
import MutualAuthentication
import SGP02
import SGP22
import SMSR
import Stations
import Store
import SubscriberTransfer
import TestStores
import TestSupport
import Testing
import Transport

@Suite("E3: a change of operator through the SM-SR") struct OperatorChangeTests {
  /// The operators' connectivity management: the receiver's profile is on the eUICC already.
  struct Delivery: ProfileDelivery {
    let iccid: ICCID
    func verify(_ eid: EID) throws {}
    func install(for change: String, on eid: EID) throws -> ICCID { iccid }
  }

  /// Books that only note what they are told.
  final class Notes: SubscriberRecords, @unchecked Sendable {
    var lines: [String] = []
    func open(_ iccid: ICCID, now: Instant) throws { lines.append("open \(iccid)") }
    func close(_ iccid: ICCID, now: Instant) throws { lines.append("close \(iccid)") }
    func beginPorting(_ change: String, _ msisdn: String, _ way: PortingWay, now: Instant) throws {}
    func completePorting(_ change: String, _ way: PortingWay, now: Instant) throws {}
    func takeBackPorting(_ change: String, _ way: PortingWay, now: Instant) throws {}
  }

  /// A link to one route, with mutual TLS.
  final class RouteLink: ServerLink {
    let certificate: [UInt8]
    let respond: (Message) -> Reply
    init(_ certificate: [UInt8], _ respond: @escaping (Message) -> Reply) {
      (self.certificate, self.respond) = (certificate, respond)
    }
    func exchange(_ message: Message) throws(LinkError) -> Reply {
      var message = message
      message.peerCertificate = certificate
      return respond(message)
    }
  }

  /// One operator with its runners.
  struct Party {
    let desk: SubscriberTransfer.Desk
    let notes: Notes
    let arrivals, departures: StepRunner<SubscriberTransfer.Office>
  }

  private func parties(_ manager: TestManager) throws -> (donor: Party, receiver: Party) {
    let tls = (try manager.circle.issue(.operatorTLS), try manager.circle.issue(.operatorTLS))
    func desk(_ name: String, _ own: TestCircle.Party, _ peer: String, _ other: TestCircle.Party) throws
      -> SubscriberTransfer.Desk
    {
      try SubscriberTransfer.Desk(
        store: StoreKind.current.make(), name: name, key: own.key, trust: manager.trust,
        peers: [.init(name: peer, certificate: other.certificate, host: "\(peer).example")])
    }
    let donor = try desk("donor", tls.0, "receiver", tls.1)
    let receiver = try desk("receiver", tls.1, "donor", tls.0)
    func party(
      _ desk: SubscriberTransfer.Desk, _ caller: TestManager.Caller, _ own: TestCircle.Party,
      to peer: SubscriberTransfer.Desk
    ) -> Party {
      let (clock, route) = (manager.clock, manager.route)
      let peerRoute = SubscriberTransfer.Route(peer) { Given(now: clock.now, random: SystemRandomSource.shared) }
      let profiles = SMSRProfiles(
        name: caller.name, managers: [(manager.oid, "sr1.example.com")], delivery: Delivery(iccid: manager.iccids[2])
      ) { RouteLink(caller.certificate) { route.respond(to: $0) } }
      let notes = Notes()
      let office = SubscriberTransfer.Office(
        desk: desk, profiles: profiles, records: notes,
        link: RouteLink(own.certificate.encoded) { peerRoute.respond(to: $0) }, random: SystemRandomSource.shared)
      return Party(
        desk: desk, notes: notes, arrivals: StepRunner(ArrivalSteps.plan, for: office, store: desk.store),
        departures: StepRunner(DepartureSteps.plan, for: office, store: desk.store))
    }
    return (party(donor, manager.donor, tls.0, to: receiver), party(receiver, manager.receiver, tls.1, to: donor))
  }

  private func play(_ isRefusedByCard: Bool) throws -> (TestManager, TestEUICC, donor: Party, receiver: Party) {
    let manager = try TestManager()
    _ = try manager.register().get()
    var euicc = try manager.euicc
    if isRefusedByCard { euicc.refusal = .forbiddenByPOL1 }
    let (donor, receiver) = try parties(manager)
    try donor.desk.setContract(ProfileContract(subscription: 1), for: manager.iccids[1])
    try receiver.desk.beginChange(
      "c1", of: manager.eid, from: "donor", manager.iccids[1], subscription: 1, now: manager.clock.now)
    for _ in 0..<60 {
      for runner in [receiver.arrivals, donor.departures] {
        for _ in 0..<4 where try runner.run(now: manager.clock.now) == 0 { break }
      }
      try manager.carry(&euicc, rounds: 3)
      manager.clock.advance(by: .seconds(60))
    }
    return (manager, euicc, donor, receiver)
  }

  @Test(
    "the receiver's profile is enabled, the donor's deleted by its rules, and both operators have seen it on the eUICC",
    .overEveryStore)
  func change() throws {
    let (manager, euicc, donor, receiver) = try play(false)
    #expect(try receiver.desk.arrival("c1")?.state == .done)
    #expect(try donor.desk.departure(to: "receiver", "c1")?.state == .done)
    #expect(euicc.enabled == manager.isdps[2] && !euicc.isdps.contains { $0.aid == manager.isdps[1] })
    #expect(try !manager.books().contains { $0.iccid == manager.iccids[1] })
    #expect(receiver.notes.lines == ["open \(manager.iccids[2])"])
    #expect(donor.notes.lines == ["close \(manager.iccids[1])"])
  }

  @Test("where the eUICC refuses, the donor's profile stays in use, and may not be disabled any more") func refused()
    throws
  {
    let (manager, euicc, donor, receiver) = try play(true)
    #expect(try receiver.desk.arrival("c1")?.state == .takenBack)
    #expect(try donor.desk.departure(to: "receiver", "c1")?.state == .takenBack)
    #expect(euicc.enabled == manager.isdps[1])
    let profile = try #require(try manager.books().first { $0.iccid == manager.iccids[1] })
    #expect(profile.state == .enabled && profile.pol2 == .disablingNotAllowed)
    #expect(receiver.notes.lines == ["open \(manager.iccids[2])", "close \(manager.iccids[2])"])
    #expect(donor.notes.lines.isEmpty)
  }
}
