import Bytes
import Foundation
import Store
import StorePostgreSQL
import Synchronization
import TestStores
import Testing

@Suite(.serialized, .enabled(if: TestPostgreSQL.absence == nil, "\(TestPostgreSQL.absence ?? "")"))
struct KilledServerTests {
  /// What became of the names that were put in.
  private struct Fates: Sendable {
    var acknowledged: Set<String> = []
    var unknown: Set<String> = []
    var refused: Set<String> = []
    var isOver = false
  }

  private final class Ledger: Sendable {
    private let fates = Mutex(Fates())

    func note(_ change: @Sendable (inout Fates) -> Void) { fates.withLock { change(&$0) } }
    var all: Fates { fates.withLock { $0 } }
  }

  @Test(
    "What was acknowledged is there after a server's process was killed among its commits, and nothing is there twice")
  func killed() async throws {
    let server = try TestPostgreSQL()
    let store = try PostgreSQLStore(server.emptyDatabase(), random: SystemRandomSource.shared)
    try store.migrate([numbers])
    let ledger = Ledger()
    await withTaskGroup(of: Void.self) { group in
      for lane in 0..<16 {
        group.addTask {
          var round = 0
          while !ledger.all.isOver {
            round += 1
            let name = "\(lane).\(round)"
            do {
              try await store.transaction { _ = try $0.execute("INSERT INTO number (name) VALUES ($1)", name) }
              ledger.note { $0.acknowledged.insert(name) }
            } catch StoreError.unknownOutcome {
              ledger.note { $0.unknown.insert(name) }
            } catch {
              ledger.note { $0.refused.insert(name) }
            }
          }
        }
      }
      group.addTask {
        for _ in 0..<3 {
          try? await Task.sleep(for: .milliseconds(400))
          // One child killed makes the server throw all others out, recover from its log and begin anew.
          if let child = try? store.read({ try $0.process() }) { kill(Int32(child), SIGKILL) }
        }
        // A busy machine gets the time it needs to have something to lose.
        for _ in 0..<100 where ledger.all.acknowledged.count <= 100 { try? await Task.sleep(for: .milliseconds(300)) }
        ledger.note { $0.isOver = true }
      }
    }
    let rows = try store.read { try $0.query("SELECT name FROM number").map { try $0(0, as: String.self) } }
    let (present, fate) = (Set(rows), ledger.all)
    #expect(fate.acknowledged.count > 100)
    #expect(fate.acknowledged.isSubset(of: present))
    #expect(fate.refused.isDisjoint(with: present))
    #expect(present.subtracting(fate.acknowledged).isSubset(of: fate.unknown))
    // The server itself is still the one that was started.
    #expect(kill(server.process, 0) == 0)
  }
}
