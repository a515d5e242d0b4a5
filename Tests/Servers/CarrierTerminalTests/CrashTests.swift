import AuC
import Bytes
import CarrierTerminal
import CustomerManagement
import Handset
import HandsetRegistration
import Identifiers
import Keys
import SecureElement
import Store
import Synchronization
import TestStores
import Testing
import TransportCard
import World

@Suite("A crash at every durable write of A1 to A4") struct CrashTests {
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

  /// The parties over one store, with a hook in its commits.
  private struct Servers {
    let hook = Hook()
    let world: RegistrationWorld

    init() throws {
      let store = try StoreKind.current.make()
      world = try RegistrationWorld(
        store: store, network: PLMN("00101"), numbers: 90, company: TestCompany(),
        vault: KeyVault(current: Secret([UInt8](repeating: 5, count: 32))),
        random: SeededRandomSource(seed: [1]), now: Instant(seconds: 1_800_000_000))
      store.onCommit { [hook] in try hook($0) }
    }
  }

  private struct Scene {
    let hook: Hook
    let world: RegistrationWorld
    let applicant = TestApplicant()
    /// Who has a number already, where the purpose wants one.
    let holder: Handset
    let number: String?
    /// Who is registered.
    let handset: Handset

    init(_ purpose: Purpose, at servers: Servers) throws {
      (hook, world) = (servers.hook, servers.world)
      holder = try world.makeHandset()
      number = purpose == .new ? nil : try holder.register(over: world.line(), applicant: applicant).number
      handset = purpose == .services || purpose == .creditCard ? holder : try world.makeHandset()
    }

    /// The invariants that hold at any moment.
    func check() throws {
      var attached = 0
      let handsets = holder === handset ? [holder] : [holder, handset]
      for handset in handsets {
        handset.powerOn()
        if try world.attaches(handset) { attached += 1 }
      }
      #expect(attached <= 1, "the network takes one ID at most")
      // No number has two holders, and every one in use is one subscription's.
      for record in try world.customers.numbers(of: RegistrationWorld.pool, now: world.now) {
        #expect((record.state == .inUse) == (record.subscription != nil && record.state != .quarantined))
      }
    }
  }

  @Test(
    "of the carrier, customer management or the AuC: begun again or with its receipt delivered, the registration succeeds, and exactly one ID is taken",
    .overEveryStore, arguments: [Purpose.new, .repair, .services, .creditCard], [CommitPoint.before, .after])
  func servers(purpose: Purpose, point: CommitPoint) throws {
    let servers = try Servers()
    var number = 1
    while true {
      let scene = try Scene(purpose, at: servers)
      scene.hook.arm(number, point)
      var failed = false
      do {
        _ = try scene.handset.register(
          purpose, number: scene.number, over: scene.world.line(), applicant: scene.applicant)
      } catch { failed = true }
      let count = scene.hook.count
      scene.hook.arm(nil, .before)
      // The last durable write is done, and nothing crashed any more.
      if !failed, count < number { break }
      try scene.check()
      // A module that has its ID brings its receipt; else all begins again.
      do { try scene.handset.deliverReceipt(over: scene.world.line()) } catch {
        _ = try scene.handset.register(
          purpose, number: scene.number, over: scene.world.line(), applicant: scene.applicant)
      }
      scene.handset.powerOn()
      #expect(try scene.world.attaches(scene.handset), "\(purpose), write \(number), \(point)")
      try scene.check()
      number += 1
      try #require(number < 100)
    }
    #expect(number > 5)
  }

  @Test(
    "of the carrier, and the module is lost too: another repair, or time, gives the number to one registration again",
    .overEveryStore, arguments: [CommitPoint.before, .after], [false, true])
  func lostModule(point: CommitPoint, waits: Bool) throws {
    let servers = try Servers()
    var number = 1
    while true {
      let scene = try Scene(.repair, at: servers)
      scene.hook.arm(number, point)
      var failed = false
      do {
        _ = try scene.handset.register(
          .repair, number: scene.number, over: scene.world.line(), applicant: scene.applicant)
      } catch { failed = true }
      let count = scene.hook.count
      scene.hook.arm(nil, .before)
      if !failed, count < number { break }
      if waits {
        scene.world.now = scene.world.now + .seconds(40 * 86_400)
        _ = try scene.world.desk.sweep(now: scene.world.now)
        #expect(try scene.world.desk.sweep(now: scene.world.now) == 0)
      }
      let third = try scene.world.makeHandset()
      _ = try third.register(
        .repair, number: scene.number, over: scene.world.line(), applicant: scene.applicant)
      #expect(try scene.world.attaches(third), "write \(number), \(point)")
      for former in [scene.holder, scene.handset] {
        former.powerOn()
        #expect(try !scene.world.attaches(former))
      }
      number += 1
      try #require(number < 100)
    }
    #expect(number > 5)
  }

  @Test("of the module: power cut at each of its writes leaves the old ID or the new one, and begun again it succeeds")
  func module() throws {
    let servers = try Servers()
    for moment in [PowerCutLog.Moment.afterBytes(0), .afterBytes(40), .afterWrite] {
      var number = 1
      while true {
        let scene = try Scene(.repair, at: servers)
        let log = PowerCutLog(VolatileLog())
        let link = try InProcessCard(scene.world.makeModule(.handset, on: LogMemory(log)))
        try scene.world.equip(link)
        let handset = try scene.world.makeHandset(module: link)
        let before = log.writes
        log.cut(atWrite: number, moment)
        var failed = false
        do {
          _ = try handset.register(
            .repair, number: scene.number, over: scene.world.line(), applicant: scene.applicant)
        } catch { failed = true }
        if !failed, log.writes - before < number { break }
        link.powerOff()
        handset.powerOn()
        scene.holder.powerOn()
        let taken = try [handset, scene.holder].filter { try scene.world.attaches($0) }.count
        #expect(taken <= 1)
        do { try handset.deliverReceipt(over: scene.world.line()) } catch {
          _ = try handset.register(
            .repair, number: scene.number, over: scene.world.line(), applicant: scene.applicant)
        }
        handset.powerOn()
        #expect(try scene.world.attaches(handset))
        scene.holder.powerOn()
        #expect(try !scene.world.attaches(scene.holder))
        number += 1
        try #require(number < 50)
      }
      #expect(number > 2)
    }
  }
}
