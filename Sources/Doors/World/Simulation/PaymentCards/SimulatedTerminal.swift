import APDU
import Bytes
import CardTerminal
import Charging
import Identifiers
import OfflineCard
import SecureMessages
import Store
import StoreSQLite
import Transport

/// A terminal in the field: its clock is wrong, its power goes, and once or twice a day it calls the charging centre.
final class SimulatedTerminal {
  let name: String
  let identity: TerminalIdentity
  /// Its durable writes: the store's commits.
  let fuse = Fuse()
  let memory: TerminalMemory
  /// The clock is fast by so many millionths.
  private let drift: Int64
  private let begin: Instant
  private let random: any RandomSource
  private let store: SQLiteStore
  private unowned let simulation: Simulation
  /// Counts up when the power goes: what was begun before does not go on.
  private var life = 0
  private var isCalling = false

  init(_ index: Int, of scheme: SimulatedScheme, in simulation: Simulation) throws {
    self.simulation = simulation
    name = "Terminal \(index + 1)"
    begin = simulation.timeline.now
    drift = [90, -90, 40][index % 3]
    random = simulation.random(for: name)
    identity = try scheme.terminal(TerminalNumber("0000000\(index + 1)"))
    store = try SQLiteStore.inMemory()
    memory = try TerminalMemory(store, clock: begin)
    store.onCommit { [fuse] point throws in try fuse.reach(point == .before ? .before : .after) }
  }

  /// What the clock says.
  var clock: Instant {
    let passed = simulation.timeline.now.milliseconds - begin.milliseconds
    return begin + .milliseconds(passed + passed * drift / 1_000_000)
  }

  /// A person puts in a card; nil while the terminal is down, or where its power goes during the visit.
  func visit(
    _ card: SimulatedPaymentCard, by person: any Person, for service: any ServiceProvider
  ) throws -> Terminal.Outcome? {
    guard !fuse.isBlown else { return nil }
    let limits = RiskLimits(perService: .greatest, stored: .greatest, services: 50, days: 7)
    let terminal = Terminal(identity, memory: memory, limits: limits, clock: { self.clock }, random: random)
    defer { card.link.powerOff() }
    do {
      let line = NotedCard(card.link, as: "Card", at: name, in: simulation.timeline)
      let outcome = try terminal.visit(line, by: person, for: service)
      if fuse.isBlown { crash() }
      return outcome
    } catch {
      guard fuse.isBlown else { throw error }
      crash()
      return nil
    }
  }

  /// Calls the centre: time and black list first, then batch after batch. What fails is left for the next call.
  func callCentre() throws {
    guard !fuse.isBlown, !isCalling else { return }
    isCalling = true
    try hear()
  }

  private func hear() throws {
    let request = try memory.newsRequest(by: identity, random: random)
    call(Route.newsPath, request.encoded) { [self] answer in
      let mayBeMore = try memory.take(answer, to: request, by: identity, clock: clock)
      try mayBeMore ? hear() : upload()
    }
  }

  private func upload() throws {
    guard let request = try memory.nextUpload(by: identity) else {
      isCalling = false
      return
    }
    call(Route.uploadPath, request) { [self] answer in
      _ = try memory.take(answer, for: request, by: identity, at: memory.calendar().time(clock: clock))
      try upload()
    }
  }

  private func call(_ path: String, _ body: [UInt8], then: @escaping ([UInt8]) throws -> Void) {
    let life = life
    let message = Message(host: SimulatedScheme.centre, path: path, body: body)
    simulation.network.call(message, from: name) { [self] result in
      guard life == self.life else { return }
      guard case .success(let reply) = result, reply.status == 200 else {
        isCalling = false
        return
      }
      do { try then(reply.body) } catch {
        guard fuse.isBlown else { throw error }
        crash()
      }
    }
  }

  private func crash() {
    simulation.timeline.note("\(name) crashes at its write \(fuse.writes)")
    life += 1
    isCalling = false
    simulation.timeline.after(.seconds(30)) { [self] in
      simulation.timeline.note("\(name) is up again")
      fuse.mend()
    }
  }
}

/// A card link of which the timeline's trace tells every command and its answer; sealed data stay sealed.
private final class NotedCard: CardLink {
  private let link: any CardLink
  private let names: (card: String, terminal: String)
  private let timeline: Timeline

  init(_ link: any CardLink, as card: String, at terminal: String, in timeline: Timeline) {
    (self.link, names, self.timeline) = (link, (card, terminal), timeline)
  }

  func transmit(_ command: Command) throws(LinkError) -> Response {
    let known = command.cla & 0xF0 == CardCommand.cla & 0xF0 ? CardCommand(rawValue: command.ins) : nil
    let name = known.map { "\($0)" } ?? (command.ins == 0xA4 ? "select" : nil)
    if let name { timeline.note("\(names.terminal) → \(names.card)  \(name)") }
    let response = try link.transmit(command)
    if let name, !response.status.isSuccess, response.status.rawValue >> 8 != 0x61 {
      timeline.note("\(names.card) → \(names.terminal)  \(name): \(response.status)")
    }
    return response
  }

  func reset() throws(LinkError) -> [UInt8] { try link.reset() }
}
