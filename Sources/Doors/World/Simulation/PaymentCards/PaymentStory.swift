import CardTerminal
import Charging
import Identifiers
import OfflineCard
import SecureElement
import SecureMessages

/// Users register PINs, call and buy at terminals that upload when they can: however the weather is and whoever crashes,
/// in the end everything that cards signed is billed once, and nothing else.
public final class PaymentStory {
  /// Who crashes at which durable write.
  public enum Fault: Hashable, Sendable {
    case centre(write: Int, Fuse.Moment)
    case terminal(Int, write: Int, Fuse.Moment)
    case card(write: Int, PowerCutLog.Moment)
  }

  /// How it ended.
  public struct Outcome: Sendable, Equatable {
    /// Services that cards began, and the units on all bills.
    public let services: Int
    public let units: Int128
    /// Durable writes of the centre, each terminal, and the first card, until the storm was over.
    public let writes: Writes

    /// Numbers of durable writes.
    public struct Writes: Sendable, Equatable {
      public let centre: Int
      public let terminals: [Int]
      public let card: Int
    }
  }

  /// The simulation that the story plays in.
  public let simulation: Simulation
  let scheme: SimulatedScheme
  let centre: SimulatedCentre
  let terminals: [SimulatedTerminal]
  let cards: [SimulatedPaymentCard]
  /// Units for which something was given, by card and service.
  var given: [ServiceName: Int] = [:]
  private let visits: Int

  /// A card's service.
  struct ServiceName: Hashable {
    let card: CardNumber
    let number: Int
  }

  /// A story in calm weather in which only `fault` happens: one user, two terminals.
  public convenience init(fault: Fault? = nil) throws {
    try self.init(Simulation(seed: 0), cards: 1, visits: 5)
    switch fault {
    case .centre(let write, let moment): centre.fuse.plan = { $0 == write ? moment : nil }
    case .terminal(let index, let write, let moment): terminals[index].fuse.plan = { $0 == write ? moment : nil }
    case .card(let write, let moment): cards[0].power.cut(atWrite: write, moment)
    case nil: break
    }
  }

  /// A story in which `seed` decides the weather, the crashes and the people.
  public convenience init(seed: UInt64) throws {
    let simulation = Simulation(seed: seed)
    let timeline = simulation.timeline
    simulation.network.weather = Weather(
      lostPerMille: timeline.roll(300), doubledPerMille: timeline.roll(200),
      longestDelay: .milliseconds(1 + timeline.roll(15_000)))
    try self.init(simulation, cards: 3, visits: 30)
    let danger = timeline.roll(150)
    let plan: (Int) -> Fuse.Moment? = { [unowned simulation] _ in
      guard simulation.isStormy, timeline.roll(1000) < danger else { return nil }
      return timeline.roll(2) == 0 ? .before : .after
    }
    centre.fuse.plan = plan
    for terminal in terminals { terminal.fuse.plan = plan }
    simulation.whenCalm { [unowned self] in for card in cards { card.power.cut(atWrite: .max, .afterWrite) } }
  }

  private init(_ simulation: Simulation, cards: Int, visits: Int) throws {
    (self.simulation, self.visits) = (simulation, visits)
    let scheme = try SimulatedScheme(at: simulation.timeline.now, random: simulation.random(for: "scheme"))
    self.scheme = scheme
    centre = try SimulatedCentre(scheme, in: simulation)
    terminals = try (0..<2).map { try SimulatedTerminal($0, of: scheme, in: simulation) }
    self.cards = try (0..<cards).map { try SimulatedPaymentCard($0, of: scheme, in: simulation) }
    addRules()
  }

  /// Plays the story and checks how it ended.
  public func play() throws -> Outcome {
    let before = cards[0].power.writes
    for terminal in terminals { call(terminal, every: .seconds(6 * 3600)) }
    for (index, card) in cards.enumerated() {
      simulation.timeline.after(.seconds(600 + 60 * index)) { [self] in try register(card) }
    }
    for visit in 0..<visits {
      simulation.timeline.after(.seconds(3600 + visit * 12_000)) { [self] in try use(chosen(cards)) }
    }
    var writes = Outcome.Writes(centre: 0, terminals: [], card: 0)
    simulation.whenCalm { [unowned self] in
      writes = Outcome.Writes(
        centre: centre.fuse.writes, terminals: terminals.map(\.fuse.writes), card: cards[0].power.writes - before)
      comeBack()
    }
    try simulation.run(storm: .seconds(3600 + visits * 12_000))
    try simulation.explaining { try agree() }
    return Outcome(services: cards.reduce(0) { $0 + $1.signed.count }, units: try billed(), writes: writes)
  }

  /// The first user registers a PIN at the first terminal and uses a service there, and the terminal uploads: the steps
  /// of Figs 4 to 7 and 1, one after the other.
  public func playOnce() throws {
    let (terminal, card) = (terminals[0], cards[0])
    let timeline = simulation.timeline
    timeline.after(.seconds(60)) { try terminal.callCentre() }
    timeline.after(.seconds(120)) { [self] in
      let numbers = [card.registration.text, SimulatedScheme.settingNumber, SimulatedScheme.pin]
      let person = RehearsedUser([.register] + numbers.map { .digits($0) }, noted: note)
      _ = try terminal.visit(card, by: person, for: SimulatedService(intervals: 0, price: 0))
    }
    timeline.after(.seconds(180)) { [self] in
      let person = RehearsedUser([.digits("0000"), .digits(SimulatedScheme.pin)], noted: note)
      _ = try terminal.visit(card, by: person, for: SimulatedService(intervals: 2, price: 10))
    }
    timeline.after(.seconds(240)) { try terminal.callCentre() }
    timeline.after(.seconds(300)) { [self] in
      let person = RehearsedUser([], noted: note)
      _ = try terminal.visit(card, by: person, for: SimulatedService(intervals: 0, price: 0))
    }
    try simulation.explaining { try timeline.run(for: .seconds(600)) }
  }

  // MARK: What people and terminals do

  private func call(_ terminal: SimulatedTerminal, every pause: Duration) {
    simulation.timeline.after(.seconds(60 + simulation.timeline.roll(300))) { [self] in
      try terminal.callCentre()
      guard simulation.isStormy else { return }
      simulation.timeline.after(pause) { [self] in call(terminal, every: pause) }
    }
  }

  /// The user tries until the PIN is registered.
  private func register(_ card: SimulatedPaymentCard) throws {
    mayFail(card)
    let numbers = [card.registration.text, SimulatedScheme.settingNumber, SimulatedScheme.pin]
    let person = RehearsedUser([.register] + numbers.map { .digits($0) }, noted: note)
    let outcome = try chosen(terminals).visit(card, by: person, for: VendingService(select: { _ in nil }, deliver: {}))
    guard outcome != .pinRegistered else { return }
    simulation.timeline.after(.seconds(1800)) { [self] in try register(card) }
  }

  /// The user makes a call of a few intervals; now and then the PIN is wrong at first.
  private func use(_ card: SimulatedPaymentCard) throws {
    mayFail(card)
    let isClumsy = simulation.isStormy && simulation.seed > 0 && simulation.timeline.roll(10) == 0
    let entries: [Entry] = (isClumsy ? [.digits("0000")] : []) + [.digits(SimulatedScheme.pin)]
    let service = SimulatedService(intervals: 1 + simulation.timeline.roll(4), price: 10)
    let number = try (card.look().keys.max() ?? card.signed.keys.max() ?? 0)
    let terminal = chosen(terminals)
    _ = try terminal.visit(card, by: RehearsedUser(entries, noted: note), for: service)
    _ = try card.look()
    guard let last = card.signed.keys.max(), last > number || service.given == 0 else {
      return try simulation.require("something was given without a service of the card", service.given == 0)
    }
    guard service.given > 0 else { return }
    given[ServiceName(card: card.number, number: last)] = service.given
    // Whatever the card may tell others later: the terminal had it durable, before it gave anything.
    let logged = try terminal.memory.waiting().first { $0.claimedCard == card.number && $0.claimedBody.number == last }
    let known = try centre.known(card.number)[last]
    try simulation.require(
      "what was given stands in the terminal's log, or at the centre",
      max(logged?.claimedBody.amount.units ?? 0, known?.units ?? 0) >= service.given)
  }

  /// In the storm a card may be pulled, or lose its power, at any of its next writes.
  private func mayFail(_ card: SimulatedPaymentCard) {
    guard simulation.isStormy, simulation.seed > 0, simulation.timeline.roll(4) == 0 else { return }
    let moments: [PowerCutLog.Moment] = [.afterBytes(0), .afterBytes(simulation.timeline.roll(2000)), .afterWrite]
    card.power.cut(atWrite: 1 + simulation.timeline.roll(8), moments[simulation.timeline.roll(3)])
  }

  /// After the storm everybody uses every terminal again, until cards that were at their limit are cleared.
  private func comeBack() {
    for round in 0..<6 {
      for (index, terminal) in terminals.enumerated() {
        simulation.timeline.after(.seconds(3600 + round * 43_200 + index * 3600)) { [self] in
          try terminal.callCentre()
          simulation.timeline.after(.seconds(600)) { [self] in
            for card in cards { try visit(terminal, card) }
            simulation.timeline.after(.seconds(600)) { try terminal.callCentre() }
          }
        }
      }
    }
  }

  private func visit(_ terminal: SimulatedTerminal, _ card: SimulatedPaymentCard) throws {
    let person = RehearsedUser([.digits(SimulatedScheme.pin)], noted: note)
    _ = try terminal.visit(card, by: person, for: VendingService(select: { _ in nil }, deliver: {}))
  }

  private func chosen<Item>(_ items: [Item]) -> Item { items[simulation.timeline.roll(items.count)] }

  private func note(_ line: String) { simulation.timeline.note(line) }
}
