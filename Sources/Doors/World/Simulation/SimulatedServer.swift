import Identifiers
import Keys
import ProfileFactory
import ProfileMove
import ProfilePackage
import SMDPPlus
import Stations
import Store
import StoreSQLite
import Transport

/// The SM-DP+: its route and desk over a real store. When it crashes it forgets everything but what was committed.
public final class SimulatedServer {
  static let name = "SM-DP+"

  /// Its durable writes: the store's commits.
  public let fuse = Fuse()
  let store: SQLiteStore
  /// Sees each answer that the server gives.
  var answered: (Message, Reply) -> Void = { _, _ in }
  /// Whether a message reaches the server.
  var hears: (Message) -> Bool = { _ in true }
  /// The simulation owns its parties, through what they wait for.
  private unowned let simulation: Simulation
  private let circle: SimulatedCircle
  private let sealsProfiles: Bool
  private let random: SeededRandomSource
  private var desk: SMDPPlus.Desk?
  private var wakesAt: Instant?

  /// A server with an empty order book, up and in `simulation`'s network.
  init(_ circle: SimulatedCircle, sealsProfiles: Bool = false, in simulation: Simulation) throws {
    (self.circle, self.sealsProfiles, self.simulation) = (circle, sealsProfiles, simulation)
    random = simulation.random(for: Self.name)
    store = try SQLiteStore.inMemory()
    try start()
    simulation.network.place(SimulatedCircle.smdpPlus, name: Self.name) { [self] in try respond($0) }
  }

  var given: Given { Given(now: simulation.timeline.now, random: random) }

  /// Takes orders in, as a person at the server does.
  func stock(_ rows: [OrderImport.Row], package: [UInt8] = []) throws {
    let importing = OrderImport(
      templates: circle.templates, vault: circle.vault, address: SimulatedCircle.smdpPlus
    ) { _ in package }
    // It may crash over it, as over a message.
    defer { if fuse.isBlown, desk != nil { crash() } }
    for outcome in try importing.run(rows, into: store, given: given) { _ = try outcome.result.get() }
  }

  /// Takes an order in whose profile has these files; what of them has no place in it.
  func stock(_ row: OrderImport.Row, with files: [BackedUpFile]) throws -> [LeftOut] {
    guard !files.isEmpty else {
      try stock([row])
      return []
    }
    let importing = OrderImport(
      templates: circle.templates, vault: circle.vault, address: SimulatedCircle.smdpPlus
    ) { _ in [] }
    var leftOut: [LeftOut] = []
    let (ready, package) = try importing.readyMade(row) { leftOut = $0.restore(files) }
    try stock([ready], package: package)
    return leftOut
  }

  /// The order of `iccid`.
  func order(_ iccid: ICCID) throws -> Order? { try store.read { try OrderBook.order(iccid, in: $0) } }

  /// Forgets what has expired.
  func sweep() throws { while try desk?.sweep(given: given) ?? 0 > 0 {} }

  // MARK: Up and down

  private func start() throws {
    var settings = SMDPPlus.Desk.Settings(address: SimulatedCircle.smdpPlus)
    settings.requesterIdentifier = "sm-dp-plus"
    settings.sealsProfiles = sealsProfiles
    store.onCommit(nil)
    desk = try SMDPPlus.Desk(
      store: store, vault: circle.vault, settings: settings, credentials: [circle.smdpCredentials],
      circle: circle.circle,
      requesters: Requesters([
        .init(
          identifier: SimulatedOperator.identifier, fingerprints: [sha256(circle.operatorCertificate)],
          callback: SimulatedCircle.mobileOperator)
      ]), packages: Workshop(templates: circle.templates, vault: circle.vault))
    store.onCommit { [fuse] point throws in try fuse.reach(point == .before ? .before : .after) }
    fuse.mend()
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

  // MARK: Work

  /// The reply to `message`; nil while the server is down, or crashes over it.
  private func respond(_ message: Message) throws -> Reply? {
    guard let desk, hears(message) else { return nil }
    let given = given
    let reply = Route(desk) { given }.respond(to: message)
    guard !fuse.isBlown else {
      crash()
      return nil
    }
    answered(message, reply)
    try wakeWhenDue()
    return reply
  }

  /// The courier's next round is when something in the outbox is due.
  private func wakeWhenDue() throws {
    guard let due = try store.read({ try Outbox.nextDue(in: $0) }) else { return }
    let now = simulation.timeline.now
    let moment = max(due, now + .milliseconds(10))
    guard moment < wakesAt ?? Instant(milliseconds: .max) else { return }
    wakesAt = moment
    simulation.timeline.after(.milliseconds(moment.milliseconds - now.milliseconds)) { [self] in
      guard wakesAt == moment else { return }
      wakesAt = nil
      try deliver()
    }
  }

  private func deliver() throws {
    guard let desk else { return }
    do {
      _ = try Courier(desk).deliver(
        limit: 4, given: given,
        over: WaitingLink(network: simulation.network, sender: Self.name, certificate: circle.smdpCertificate))
    } catch is Fuse.Crash {}
    if fuse.isBlown { crash() } else { try wakeWhenDue() }
  }
}

/// The network for a sender that waits for each reply.
final class WaitingLink: ServerLink {
  private let network: Network
  private let sender: String
  private let certificate: [UInt8]

  init(network: Network, sender: String, certificate: [UInt8]) {
    (self.network, self.sender, self.certificate) = (network, sender, certificate)
  }

  func exchange(_ message: Message) throws(LinkError) -> Reply {
    var message = message
    message.peerCertificate = certificate
    do { return try network.exchange(message, from: sender) } catch let error as LinkError { throw error } catch {
      throw LinkError(.broken, "\(error)")
    }
  }
}
