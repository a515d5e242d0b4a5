import AuC
import Bytes
import CircleOfTrust
import ConnectivityManagement
import Identifiers
import Keys
import ManagedEUICC
import SGP02
import SGP22
import SMSR
import SecureElement
import Stations
import Store
import StoreSQLite
import Transport

/// E2, provisioning: a device in the field, with a bootstrap profile and nobody before it, gets an operational profile over
/// short messages, and then that of a second operator: however the weather is and whoever crashes.
public final class ProvisioningStory {
  /// Who crashes at which durable write.
  public enum Fault: Hashable, Sendable {
    case manager(write: Int, Fuse.Moment)
    case provider(write: Int, Fuse.Moment)
    case mobileOperator(Int, write: Int, Fuse.Moment)
    case card(write: Int, PowerCutLog.Moment)
  }

  /// Durable writes of each party, what was carried, and how long it took.
  public struct Cost: Sendable, Equatable {
    public let manager, provider, firstOperator, secondOperator, card: Int
    /// Short messages that were tried, and the bytes of their TPDUs.
    public let messages, bytes: Int
  }

  /// The simulation that the story plays in.
  public let simulation: Simulation
  /// The servers' and operators' durable writes.
  public var fuses: [Fuse] { [manager.fuse, provider.fuse] + operators.map(\.fuse) }
  public let device: SimulatedDevice
  public let centre: ShortMessageCentre
  let manager, provider: SimulatedParty
  let operators: [SimulatedParty]
  let circle: ProvisioningCircle
  /// The operators' AuCs; each knows its own subscribers.
  let centres: [AuC.Desk]
  /// What came to the SM-SR.
  private(set) var heldByManager: [[UInt8]] = []

  /// A story in calm weather in which only `fault` happens.
  public convenience init(fault: Fault? = nil) throws {
    try self.init(Simulation(seed: 0))
    switch fault {
    case .manager(let write, let moment): manager.fuse.plan = { $0 == write ? moment : nil }
    case .provider(let write, let moment): provider.fuse.plan = { $0 == write ? moment : nil }
    case .mobileOperator(let number, let write, let moment):
      operators[number].fuse.plan = { $0 == write ? moment : nil }
    case .card(let write, let moment): device.power.cut(atWrite: write, moment)
    case nil: break
    }
  }

  /// A story in which `seed` decides the weather, the radio and the crashes.
  public convenience init(seed: UInt64) throws {
    let simulation = Simulation(seed: seed)
    let timeline = simulation.timeline
    func weather(_ lost: Int, _ longest: Int) -> Weather {
      Weather(
        lostPerMille: timeline.roll(lost), doubledPerMille: timeline.roll(150),
        longestDelay: .milliseconds(1 + timeline.roll(longest)))
    }
    simulation.network.weather = weather(250, 8_000)
    try self.init(simulation)
    centre.radio = weather(400, 20_000)
    let danger = timeline.roll(60)
    for fuse in fuses {
      fuse.plan = { [unowned simulation] _ in
        guard simulation.isStormy, timeline.roll(1000) < danger else { return nil }
        return timeline.roll(2) == 0 ? .before : .after
      }
    }
    for _ in 0..<timeline.roll(4) {
      timeline.after(.seconds(Int64(30 + timeline.roll(1500)))) { [unowned self] in device.crash() }
    }
    if timeline.roll(3) == 0 { device.power.cut(atWrite: 1 + timeline.roll(80), .afterBytes(timeline.roll(2000))) }
    simulation.whenCalm { [unowned self] in device.power.cut(atWrite: .max, .afterWrite) }
  }

  private init(_ simulation: Simulation) throws {
    self.simulation = simulation
    let circle = try ProvisioningCircle.shared.get()
    self.circle = circle
    centre = ShortMessageCentre(
      circle.centre.certificate.encoded, managers: circle.mesh, in: simulation)
    manager = try SimulatedParty(
      "SM-SR", at: ProvisioningCircle.manager, certificate: circle.manager.certificate.encoded, in: simulation)
    provider = try SimulatedParty(
      "SM-DP", at: ProvisioningCircle.provider, certificate: circle.provider.certificate.encoded, in: simulation)
    operators = try ["mno-1", "mno-2"].map { name in
      try SimulatedParty(
        name.uppercased(), at: "\(name).example", certificate: circle.operators[name]?.certificate.encoded ?? [],
        in: simulation)
    }
    device = try SimulatedDevice(
      circle.card, eid: circle.eid, vault: circle.vault, centre: centre, in: simulation, name: "1")
    centres = try ["mno-1", "mno-2"].map { name in
      try circle.auc(of: name, random: simulation.random(for: "AuC \(name)"), now: simulation.timeline.now)
    }
    device.networks = centres.enumerated().map { index, auc in
      let own = circle.subscribers.filter { $0.mno == "mno-\(index + 1)" }
      return .init(auc: auc, numbers: Dictionary(own.map { ($0.imsi, $0.msisdn) }) { first, _ in first })
    }
    manager.heard = { [unowned self] message in
      heldByManager.append(message.body)
      guard message.path == ES3.SendData.path else { return }
      heldByManager.append(try JSONBinding.decode(ES3.SendData.Request.self, from: message.body).request.data)
    }
    try circle.startManager(manager, as: circle.mesh[0])
    try circle.startProvider(provider, stock: Array(circle.subscribers.dropFirst()))
    for (index, party) in operators.enumerated() { try circle.startOperator(party, name: "mno-\(index + 1)") }
    try register()
    addRules()
  }

  /// ES1: the maker tells the SM-SR of the eUICC.
  private func register() throws {
    let message = Message(
      host: ProvisioningCircle.manager, path: ES1.RegisterEIS.path,
      body: JSONBinding.encode(
        circle.registration,
        header: .init(
          functionRequesterIdentifier: ProvisioningCircle.names.maker, functionCallIdentifier: "register")),
      peerCertificate: circle.maker.certificate.encoded)
    let weather = simulation.network.weather
    simulation.network.weather = .calm
    defer { simulation.network.weather = weather }
    let reply = try simulation.network.exchange(message, from: "EUM")
    let answer: Result<NoFields, Refusal> = try JSONBinding.decodeAnswer(from: reply.body)
    _ = try answer.get()
  }

  private func addRules() {
    simulation.always(
      "one profile is enabled, never two and never none, and there is a last resort",
      after: { [unowned self] in device.power.writes }
    ) { [unowned self] in
      let isdps = device.contents.isdps
      return isdps.filter { $0.state == .enabled }.count == 1 && isdps.filter(\.hasFallbackAttribute).count == 1
    }
    simulation.always(
      "the books have at most one enabled profile", after: { [unowned self] in manager.fuse.writes }
    ) { [unowned self] in
      try books().filter { $0.state == .enabled }.count <= 1
    }
  }

  // MARK: Playing

  /// Plays the story: the device starts, the first operator provisions it, and the second, so long after it was ordered
  /// from the first.
  public func play(secondAfter pause: Duration = .seconds(1140)) throws -> Cost {
    let before = device.power.writes
    try simulation.explaining { try device.start() }
    order(0, circle.subscribers[1], after: .seconds(60))
    order(1, circle.subscribers[2], after: .seconds(60) + pause)
    try simulation.run(storm: .seconds(2400), calm: .seconds(3 * 86_400))
    let cost = Cost(
      manager: manager.fuse.writes, provider: provider.fuse.writes, firstOperator: operators[0].fuse.writes,
      secondOperator: operators[1].fuse.writes, card: device.power.writes - before,
      messages: centre.traffic.messages, bytes: centre.traffic.bytes)
    try simulation.explaining { try agree() }
    return cost
  }

  /// A person at the operator orders, until the order is taken.
  func order(_ number: Int, _ subscriber: ProvisioningCircle.Subscriber, after pause: Duration) {
    simulation.timeline.after(pause) { [self] in
      let party = operators[number]
      let order = ProvisioningOrder(
        target: ProfileTarget(eid: circle.eid, iccid: subscriber.iccid), smsr: ProvisioningCircle.manager,
        smdp: (ProvisioningCircle.provider, ProvisioningCircle.names.provider),
        address: SubscriptionAddress(msisdn: subscriber.msisdn, imsi: subscriber.imsi))
      var isTaken = false
      try party.act {
        let desk = try circle.desk(party, name: subscriber.mno)
        try desk.provision(order, reference: subscriber.iccid.digits, now: party.given.now, random: party.random)
        isTaken = true
      }
      if !isTaken { self.order(number, subscriber, after: .seconds(30)) }
    }
  }

  /// What must be true at the end.
  private func agree() throws {
    for (party, subscriber) in zip(operators, circle.subscribers.dropFirst()) {
      let act = try circle.desk(party, name: subscriber.mno).act(subscriber.iccid.digits)
      try simulation.require(
        "\(party.name)'s order is done, not \(act.map { "\($0.state)" } ?? "unknown"): \(act?.undoCause ?? ""); SM-DP: \(downloads())",
        act?.state == .done)
    }
    try simulation.require("books and eUICC agree: \(try books())", try booksAgree())
    let isdps = device.contents.isdps
    try simulation.require("three profiles are there", isdps.count == 3)
    // Whose order came last through the storm is enabled, and its network lets the device in.
    let enabled = circle.subscribers.dropFirst().first { $0.iccid == isdps.first { $0.state == .enabled }?.iccid }
    try simulation.require("an operational profile is enabled", enabled != nil)
    try simulation.require("its network lets the device in", device.subscriber == enabled?.imsi)
    try simulation.require("nothing waits to be confirmed", device.contents.pending == nil)
  }

  /// How the SM-DP's downloads ended, and why.
  private func downloads() throws -> [String] {
    try provider.store.read { reader in
      try reader.query("SELECT subject, state, undo_cause FROM act").map { row in
        let cause: String? = try row(2)
        return "\(try row(0, as: String.self)) in state \(try row(1, as: Int.self)) \(cause ?? "")"
      }
    }
  }

  /// The SM-SR's books of the eUICC's profiles.
  public func books() throws -> [EISProfile] {
    try manager.store.read { try EISTable.profiles(of: circle.eid, in: $0) }
  }

  // MARK: What the SM-SR could read

  /// Everything that the SM-SR was given to relay, with base 64 and its own layer opened, and what it keeps in its store.
  public func readByManager() throws -> [[UInt8]] {
    let stored = try manager.store.read { reader in
      try reader.query("SELECT data, answer, packet FROM sr_operation").flatMap { row in
        let columns: [[UInt8]?] = [try row(0), try row(1), try row(2)]
        return columns.compactMap(\.self)
      }
    }
    return heldByManager + stored
  }

  /// As if the SM-SR had read a piece of a profile: the search must find it.
  package func leak() { heldByManager.append([1, 2, 3] + secrets[5] + [4]) }

  /// Pieces of the profiles that nobody but SM-DP and eUICC may see.
  public var secrets: [[UInt8]] {
    circle.subscribers.dropFirst().flatMap { subscriber in
      [subscriber.k.bytes, subscriber.opc.bytes]
        + stride(from: 0, to: subscriber.package.count - 24, by: 24).map {
          Array(subscriber.package[$0..<$0 + 24])
        }
    }
  }
}
