import Bytes
import CarrierTerminal
import CustomerManagement
import Handset
import HandsetRegistration
import Identifiers
import Keys
import RegistrationDevice
import RegistrationTerminal
import SecureElement
import Store
import StoreSQLite
import Synchronization
import TestStores
import Testing
import TransportCard
import World

/// What is done at the terminal.
enum Deed: CaseIterable {
  case register, authenticate, new, update, services, creditCard, erase
}

@Suite("A crash of any party at every durable write of A6") struct CrashTests {
  /// Counts commits and throws at one of them, before or after it is durable.
  private final class Hook: Sendable {
    private let state = Mutex<(count: Int, at: Int?, point: CommitPoint)>((0, nil, .before))
    struct Crash: Error {}
    var count: Int { state.withLock { $0.count } }
    func arm(_ at: Int?, _ point: CommitPoint) { state.withLock { $0 = (0, at, point) } }
    func callAsFunction(_ point: CommitPoint) throws {
      let crashes = state.withLock { state in
        if point == .before { state.count += 1 }
        return state.at == state.count && state.point == point
      }
      if crashes { throw Crash() }
    }
  }

  /// The carrier's parties over one store, with a hook in its commits.
  private struct Carrier {
    let hook = Hook()
    let scene: Scene

    init() throws {
      let store = try StoreKind.current.make()
      scene = try Scene(numbers: 90, store: store)
      store.onCommit { [hook] in try hook($0) }
    }
  }

  /// A stage on which a deed is about to be done, after all that comes before it.
  private struct Stage {
    let carrierHook: Hook
    let terminalHook = Hook()
    let terminalLog = PowerCutLog(VolatileLog())
    let cardLog = PowerCutLog(VolatileLog())
    let scene: Scene
    let terminal: Terminal
    let module: InProcessCard
    let card: InProcessCard
    /// The card that has the ID before the deed, where there is one.
    let holder: InProcessCard
    let number: String?
    let deed: Deed
    let second = PrivateKey(.p256, random: SeededRandomSource(seed: [7]))

    /// A terminal and a card of their own, at a carrier who may have had others before.
    init(_ deed: Deed, at carrier: Carrier) throws {
      (self.deed, scene, carrierHook) = (deed, carrier.scene, carrier.hook)
      let memory = try SQLiteStore.inMemory()
      // A dealer may begin so many registrations an hour.
      scene.world.now = scene.world.now + .seconds(3600)
      let end = scene.world.now + .seconds(1_000_000)
      try scene.world.desk.approve(model: second.publicKey, name: "Model 2", from: scene.world.now, to: end)
      module = try scene.world.makeTerminalModule(on: LogMemory(terminalLog))
      terminal = try scene.world.makeRegistrationTerminal(module: module, store: memory)
      card = try scene.world.makeCard(on: LogMemory(cardLog))
      if deed != .register { try terminal.register(dealer: RegistrationWorld.dealer, over: scene.line) }
      switch deed {
      case .register, .authenticate, .new: (holder, number) = (card, nil)
      case .update, .services, .creditCard, .erase:
        holder = deed == .update ? try scene.world.makeCard() : card
        try terminal.authenticate(over: scene.line)
        number = try terminal.register(card: holder, over: scene.line, applicant: scene.applicant)
      }
      if deed == .erase { try scene.world.desk.withdraw(model: second.publicKey) }
      memory.onCommit { [terminalHook] in try terminalHook($0) }
    }

    /// The deed with its authentication.
    func act() throws {
      let (line, applicant) = (scene.line, scene.applicant)
      if deed == .register {
        try terminal.register(dealer: RegistrationWorld.dealer, over: line)
        return
      }
      try terminal.authenticate(over: line)
      switch deed {
      case .register, .authenticate: break
      case .new: try terminal.register(card: card, over: line, applicant: applicant)
      case .update: try terminal.register(.repair, card: card, number: number, over: line, applicant: applicant)
      case .services: try terminal.register(.services, card: card, number: number, over: line, applicant: applicant)
      case .creditCard:
        try terminal.register(.creditCard, card: card, number: number, over: line, applicant: applicant)
      case .erase: try terminal.erase(model: "Model 2", card: card, over: line)
      }
    }

    /// What holds at any moment: the network takes one ID at most, and no number has two holders.
    func check(_ comment: Comment) throws {
      var attached = 0
      for card in holder === card ? [card] : [card, holder] where try scene.attaches(card) { attached += 1 }
      #expect(attached <= 1, comment)
      for record in try scene.world.customers.numbers(of: RegistrationWorld.pool, now: scene.world.now) {
        #expect((record.state == .inUse) == (record.subscription != nil && record.state != .quarantined), comment)
      }
    }

    /// Done again, the deed succeeds, and exactly one ID is taken.
    func recover(_ comment: Comment) throws {
      module.powerOff()
      card.powerOff()
      try check(comment)
      // What was on its way arrives; what is over is begun again.
      try act()
      try check(comment)
      switch deed {
      case .register: try terminal.authenticate(over: scene.line)
      case .authenticate: #expect(terminal.mayWrite, comment)
      case .new, .services, .creditCard: #expect(try scene.attaches(card), comment)
      case .update:
        #expect(try scene.attaches(card), comment)
        #expect(try !scene.attaches(holder), comment)
      case .erase:
        #expect(try scene.attaches(card), comment)
        #expect(try !scene.attaches(card, modelKey: second), comment)
      }
    }
  }

  @Test(
    "of the carrier, customer management or the AuC", .overEveryStore, arguments: Deed.allCases,
    [CommitPoint.before, .after])
  func carrier(deed: Deed, point: CommitPoint) throws { try each(deed, point) { $0.carrierHook } }

  @Test(
    "of the terminal", arguments: Deed.allCases.filter { $0 != .authenticate && $0 != .erase },
    [CommitPoint.before, .after])
  func terminal(deed: Deed, point: CommitPoint) throws { try each(deed, point) { $0.terminalHook } }

  private func each(_ deed: Deed, _ point: CommitPoint, _ hook: (Stage) -> Hook) throws {
    let carrier = try Carrier()
    var number = 1
    while true {
      let stage = try Stage(deed, at: carrier)
      hook(stage).arm(number, point)
      var failed = false
      do { try stage.act() } catch { failed = true }
      let count = hook(stage).count
      hook(stage).arm(nil, .before)
      // The last durable write is done, and nothing crashed any more.
      if !failed, count < number { break }
      try stage.recover("\(deed), write \(number), \(point)")
      number += 1
      try #require(number < 100)
    }
    #expect(number > 1)
  }

  @Test(
    "of the terminal's module or of the card: power cut at each of its writes",
    arguments: Deed.allCases.filter { $0 != .authenticate },
    [PowerCutLog.Moment.afterBytes(0), .afterBytes(40), .afterWrite])
  func modules(deed: Deed, moment: PowerCutLog.Moment) throws {
    let carrier = try Carrier()
    var number = 1
    while true {
      let stage = try Stage(deed, at: carrier)
      let log = deed == .register ? stage.terminalLog : stage.cardLog
      let before = log.writes
      log.cut(atWrite: number, moment)
      var failed = false
      do { try stage.act() } catch { failed = true }
      if !failed, log.writes - before < number { break }
      try stage.recover("\(deed), write \(number), \(moment)")
      number += 1
      try #require(number < 60)
    }
    #expect(number > 1)
  }
}
