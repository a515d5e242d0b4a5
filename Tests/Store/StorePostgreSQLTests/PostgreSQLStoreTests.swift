import Bytes
import Foundation
import Identifiers
import Store
import StorePostgreSQL
import Synchronization
import TestStores
import Testing

let numbers = Schema(
  owner: "numbers",
  versions: [[.table("number", "id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, value INTEGER")]])

extension Reader {
  func process() throws -> Int { try first("SELECT pg_backend_pid()")?(0) ?? -1 }
  func count() throws -> Int { try first("SELECT count(*) FROM number")?(0) ?? -1 }
}

@Suite(.enabled(if: TestPostgreSQL.absence == nil, "\(TestPostgreSQL.absence ?? "")")) struct PostgreSQLStoreTests {
  private let server: TestPostgreSQL
  private let address: PostgreSQLAddress

  init() throws {
    server = try TestPostgreSQL.shared.get()
    address = try server.emptyDatabase()
  }

  private func open(change: (inout PostgreSQLStore.Limits) -> Void = { _ in }) throws -> PostgreSQLStore {
    var limits = PostgreSQLStore.Limits()
    change(&limits)
    let store = try PostgreSQLStore(address, limits: limits, random: SystemRandomSource.shared)
    try store.migrate([numbers])
    return store
  }

  @Test(
    "A database whose commits are not durable is refused with a sentence", arguments: ["off", "local", "remote_write"])
  func durability(mode: String) throws {
    let address = try server.address(options: "-c synchronous_commit=\(mode)")
    let error = #expect(throws: StoreError.self) {
      try PostgreSQLStore(address, random: SystemRandomSource.shared)
    }
    #expect("\(String(describing: error))".contains("synchronous_commit = \(mode)"))
  }

  @Test("A transaction whose connection breaks before the commit runs again; so does a read")
  func lostConnection() throws {
    let store = try open()
    var runs = 0
    try store.transaction { transaction in
      runs += 1
      try transaction.execute("INSERT INTO number (name) VALUES ('a')")
      if runs == 1 { try server.command("SELECT pg_terminate_backend(\(try transaction.process()))") }
      try transaction.execute("INSERT INTO number (name) VALUES ('b')")
    }
    #expect(runs == 2)
    runs = 0
    let count = try store.read { reader in
      runs += 1
      if runs == 1 { try server.command("SELECT pg_terminate_backend(\(try reader.process()))") }
      return try reader.count()
    }
    #expect(runs == 2 && count == 2)
  }

  @Test("A queued transaction whose connection breaks before the commit runs again")
  func lostQueue() async throws {
    let store = try open()
    let runs = Mutex(0)
    try await store.transaction { [server] transaction in
      let run = runs.withLock { number in
        number += 1
        return number
      }
      if run == 1 { try server.command("SELECT pg_terminate_backend(\(try transaction.process()))") }
      try transaction.execute("INSERT INTO number (name) VALUES ('c')")
    }
    #expect(runs.withLock { $0 } == 2)
  }

  @Test("Two processes' writers on one row: one wins, the other runs again on what the first left")
  func twoWriters() async throws {
    let stores = try [open(), open()]
    try await stores[0].transaction { _ = try $0.execute("INSERT INTO number (name, value) VALUES ('a', 0)") }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for lane in 0..<4 {
        group.addTask {
          for _ in 0..<25 {
            try await stores[lane % 2].transaction { transaction in
              let value: Int = try transaction.first("SELECT value FROM number WHERE name = 'a'")?(0) ?? -1
              try transaction.executeOne(
                "UPDATE number SET value = $2 WHERE name = 'a' AND value = $1", value, value + 1)
            }
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try stores[1].read { try $0.first("SELECT value FROM number")?(0, as: Int.self) } == 100)
  }

  @Test("Processes that start together bring the tables up to date once")
  func migrations() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<4 { group.addTask { _ = try open() } }
      try await group.waitForAll()
    }
    #expect(try open().read { try $0.query("SELECT version FROM schema_version") } == [Row([.integer(1)])])
  }

  @Test("A statement that takes too long is ended")
  func timeout() throws {
    let store = try open { $0.statement = .milliseconds(100) }
    #expect(throws: StoreError.busy) {
      try store.transaction { try $0.query("SELECT CAST(pg_sleep(20) AS TEXT)") }
    }
    #expect(try store.read { try $0.count() } == 0)
  }

  @Test("Where no connection is free, nobody waits for ever")
  func exhausted() async throws {
    let store = try open { ($0.connections, $0.lock) = (1, .milliseconds(200)) }
    #expect(throws: StoreError.busy) {
      try store.read { _ in try store.read { try $0.count() } }
    }
    #expect(try store.read { try $0.count() } == 0)
  }

  @Test("What another deliverer is claiming is passed over without waiting")
  func skipLocked() throws {
    let (one, other) = (try open(), try open())
    try one.migrate([Outbox.schema])
    let now = Instant(seconds: 1)
    try one.transaction { transaction in
      for session in ["a", "b"] {
        try Outbox.put(session: session, kind: "k", payload: [1], now: now, in: transaction)
      }
    }
    let claim = { (store: PostgreSQLStore, body: () throws -> Void) in
      try store.transaction { transaction in
        let items = try Outbox.claim(kinds: ["k"], limit: 2, lease: .seconds(9), now: now, in: transaction)
        try body()
        return items
      }
    }
    var rest: [Outbox.Item] = []
    let first = try claim(one) { rest = try claim(other) {} }
    #expect(first.count == 2 && rest.isEmpty)
  }
}
