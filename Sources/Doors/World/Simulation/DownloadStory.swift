import EUICC
import Identifiers
import SGP22
import SMDPPlus
import SecureElement
import Store

/// An operator orders a profile, a device downloads and enables it, and the network lets the SIM in: however the weather
/// is and whoever crashes, in the end the profile is installed exactly once or not at all, and all sides agree.
public final class DownloadStory {
  /// Who crashes at which durable write.
  public enum Fault: Hashable, Sendable {
    case smdpPlus(write: Int, Fuse.Moment)
    case handset(write: Int, Fuse.Moment)
    case card(write: Int, PowerCutLog.Moment)
  }

  /// How it ended.
  public struct Outcome: Sendable, Equatable {
    /// The order's last state.
    public let order: Order.State
    /// Durable writes of the SM-DP+, the device's journal and the card.
    public let writes: (smdpPlus: Int, handset: Int, card: Int)

    public static func == (a: Outcome, b: Outcome) -> Bool { a.order == b.order && a.writes == b.writes }
  }

  /// The simulation that the story plays in.
  public let simulation: Simulation
  let mobileOperator: SimulatedOperator
  let server: SimulatedServer
  let handset: SimulatedHandset
  var smds: SimulatedSMDS?
  var plan = Plan()
  var card: SimulatedCard { handset.card }
  /// What the card ever was.
  let memory = CardHistory()
  /// The sessions in which the SM-DP+ offered the profile.
  var offered: Set<TransactionId> = []
  /// The order after so many writes of the SM-DP+.
  private var seenOrder: (order: Order, writes: Int)?
  /// Whether the profile was seen on the card.
  var wasOnCard = false

  /// A story in calm weather in which only `fault` happens.
  public convenience init(fault: Fault? = nil) throws {
    try self.init(Simulation(seed: 0))
    switch fault {
    case .smdpPlus(let write, let moment): server.fuse.plan = { $0 == write ? moment : nil }
    case .handset(let write, let moment): handset.fuse.plan = { $0 == write ? moment : nil }
    case .card(let write, let moment): card.power.cut(atWrite: write, moment)
    case nil: break
    }
  }

  /// A story in which `seed` decides the weather, the crashes and the person.
  public convenience init(seed: UInt64) throws {
    let simulation = Simulation(seed: seed)
    let timeline = simulation.timeline
    simulation.network.weather = Weather(
      lostPerMille: timeline.roll(300), doubledPerMille: timeline.roll(200),
      longestDelay: .milliseconds(1 + timeline.roll(15_000)))
    try self.init(simulation)
    let danger = timeline.roll(200)
    let plan: (Int) -> Fuse.Moment? = { [unowned simulation] _ in
      guard simulation.isStormy, timeline.roll(1000) < danger else { return nil }
      return timeline.roll(2) == 0 ? .before : .after
    }
    (server.fuse.plan, handset.fuse.plan) = (plan, plan)
    handset.poweredOn = { [unowned self, unowned simulation] in
      guard simulation.isStormy else { return }
      let moments: [PowerCutLog.Moment] = [.afterBytes(0), .afterBytes(timeline.roll(4000)), .afterWrite]
      card.power.cut(atWrite: 1 + timeline.roll(2000 / max(danger, 20)), moments[timeline.roll(3)])
    }
    simulation.whenCalm { [unowned self] in card.power.cut(atWrite: .max, .afterWrite) }
    let mood = timeline.roll(20)
    handset.decide = { [unowned simulation] _ in
      switch (mood, timeline.roll(3)) {
      case (0, _): .reject
      case (1, 0) where simulation.isStormy: .postpone
      case (1, 1) where simulation.isStormy: .timeout
      default: .accept(confirmationCode: nil)
      }
    }
    for _ in 0..<timeline.roll(4) {
      timeline.after(.seconds(30 + timeline.roll(900))) { [unowned self] in handset.crash() }
    }
  }

  private init(_ simulation: Simulation) throws {
    self.simulation = simulation
    let circle = try SimulatedCircle.shared.get()
    server = try SimulatedServer(circle, in: simulation)
    mobileOperator = try SimulatedOperator(circle, in: simulation)
    handset = SimulatedHandset(try SimulatedCard(circle, random: simulation.random(for: "eUICC")), in: simulation)
    try server.stock([mobileOperator.subscriber.row])
    addRules()
  }

  /// Plays the story and checks how it ended.
  public func play() throws -> Outcome {
    let before = card.power.writes
    mobileOperator.order(plan) { [unowned self] code in
      simulation.timeline.after(.seconds(60)) { [self] in
        try plan.isDiscovered ? handset.look(for: SimulatedCircle.smds) : handset.take(code)
      }
    }
    try simulation.run(storm: .seconds(1200))
    let writes = (server.fuse.writes, handset.fuse.writes, card.power.writes - before)
    try simulation.explaining { try agree() }
    return Outcome(order: try order().state, writes: writes)
  }

  func order() throws -> Order {
    // It is asked after every event, and most events leave the order book alone.
    if let seenOrder, seenOrder.writes == server.fuse.writes { return seenOrder.order }
    guard let order = try server.order(mobileOperator.subscriber.iccid) else {
      throw StoreError.unexpected("the order is gone")
    }
    seenOrder = (order, server.fuse.writes)
    return order
  }
}
