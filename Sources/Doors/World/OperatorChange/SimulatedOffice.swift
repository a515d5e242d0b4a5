import AuC
import Bytes
import CircleOfTrust
import CustomerManagement
import Identifiers
import Keys
import MutualAuthentication
import OrderDesk
import SGP02
import Stations
import Store
import SubscriberTransfer
import Transport

/// An operator's back office in a story: its part in changes of operator, its customers, and its authentication centre.
final class SimulatedOffice {
  let party: SimulatedParty
  let name: String
  let customers: CustomerManagement.Desk
  let centre: AuC.Desk
  let gate: NetworkGate
  /// Its part in changes of operator, for who looks on and for who works there.
  let transfers: SubscriberTransfer.Desk
  /// The subscription that the change is about.
  private(set) var subscription = 0
  private let circle: ProvisioningCircle
  private let own: ProvisioningCircle.Subscriber
  private let trust: CircleInForce

  /// The operator of `own`, whose customer it is; the other operator is called `peer`.
  init(
    _ party: SimulatedParty, of own: ProvisioningCircle.Subscriber, peer: String, centre: AuC.Desk,
    in circle: ProvisioningCircle
  ) throws {
    (self.party, name, self.own, self.circle, self.centre) = (party, own.mno, own, circle, centre)
    customers = try CustomerManagement.Desk(store: party.store)
    gate = NetworkGate(centre, random: party.random)
    trust = CircleInForce(circle.circle)
    transfers = try Self.desk(party, name, peer: peer, trust, in: circle)
  }

  /// A customer with the SIM, and with `number` where it has one.
  func enter(number: TelephoneNumber?, now: Instant) throws {
    let person = try customers.add(CustomerManagement.Subscriber.Particulars(name: "Ada"), now: now)
    _ = try customers.checkCredit(ofSubscriber: person, amount: 1, by: LocalCreditRules(), now: now)
    if let number {
      try customers.make(NumberPool(name: "p"), now: now)
      try customers.add(numbers: 1, from: number, to: "p", now: now)
      try customers.reserve(number, for: person, now: now)
    }
    subscription = try customers.subscribe(person, number: number, now: now)
    try customers.stock([(iccid: own.iccid, imsi: own.imsi, profileType: "m2m")], now: now)
  }

  /// The keys of a SIM that is not in use yet.
  func prepareKeys(now: Instant) throws {
    let credentials = try AuC.Credentials(k: own.k, algorithm: .milenage(opc: own.opc))
    try gate.prepare([(OrderDesk.SIM(iccid: own.iccid, imsi: own.imsi), credentials)], now: now)
  }

  private static func desk(
    _ party: SimulatedParty, _ name: String, peer: String, _ trust: CircleInForce, in circle: ProvisioningCircle
  ) throws -> SubscriberTransfer.Desk {
    guard let own = circle.operators[name], let other = circle.operators[peer] else {
      throw StoreError.unexpected("an operator without a certificate")
    }
    return try SubscriberTransfer.Desk(
      store: party.store, name: name, key: own.key, trust: trust,
      peers: [.init(name: peer, certificate: other.certificate, host: "\(peer).example")])
  }

  func start() throws {
    try party.start { [self] party in
      let desk = transfers
      let (line, me) = (OneThread(party.link), OneThread(party))
      let item = SMDPDelivery.Item(
        iccid: own.iccid, address: SubscriptionAddress(msisdn: own.msisdn, imsi: own.imsi))
      let delivery = SMDPDelivery(
        name: name, managers: circle.mesh.map(\.host),
        smdp: (ProvisioningCircle.provider, ProvisioningCircle.names.provider), trust: trust,
        given: { me.value.given }, connect: { line.value }
      ) { _ in item }
      let profiles = SMSRProfiles(
        name: name, managers: circle.mesh.map { ($0.oid, $0.host) }, delivery: delivery
      ) { line.value }
      let office = SubscriberTransfer.Office(
        desk: desk, profiles: profiles, records: SubscriberMove(customers, gate: gate), link: party.link,
        random: party.random)
      let arrivals = StepRunner(
        ArrivalSteps.plan, for: office, store: party.store, backOff: ProvisioningCircle.asking)
      let departures = StepRunner(
        DepartureSteps.plan, for: office, store: party.store, backOff: ProvisioningCircle.asking)
      try arrivals.resume(now: party.given.now)
      try departures.resume(now: party.given.now)
      return .init(
        respond: { message in SubscriberTransfer.Route(desk) { [given = party.given] in given }.respond(to: message) },
        work: {
          try arrivals.run(now: party.given.now)
          try departures.run(now: party.given.now)
        },
        nextDue: {
          try [party.nextDue(ArrivalSteps.plan.name), party.nextDue(DepartureSteps.plan.name)].compactMap(\.self).min()
        })
    }
  }

  /// Whether the authentication centre lets the SIM in.
  func admits(_ imsi: IMSI) throws -> Bool {
    let summary = try centre.summary(of: imsi)
    return summary.standing == .active && summary.keys.contains { $0.state == .active }
  }

  /// The number in its books.
  func number() throws -> String? { try customers.subscription(subscription).number?.digits }
}
