import AuC
import Bytes
import CircleOfTrust
import CustomerManagement
import Identifiers
import Keys
import MutualAuthentication
import OperatorChange
import OrderDesk
import SecureMessages
import Stations
import Store
import StoreSQLite
import SubscriberTransfer
import TLV
import Transport

/// A subscriber goes from one operator to another: both back offices with their authentication centres, over stores that
/// crash, a network that loses, and an eUICC that may not be heard.
///
/// `@unchecked Sendable`: it stays on one thread, also where servers ask it for the time.
public final class TransferStory: @unchecked Sendable {
  /// What the story is about.
  public struct Plan: Sendable {
    /// What the donor's policy control function goes by, but for the subscription.
    public var lockedFor: Duration?
    public var consent = ProfileContract.Consent.notNeeded
    public var refusal: String?
    /// Whether the number moves with the subscriber.
    public var movesNumber = true
    /// Whether another SM-SR is to manage the eUICC.
    public var changesManager = false
    /// Whether the donor answers at all.
    public var donorAnswers = true
    public var findsNetwork = true
    public var isGenuine = true

    /// The change is allowed, and the number moves.
    public init() {}
  }

  /// One of the two.
  public final class Party {
    public let name: String
    public let store: any Store
    public let desk: SubscriberTransfer.Desk
    public let customers: CustomerManagement.Desk
    public let centre: AuC.Desk
    public let subscription: Int
    public let iccid: ICCID
    public let imsi: IMSI
    let gate: NetworkGate
    let certificate: Certificate
    var arrivals: StepRunner<SubscriberTransfer.Office>?
    var departures: StepRunner<SubscriberTransfer.Office>?

    fileprivate init(
      _ name: String, _ setting: Setting, peer: String, iccid: ICCID, imsi: IMSI, number: String? = nil, now: Instant,
      random: any RandomSource
    ) throws {
      (self.name, self.iccid, self.imsi) = (name, iccid, imsi)
      store = try SQLiteStore.inMemory()
      certificate = try setting.certificate(of: name)
      desk = try SubscriberTransfer.Desk(
        store: store, name: name, key: setting.key(of: name),
        trust: setting.trust,
        peers: [.init(name: peer, certificate: setting.certificate(of: peer), host: "\(peer).example")])
      customers = try CustomerManagement.Desk(store: store)
      try store.migrate([EventRecord.schema, SubscriberTable.schema, LocationTable.schema])
      centre = AuC.Desk(store: store, vault: setting.vault)
      gate = NetworkGate(centre, random: random)
      let person = try customers.add(CustomerManagement.Subscriber.Particulars(name: "Ada"), now: now)
      _ = try customers.checkCredit(ofSubscriber: person, amount: 1, by: LocalCreditRules(), now: now)
      let telephoneNumber = try number.map { try TelephoneNumber($0) }
      if let telephoneNumber {
        try customers.make(NumberPool(name: "p"), now: now)
        try customers.add(numbers: 1, from: telephoneNumber, to: "p", now: now)
        try customers.reserve(telephoneNumber, for: person, now: now)
      }
      subscription = try customers.subscribe(person, number: telephoneNumber, now: now)
      try customers.stock([(iccid: iccid, imsi: imsi, profileType: "m2m")], now: now)
      let credentials = try Credentials(
        k: Secret(random.bytes(16)), algorithm: .milenage(opc: Secret(random.bytes(16))))
      try gate.prepare([(OrderDesk.SIM(iccid: iccid, imsi: imsi), credentials)], now: now)
    }

    /// Whether the authentication centre has the operator's SIM among those that it lets in.
    public func admits() throws -> Bool {
      let summary = try centre.summary(of: imsi)
      return summary.standing == .active && summary.keys.contains { $0.state == .active }
    }

    /// Whether it gives the network what authenticates the SIM.
    public func authenticates(now: Instant, random: any RandomSource) -> Bool {
      (try? centre.quintuplets(for: imsi, by: "network", now: now, random: random).isEmpty) == false
    }
  }

  /// Keys and certificates of the two operators, made once for all stories.
  public struct Setting: Sendable {
    public let trust: CircleInForce
    let vault: KeyVault
    /// The certificate issuer.
    public let root: Authority
    private let parties: [String: (key: PrivateKey, certificate: Certificate)]

    /// A circle with the operators "donor" and "receiver", and a "stranger" with whom nobody has a contract.
    public init(random: any RandomSource, now: Instant) throws {
      let validity = Validity(from: now - .seconds(86_400), days: 3650)
      root = try Authority(
        certificateIssuer: DistinguishedName([(.commonName, "Transfer CI")]), key: PrivateKey(.p256, random: random),
        validity: validity, random: random)
      vault = try KeyVault(current: Secret(random.bytes(32)))
      trust = CircleInForce(Circle(roots: [root.certificate]))
      var parties: [String: (key: PrivateKey, certificate: Certificate)] = [:]
      for name in ["donor", "receiver", "stranger"] {
        let key = PrivateKey(.p256, random: random)
        parties[name] = (
          key,
          try root.issue(.operatorTLS, named: name, to: key.publicKey, validity: validity, random: random)
        )
      }
      self.parties = parties
    }

    /// The key of the operator called `name`.
    public func key(of name: String) throws -> PrivateKey { try party(name).key }
    /// Its TLS certificate.
    public func certificate(of name: String) throws -> Certificate { try party(name).certificate }
    private func party(_ name: String) throws -> (key: PrivateKey, certificate: Certificate) {
      guard let party = parties[name] else { throw SubscriberTransfer.Refused("there is no operator called \(name)") }
      return party
    }
  }

  public let plan: Plan
  public let donor, receiver: Party
  public let eUICC: SimulatedProfiles
  public let eid: EID
  static let msisdn = "4915550000000"
  static let change = "change-1"
  public private(set) var now = Instant(seconds: 1_800_000_000)
  private let random: SeededRandomSource
  private var isStormy = false

  /// A story; without a seed the weather is calm.
  public init(_ plan: Plan = Plan(), seed: UInt64? = nil, in setting: Setting) throws {
    self.plan = plan
    eid = try EID("89049032123451234512345678901235")
    random = SeededRandomSource(seed: Array("transfer".utf8) + (seed ?? 0).bigEndianBytes)
    isStormy = seed != nil
    donor = try Party(
      "donor", setting, peer: "receiver", iccid: ICCID("8988211000000000013"), imsi: IMSI("001010000000001"),
      number: Self.msisdn, now: now, random: random)
    receiver = try Party(
      "receiver", setting, peer: "donor", iccid: ICCID("8988211000000000021"), imsi: IMSI("001020000000001"),
      now: now, random: random)
    guard let old = OID("2.999.31") else { throw SubscriberTransfer.Refused("no object identifier") }
    eUICC = SimulatedProfiles(donor.iccid, of: "donor", managedBy: old)
    try prepare()
  }

  private func prepare() throws {
    try donor.gate.activate(OrderDesk.SIM(iccid: donor.iccid, imsi: donor.imsi), now: now)
    try donor.desk.setContract(
      ProfileContract(
        subscription: donor.subscription, msisdn: Self.msisdn, lockedUntil: plan.lockedFor.map { now + $0 },
        consent: plan.consent, refusal: plan.refusal), for: donor.iccid)
    eUICC.stock[Self.change] = receiver.iccid
    (eUICC.findsNetwork, eUICC.isGenuine) = (plan.findsNetwork, plan.isGenuine)
    eUICC.fate = { [unowned self] in
      guard isStormy, roll(4) == 0 else { return .heard }
      return roll(2) == 0 ? .lost : .answerLost
    }
    for (party, peer) in [(donor, receiver), (receiver, donor)] { connect(party, to: peer) }
  }

  private func connect(_ party: Party, to peer: Party) {
    let route = SubscriberTransfer.Route(peer.desk) { [unowned self] in Given(now: now, random: random) }
    let link = StoryLink { [unowned self] message in
      if !plan.donorAnswers, peer.name == "donor" { return nil }
      if isStormy, roll(4) == 0 { return nil }
      var message = message
      message.peerCertificate = party.certificate.encoded
      var reply = route.respond(to: message)
      if isStormy, roll(6) == 0 { reply = route.respond(to: message) }
      return isStormy && roll(4) == 0 ? nil : reply
    }
    let office = SubscriberTransfer.Office(
      desk: party.desk, profiles: eUICC.view(of: party.name),
      records: SubscriberMove(party.customers, gate: party.gate), link: link, random: random)
    party.arrivals = StepRunner(ArrivalSteps.plan, for: office, store: party.store)
    party.departures = StepRunner(DepartureSteps.plan, for: office, store: party.store)
  }

  private func roll(_ bound: Int) -> Int { Int(random.bytes(1)[0]) % bound }

  /// What is the case that must not be.
  public struct Violation: Error, CustomStringConvertible {
    public let description: String
  }

  /// Begins the change at the receiving operator.
  public func begin() throws {
    try receiver.desk.beginChange(
      Self.change, of: eid, from: "donor", donor.iccid, msisdn: plan.movesNumber ? Self.msisdn : nil,
      manager: plan.changesManager ? OID("2.999.32") : nil, subscription: receiver.subscription, now: now)
  }

  /// Plays it to its end: through `storm` rounds of bad weather, with crashes by the dice, then until nothing is left.
  public func play(storm rounds: Int = 0) throws {
    try persist { try begin() }
    isStormy = rounds > 0
    for round in 0..<(rounds + 400) {
      if round == rounds, rounds > 0 {
        isStormy = false
        for party in [donor, receiver] { party.store.onCommit(nil) }
      }
      for party in roll(2) == 0 ? [donor, receiver] : [receiver, donor] {
        if isStormy, roll(3) == 0 {
          let cut = CommitCut(at: roll(4), roll(2) == 0 ? .before : .after)
          party.store.onCommit { try cut.reach($0) }
        }
        try run(party)
        try check()
      }
      if !isStormy, try isOver() { return }
      now = now + .seconds(isStormy ? Int64(roll(200)) * 60 : 1800)
      if !isStormy, let next = try nextDue() { now = max(now, next) }
    }
    throw Violation(description: "the change never ends")
  }

  /// Both work once, and half an hour passes.
  public func pass() throws {
    for party in [donor, receiver] { try run(party) }
    now = now + .seconds(1800)
  }

  private func isOver() throws -> Bool {
    guard let arrival = try receiver.desk.arrival(Self.change), arrival.state != .underWay else { return false }
    return try donor.desk.departure(to: "receiver", Self.change)?.state != .underWay
  }

  /// A party works, as far as something is due; where it crashes, it goes on with what is durable.
  public func run(_ party: Party) throws {
    for (plan, runner) in [(ArrivalSteps.plan.name, party.arrivals), (DepartureSteps.plan.name, party.departures)] {
      guard let runner else { continue }
      do {
        for _ in 0..<4 where try due(party, plan) ?? Term.times.upperBound <= now { try runner.run(now: now) }
      } catch is Crash {
        party.store.onCommit(nil)
        try runner.resume(now: now)
      }
    }
  }

  private func due(_ party: Party, _ plan: String) throws -> Instant? {
    try party.store.read { try Steps.nextDue(plan, in: $0) }
  }

  /// When the next step of anybody is due.
  private func nextDue() throws -> Instant? {
    try [donor, receiver].flatMap { party in
      try [ArrivalSteps.plan.name, DepartureSteps.plan.name].compactMap { try due(party, $0) }
    }.min()
  }

  private func persist(_ deed: () throws -> Void) throws {
    do { try deed() } catch is Crash { try deed() }
  }

  // MARK: What must be so

  /// After every event: what is in use has the network, and is one of the profiles that are there.
  public func check() throws {
    guard eUICC.profiles[eUICC.enabled] != nil else { throw Violation(description: "no profile is enabled") }
    let user = eUICC.enabled == donor.iccid ? donor : receiver
    guard try user.admits() else {
      throw Violation(description: "the profile in use, the \(user.name)'s, is not let in")
    }
  }

  /// In the end: both books and the eUICC say the same.
  public func checkEnd() throws -> Bool {
    guard let arrival = try receiver.desk.arrival(Self.change) else { throw Violation(description: "nobody began") }
    let departure = try donor.desk.departure(to: "receiver", Self.change)
    let isDone = arrival.state == .done
    func require(_ sentence: String, _ holds: Bool) throws {
      if !holds { throw Violation(description: "\(sentence) (\(isDone ? "done" : arrival.reason ?? ""))") }
    }
    try require("the donor's books agree", (departure?.state == .done) == isDone)
    try require("the eUICC agrees", (eUICC.enabled == receiver.iccid) == isDone)
    try require("only one profile stays", eUICC.profiles.count == 1)
    try require("the donor lets its SIM in or not", donor.authenticates(now: now, random: random) != isDone)
    try require("the receiver lets its SIM in or not", receiver.authenticates(now: now, random: random) == isDone)
    let numbers = (
      try donor.customers.subscription(donor.subscription).number?.digits,
      try receiver.customers.subscription(receiver.subscription).number?.digits
    )
    let hasMoved = isDone && plan.movesNumber
    try require("the donor's number", numbers.0 == (hasMoved ? nil : Self.msisdn))
    try require("the receiver's number", numbers.1 == (hasMoved ? Self.msisdn : nil))
    try require("the profile stays where it must", isDone || eUICC.profiles[donor.iccid]?.isReleased == false)
    return isDone
  }
}

/// Cuts the power of a party at one of its commits.
///
/// `@unchecked Sendable`: a story runs on one thread; the store's hook asks for it.
private final class CommitCut: @unchecked Sendable {
  private var rest: Int
  private let point: CommitPoint

  init(at commit: Int, _ point: CommitPoint) { (rest, self.point) = (commit, point) }

  func reach(_ reached: CommitPoint) throws {
    guard reached == point else { return }
    rest -= 1
    if rest == -1 { throw Crash() }
  }
}

/// A line to the other operator.
private final class StoryLink: ServerLink {
  private let carry: (Message) -> Reply?

  init(_ carry: @escaping (Message) -> Reply?) { self.carry = carry }

  func exchange(_ message: Message) throws(LinkError) -> Reply {
    guard let reply = carry(message) else { throw LinkError(.broken, "no answer came") }
    return reply
  }
}
