import Store
import TestStores
import Testing

@Suite struct MigrationTests {
  private static let second: [SchemaChange] = [
    .statement("ALTER TABLE number ADD COLUMN colour TEXT"), .index("number_colour", on: "number (colour)"),
  ]
  private static let newer = Schema(owner: "numbers", versions: numbers.versions + [second])

  @Test("A database grows to the newest version and keeps its records", arguments: StoreKind.available)
  func upgrade(kind: StoreKind) throws {
    let store = try kind.make([numbers])
    try store.transaction { _ = try $0.execute("INSERT INTO number (name) VALUES ('a')") }
    try store.migrate([Self.newer])
    try store.migrate([Self.newer])
    #expect(try store.read { try $0.query("SELECT name, colour FROM number") } == [Row([.text("a"), .null])])
    #expect(throws: StoreError.self) { try store.migrate([numbers]) }
  }

  @Test("A version that fails half-way changes nothing", arguments: StoreKind.available)
  func failure(kind: StoreKind) throws {
    let store = try kind.make([numbers])
    let broken = Schema(
      owner: "numbers", versions: numbers.versions + [Self.second + [.statement("CREATE nonsense")]])
    #expect(throws: StoreError.self) { try store.migrate([broken]) }
    try store.migrate([Self.newer])
  }

  @Test("A crash during a migration leaves the old version", arguments: StoreKind.available)
  func crash(kind: StoreKind) throws {
    let store = try kind.make([numbers])
    store.onCommit { if $0 == .before { throw Crash() } }
    #expect(throws: Crash()) { try store.migrate([Self.newer]) }
    store.onCommit(nil)
    #expect(throws: StoreError.self) { try store.read { try $0.query("SELECT colour FROM number") } }
    try store.migrate([Self.newer])
  }
}
