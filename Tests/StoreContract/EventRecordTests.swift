import Foundation
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

  @Test(
    "A reader that follows the settled numbers misses no event", .timeLimit(.minutes(5)), arguments: StoreKind.connected
  )
  func following(kind: StoreKind) async throws {
    let store = try kind.make([EventRecord.schema], writers: 4)
    let (writers, each) = (4, 60)
    let seen = try await withThrowingTaskGroup(of: Void.self) { group in
      for writer in 0..<writers {
        group.addTask {
          for number in 0..<each {
            // The number is drawn long before the commit, so that commits overtake each other.
            _ = try await store.transaction { [self] transaction in
              try EventRecord.append(event("\(writer)/\(number)", .text("x")), in: transaction)
              if number % 3 == writer % 3 { usleep(3000) }
            }
          }
        }
      }
      var (seen, last): ([String], Int) = ([], 0)
      while seen.count < writers * each {
        let settled = try EventRecord.settled(in: store)
        let entries = try store.read { try EventRecord.entries(after: last, limit: 1000, in: $0) }
        seen += entries.filter { $0.number <= settled }.map(\.event.correlation)
        last = settled
        await Task.yield()
        if Task.isCancelled { break }
      }
      try await group.waitForAll()
      return seen
    }
    #expect(Set(seen).count == writers * each)
    #expect(seen.count == writers * each)
  }

  @Test("An event whose number was drawn and is not yet committed is waited for", arguments: StoreKind.connected)
  func overtaken(kind: StoreKind) throws {
    let store = try kind.make([EventRecord.schema], writers: 4)
    let (drawn, go) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    Thread.detachNewThread { [self] in
      try? store.transaction { transaction in
        try EventRecord.append(event("slow", .text("x")), in: transaction)
        drawn.signal()
        go.wait()
      }
    }
    drawn.wait()
    // Where one writes at a time, nobody overtakes.
    if kind == .postgreSQL {
      try store.transaction { transaction in try EventRecord.append(event("quick", .text("x")), in: transaction) }
    }
    DispatchQueue.global().asyncAfter(deadline: .now() + 0.2) { go.signal() }
    let settled = try EventRecord.settled(in: store)
    let entries = try store.read { try EventRecord.entries(after: 0, limit: 9, in: $0) }
    #expect(entries.map(\.event.correlation) == (kind == .postgreSQL ? ["slow", "quick"] : ["slow"]))
    #expect(settled == entries.last?.number)
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
