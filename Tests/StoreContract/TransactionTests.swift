import Foundation
import Store
import TestStores
import Testing

@Suite struct TransactionTests {
  @Test("What was committed is read; parameters are numbered, and may repeat", arguments: StoreKind.available)
  func roundTrip(kind: StoreKind) throws {
    let store = try kind.make([numbers])
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

  @Test("Empty texts and blobs are not null", arguments: StoreKind.available)
  func empties(kind: StoreKind) throws {
    let store = try kind.make([numbers])
    try store.transaction {
      _ = try $0.execute("INSERT INTO number (name, more) VALUES ($1, $2)", "", [UInt8]())
    }
    #expect(
      try store.read { try $0.query("SELECT name, more, value FROM number") } == [Row([.text(""), .blob([]), .null])])
  }

  @Test("A body that throws leaves no trace and its error comes through", arguments: StoreKind.available)
  func rollback(kind: StoreKind) async throws {
    let store = try kind.make([numbers])
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

  @Test("The table's rules are the last word", arguments: StoreKind.available)
  func constraints(kind: StoreKind) throws {
    let store = try kind.make([numbers])
    try store.transaction { _ = try $0.execute("INSERT INTO number (name) VALUES ('a')") }
    #expect(throws: StoreError.duplicate("number.name")) {
      try store.transaction { try $0.execute("INSERT INTO number (name) VALUES ('a')") }
    }
    for value in [1000, "text"] as [any SQLConvertible] {
      let error = #expect(throws: StoreError.self) {
        try store.transaction {
          try $0.execute("INSERT INTO number (name, value) VALUES ('b', $1)", values: [value.sqlValue])
        }
      }
      guard case .constraint? = error else {
        Issue.record("\(value): \(String(describing: error))")
        continue
      }
    }
    #expect(try store.read { try $0.count() } == 1)
  }

  @Test("A statement that fails ends its transaction, whatever the body does about it", arguments: StoreKind.available)
  func statementFailure(kind: StoreKind) async throws {
    let store = try kind.make([numbers])
    try await store.transaction { _ = try $0.execute("INSERT INTO number (name) VALUES ('a')") }
    let body: @Sendable (any Transaction) throws -> Void = { transaction in
      try transaction.execute("INSERT INTO number (name) VALUES ('b')")
      #expect(throws: StoreError.duplicate("number.name")) {
        try transaction.execute("INSERT INTO number (name) VALUES ('a')")
      }
      #expect(throws: StoreError.duplicate("number.name")) { try transaction.count() }
    }
    #expect(throws: StoreError.duplicate("number.name")) { try Self.synchronously(store, body) }
    await #expect(throws: StoreError.duplicate("number.name")) { try await store.transaction(body) }
    #expect(try store.read { try $0.count() } == 1)
  }

  @Test("What two decided on the same reading is not both committed", arguments: StoreKind.available)
  func writeSkew(kind: StoreKind) async throws {
    let store = try kind.make([numbers])
    try await store.transaction { _ = try $0.execute("INSERT INTO number (name, value) VALUES ('a', 1), ('b', 1)") }
    // Each takes one away only while both are there: one must be left, however they interleave.
    await withTaskGroup(of: Void.self) { group in
      for name in ["a", "b", "a", "b"] {
        group.addTask {
          try? Self.synchronously(store) { transaction in
            let sum: Int = try transaction.first("SELECT sum(value) FROM number")?(0) ?? 0
            usleep(20_000)
            if sum == 2 { try transaction.execute("UPDATE number SET value = 0 WHERE name = $1", name) }
          }
        }
      }
    }
    #expect(try store.read { try $0.first("SELECT sum(value) FROM number")?(0, as: Int.self) } == 1)
  }

  @Test("Many who count one row up lose no count", arguments: StoreKind.available)
  func hotRow(kind: StoreKind) async throws {
    let store = try kind.make([numbers])
    try await store.transaction { _ = try $0.execute("INSERT INTO number (name, value) VALUES ('a', 0)") }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for lane in 0..<8 {
        group.addTask {
          for _ in 0..<10 {
            if lane % 2 == 0 {
              try await store.transaction { try $0.executeOne("UPDATE number SET value = value + 1") }
            } else {
              try Self.synchronously(store) { try $0.executeOne("UPDATE number SET value = value + 1") }
            }
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try store.read { try $0.value() } == 80)
  }

  private static func synchronously(_ store: any Store, _ body: (any Transaction) throws -> Void) throws {
    try store.transaction(body)
  }

  @Test("Texts and bytes from hostile hands come back as they went in", arguments: StoreKind.available)
  func hostile(kind: StoreKind) throws {
    let store = try kind.make([numbers])
    let texts = [
      "'; DROP TABLE number; --", "\"\\$1%_\r\n\t", "\u{1}\u{7F}\u{FEFF}\u{202E}", "e\u{301}", "é", "𝕏🏳️‍🌈",
      String(repeating: "x", count: 2000),
    ]
    let bytes = Array(UInt8.min...UInt8.max)
    try store.transaction { transaction in
      for text in texts {
        try transaction.execute("INSERT INTO number (name, more) VALUES ($1, $2)", text, Array(text.utf8) + bytes)
      }
    }
    for text in texts {
      let found = try store.read { try $0.first("SELECT name, more FROM number WHERE name = $1", text) }
      let row = try #require(found)
      #expect(try Array(row(0, as: String.self).utf8) == Array(text.utf8))
      #expect(try row(1) == Array(text.utf8) + bytes)
    }
    #expect(throws: StoreError.constraint("a text holds U+0000")) {
      try store.transaction { try $0.execute("INSERT INTO number (name) VALUES ($1)", "a\u{0}b") }
    }
  }

  @Test(
    "Texts stand in the order of their bytes; sums, truths and the widest integers are integers",
    arguments: StoreKind.available)
  func values(kind: StoreKind) throws {
    let store = try kind.make([numbers])
    try store.transaction { transaction in
      for (name, value) in [("b", 3), ("B", -20_004), ("a", nil), ("É", 0)] as [(String, Int?)] {
        try transaction.execute("INSERT INTO number (name, value) VALUES ($1, $2)", name, value)
      }
    }
    try store.read { reader in
      #expect(
        try reader.query("SELECT name FROM number ORDER BY name").map { try $0(0, as: String.self) }
          == ["B", "a", "b", "É"])
      let row = try reader.first(
        """
        SELECT sum(value), EXISTS (SELECT 1 FROM number WHERE value = 7), $1, length(name) = $2 FROM number
        WHERE value = COALESCE($3, value) GROUP BY name HAVING name = $4
        """, Int64.min, 1, nil as Int?, "B")
      #expect(row == Row([.integer(-20_004), .integer(0), .integer(.min), .integer(1)]))
      #expect(
        try reader.first("SELECT sum(value) FROM number")
          == Row([.integer(-20_001)]))
      #expect(try reader.first("SELECT sum(value) FROM number WHERE name = 'x'") == Row([.null]))
    }
  }

  @Test(
    "A record that changed since it was read is a conflict, and retrying reads it again", arguments: StoreKind.available
  )
  func conflict(kind: StoreKind) throws {
    let store = try kind.make([numbers])
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

  @Test("A transaction inside a transaction is refused instead of waiting for itself", arguments: StoreKind.available)
  func nested(kind: StoreKind) throws {
    let store = try kind.make([numbers])
    #expect(throws: StoreError.misuse("a transaction was begun inside another")) {
      try store.transaction { _ in try store.transaction { try $0.count() } }
    }
    #expect(try store.read { try $0.count() } == 0)
  }

  @Test("Readers write nothing", arguments: StoreKind.connected)
  func readersOnlyRead(kind: StoreKind) throws {
    let store = try kind.make([numbers])
    #expect(throws: StoreError.self) {
      try store.read { try $0.query("INSERT INTO number (name) VALUES ('a') RETURNING id") }
    }
    #expect(try store.read { try $0.count() } == 0)
  }

  @Test("A read sees one state, whatever is written meanwhile", arguments: StoreKind.connected)
  func snapshot(kind: StoreKind) throws {
    let store = try kind.make([numbers])
    try store.read { reader in
      #expect(try reader.count() == 0)
      try store.transaction { _ = try $0.execute("INSERT INTO number (name) VALUES ('a')") }
      #expect(try reader.count() == 0)
    }
    #expect(try store.read { try $0.count() } == 1)
  }
}
