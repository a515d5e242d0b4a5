import Identifiers
import Store
import TestStores
import Testing

@Suite struct OutboxTests {
  private let start = Instant(seconds: 1_000)

  private func put(_ store: any Store, _ session: String, _ payload: UInt8, kind: String = "k") throws {
    try store.transaction {
      try Outbox.put(session: session, kind: kind, payload: [payload], now: start, in: $0)
    }
  }

  private func claim(_ store: any Store, at now: Instant, limit: Int = 10, kinds: Set<String> = ["k"]) throws -> [Outbox
    .Item]
  {
    try store.transaction {
      try Outbox.claim(kinds: kinds, limit: limit, lease: .seconds(30), now: now, in: $0)
    }
  }

  @Test(
    "Effects of one session are delivered one after the other, those of others meanwhile",
    arguments: StoreKind.available)
  func order(kind: StoreKind) throws {
    let store = try kind.make([Outbox.schema])
    try put(store, "a", 1)
    try put(store, "a", 2)
    try put(store, "b", 3)
    let first = try claim(store, at: start)
    #expect(first.map(\.payload) == [[1], [3]])
    #expect(try claim(store, at: start).isEmpty)
    try store.transaction { try Outbox.taken(first[0], in: $0) }
    #expect(try claim(store, at: start).map(\.payload) == [[2]])
  }

  @Test("A deliverer that died is followed by another when its lease ends", arguments: StoreKind.available)
  func lease(kind: StoreKind) throws {
    let store = try kind.make([Outbox.schema])
    try put(store, "a", 1)
    #expect(try claim(store, at: start).map(\.attempt) == [1])
    #expect(try claim(store, at: start + .milliseconds(29_999)).isEmpty)
    #expect(try claim(store, at: start + .seconds(30)).map(\.attempt) == [2])
  }

  @Test(
    "A failure is tried again after a pause, and people see why; at the end the next one has its turn",
    arguments: StoreKind.available)
  func failure(kind: StoreKind) throws {
    let store = try kind.make([Outbox.schema])
    try put(store, "a", 1)
    try put(store, "a", 2)
    let backOff = BackOff(first: .seconds(2), longest: .seconds(60), attempts: 2)
    var now = start
    for attempt in 1...2 {
      let item = try #require(try claim(store, at: now).first)
      #expect(item.payload == [1])
      #expect(item.attempt == attempt)
      try store.transaction { try Outbox.failed(item, because: "refused", now: now, backOff: backOff, in: $0) }
      #expect(try claim(store, at: now).isEmpty == (attempt == 1))
      now = now + .seconds(2)
    }
    let pending = try store.read { try Outbox.pending(in: $0) }
    #expect(pending.map(\.isGivenUp) == [true, false])
    #expect(pending.first?.lastFailure == "refused")
  }

  @Test("An effect of another deliverer's kind keeps its session's order", arguments: StoreKind.available)
  func kinds(kind: StoreKind) throws {
    let store = try kind.make([Outbox.schema])
    try put(store, "a", 1, kind: "other")
    try put(store, "a", 2)
    #expect(try claim(store, at: start).isEmpty)
    #expect(try claim(store, at: start, kinds: ["other"]).map(\.payload) == [[1]])
  }

  @Test("An effect is put in with its transaction or not at all", arguments: StoreKind.available)
  func together(kind: StoreKind) throws {
    let store = try kind.make([Outbox.schema])
    #expect(throws: Crash()) {
      try store.transaction { transaction in
        try Outbox.put(session: "a", kind: "k", payload: [1], now: start, in: transaction)
        throw Crash()
      }
    }
    #expect(try store.read { try Outbox.nextDue(in: $0) } == nil)
    try put(store, "a", 1)
    #expect(try store.read { try Outbox.nextDue(in: $0) } == start)
  }

  @Test(
    "Of two deliverers at once, each gets what the other does not, and neither waits", arguments: StoreKind.connected)
  func twoDeliverers(kind: StoreKind) async throws {
    let store = try kind.make([Outbox.schema])
    for session in 0..<40 { try put(store, "s\(session)", UInt8(session)) }
    let claimed = try await withThrowingTaskGroup(of: [UInt8].self) { group in
      for _ in 0..<4 { group.addTask { try claim(store, at: start, limit: 10).flatMap(\.payload) } }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    #expect(Set(claimed).count == claimed.count)
    #expect(!claimed.isEmpty)
  }
}
