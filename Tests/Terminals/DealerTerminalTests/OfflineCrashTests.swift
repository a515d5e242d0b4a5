import Bytes
import CarrierTerminal
import DealerTerminal
import Handset
import Identifiers
import Keys
import SecureElement
import Store
import StoreSQLite
import Synchronization
import TestStores
import Testing
import Transport
import TransportCard
import World

@Suite("A5 off line: a crash at every write") struct OfflineCrashTests {
  /// Counts commits and throws at one of them, before or after it is durable.
  private final class Hook: Sendable {
    private let state = Mutex<(count: Int, at: Int?)>((0, nil))
    struct Crash: Error {}
    var count: Int { state.withLock { $0.count } }
    func arm(_ at: Int?) { state.withLock { $0 = (0, at) } }
    func callAsFunction(_ moment: CommitPoint, _ point: CommitPoint) throws {
      let crashes = state.withLock { state in
        if moment == .before { state.count += 1 }
        return state.at == state.count && moment == point
      }
      if crashes { throw Crash() }
    }
  }

  @Test(
    "of the carrier's module, power cut: no ID is signed for two, and what is begun again succeeds",
    arguments: [PowerCutLog.Moment.afterBytes(0), .afterBytes(40), .afterWrite])
  func module(moment: PowerCutLog.Moment) throws {
    var number = 1
    while true {
      let world = try RegistrationWorld(
        store: StoreKind.memory.make(), network: PLMN("00101"), numbers: 8, company: ToldCompany(),
        vault: KeyVault(current: Secret([UInt8](repeating: 5, count: 32))),
        random: SeededRandomSource(seed: Array("cut".utf8)), now: Instant(seconds: 1_800_000_000))
      let log = PowerCutLog(VolatileLog())
      let link = try world.makeBatchModule(on: LogMemory(log))
      let handset = try world.makeHandset()
      let key = try OfflineTerminal(module: link).moduleKey
      let batch = try world.desk.issue(
        2, toDealer: RegistrationWorld.dealer, key: PublicKey(.p256, point: key), from: world.now,
        to: world.now + .seconds(86_400), random: SeededRandomSource(seed: [8]))
      let before = log.writes
      func act() throws -> BatchReconciliation {
        let terminal = try OfflineTerminal(module: link)
        let supply = try? world.desk.supply(batch: batch, answering: terminal.challenge(), now: world.now)
        if let supply { try? terminal.load(supply) }
        handset.powerOn()
        if handset.transmits {
          try handset.deliverReceipt(over: terminal)
        } else {
          _ = try handset.registerOffline(over: terminal, applicant: OfflineApplicant())
        }
        return try world.reconcile(batch, at: terminal, recalls: true)
      }
      log.cut(atWrite: number, moment)
      var failed = false
      do { _ = try act() } catch { failed = true }
      if !failed, log.writes - before < number { break }
      link.powerOff()
      let result = try act()
      #expect(result.isClosed && result.confirmed.count == 1, "write \(number), \(moment)")
      #expect(try world.attaches(handset), "write \(number), \(moment)")
      // Of two IDs one is the handset's; the other came back, or was used up by the cut and is told of.
      let count = try world.desk.count(batch: batch)
      #expect(count[.confirmed] == 1 && count[.returned, default: 0] + count[.used, default: 0] == 1)
      number += 1
      try #require(number < 40)
    }
    #expect(number > 3)
  }

  @Test(
    "of the carrier: supply and reconciliation begun again agree with the books",
    arguments: [CommitPoint.before, .after])
  func carrier(point: CommitPoint) throws {
    var number = 1
    while true {
      let store = try SQLiteStore.inMemory()
      let world = try RegistrationWorld(
        store: store, network: PLMN("00101"), numbers: 8, company: ToldCompany(),
        vault: KeyVault(current: Secret([UInt8](repeating: 5, count: 32))),
        random: SeededRandomSource(seed: Array("crash".utf8)), now: Instant(seconds: 1_800_000_000))
      let (link, handset) = (try world.makeBatchModule(), try world.makeHandset())
      let key = try OfflineTerminal(module: link).moduleKey
      let batch = try world.desk.issue(
        2, toDealer: RegistrationWorld.dealer, key: PublicKey(.p256, point: key), from: world.now,
        to: world.now + .seconds(86_400), random: SeededRandomSource(seed: [8]))
      let hook = Hook()
      store.onCommit { try hook($0, point) }
      hook.arm(number)
      func act() throws -> BatchReconciliation {
        let terminal = try OfflineTerminal(module: link)
        handset.powerOn()
        if !handset.transmits {
          try terminal.load(world.desk.supply(batch: batch, answering: terminal.challenge(), now: world.now))
          _ = try handset.registerOffline(over: terminal, applicant: OfflineApplicant())
        }
        return try world.reconcile(batch, at: terminal, recalls: true)
      }
      var failed = false
      do { _ = try act() } catch { failed = true }
      let count = hook.count
      hook.arm(nil)
      if !failed, count < number { break }
      let result = try act()
      #expect(result.confirmed.count == 1 && result.differences.isEmpty, "write \(number), \(point)")
      #expect(try world.attaches(handset), "write \(number), \(point)")
      #expect(try world.desk.count(batch: batch) == [.confirmed: 1, .returned: 1], "write \(number), \(point)")
      number += 1
      try #require(number < 80)
    }
    #expect(number > 10)
  }
}
