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
    let failures = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: 16) { thread in
      for index in 0..<20 {
        do {
          let name: String = try store.transaction { transaction in
            try transaction.execute("INSERT INTO number (name) VALUES ($1)", "\(thread)-\(index)")
            if index % 5 == 0 { throw Failure() }
            return "\(thread)-\(index)"
          }
          let found = try store.read { try $0.first("SELECT 1 FROM number WHERE name = $1", name) }
          if found == nil { Issue.record("\(name) is not there") }
        } catch is Failure { failures.add(1, ordering: .relaxed) } catch { Issue.record(error) }
      }
    }
    #expect(failures.load(ordering: .relaxed) == 16 * 4)
    #expect(try store.read { try $0.first("SELECT COUNT(*) FROM number")?(0, as: Int.self) } == 16 * 16)
    let after = store.counts
    #expect(after.transactions - before.transactions == 16 * 16)
    #expect(after.commits - before.commits < 16 * 16)
  }

  @Test("a transaction within another is refused, and not waited for") func nested() throws {
    let store = try makeStore()
    #expect(throws: StoreError.misuse("a transaction was begun inside another")) {
      try store.transaction { _ in try store.transaction { _ = try $0.execute("DELETE FROM number") } }
    }
  }
}
