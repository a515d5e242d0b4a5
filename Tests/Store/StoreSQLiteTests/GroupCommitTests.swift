import Foundation
import Store
import StoreSQLite
import Testing

@Suite struct GroupCommitTests {
  @Test("Transactions that wait share a commit; each one's failure is its own", arguments: Kind.allCases)
  func groups(kind: Kind) async throws {
    let store = try kind.make()
    let before = store.counts
    let gate = DispatchSemaphore(value: 0)
    // The first keeps the writer busy until the others have queued.
    async let first: Void = store.transaction { _ in gate.wait() }
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

  @Test("A crash before the commit undoes the whole group and is told to each", arguments: Kind.allCases)
  func crashBefore(kind: Kind) async throws {
    let store = try kind.make()
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

  @Test("A crash after the commit keeps what was done, though nobody is told", arguments: Kind.allCases)
  func crashAfter(kind: Kind) async throws {
    let store = try kind.make()
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

  @Test("Everything that was acknowledged is there after the process was killed among its commits")
  func killed() async throws {
    let folder = try Folder()
    let database = folder.file("store")
    let acknowledgements = folder.file("acknowledged")
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [database = database as String, acknowledgements = acknowledgements as String] in
      let store = try SQLiteStore(path: database)
      try store.migrate([numbers])
      let log = open(acknowledgements, O_CREAT | O_WRONLY | O_APPEND, 0o600)
      DispatchQueue.global().asyncAfter(deadline: .now() + 0.3) { kill(getpid(), SIGKILL) }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for lane in 0..<16 {
          group.addTask {
            for round in 0... {
              let name = "\(lane).\(round)"
              try await store.transaction { _ = try $0.execute("INSERT INTO number (name) VALUES ($1)", name) }
              let line = Array("\(name)\n".utf8)
              _ = write(log, line, line.count)
            }
          }
        }
        try await group.waitForAll()
      }
    }
    let acknowledged = try String(contentsOfFile: acknowledgements, encoding: .utf8).split(separator: "\n")
    let store = try SQLiteStore(path: database)
    let present = try store.read { reader in
      Set(try reader.query("SELECT name FROM number").map { try $0(0, as: String.self) })
    }
    #expect(acknowledged.count > 16)
    #expect(acknowledged.allSatisfy { present.contains(String($0)) })
    #expect(present.count <= acknowledged.count + 16)
  }
}
