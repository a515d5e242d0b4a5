import Foundation
import Store
import StoreSQLite
import Synchronization
import TestStores
import Testing

@Suite("Transactions of threads that wait share commits, where the store is told so") struct SharedCommitTests {
  private struct Failure: Error {}

  private static let schema = Schema(
    owner: "shared", versions: [[.table("number", "name TEXT PRIMARY KEY")]])

  private func makeStore() throws -> SQLiteStore {
    let store = try SQLiteStore(path: TestFolder().file("store"), sharesCommits: true)
    try store.migrate([Self.schema])
    return store
  }

  @Test("each thread hears of its own failure alone, and what it was told to be durable is there") func threads() throws
  {
    let store = try makeStore()
    let before = store.counts
    let failures = Mutex(0)
    inThreads(16) { thread in
      for index in 0..<20 {
        do {
          let name: String = try store.transaction { transaction in
            try transaction.execute("INSERT INTO number (name) VALUES ($1)", "\(thread)-\(index)")
            if index % 5 == 0 { throw Failure() }
            return "\(thread)-\(index)"
          }
          let found = try store.read { try $0.first("SELECT 1 FROM number WHERE name = $1", name) }
          if found == nil { Issue.record("\(name) is not there") }
        } catch is Failure { failures.withLock { $0 += 1 } } catch { Issue.record(error) }
      }
    }
    #expect(failures.withLock { $0 } == 16 * 4)
    #expect(try store.read { try $0.first("SELECT COUNT(*) FROM number")?(0, as: Int.self) } == 16 * 16)
    let after = store.counts
    // One that fails among others counts with them, one that fails alone does not.
    #expect((16 * 16...16 * 20).contains(after.transactions - before.transactions))
    #expect(after.commits - before.commits < 16 * 16)
  }

  /// Does `work` in so many threads at once, however few processors there are.
  private func inThreads(_ count: Int, _ work: @escaping @Sendable (Int) -> Void) {
    let group = DispatchGroup()
    for number in 0..<count {
      group.enter()
      Thread.detachNewThread {
        work(number)
        group.leave()
      }
    }
    group.wait()
  }

  @Test("a transaction within another is refused, and not waited for") func nested() throws {
    let store = try makeStore()
    #expect(throws: StoreError.misuse("a transaction was begun inside another")) {
      try store.transaction { _ in try store.transaction { _ = try $0.execute("DELETE FROM number") } }
    }
  }
}
