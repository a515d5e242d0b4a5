import Foundation
import Store
import StoreSQLite
import TestStores
import Testing

private let numbers = Schema(
  owner: "numbers", versions: [[.table("number", "id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE")]])

@Suite struct SQLiteStoreTests {
  @Test("More readers than connections wait for each other")
  func manyReaders() async throws {
    let store = try SQLiteStore(path: TestFolder().file("store"), readers: 2)
    try store.migrate([numbers])
    try await withThrowingTaskGroup(of: Int?.self) { group in
      for _ in 0..<64 {
        group.addTask { try store.read { try $0.first("SELECT count(*) FROM number")?(0) } }
      }
      for try await count in group { #expect(count == 0) }
    }
  }

  @Test("A second store of the same file leaves the first its locks, or another process would take its log away")
  func locks() throws {
    let file = try TestFolder().file("store")
    let first = try SQLiteStore(path: file)
    try first.migrate([numbers])
    let inode = try #require(try FileManager.default.attributesOfItem(atPath: file)[.systemFileNumber] as? Int)
    func locks() throws -> Int {
      try String(contentsOfFile: "/proc/locks", encoding: .utf8).split(separator: "\n").filter {
        $0.contains(":\(inode) ") && $0.contains(" \(getpid()) ")
      }.count
    }
    let before = try locks()
    #expect(before > 0)
    let second = try SQLiteStore(path: file)
    #expect(try locks() >= before)
    #expect(try second.read { try $0.first("SELECT count(*) FROM number")?(0) } == 0)
    withExtendedLifetime(first) {}
  }

  @Test("Where many write at a time a commit waits for others to share it; who writes alone waits for nobody")
  func shares() async throws {
    let store = try SQLiteStore(path: TestFolder().file("store"))
    try store.migrate([numbers])
    func share(lanes: Int, rounds: Int) async throws -> Double {
      let before = store.counts
      try await withThrowingTaskGroup(of: Void.self) { group in
        for lane in 0..<lanes {
          group.addTask {
            for round in 0..<rounds {
              try await store.transaction {
                _ = try $0.execute("INSERT INTO number (name) VALUES ($1)", "\(lanes).\(lane).\(round)")
              }
            }
          }
        }
        try await group.waitForAll()
      }
      let (commits, transactions) = (
        store.counts.commits - before.commits, store.counts.transactions - before.transactions
      )
      #expect(transactions == lanes * rounds)
      return Double(transactions) / Double(commits)
    }
    #expect(try await share(lanes: 32, rounds: 25) > 4)
    #expect(try await share(lanes: 1, rounds: 25) == 1)
  }

  @Test("A path that cannot be opened is told")
  func badPath() {
    #expect(throws: StoreError.failed("/nowhere/at/all cannot be opened: No such file or directory")) {
      try SQLiteStore(path: "/nowhere/at/all")
    }
  }

  @Test("The database is its owner's alone")
  func permissions() throws {
    let path = try TestFolder().file("store")
    let store = try SQLiteStore(path: path)
    try store.migrate([numbers])
    for suffix in ["", "-wal", "-shm"] {
      let mode = try FileManager.default.attributesOfItem(atPath: path + suffix)[.posixPermissions] as? Int
      #expect(mode == 0o600, "\(suffix)")
    }
  }

  @Test("Everything that was acknowledged is there after the process was killed among its commits")
  func killed() async throws {
    let folder = try TestFolder()
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
