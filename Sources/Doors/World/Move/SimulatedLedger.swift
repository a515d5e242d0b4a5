import Bytes
import DeviceChange
import Identifiers
import Keys
import OrderDesk
import ProfileMove
import SGP22
import SMDPPlus
import Stations
import Store
import StoreSQLite
import Transport

/// The operator's desk for moves: its steps over a real store, against the SM-DP+ over the network and the AuC. When it
/// crashes it forgets everything but what was committed.
public final class SimulatedLedger {
  static let name = "Moves"
  static let host = "moves.operator.example"

  /// Its durable writes.
  public let fuse = Fuse()
  /// The AuC's.
  public let centre = Fuse()
  let store: SQLiteStore
  let subscriber: SimulatedSubscriber

  /// The simulation owns its parties, through what they wait for.
  private unowned let simulation: Simulation
  private let circle: SimulatedCircle
  private let mobileOperator: SimulatedOperator
  private let server: SimulatedServer
  private let random: SeededRandomSource
  private let rules: RiskRules
  private var desk: DeviceChange.Desk?
  private let beginning = Beginning()
  private var wakesAt: Instant?
  private var looked = SimulatedCircle.start

  init(
    _ circle: SimulatedCircle, mobileOperator: SimulatedOperator, server: SimulatedServer, rules: RiskRules,
    in simulation: Simulation
  ) throws {
    (self.circle, self.mobileOperator, self.server) = (circle, mobileOperator, server)
    (self.simulation, self.rules) = (simulation, rules)
    random = simulation.random(for: Self.name)
    subscriber = SimulatedSubscriber(simulation.timeline)
    store = try SQLiteStore.inMemory()
    try start()
    watchCentre()
    mobileOperator.heard = { [unowned self] in try sight($0) }
    simulation.network.place(Self.host, name: Self.name) { [self] in try respond($0) }
  }

  /// Sees each try of a step begin.
  var began: (String) -> Void {
    get { beginning.deed }
    set { beginning.deed = newValue }
  }

  // MARK: Up and down

  private func start() throws {
    store.onCommit(nil)
    let desk = try DeviceChange.Desk(store: store, vault: circle.vault, rules: rules)
    self.desk = desk
    store.onCommit { [fuse] point throws in try fuse.reach(point == .before ? .before : .after) }
    fuse.mend()
    // Nobody else is at work on them.
    try ledgerful { try runner(desk).resume(now: simulation.timeline.now) }
    try wakeWhenDue()
  }

  private func crash() {
    simulation.timeline.note("\(Self.name) crashes at its write \(fuse.writes)")
    (desk, wakesAt) = (nil, nil)
    simulation.timeline.after(.seconds(20)) { [self] in
      simulation.timeline.note("\(Self.name) is up again")
      try start()
    }
  }

  /// Does something that may end in a crash; nil where it did, and while the desk is down.
  @discardableResult private func ledgerful<Value>(_ deed: () throws -> Value) throws -> Value? {
    guard desk != nil else { return nil }
    var value: Value?
    do { value = try deed() } catch is Fuse.Crash {}
    mendCentre()
    guard fuse.isBlown else { return value }
    crash()
    return nil
  }

  private func watchCentre() {
    mobileOperator.centreStore.onCommit { [centre] point throws in
      try centre.reach(point == .before ? .before : .after)
    }
  }

  /// The AuC that crashed comes up again by itself.
  private func mendCentre() {
    guard centre.isBlown else { return }
    simulation.timeline.note("AuC crashes at its write \(centre.writes)")
    simulation.timeline.after(.seconds(20)) { [self] in centre.mend() }
  }

  /// What a look at the AuC writes is nobody's durable write of the story.
  func unwatched<Value>(_ look: () throws -> Value) rethrows -> Value {
    mobileOperator.centreStore.onCommit(nil)
    defer { watchCentre() }
    return try look()
  }

  // MARK: Work

  /// A person at the operator's takes a request, and again until it is in the books.
  func take(_ request: MoveRequest, then: @escaping (Move) throws -> Void) throws {
    let move = try ledgerful {
      try desk.map { try $0.start(request, now: simulation.timeline.now, random: random) }
    }
    guard let move, let move else {
      return simulation.timeline.after(.seconds(30)) { [self] in try take(request, then: then) }
    }
    try wakeWhenDue()
    try then(move)
  }

  /// Somebody at the operator's wants something of the desk, until it is taken or refused.
  func ask(_ deed: @escaping (DeviceChange.Desk, Instant) throws -> Void) throws {
    let isDone = try ledgerful {
      guard let desk else { return false }
      do { try deed(desk, simulation.timeline.now) } catch is MoveError {}
      return true
    }
    if isDone != true { simulation.timeline.after(.seconds(30)) { [self] in try ask(deed) } }
    try wakeWhenDue()
  }

  /// The SM-DP+ has told where a profile is; what the AuC saw meanwhile is looked at, too.
  private func sight(_ report: ES2Plus.HandleDownloadProgressInfo.Request) throws {
    try ask { [self] desk, now in
      let feed = CloneFeed(desk, random: random)
      try feed.hear(report, of: mobileOperator.subscriber.imsi, from: SimulatedServer.name, now: now)
      looked = try feed.look(at: mobileOperator.auc, since: looked, now: now)
    }
  }

  /// Alarms about clones.
  func alarms() throws -> [CloneAlarm] {
    try DeviceChange.Desk(reading: store, vault: circle.vault).openAlarms()
  }

  /// The move `id`, read behind the desk's back.
  func move(_ id: String) throws -> Move {
    try DeviceChange.Desk(reading: store, vault: circle.vault).move(id)
  }

  /// What the move `id` takes along.
  func movedData(_ id: String) throws -> MovedData {
    try DeviceChange.Desk(reading: store, vault: circle.vault).movedData(id)
  }

  /// A device's ticket.
  func ticket(_ device: Move.Device, of move: Move) throws -> String {
    try DeviceChange.Desk(reading: store, vault: circle.vault).ticket(device, of: move)
  }

  private func respond(_ message: Message) throws -> Reply? {
    guard let desk else { return nil }
    let given = Given(now: simulation.timeline.now, random: random)
    let reply = try ledgerful { DeviceChange.Route(desk) { given }.respond(to: message) }
    try wakeWhenDue()
    return reply
  }

  private func wakeWhenDue() throws {
    guard desk != nil, let due = try store.read({ try Steps.nextDue(MoveSteps.plan.name, in: $0) }) else { return }
    let now = simulation.timeline.now
    let moment = max(due, now + .milliseconds(10))
    guard moment < wakesAt ?? Instant(milliseconds: .max) else { return }
    wakesAt = moment
    simulation.timeline.after(.milliseconds(moment.milliseconds - now.milliseconds)) { [self] in
      guard wakesAt == moment else { return }
      wakesAt = nil
      try ledgerful { if let desk { try runner(desk).run(now: simulation.timeline.now) } }
      try wakeWhenDue()
    }
  }

  private func runner(_ desk: DeviceChange.Desk) -> StepRunner<ChangeOffice> {
    let client = ES2PlusClient(
      link: WaitingLink(
        network: simulation.network, sender: Self.name, certificate: circle.operatorCertificate),
      host: SimulatedCircle.smdpPlus, requester: SimulatedOperator.identifier, address: SimulatedCircle.smdpPlus)
    let profiles = MovedProfiles(
      client, stock: SimulatedStock(server), address: SimulatedCircle.smdpPlus, backups: circle.backups)
    let office = ChangeOffice(
      desk: desk, provider: profiles, keys: MovedKeys(mobileOperator.auc, random: random), contact: subscriber)
    return StepRunner(
      MoveSteps.plan, for: office, store: store, backOff: BackOff(first: .seconds(5), longest: .seconds(60)),
      watch: { [timeline = simulation.timeline, began = beginning] step, moment in
        guard moment == .before else { return }
        timeline.note("\(Self.name): \(step)")
        began.deed(step)
      })
  }
}

/// What is done when a step begins.
///
/// `@unchecked Sendable`: a simulation runs on one thread; the steps' runner asks for it.
private final class Beginning: @unchecked Sendable {
  var deed: (String) -> Void = { _ in }
}

/// The operator's numbers and its way into the SM-DP+'s stock.
private final class SimulatedStock: MovedProfileStock {
  private unowned let server: SimulatedServer

  init(_ server: SimulatedServer) { self.server = server }

  func number(for move: String) throws -> ICCID {
    // Of a move's 60 random bits; a real operator takes the next one of its range, and writes that down.
    let number = sha256(Array(move.utf8)).prefix(6).reduce(UInt64(0)) { $0 << 8 | UInt64($1) } % 100_000_000_000
    return try ICCID("8988211\(100_000_000_000 + number)")
  }

  func columns(of iccid: ICCID) -> [String: String] {
    [
      "template": "base", "profileType": "simulated", "profileName": "Simulated", "serviceProvider": "Simurgh",
      "plmn": "00101",
    ]
  }

  func bring(_ row: OrderImport.Row, with files: [BackedUpFile]) throws -> [LeftOut] {
    try server.stock(row, with: files)
  }

  func state(of iccid: ICCID) throws -> SMDPPlus.Order.State? { try server.order(iccid)?.state }
}

/// The subscriber, whom the operator can tell something.
///
/// `@unchecked Sendable`: a simulation runs on one thread.
final class SimulatedSubscriber: SubscriberContact, @unchecked Sendable {
  private(set) var code: Secret?
  private(set) var notices: [Notice] = []
  /// The profile that the operator's books have since a move.
  private(set) var profile: ICCID?
  private let timeline: Timeline

  init(_ timeline: Timeline) { self.timeline = timeline }

  func tell(_ notice: Notice, _ imsi: IMSI, identifier: String, now: Instant) {
    notices.append(notice)
    switch notice {
    case .code(let code, _):
      self.code = code
      timeline.note("Operator → person  a code")
    case .objection: timeline.note("Operator → person  a move is asked for: object, if it is not you")
    case .moved: timeline.note("Operator → person  the profile has moved")
    case .renewal: timeline.note("Operator → person  another profile with other keys")
    case .cloned: timeline.note("Operator → person  somebody seems to have a copy of the profile")
    }
  }

  func contactChanged(_ imsi: IMSI) -> Instant? { nil }

  func enter(_ new: ICCID, inPlaceOf old: ICCID, now: Instant) { profile = new }
}
