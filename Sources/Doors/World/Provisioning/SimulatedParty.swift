import Bytes
import Identifiers
import Keys
import Stations
import Store
import StoreSQLite
import Transport

/// A party with a store and a route, as it stands between a start and a crash. Of what it had not written nothing remains.
public final class SimulatedParty {
  /// One life of the party, from a start to a crash.
  struct Life {
    /// What it answers.
    let respond: (Message) throws -> Reply
    /// What it does of its own accord, once.
    var work: () throws -> Void = {}
    /// When it has something to do of its own accord.
    var nextDue: () throws -> Instant? = { nil }
  }

  let name: String
  /// Its durable writes: the store's commits.
  public let fuse = Fuse()
  let store: SQLiteStore
  let random: SeededRandomSource
  /// Sees every message that comes to the party.
  var heard: (Message) throws -> Void = { _ in }
  /// The simulation owns its parties, through what they wait for.
  private unowned let simulation: Simulation
  private let certificate: [UInt8]
  private var begin: (SimulatedParty) throws -> Life = { _ in Life { _ in Reply(status: 503) } }
  private var life: Life?
  private var wakesAt: Instant?

  /// A party without a life yet, at `host`, that shows `certificate` where it calls.
  init(_ name: String, at host: String, certificate: [UInt8], in simulation: Simulation) throws {
    (self.name, self.certificate, self.simulation) = (name, certificate, simulation)
    random = simulation.random(for: name)
    store = try SQLiteStore.inMemory()
    simulation.network.place(host, name: name) { [self] in try respond($0) }
  }

  /// When the next act of `plan` is due.
  func nextDue(_ plan: String) throws -> Instant? { try store.read { try Steps.nextDue(plan, in: $0) } }

  var given: Given { Given(now: simulation.timeline.now, random: random) }
  /// What it calls others with.
  var link: any ServerLink {
    WaitingLink(network: simulation.network, sender: name, certificate: certificate)
  }

  /// Gives the party its first life; `begin` gives it another one after each crash.
  func start(_ begin: @escaping (SimulatedParty) throws -> Life) throws {
    self.begin = begin
    try start()
  }

  private func start() throws {
    store.onCommit(nil)
    life = try begin(self)
    store.onCommit { [fuse] point throws in try fuse.reach(point == .before ? .before : .after) }
    fuse.mend()
    try wakeWhenDue()
  }

  private func crash() {
    simulation.timeline.note("\(name) crashes at its write \(fuse.writes)")
    (life, wakesAt) = (nil, nil)
    simulation.timeline.after(.seconds(20)) { [self] in
      simulation.timeline.note("\(name) is up again")
      try start()
    }
  }

  /// The reply to `message`; nil while the party is down, or crashes over it.
  private func respond(_ message: Message) throws -> Reply? {
    guard let life, !fuse.isBlown else { return nil }
    try heard(message)
    let reply: Reply
    do { reply = try life.respond(message) } catch is Fuse.Crash { reply = Reply(status: 503) }
    guard !fuse.isBlown else {
      crash()
      return nil
    }
    try wakeWhenDue()
    return reply
  }

  /// Does `action` as this party does, and looks then what is due.
  func act(_ action: () throws -> Void) throws {
    guard life != nil else { return }
    do { try action() } catch  where fuse.isBlown {}
    if fuse.isBlown { crash() } else { try wakeWhenDue() }
  }

  func wakeWhenDue() throws {
    guard let due = try life?.nextDue() else { return }
    let now = simulation.timeline.now
    let moment = max(due, now + .milliseconds(10))
    guard moment < wakesAt ?? Instant(milliseconds: .max) else { return }
    wakesAt = moment
    simulation.timeline.after(.milliseconds(moment.milliseconds - now.milliseconds)) { [self] in
      guard wakesAt == moment, let life else { return }
      wakesAt = nil
      try act(life.work)
    }
  }
}
