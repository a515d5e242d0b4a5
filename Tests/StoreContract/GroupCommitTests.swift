import Foundation
import Store
import TestStores
import Testing

@Suite struct GroupCommitTests {
  @Test("Transactions that wait share a commit; each one's failure is its own", arguments: StoreKind.available)
  func groups(kind: StoreKind) async throws {
    let store = try kind.make([numbers], writers: 1)
    let before = store.counts
    let gate = DispatchSemaphore(value: 0)
    // The first keeps the writer busy until the others have queued; it may run again.
    async let first: Void = store.transaction { _ in
      gate.wait()
      gate.signal()
    }
    DispatchQueue.global().asyncAfter(deadline: .now() + 0.3) { gate.signal() }
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for index in 0..<100 {
        group.addTask {
          do {
            try await store.transaction { transaction in
              try transaction.execute("INSERT INTO number (name) VALUES ($1)", "\(index)")
              if index % 10 == 0 { throw Crash() }
            }
            return true
          } catch is Crash {
            return false
          }
        }
      }
      var successes = 0
      for try await success in group where success { successes += 1 }
      #expect(successes == 90)
    }
    try await first
    #expect(try store.read { try $0.count() } == 90)
    let after = store.counts
    #expect(after.transactions - before.transactions == 101)
    #expect(after.commits - before.commits < 20)
  }

  @Test("A crash before the commit undoes the whole group and is told to each", arguments: StoreKind.available)
  func crashBefore(kind: StoreKind) async throws {
    let store = try kind.make([numbers])
    store.onCommit { if $0 == .before { throw Crash() } }
    await #expect(throws: Crash()) {
      try await store.transaction { _ = try $0.execute("INSERT INTO number (name) VALUES ('a')") }
    }
    #expect(throws: Crash()) {
      try store.transaction { _ = try $0.execute("INSERT INTO number (name) VALUES ('a')") }
    }
    store.onCommit(nil)
    #expect(try store.read { try $0.count() } == 0)
  }

  @Test("A crash after the commit keeps what was done, though nobody is told", arguments: StoreKind.available)
  func crashAfter(kind: StoreKind) async throws {
    let store = try kind.make([numbers])
    store.onCommit { if $0 == .after { throw Crash() } }
    await #expect(throws: Crash()) {
      try await store.transaction { _ = try $0.execute("INSERT INTO number (name) VALUES ('a')") }
    }
    #expect(throws: Crash()) {
      try store.transaction { _ = try $0.execute("INSERT INTO number (name) VALUES ('b')") }
    }
    store.onCommit(nil)
    #expect(try store.read { try $0.count() } == 2)
  }
}
