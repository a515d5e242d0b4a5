import AuC
import DeviceChange
import EUICC
import Identifiers
import LPA
import ProfileMove
import SGP22
import SMDPPlus
import SecureElement
import Store
import Transport

/// A profile moves from one device to another (system D): however the weather is, whoever crashes and whoever cancels, at
/// every instant exactly one of the two cards can authenticate, and in the end it is moved whole or not at all.
public final class MoveStory {
  /// Who crashes at which durable write, counted from the request on.
  public enum Fault: Hashable, Sendable {
    case ledger(write: Int, Fuse.Moment)
    case centre(write: Int, Fuse.Moment)
    case smdpPlus(write: Int, Fuse.Moment)
    case handset(Move.Device, write: Int, Fuse.Moment)
    case card(Move.Device, write: Int, PowerCutLog.Moment)
  }

  /// What the parties are about, where it is not the usual.
  public struct Plan: Sendable {
    /// The step at which somebody at the operator's cancels.
    public var cancelledAt: String?
    /// Who does not consent.
    public var declines: Move.Device?
    /// Wrong codes before the right one.
    public var wrongCodes = 0
    /// The old device is lost, or off line all the while until the end.
    public var isOldAtHand = true
    /// What the second person decides, where one is asked.
    public var approves = true
    /// What the request asks to be taken along, and what the person at the old device lets go.
    public var parts = BackupParts.usual
    public var allowed = BackupParts.all

    /// Whether both cards are tried after each durable write; else the story is about time alone.
    public var isTried = true

    /// The usual.
    public init() {}
  }

  /// How it ended.
  public struct Outcome: Sendable {
    /// The move's last state.
    public let state: Move.State
    /// Why it did not move.
    public let ending: String?
    /// Durable writes since the request.
    public let writes: (ledger: Int, centre: Int, smdpPlus: Int, handsets: [Int], cards: [Int])
    /// How often both cards were asked to authenticate.
    public let trials: Int
    /// What stayed behind, and why.
    public let leftOut: [String]
  }

  /// The simulation that the story plays in.
  public let simulation: Simulation
  let mobileOperator: SimulatedOperator
  let server: SimulatedServer
  let ledger: SimulatedLedger
  private let circle: SimulatedCircle
  private var devices: [MovingDevice] = []
  private let plan: Plan
  private var id: String?
  private var trials = 0
  /// What was tried last: nothing changes without a durable write.
  private var tried: [Int] = []
  private let begin: (MoveStory) -> Void
  /// Sees each try of a step of the operator's list begin.
  public var began: (String) -> Void = { _ in }

  /// A story in calm weather that goes by `plan`, in which only `fault` happens.
  public convenience init(_ plan: Plan = Plan(), fault: Fault? = nil) throws {
    try self.init(Simulation(seed: 0), plan) { story in
      func at(_ write: Int, _ moment: Fuse.Moment, _ fuse: Fuse) {
        let first = fuse.writes
        fuse.plan = { $0 == first + write ? moment : nil }
      }
      switch fault {
      case .ledger(let write, let moment): at(write, moment, story.ledger.fuse)
      case .centre(let write, let moment): at(write, moment, story.ledger.centre)
      case .smdpPlus(let write, let moment): at(write, moment, story.server.fuse)
      case .handset(let device, let write, let moment): at(write, moment, story.handset(device).fuse)
      case .card(let device, let write, let moment): story.handset(device).card.power.cut(atWrite: write, moment)
      case nil: break
      }
    }
  }

  /// A crash before and after each durable write that a story without crashes had, and within each write of a card.
  public static func faults(in outcome: Outcome) -> [Fault] {
    let writes = outcome.writes
    func each(_ count: Int, _ fault: (Int) -> [Fault]) -> [Fault] { count < 1 ? [] : (1...count).flatMap(fault) }
    let moments: [PowerCutLog.Moment] = [.afterBytes(0), .afterBytes(20), .afterBytes(1000), .afterWrite]
    var faults = Fuse.Moment.allCases.flatMap { moment in
      each(writes.ledger) { [.ledger(write: $0, moment)] } + each(writes.centre) { [.centre(write: $0, moment)] }
        + each(writes.smdpPlus) { [.smdpPlus(write: $0, moment)] }
    }
    for (device, count) in zip(Move.Device.allCases, writes.handsets) {
      faults += each(count) { write in Fuse.Moment.allCases.map { .handset(device, write: write, $0) } }
    }
    for (device, count) in zip(Move.Device.allCases, writes.cards) {
      faults += each(count) { write in moments.map { .card(device, write: write, $0) } }
    }
    return faults
  }

  /// A story in which `seed` decides the weather, the crashes and the persons.
  public convenience init(seed: UInt64) throws {
    let simulation = Simulation(seed: seed)
    let timeline = simulation.timeline
    let steps = MoveSteps.plan.steps.map(\.name)
    var plan = Plan()
    if timeline.roll(4) == 0 { plan.cancelledAt = steps[timeline.roll(steps.count)] }
    if timeline.roll(12) == 0 { plan.declines = timeline.roll(2) == 0 ? .old : .new }
    plan.wrongCodes = max(0, timeline.roll(7) - 3)
    plan.isOldAtHand = timeline.roll(6) != 0
    plan.approves = timeline.roll(4) != 0
    try self.init(simulation, plan) { [unowned simulation] story in
      simulation.network.weather = Weather(
        lostPerMille: timeline.roll(300), doubledPerMille: timeline.roll(200),
        longestDelay: .milliseconds(1 + timeline.roll(15_000)))
      let danger = timeline.roll(150)
      let blow: (Int) -> Fuse.Moment? = { [unowned simulation] _ in
        guard simulation.isStormy, timeline.roll(1000) < danger else { return nil }
        return timeline.roll(2) == 0 ? .before : .after
      }
      for fuse in [story.ledger.fuse, story.ledger.centre, story.server.fuse] { fuse.plan = blow }
      for handset in story.devices.map(\.handset) {
        handset.fuse.plan = blow
        handset.poweredOn = { [unowned handset, unowned simulation] in
          guard simulation.isStormy else { return }
          let moments: [PowerCutLog.Moment] = [.afterBytes(0), .afterBytes(timeline.roll(4000)), .afterWrite]
          handset.card.power.cut(atWrite: 1 + timeline.roll(2000 / max(danger, 20)), moments[timeline.roll(3)])
        }
        simulation.whenCalm { [unowned handset] in handset.card.power.cut(atWrite: .max, .afterWrite) }
      }
    }
  }

  private init(_ simulation: Simulation, _ plan: Plan, begin: @escaping (MoveStory) -> Void) throws {
    (self.simulation, self.plan, self.begin) = (simulation, plan, begin)
    circle = try SimulatedCircle.shared.get()
    server = try SimulatedServer(circle, sealsProfiles: true, in: simulation)
    mobileOperator = try SimulatedOperator(circle, in: simulation)
    var rules = RiskRules()
    rules.patience = .seconds(7200)
    ledger = try SimulatedLedger(
      circle, mobileOperator: mobileOperator, server: server, rules: rules, in: simulation)
    for (device, log) in [(Move.Device.old, circle.card), (.new, circle.otherCard)] {
      let name = "\(device) LPA"
      let card = try SimulatedCard(log, vault: circle.vault, random: simulation.random(for: name))
      devices.append(
        MovingDevice(
          SimulatedHandset(card, named: name, in: simulation), as: device, subscriber: ledger.subscriber,
          wrongCodes: plan.wrongCodes, consents: plan.declines != device, allowed: plan.allowed, in: simulation))
    }
    try server.stock([mobileOperator.subscriber.row])
  }

  private func handset(_ device: Move.Device) -> SimulatedHandset { devices[device.rawValue - 1].handset }

  // MARK: Playing

  /// Plays the story and checks how it ended.
  public func play() throws -> Outcome {
    try settleIn()
    let before = writes
    begin(self)
    let request = try MoveRequest(
      iccid: mobileOperator.subscriber.iccid, imsi: mobileOperator.subscriber.imsi, oldEID: circle.eid,
      newEID: circle.otherEID, isOldAtHand: plan.isOldAtHand, parts: plan.parts)
    if plan.isTried { simulation.always("exactly one of both cards can authenticate") { [unowned self] in try one() } }
    try ledger.take(request) { [unowned self] move in try join(move) }
    try simulation.run(storm: .seconds(1800), calm: .seconds(2 * 86_400))
    try simulation.explaining { try agree() }
    let after = writes
    guard let id else { throw StoreError.unexpected("the request was never taken") }
    let move = try ledger.move(id)
    func count(_ pick: (Writes) -> Int) -> Int { pick(after) - pick(before) }
    return Outcome(
      state: move.state, ending: move.ending,
      writes: (
        count(\.ledger), count(\.centre), count(\.smdpPlus), [count { $0.handsets[0] }, count { $0.handsets[1] }],
        [count { $0.cards[0] }, count { $0.cards[1] }]
      ), trials: trials, leftOut: try ledger.movedData(id).leftOut)
  }

  private typealias Writes = (ledger: Int, centre: Int, smdpPlus: Int, handsets: [Int], cards: [Int])

  private var writes: Writes {
    (
      ledger.fuse.writes, ledger.centre.writes, server.fuse.writes, devices.map(\.handset.fuse.writes),
      devices.map(\.handset.card.power.writes)
    )
  }

  /// The old device gets its profile, if it does not have it; playing begins with that.
  public func settleIn() throws {
    guard mobileOperator.told.isEmpty else { return }
    try simulation.explaining {
      mobileOperator.order(DownloadStory.Plan()) { [unowned self] code in try handset(.old).take(code) }
      try simulation.timeline.run(for: .seconds(600))
      try simulation.require("the old card can authenticate", try canAuthenticate(.old))
      try UserMemory.example.write(over: handset(.old).card.link)
    }
  }

  private func join(_ move: Move) throws {
    id = move.id
    // Who is not there now comes back when all is over: what it then finds is the last state.
    let back = plan.isOldAtHand ? Duration.seconds(1) : .seconds(86_400)
    simulation.timeline.after(back) { [self] in devices[0].join(try ledger.ticket(.old, of: move)) }
    simulation.timeline.after(.seconds(2)) { [self] in devices[1].join(try ledger.ticket(.new, of: move)) }
    watch(move)
  }

  /// The people at the operator's: one cancels, one approves.
  private func watch(_ move: Move) {
    ledger.began = { [unowned self] step in
      began(step)
      if step == plan.cancelledAt {
        simulation.timeline.after(.zero) { [self] in
          try ledger.ask { try $0.cancel(move.id, because: "somebody thought better of it", now: $1) }
        }
      }
      if step == "SecondApproval" {
        simulation.timeline.after(.seconds(600)) { [self] in
          try ledger.ask { [plan] in try $0.approve(move.id, plan.approves, by: "clerk 2", now: $1) }
        }
      }
    }
  }

  /// What the operator's list did, a line for each try of a step, with the seconds since the beginning.
  public var steps: [String] { simulation.timeline.trace.filter { $0.contains(" \(SimulatedLedger.name): ") } }

  // MARK: What must hold

  /// Whether exactly one card can authenticate, tried with real challenges of the AuC.
  private func one() throws -> Bool {
    let now = [ledger.centre.writes] + devices.flatMap { [$0.handset.card.power.writes, $0.handset.card.power.reads] }
    if tried == now { return true }
    tried = now
    trials += 1
    return try Move.Device.allCases.count { try canAuthenticate($0) } == 1
  }

  /// Whether the profile on a card, enabled by its user if it is not, can authenticate. It is tried on a copy.
  private func canAuthenticate(_ device: Move.Device) throws -> Bool {
    let random = simulation.random(for: "trial")
    let link = handset(device).card.copy(random: random)
    _ = try link.reset()
    let isdr = try ISDR(link)
    for profile in try isdr.profiles() {
      if profile.profileState != .enabled, let iccid = profile.iccid { try isdr.enable(.iccid(iccid), refresh: false) }
    }
    isdr.close()
    return try ledger.unwatched {
      do {
        _ = try NetworkAttachment(link).run(
          auc: mobileOperator.auc, node: "network", now: simulation.timeline.now, random: random)
        return true
      } catch is NetworkAttachment.Refusal { return false }
    }
  }

  /// In the end all sides agree: it is moved whole, or it is as before.
  private func agree() throws {
    guard let id else { throw StoreError.unexpected("the request was never taken") }
    let move = try ledger.move(id)
    try simulation.require("the move is over (\(move.state))", move.state != .underWay)
    try simulation.require("an honest move is no clone", try ledger.alarms().isEmpty)
    let contents = devices.map(\.handset.card.contents.profiles)
    if move.state == .moved {
      try simulation.require("the old card has no profile", contents[0].isEmpty)
      try simulation.require("the ledger knows it", move.deletedAt != nil)
      try simulation.require("the operator's books have the new profile", ledger.subscriber.profile == move.newICCID)
      try simulation.require("the new card has the new profile", contents[1].map(\.iccid) == [move.newICCID])
      try simulation.require("it is enabled", contents[1].first?.state == .enabled)
      try simulation.require("the new card can authenticate", try canAuthenticate(.new))
      try arrived(try ledger.movedData(id))
    } else {
      try simulation.require("the old card has the old profile", contents[0].map(\.iccid) == [move.iccid])
      try simulation.require("it is enabled", contents[0].first?.state == .enabled)
      try simulation.require("the new card has no profile", contents[1].isEmpty)
      try simulation.require("the operator's books have the old profile", ledger.subscriber.profile == nil)
      try simulation.require("the old card can authenticate", try canAuthenticate(.old))
      try simulation.require(
        "no keys wait at the AuC",
        try mobileOperator.auc.summary(of: move.imsi).keys.allSatisfy { $0.state != .prepared })
    }
  }

  /// What the user had is on the new card, or is listed as left behind.
  private func arrived(_ data: MovedData) throws {
    let memory = try UserMemory.read(over: handset(.new).card.copy(random: simulation.random(for: "trial")))
    let allowed = plan.parts.intersection(plan.allowed)
    let isThere = data.leftOut.allSatisfy { !$0.hasPrefix("everything") }
    let example = UserMemory.example
    try simulation.require(
      "contacts arrive, where they are to",
      (memory.contact == example.contact) == (isThere && allowed.contains(.contacts)))
    try simulation.require(
      "messages arrive, where they are to",
      (memory.message == example.message) == (isThere && allowed.contains(.messages)))
    let kept = plan.parts.subtracting(plan.allowed).names
    try simulation.require(
      "what stays behind is listed",
      !isThere || kept.allSatisfy { name in data.leftOut.contains { $0.hasPrefix(name) } })
  }
}
