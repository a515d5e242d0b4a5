import Identifiers
import Store
import StoreSQLite
import Testing

@Suite struct OutboxTests {
  private let store: SQLiteStore
  private let start = Instant(seconds: 1_000)

  init() throws { store = try Kind.memory.make([Outbox.schema]) }

  private func put(_ session: String, _ payload: UInt8, kind: String = "k") throws {
    try store.transaction {
      try Outbox.put(session: session, kind: kind, payload: [payload], now: start, in: $0)
    }
  }

  private func claim(at now: Instant, limit: Int = 10, kinds: Set<String> = ["k"]) throws -> [Outbox.Item] {
    try store.transaction {
      try Outbox.claim(kinds: kinds, limit: limit, lease: .seconds(30), now: now, in: $0)
    }
  }

  @Test("Effects of one session are delivered one after the other, those of others meanwhile")
  func order() throws {
    try put("a", 1)
    try put("a", 2)
    try put("b", 3)
    let first = try claim(at: start)
    #expect(first.map(\.payload) == [[1], [3]])
    #expect(try claim(at: start).isEmpty)
    try store.transaction { try Outbox.taken(first[0], in: $0) }
    #expect(try claim(at: start).map(\.payload) == [[2]])
  }

  @Test("A deliverer that died is followed by another when its lease ends")
  func lease() throws {
    try put("a", 1)
    #expect(try claim(at: start).map(\.attempt) == [1])
    #expect(try claim(at: start + .milliseconds(29_999)).isEmpty)
    #expect(try claim(at: start + .seconds(30)).map(\.attempt) == [2])
  }

  @Test("A failure is tried again after a pause, and people see why; at the end the next one has its turn")
  func failure() throws {
    try put("a", 1)
    try put("a", 2)
    let backOff = BackOff(first: .seconds(2), longest: .seconds(60), attempts: 2)
    var now = start
    for attempt in 1...2 {
      let item = try #require(try claim(at: now).first)
      #expect(item.payload == [1])
      #expect(item.attempt == attempt)
      try store.transaction { try Outbox.failed(item, because: "refused", now: now, backOff: backOff, in: $0) }
      #expect(try claim(at: now).isEmpty == (attempt == 1))
      now = now + .seconds(2)
    }
    let pending = try store.read { try Outbox.pending(in: $0) }
    #expect(pending.map(\.isGivenUp) == [true, false])
    #expect(pending.first?.lastFailure == "refused")
  }

  @Test("An effect of another deliverer's kind keeps its session's order")
  func kinds() throws {
    try put("a", 1, kind: "other")
    try put("a", 2)
    #expect(try claim(at: start).isEmpty)
    #expect(try claim(at: start, kinds: ["other"]).map(\.payload) == [[1]])
  }

  @Test("An effect is put in with its transaction or not at all")
  func together() throws {
    #expect(throws: Crash()) {
      try store.transaction { transaction in
        try Outbox.put(session: "a", kind: "k", payload: [1], now: start, in: transaction)
        throw Crash()
      }
    }
    #expect(try store.read { try Outbox.nextDue(in: $0) } == nil)
    try put("a", 1)
    #expect(try store.read { try Outbox.nextDue(in: $0) } == start)
  }
}
