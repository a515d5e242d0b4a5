import Foundation
import Store
import StoreSQLite
import Testing

@Suite struct StoreContractTests {
  @Test("What was committed is read; parameters are numbered, and may repeat", arguments: Kind.allCases)
  func roundTrip(kind: Kind) throws {
    let store = try kind.make()
    let id = try store.transaction { transaction in
      try transaction.first(
        "INSERT INTO number (more, name, value) VALUES ($3, $2, $1) RETURNING id", 7, "seven", [UInt8]([1, 2]))?(
          0, as: Int.self)
    }
    let row = try store.read {
      try $0.first("SELECT name, value, more, $1, $1 FROM number WHERE id = $1 AND id = $1", id)
    }
    #expect(row == Row([.text("seven"), .integer(7), .blob([1, 2]), .integer(1), .integer(1)]))
  }

  @Test("Empty texts and blobs are not null", arguments: Kind.allCases)
  func empties(kind: Kind) throws {
    let store = try kind.make()
    try store.transaction {
      _ = try $0.execute("INSERT INTO number (name, more) VALUES ($1, $2)", "", [UInt8]())
    }
    #expect(
      try store.read { try $0.query("SELECT name, more, value FROM number") } == [Row([.text(""), .blob([]), .null])])
  }

  @Test("A body that throws leaves no trace and its error comes through", arguments: Kind.allCases)
  func rollback(kind: Kind) async throws {
    let store = try kind.make()
    #expect(throws: Crash()) {
      try store.transaction { transaction in
        try transaction.execute("INSERT INTO number (name) VALUES ('a')")
        throw Crash()
      }
    }
    await #expect(throws: Crash()) {
      try await store.transaction { transaction in
        try transaction.execute("INSERT INTO number (name) VALUES ('a')")
        throw Crash()
      }
    }
    #expect(try store.read { try $0.count() } == 0)
  }

  @Test("The table's rules are the last word", arguments: Kind.allCases)
  func constraints(kind: Kind) throws {
    let store = try kind.make()
    try store.transaction { _ = try $0.execute("INSERT INTO number (name) VALUES ('a')") }
    #expect(throws: StoreError.duplicate("number.name")) {
      try store.transaction { try $0.execute("INSERT INTO number (name) VALUES ('a')") }
    }
    #expect(throws: StoreError.constraint("CHECK constraint failed: value < 1000")) {
      try store.transaction { try $0.execute("INSERT INTO number (name, value) VALUES ('b', 1000)") }
    }
    #expect(throws: StoreError.self) {
      try store.transaction { try $0.execute("INSERT INTO number (name, value) VALUES ('b', $1)", "text") }
    }
    #expect(try store.read { try $0.count() } == 1)
  }

  @Test("A failed statement does not undo what came before it in the body", arguments: Kind.allCases)
  func statementFailure(kind: Kind) throws {
    let store = try kind.make()
    try store.transaction { transaction in
      try transaction.execute("INSERT INTO number (name) VALUES ('a')")
      #expect(throws: StoreError.self) { try transaction.execute("INSERT INTO number (name) VALUES ('a')") }
      try transaction.execute("INSERT INTO number (name) VALUES ('b')")
    }
    #expect(try store.read { try $0.count() } == 2)
  }

  @Test("A record that changed since it was read is a conflict, and retrying reads it again", arguments: Kind.allCases)
  func conflict(kind: Kind) throws {
    let store = try kind.make()
    try store.transaction { _ = try $0.execute("INSERT INTO number (name, value) VALUES ('a', 1)") }
    var rounds = 0
    try store.retrying { store in
      rounds += 1
      let value = try store.read { try $0.value() }
      if rounds < 3 { try store.transaction { _ = try $0.execute("UPDATE number SET value = value + 1") } }
      try store.transaction {
        try $0.executeOne("UPDATE number SET value = $2 WHERE name = 'a' AND value = $1", value, value + 100)
      }
    }
    #expect(rounds == 3)
    #expect(try store.read { try $0.value() } == 103)
    #expect(throws: StoreError.conflict) {
      try store.retrying(limit: 3) { _ in
        rounds += 1
        throw StoreError.conflict
      }
    }
    #expect(rounds == 6)
  }

  @Test("A transaction inside a transaction is refused instead of waiting for itself", arguments: Kind.allCases)
  func nested(kind: Kind) throws {
    let store = try kind.make()
    #expect(throws: StoreError.misuse("a transaction was begun inside another")) {
      try store.transaction { _ in try store.transaction { try $0.count() } }
    }
    #expect(try store.read { try $0.count() } == 0)
  }

  @Test("Readers write nothing")
  func readersOnlyRead() throws {
    let store = try Kind.file.make()
    #expect(throws: StoreError.self) {
      try store.read { try $0.query("INSERT INTO number (name) VALUES ('a') RETURNING id") }
    }
    #expect(try store.read { try $0.count() } == 0)
  }

  @Test("A read sees one state, whatever is written meanwhile")
  func snapshot() throws {
    let store = try Kind.file.make()
    try store.read { reader in
      #expect(try reader.count() == 0)
      try store.transaction { _ = try $0.execute("INSERT INTO number (name) VALUES ('a')") }
      #expect(try reader.count() == 0)
    }
    #expect(try store.read { try $0.count() } == 1)
  }

  @Test("More readers than connections wait for each other")
  func manyReaders() async throws {
    let store = try SQLiteStore(path: Folder().file("store"), readers: 2)
    try store.migrate([numbers])
    try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<64 { group.addTask { try store.read { try $0.count() } } }
      for try await count in group { #expect(count == 0) }
    }
  }

  @Test("A path that cannot be opened is told")
  func badPath() {
    #expect(throws: StoreError.failed("/nowhere/at/all cannot be opened: No such file or directory")) {
      try SQLiteStore(path: "/nowhere/at/all")
    }
  }

  @Test("The database is its owner's alone")
  func permissions() throws {
    let path = try Folder().file("store")
    let store = try SQLiteStore(path: path)
    try store.migrate([numbers])
    for suffix in ["", "-wal", "-shm"] {
      let mode = try FileManager.default.attributesOfItem(atPath: path + suffix)[.posixPermissions] as? Int
      #expect(mode == 0o600, "\(suffix)")
    }
  }
}
