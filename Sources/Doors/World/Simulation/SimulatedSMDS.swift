import Identifiers
import Keys
import MutualAuthentication
import SMDS
import Stations
import Store
import StoreSQLite
import Transport

/// The SM-DS: its route and desk over a store.
final class SimulatedSMDS {
  static let name = "SM-DS"

  /// The simulation owns its parties, through what they wait for.
  private unowned let simulation: Simulation
  private let desk: SMDS.Desk
  private let random: SeededRandomSource

  /// An SM-DS without events, up and in `simulation`'s network.
  init(_ circle: SimulatedCircle, in simulation: Simulation) throws {
    self.simulation = simulation
    random = simulation.random(for: Self.name)
    desk = try SMDS.Desk(
      store: SQLiteStore.inMemory(), settings: SMDS.Desk.Settings(address: SimulatedCircle.smds),
      credentials: [circle.smdsCredentials], trust: CircleInForce(circle.circle))
    simulation.network.place(SimulatedCircle.smds, name: Self.name) { [self] message in
      let given = Given(now: simulation.timeline.now, random: random)
      return Route(desk) { given }.respond(to: message)
    }
  }
}
