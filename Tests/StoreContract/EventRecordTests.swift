import Identifiers
import Store
import TestStores
import Testing

@Suite struct EventRecordTests {
  private func event(_ correlation: String, _ body: Event.Body) -> Event {
    Event(
      at: Instant(milliseconds: 5), party: "SM-DP+", peer: "eUICC", kind: .received, name: "ES9+.CancelSession",
      correlation: correlation, body: body)
  }

  @Test("Events are read in order, all of them or those that belong together", arguments: StoreKind.available)
  func reading(kind: StoreKind) throws {
    let store = try kind.make([EventRecord.schema])
    let events = [
      event("a", .text("one")), event("b", .bytes([2])), event("a", .bytes([])),
      event("c", .exchange(received: [1], sent: [])),
    ]
    try store.transaction { transaction in
      for event in events { try EventRecord.append(event, in: transaction) }
    }
    let (all, second, together) = try store.read {
      (
        try EventRecord.entries(after: 0, limit: 10, in: $0), try EventRecord.entries(after: 1, limit: 1, in: $0),
        try EventRecord.entries(correlation: "a", in: $0)
      )
    }
    #expect(all.map(\.event) == events)
    #expect(second.map(\.event) == [events[1]])
    #expect(together.map(\.number) == [1, 3])
  }

  @Test("A long body is cut and says so", arguments: StoreKind.available)
  func cut(kind: StoreKind) throws {
    let store = try kind.make([EventRecord.schema])
    try store.transaction {
      try EventRecord.append(event("a", .bytes([UInt8](repeating: 7, count: 40_000))), in: $0)
      try EventRecord.append(event("a", .text(String(repeating: "x", count: 5_000))), in: $0)
    }
    let entries = try store.read { try EventRecord.entries(after: 0, limit: 2, in: $0) }
    #expect(entries.map(\.length) == [40_000, 5_000])
    #expect(entries.first?.event.body == .bytes([UInt8](repeating: 7, count: EventRecord.bodyLimit)))
  }

  @Test("Old events are forgotten, the oldest first", arguments: StoreKind.available)
  func forgetting(kind: StoreKind) throws {
    let store = try kind.make([EventRecord.schema])
    try store.transaction { transaction in
      for milliseconds in 0..<5 {
        var event = event("a", .text("x"))
        event.at = Instant(milliseconds: Int64(milliseconds))
        try EventRecord.append(event, in: transaction)
      }
    }
    let counts = try store.transaction { transaction in
      try [2, 2].map { try EventRecord.forget(before: Instant(milliseconds: 3), limit: $0, in: transaction) }
    }
    #expect(counts == [2, 1])
    #expect(
      try store.read { try EventRecord.entries(after: 0, limit: 9, in: $0) }.map(\.event.at.milliseconds) == [3, 4])
  }
}
