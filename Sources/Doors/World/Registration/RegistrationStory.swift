import APDU
import Bytes
import CustomerManagement
import Handset
import HandsetRegistration
import Identifiers
import Keys
import RegistrationDevice
import SecureElement
import Store
import StoreSQLite
import TLV
import Transport
import TransportCard

/// Customers have handsets and cards registered, repaired and changed at dealers, over a line that loses, doubles and delays,
/// while the carrier and registration terminals crash and modules lose power: however it goes, a number is held by one registration or none, a module has the
/// old ID or the new one whole, and the network takes exactly one.
public final class RegistrationStory {
  /// The simulation that the story plays in.
  public let simulation: Simulation
  let world: RegistrationWorld
  /// The carrier's durable writes: of its terminal, customer management and the authentication centre.
  let fuse = Fuse()
  /// The durable writes of registration terminals.
  let terminalFuse = Fuse()
  /// The registration terminals, by the dealers where they stand.
  var terminals: [String: TerminalAtDealer] = [:]
  private var customers: [Customer] = []
  var timeline: Timeline { simulation.timeline }
  private var danger = 0
  /// Whether a rule is being checked, which is no part of the story.
  private(set) var isChecking = false

  /// One customer, with the handsets or cards that were bought so far: the last one is to be the one that works.
  final class Customer {
    let name: String
    let dealer: String
    /// Whether the customer has cards, which are registered at a registration terminal and used in any handset.
    let hasCard: Bool
    var units: [Unit] = []
    var number: String?
    var wishes: [Purpose]
    /// Whether the customer was told that there is no number.
    var isTurnedAway = false

    init(_ name: String, at dealer: String, hasCard: Bool = false, wishes: [Purpose]) {
      (self.name, self.dealer, self.hasCard, self.wishes) = (name, dealer, hasCard, wishes)
    }
  }

  /// A handset with its module, built in or the customer's card, and the module's power.
  struct Unit {
    let handset: Handset
    let power: PowerCutLog
    let module: InProcessCard
  }

  /// One new registration in calm weather, and what the customer wants changed afterwards.
  public convenience init(withCard hasCard: Bool = false, changes: [Purpose] = []) throws {
    try self.init(Simulation(seed: 0), numbers: 1)
    try add(Customer("customer", at: RegistrationWorld.dealer, hasCard: hasCard, wishes: [.new] + changes))
  }

  /// A story in which `seed` decides everything.
  public convenience init(seed: UInt64) throws {
    let simulation = Simulation(seed: seed)
    let roll = simulation.timeline.roll
    simulation.network.weather = Weather(
      lostPerMille: roll(250), doubledPerMille: roll(250), longestDelay: .milliseconds(1 + roll(60_000)))
    try self.init(simulation, numbers: 5)
    danger = roll(120)
    let changes: [Purpose] = [.repair, .services, .creditCard]
    for index in 0..<4 {
      let dealer = "D-\(index % 2 + 1)"
      try world.desk.add(dealer: dealer, name: dealer)
      try add(
        Customer(
          "customer \(index)", at: dealer, hasCard: roll(2) == 0,
          wishes: [.new] + (0..<roll(3)).map { _ in changes[roll(3)] }))
    }
    terminalFuse.plan = { [unowned self] _ in
      guard simulation.isStormy, roll(1000) < danger else { return nil }
      return roll(2) == 0 ? .before : .after
    }
    fuse.plan = { [unowned self] _ in
      guard simulation.isStormy, !isChecking, roll(1000) < danger else { return nil }
      // Down for a while; nobody is told.
      simulation.timeline.after(.seconds(1 + roll(20))) { [unowned self] in
        fuse.mend()
        simulation.timeline.note("carrier is up")
      }
      return roll(2) == 0 ? .before : .after
    }
  }

  private struct Company: CreditCompany {
    func answer(about card: CreditCardNumber) -> CreditAnswer { .approved(limit: 100_00) }
  }

  private init(_ simulation: Simulation, numbers: Int) throws {
    self.simulation = simulation
    let (store, random) = (try SQLiteStore.inMemory(), simulation.random(for: "registration"))
    world = try RegistrationWorld(
      store: store, network: PLMN("00101"), numbers: numbers, company: Company(),
      vault: KeyVault(current: Secret(random.bytes(32))), random: random, now: simulation.timeline.now)
    store.onCommit { [fuse] point in try fuse.reach(point == .before ? .before : .after) }
    simulation.always("a number is in use where it is a subscription's, and nowhere else") { [unowned self] in
      try checking {
        try world.customers.numbers(of: RegistrationWorld.pool, now: timeline.now).allSatisfy {
          ($0.state == .inUse) == ($0.subscription != nil)
        }
      }
    }
    simulation.always("the network takes one handset of a customer at most, and each module has an ID whole or none") {
      [unowned self] in
      try checking {
        for customer in customers {
          guard try customer.units.filter(takes).count <= 1 else { return false }
        }
        return true
      }
    }
  }

  private func add(_ customer: Customer) throws {
    customers.append(customer)
    timeline.after(.seconds(1 + timeline.roll(120))) { [unowned self] in try visit(customer) }
  }

  /// Looks without being part of the story: nothing crashes, and what is down stays down.
  func checking<Seen>(_ look: () throws -> Seen) throws -> Seen {
    let wasBlown = fuse.isBlown
    isChecking = true
    fuse.mend()
    defer {
      isChecking = false
      if wasBlown { fuse.blow() }
    }
    return try look()
  }

  func takes(_ unit: Unit) throws -> Bool {
    world.now = timeline.now
    unit.handset.powerOn()
    return try world.attaches(unit.handset)
  }

  private func makeUnit(_ kind: ModuleKind) throws -> Unit {
    let power = PowerCutLog(VolatileLog())
    let module = try InProcessCard(world.makeModule(kind, on: LogMemory(power)))
    if kind == .handset { try world.equip(module) }
    let tap = tapped(module, "handset → \(kind == .card ? "card" : "module")")
    let handset = world.factory.makeHandset(
      try world.factory.makeUnitKeys(), module: tap, pattern: RegistrationWorld.pattern,
      clock: { [timeline] in timeline.now })
    return Unit(handset: handset, power: power, module: module)
  }

  /// The line to a module, which notes what passes.
  func tapped(_ module: any CardLink, _ direction: String) -> any CardLink {
    ModuleTap(module, direction) { [unowned self] line in if !isChecking { timeline.note(line) } }
  }

  // MARK: At the dealer's

  /// The customer comes with the next wish; what does not come to its end is tried again later.
  private func visit(_ customer: Customer) throws {
    guard let purpose = customer.wishes.first else { return }
    world.now = timeline.now
    if try attempt(purpose, of: customer) {
      customer.wishes.removeFirst()
      timeline.note("\(customer.name): \(purpose) done")
    }
    guard !customer.wishes.isEmpty, !customer.isTurnedAway else { return }
    timeline.after(.seconds(10 + timeline.roll(100))) { [unowned self] in try visit(customer) }
  }

  /// Whether the wish is fulfilled.
  private func attempt(_ purpose: Purpose, of customer: Customer) throws -> Bool {
    if try customer.units.isEmpty || (purpose == .repair && isWorking(customer)) {
      customer.units.append(try makeUnit(customer.hasCard ? .card : .handset))
    }
    guard let unit = customer.units.last else { return false }
    let line = Line(story: self, customer: customer)
    defer {
      unit.power.cut(atWrite: .max, .afterWrite)
      unit.module.powerOff()
    }
    endanger(unit.power)
    do {
      if customer.hasCard {
        customer.number = try registerCard(purpose, of: customer, unit, over: line)
        return true
      }
      // A module that has its ID, of which the carrier may not know, brings its receipt.
      unit.handset.powerOn()
      if unit.handset.isIDWritten, try deliversReceipt(unit, over: line), purpose == .new || purpose == .repair {
        customer.number = try information(of: unit)?.number ?? customer.number
        return true
      }
      let information = try unit.handset.register(
        purpose, number: customer.number, over: line,
        applicant: Person(story: self))
      customer.number = information.number
      return true
    } catch DeviceError.refused(.noNumber) {
      timeline.note("\(customer.name): no number is free")
      customer.isTurnedAway = !simulation.isStormy
      return false
    } catch is Silence { return false } catch let error as DeviceError {
      timeline.note("\(customer.name): \(error)")
      return false
    } catch let error as LinkError {
      timeline.note("\(customer.name): module: \(error.sentence)")
      return false
    } catch is Fuse.Crash {
      timeline.note("\(customer.name): the terminal crashed")
      return false
    }
  }

  /// Lets a module lose its power at one of the next writes, if the weather is so.
  func endanger(_ power: PowerCutLog) {
    guard simulation.isStormy, timeline.roll(1000) < danger else { return }
    let moments: [PowerCutLog.Moment] = [.afterBytes(0), .afterBytes(timeline.roll(1000)), .afterWrite]
    power.cut(atWrite: 1 + timeline.roll(4), moments[timeline.roll(3)])
  }

  /// The customer's last handset or card works, so a repair is of a new one.
  private func isWorking(_ customer: Customer) throws -> Bool {
    guard customer.hasCard, let unit = customer.units.last else {
      return customer.units.last?.handset.isIDWritten == true
    }
    return try checking { try information(of: unit) != nil }
  }

  private func deliversReceipt(_ unit: Unit, over line: Line) throws -> Bool {
    do {
      try unit.handset.deliverReceipt(over: line)
      return true
    } catch is DeviceError { return false }
  }

  func information(of unit: Unit) throws -> PublicInformation? {
    guard case .ready(let information, _) = unit.handset.powerOn() else { return nil }
    return information
  }

  struct Person: Applicant {
    let story: RegistrationStory
    func application(for purpose: Purpose) -> (creditCard: String, services: [String]) {
      ("4111111111111111", ["call-waiting"])
    }
    func accepts(_ number: String) -> Bool { story.timeline.roll(4) > 0 || !story.simulation.isStormy }
  }

  // MARK: The line

  struct Silence: Error {}

  /// The dealer's line: what is lost is silence, what is late reaches the carrier behind what was sent after it.
  struct Line: RegistrationLine {
    let story: RegistrationStory
    let customer: Customer
    private var device: String { customer.hasCard ? "terminal" : "handset" }

    func exchange(_ message: [UInt8]) throws -> [UInt8] {
      let (timeline, weather) = (story.timeline, story.simulation.network.weather)
      let request = "\(device) → carrier  \(MessageName.of(message))"
      let copies = timeline.fate(of: request, in: weather)
      if story.simulation.isStormy, copies != 1 { story.later(message, from: customer) }
      guard copies > 0 else { throw Silence() }
      timeline.note(request)
      guard let answer = story.carrier(message, customer.dealer) else { throw Silence() }
      let reply = "carrier → \(device)  \(MessageName.of(answer))"
      guard timeline.fate(of: reply, in: weather) > 0 else { throw Silence() }
      timeline.note(reply)
      return answer
    }
  }

  /// A copy of a message arrives later; nobody waits for its answer.
  private func later(_ message: [UInt8], from customer: Customer) {
    let delay = Int(simulation.network.weather.longestDelay / .milliseconds(1))
    timeline.after(.milliseconds(1 + timeline.roll(delay))) { [unowned self] in
      timeline.note("LATE \(customer.hasCard ? "terminal" : "handset") → carrier  \(MessageName.of(message))")
      _ = carrier(message, customer.dealer)
    }
  }

  /// The carrier's answer; nil while it is down, and where it crashes over the message.
  private func carrier(_ message: [UInt8], _ dealer: String) -> [UInt8]? {
    guard !fuse.isBlown else { return nil }
    world.now = timeline.now
    let answer = world.desk.respond(to: message, dealer: dealer, now: timeline.now, random: world.random)
    return fuse.isBlown ? nil : answer
  }

  // MARK: The end

  /// Plays the story and checks how it ended; tells how many customers have a number.
  public func play() throws -> Int {
    simulation.whenCalm { [unowned self] in fuse.mend() }
    try simulation.run(storm: .seconds(1200), calm: .seconds(7200))
    // What was begun and never came to its end is given back in time.
    while try world.desk.sweep(now: timeline.now + .seconds(40 * 86_400)) > 0 {}
    var registered = 0
    try simulation.explaining {
      for customer in customers {
        try simulation.require(
          "\(customer.name) is served or told why not", customer.wishes.isEmpty || customer.isTurnedAway)
        let taken = try customer.units.filter(takes)
        try simulation.require(
          "\(customer.name): the network takes exactly one", taken.count == (customer.number == nil ? 0 : 1))
        guard let number = customer.number else { continue }
        registered += 1
        let holder = try world.desk.registered(number)
        guard case .ready(let information, _)? = taken.first?.handset.state else { continue }
        try simulation.require(
          "\(number) is registered for the module that the network takes", holder?.module == information.msi)
        try simulation.require("the module's ID has the number", information.number == number)
      }
      let inUse = try world.customers.numbers(of: RegistrationWorld.pool, now: timeline.now).filter {
        $0.state == .inUse
      }
      try simulation.require("each number in use is one customer's", inUse.count == registered)
      let subscribers = try world.customers.subscribers(limit: 10_000)
      try simulation.require(
        "nobody applies whose registration came to nothing", subscribers.allSatisfy { $0.state != .applicant })
    }
    return registered
  }
}
