import Charging
import Identifiers
import OfflineCard
import SecureMessages
import Store
import StoreSQLite
import Transport

/// The charging centre: its route and desk over a real store. When it crashes it forgets everything but what was committed.
final class SimulatedCentre {
  static let name = "Centre"

  /// Its durable writes: the store's commits.
  let fuse = Fuse()
  let store: SQLiteStore
  private(set) var desk: Charging.Desk?
  private unowned let simulation: Simulation
  private let scheme: SimulatedScheme

  init(_ scheme: SimulatedScheme, in simulation: Simulation) throws {
    (self.scheme, self.simulation) = (scheme, simulation)
    store = try SQLiteStore.inMemory()
    try start()
    simulation.network.place(SimulatedScheme.centre, name: Self.name) { [self] in try respond($0) }
  }

  /// Of a card's service what stands here: the step, and what it costs.
  func known(_ card: CardNumber) throws -> [Int: (step: Int, units: Int)] {
    let rows = try store.read {
      try $0.query("SELECT number, step, amount FROM charged_service WHERE card = $1", card.text)
    }
    return try Dictionary(uniqueKeysWithValues: rows.map { (try $0(0), (step: try $0(1), units: try $0(2))) })
  }

  /// Does something at the desk that is no terminal's request; false where the centre is down, or crashes over it.
  func atDesk(_ work: (Charging.Desk) throws -> Void) throws -> Bool {
    guard let desk else { return false }
    do { try work(desk) } catch { guard fuse.isBlown else { throw error } }
    if fuse.isBlown { crash() }
    return self.desk != nil
  }

  private func start() throws {
    store.onCommit(nil)
    desk = try Charging.Desk(
      store: store, scheme: scheme.issuer.scheme, certificate: scheme.centreCertificate, key: scheme.centreKey)
    store.onCommit { [fuse] point throws in try fuse.reach(point == .before ? .before : .after) }
    fuse.mend()
  }

  private func crash() {
    simulation.timeline.note("\(Self.name) crashes at its write \(fuse.writes)")
    desk = nil
    simulation.timeline.after(.seconds(20)) { [self] in
      simulation.timeline.note("\(Self.name) is up again")
      try start()
    }
  }

  private func respond(_ message: Message) throws -> Reply? {
    guard let desk else { return nil }
    let now = simulation.timeline.now
    let reply = Charging.Route(desk, now: { now }).answer(to: message)
    guard !fuse.isBlown else {
      crash()
      return nil
    }
    return reply
  }
}
