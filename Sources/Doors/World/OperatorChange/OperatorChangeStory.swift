import AddressDirectory
import AddressLookup
import AuC
import Bytes
import ConnectivityManagement
import CustomerManagement
import Identifiers
import Keys
import ManagedEUICC
import SGP02
import SGP22
import SMSR
import SecureElement
import Stations
import Store
import SubscriberTransfer
import TLV
import Transport

/// E3, change of operator, with everybody who takes part: a device in the field with a bootstrap profile and the donor's, over
/// short messages; two SM-SRs and their directory, the SM-DP, and both operators with customers and authentication centres.
public final class OperatorChangeStory {
  /// What the story is about.
  public struct Plan: Sendable {
    /// Whether the receiving operator's SM-SR is to manage the eUICC from then on.
    public var changesManager = true
    /// What the donor's policy control function goes by.
    public var contract = ProfileContract(subscription: 0)
    /// Whether the receiving operator's network knows the new SIM.
    public var hasKeys = true

    /// The number moves, and the eUICC goes to the other SM-SR.
    public init() {}
  }

  /// Who takes part, in the order of ``fuses``.
  public static let parties = ["SM-SR", "SM-SR 2", "SM-DP", "MNO-1", "MNO-2", "directory"]

  /// Who crashes at which durable write of the change.
  public enum Fault: Hashable, Sendable {
    case party(Int, write: Int, Fuse.Moment)
    case card(write: Int, PowerCutLog.Moment)
  }

  /// Durable writes of each party and of the card during the change, what was carried, and how long it took.
  public struct Cost: Sendable, Equatable {
    public let writes: [Int]
    public let card, messages, bytes: Int
    public let seconds: Int64
  }

  static let change = "change-1"
  static let msisdn = "4915550000000"

  public let simulation: Simulation
  public let plan: Plan
  public let device: SimulatedDevice
  public let centre: ShortMessageCentre
  let circle: ProvisioningCircle
  let managers: [SimulatedParty]
  let provider, directory: SimulatedParty
  let donor, receiver: SimulatedOffice
  public var fuses: [Fuse] {
    (managers + [provider, donor.party, receiver.party, directory]).map(\.fuse)
  }

  /// A story in calm weather, up to the moment before the change; then only `fault` happens.
  public convenience init(_ plan: Plan = Plan(), fault: Fault? = nil) throws {
    try self.init(plan, in: Simulation(seed: 0))
    switch fault {
    case .party(let number, let write, let moment):
      let fuse = fuses[number]
      fuse.plan = { [before = fuse.writes] in $0 == before + write ? moment : nil }
    case .card(let write, let moment): device.power.cut(atWrite: device.power.writes + write, moment)
    case nil: break
    }
  }

  /// A story in which `seed` decides the weather, the radio and the crashes of the change.
  public convenience init(_ plan: Plan = Plan(), seed: UInt64) throws {
    let simulation = Simulation(seed: seed)
    try self.init(plan, in: simulation)
    let timeline = simulation.timeline
    func weather(_ lost: Int, _ longest: Int) -> Weather {
      Weather(
        lostPerMille: timeline.roll(lost), doubledPerMille: timeline.roll(150),
        longestDelay: .milliseconds(1 + timeline.roll(longest)))
    }
    simulation.network.weather = weather(250, 8_000)
    centre.radio = weather(300, 20_000)
    let danger = timeline.roll(50)
    for fuse in fuses {
      fuse.plan = { [unowned simulation] _ in
        guard simulation.isStormy, timeline.roll(1000) < danger else { return nil }
        return timeline.roll(2) == 0 ? .before : .after
      }
    }
    for _ in 0..<timeline.roll(4) {
      timeline.after(.seconds(Int64(30 + timeline.roll(1500)))) { [unowned self] in device.crash() }
    }
    if timeline.roll(3) == 0 {
      device.power.cut(atWrite: device.power.writes + 1 + timeline.roll(60), .afterBytes(timeline.roll(2000)))
    }
    simulation.whenCalm { [unowned self] in device.power.cut(atWrite: .max, .afterWrite) }
  }

  private init(_ plan: Plan, in simulation: Simulation) throws {
    (self.simulation, self.plan) = (simulation, plan)
    let circle = try ProvisioningCircle.shared.get()
    self.circle = circle
    centre = ShortMessageCentre(circle.centre.certificate.encoded, managers: circle.mesh, in: simulation)
    managers = try zip(Self.parties, circle.mesh).map { name, own in
      try SimulatedParty(name, at: own.host, certificate: own.identity.certificate.encoded, in: simulation)
    }
    provider = try SimulatedParty(
      "SM-DP", at: ProvisioningCircle.provider, certificate: circle.provider.certificate.encoded, in: simulation)
    directory = try SimulatedParty(
      "directory", at: ProvisioningCircle.directoryHost, certificate: circle.directory.certificate.encoded,
      in: simulation)
    device = try SimulatedDevice(
      circle.card, eid: circle.eid, vault: circle.vault, centre: centre, in: simulation, name: "1")
    let now = simulation.timeline.now
    let offices = try ["mno-1", "mno-2"].enumerated().map { index, name in
      let party = try SimulatedParty(
        name.uppercased(), at: "\(name).example", certificate: circle.operators[name]?.certificate.encoded ?? [],
        in: simulation)
      let centre = try circle.auc(
        of: index == 0 ? name : "nobody yet", random: simulation.random(for: "AuC \(name)"), now: now)
      return try SimulatedOffice(
        party, of: circle.subscribers[index + 1], peer: index == 0 ? "mno-2" : "mno-1", centre: centre, in: circle)
    }
    (donor, receiver) = (offices[0], offices[1])
    device.networks = offices.map { office in
      let own = circle.subscribers.filter { $0.mno == office.name }
      return .init(
        auc: office.centre, numbers: Dictionary(own.map { ($0.imsi, $0.msisdn) }) { first, _ in first })
    }
    try simulation.explaining { try prologue() }
    addRules()
  }

  // MARK: Before the change

  private func prologue() throws {
    let now = simulation.timeline.now
    for (party, own) in zip(managers, circle.mesh) { try circle.startManager(party, as: own) }
    try circle.startProvider(provider, stock: Array(circle.subscribers.dropFirst()))
    try circle.startDirectory(directory)
    try donor.enter(number: TelephoneNumber(Self.msisdn), now: now)
    try receiver.enter(number: nil, now: now)
    if plan.hasKeys { try receiver.prepareKeys(now: now) }
    for office in [donor, receiver] { try office.start() }
    try enter()
    try device.start()
    try provisionDonor()
    var contract = plan.contract
    (contract.subscription, contract.msisdn) = (donor.subscription, Self.msisdn)
    try donor.transfers.setContract(contract, for: donorSIM.iccid)
  }

  var donorSIM: ProvisioningCircle.Subscriber { circle.subscribers[1] }
  var receiverSIM: ProvisioningCircle.Subscriber { circle.subscribers[2] }

  /// ES1: the maker tells the first SM-SR of the eUICC, and that one the directory.
  private func enter() throws {
    let maker = WaitingLink(
      network: simulation.network, sender: "EUM", certificate: circle.maker.certificate.encoded)
    let registered = FunctionClient(
      link: maker, host: circle.mesh[0].host, requester: ProvisioningCircle.names.maker
    ).call(ES1.RegisterEIS.self, circle.registration, identifier: "register")
    let entered = FunctionClient(
      link: managers[0].link, host: ProvisioningCircle.directoryHost, requester: circle.mesh[0].oid.description
    ).call(
      RegisterAddress.self, .init(eid: circle.eid, service: .manager, host: circle.mesh[0].host), identifier: "enter")
    guard case .success = registered, case .success = entered else {
      throw LinkError(.broken, "the eUICC cannot be entered: \(registered), \(entered)")
    }
  }

  /// E2: the donor's profile, provisioned and in use.
  private func provisionDonor() throws {
    let orders = try SimulatedParty(
      "MNO-1 orders", at: "orders.example", certificate: circle.operators["mno-1"]?.certificate.encoded ?? [],
      in: simulation)
    try circle.startOperator(orders, name: "mno-1")
    let order = ProvisioningOrder(
      target: ProfileTarget(eid: circle.eid, iccid: donorSIM.iccid), smsr: circle.mesh[0].host,
      smdp: (ProvisioningCircle.provider, ProvisioningCircle.names.provider),
      address: SubscriptionAddress(msisdn: donorSIM.msisdn, imsi: donorSIM.imsi))
    let desk = try circle.desk(orders, name: "mno-1")
    try orders.act { try desk.provision(order, reference: "donor", now: orders.given.now, random: orders.random) }
    for _ in 0..<3600 {
      if try desk.act("donor")?.state == .done, device.contents.pending == nil { return }
      try simulation.goOn(for: .seconds(1))
    }
    throw LinkError(.broken, "the donor's profile is not there")
  }

  private func addRules() {
    let writes = { [unowned self] in device.power.writes }
    simulation.always("one profile is enabled, never two and never none, and there is a last resort", after: writes) {
      [unowned self] in
      let isdps = device.contents.isdps
      return isdps.filter { $0.state == .enabled }.count == 1 && isdps.filter(\.hasFallbackAttribute).count == 1
    }
    for manager in managers {
      simulation.always(
        "the books of \(manager.name) have at most one enabled profile",
        after: { [unowned manager] in manager.fuse.writes }
      ) { [unowned self] in try books(manager).filter { $0.state == .enabled }.count <= 1 }
    }
    let all = { [unowned self] in fuses.reduce(device.power.writes) { $0 + $1.writes } }
    simulation.always("the profile in use is let in by its operator", after: all) { [unowned self] in
      guard let user = inUse else { return false }
      return try (user.mno == donor.name ? donor : receiver).admits(user.imsi)
    }
  }

  // MARK: The change

  /// Plays the change: the receiving operator begins it, through `storm`, and then until nothing is left. Returns what it
  /// cost.
  public func play(storm: Duration = .seconds(3600)) throws -> Cost {
    let before = (fuses.map(\.writes), device.power.writes, centre.traffic, simulation.timeline.now)
    var end: Instant?
    begin(after: .seconds(1)) { [unowned self] in end = simulation.timeline.now }
    try simulation.run(storm: storm, calm: .seconds(30 * 86_400))
    let cost = Cost(
      writes: zip(fuses.map(\.writes), before.0).map { $0 - $1 }, card: device.power.writes - before.1,
      messages: centre.traffic.messages - before.2.messages, bytes: centre.traffic.bytes - before.2.bytes,
      seconds: (end ?? simulation.timeline.now).seconds - before.3.seconds)
    try simulation.explaining { try agree() }
    return cost
  }

  /// The receiving operator begins the change, until its books have it; `ended` is told when it is over.
  private func begin(after pause: Duration, ended: @escaping () -> Void) {
    simulation.timeline.after(pause) { [self] in
      if try isOver() { return ended() }
      if try receiver.transfers.arrival(Self.change) == nil {
        try receiver.party.act {
          try receiver.transfers.beginChange(
            Self.change, of: circle.eid, from: donor.name, donorSIM.iccid, msisdn: Self.msisdn,
            manager: plan.changesManager ? circle.mesh[1].oid : nil, subscription: receiver.subscription,
            now: simulation.timeline.now)
        }
      }
      begin(after: .seconds(20), ended: ended)
    }
  }

  /// How the change ended at the receiving operator, and why; nil while it is under way.
  public var outcome: (isDone: Bool, reason: String?)? {
    get throws {
      guard let arrival = try receiver.transfers.arrival(Self.change), arrival.state != .underWay else { return nil }
      return (arrival.state == .done, arrival.reason)
    }
  }

  private func isOver() throws -> Bool {
    guard try outcome != nil else { return false }
    return try donor.transfers.departure(to: receiver.name, Self.change)?.state != .underWay
  }

  /// What the donor allows to be done with its profile; nil where it is gone.
  public var donorRules: POL2? {
    get throws {
      for manager in managers {
        if let found = try books(manager).first(where: { $0.iccid == donorSIM.iccid }) { return found.pol2 }
      }
      return nil
    }
  }

  // MARK: What must be so

  /// The SM-SR's books of the eUICC's profiles.
  func books(_ manager: SimulatedParty) throws -> [EISProfile] {
    try manager.store.read { try EISTable.profiles(of: circle.eid, in: $0) }
  }

  /// Whose profile is enabled.
  var inUse: ProvisioningCircle.Subscriber? {
    let enabled = device.contents.isdps.first { $0.state == .enabled }?.iccid
    return circle.subscribers.first { $0.iccid == enabled }
  }

  /// In the end both operators, the SM-SRs, the directory, the eUICC and the networks say the same.
  private func agree() throws {
    guard let outcome = try outcome else { return try simulation.require("the change ends: \(try standing())", false) }
    let departure = try donor.transfers.departure(to: receiver.name, Self.change)
    func require(_ sentence: String, _ holds: Bool) throws {
      let end = outcome.isDone ? "done" : "taken back: \(outcome.reason ?? "")"
      try simulation.require("\(sentence) (\(end))", holds)
    }
    try require("the donor's part is over: \(try standing())", departure?.state != .underWay)
    try require("the donor's books agree", (departure?.state == .done) == outcome.isDone)
    let user = outcome.isDone ? receiverSIM : donorSIM
    try require("the eUICC agrees, which has \(inUse?.mno ?? "nothing") in use", inUse?.iccid == user.iccid)
    try require("its network lets the device in", device.subscriber == user.imsi && device.msisdn != nil)
    try require("two profiles stay: \(device.contents.isdps.count)", device.contents.isdps.count == 2)
    try require("the donor lets its SIM in or not", donor.admits(donorSIM.imsi) != outcome.isDone)
    if plan.hasKeys {
      let isLetIn = (try? receiver.admits(receiverSIM.imsi)) ?? false
      try require("the receiving operator lets its SIM in or not", isLetIn == outcome.isDone)
    }
    try require("the donor's number", donor.number() == (outcome.isDone ? nil : Self.msisdn))
    try require("the receiving operator's number", receiver.number() == (outcome.isDone ? Self.msisdn : nil))
    let having = try managers.indices.filter { number in try !books(managers[number]).isEmpty }
    try require("one SM-SR has the eUICC: \(having)", having.count == 1)
    let isdps = device.contents.isdps
    let profiles = try books(managers[having[0]])
    try require(
      "its books agree with the eUICC: \(profiles)",
      profiles.map(\.isdpAid) == isdps.map(\.aid) && profiles.map(\.iccid) == isdps.map(\.iccid)
        && profiles.map { $0.state == .enabled } == isdps.map { $0.state == .enabled })
    if outcome.isDone { try require("it is the one that was asked for", having[0] == (plan.changesManager ? 1 : 0)) }
    try require("the directory names it", named() == circle.mesh[having[0]].oid)
    try require("nothing waits to be confirmed", device.contents.pending == nil)
  }

  /// Whom the directory names as the manager.
  private func named() throws -> OID? {
    let request = FindAddress.Request(eid: circle.eid, service: .manager)
    let client = FunctionClient(
      link: managers[0].link, host: ProvisioningCircle.directoryHost, requester: circle.mesh[0].oid.description)
    guard case .success(let answer) = client.call(FindAddress.self, request, identifier: "look") else { return nil }
    return try AddressAdvice(
      answer, to: request, from: circle.directoryOID, in: circle.circle, at: simulation.timeline.now
    ).server
  }

  /// What everybody's long acts stand at.
  private func standing() throws -> [String] {
    try (managers + [provider, donor.party, receiver.party]).flatMap { party in
      try party.store.read { reader in
        try reader.query("SELECT plan, state, step, failure, undo_cause FROM act").map { row in
          let (failure, cause): (String?, String?) = (try row(3), try row(4))
          return "\(party.name): \(try row(0, as: String.self)) \(try row(1, as: Int.self)) "
            + "\(try row(2, as: String.self)) \(failure ?? "") \(cause ?? "")"
        }
      }
    }
  }
}
