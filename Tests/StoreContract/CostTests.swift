import Foundation
import Identifiers
import Store
import TestStores
import Testing

/// What the hot path pays; run with SIMURGH_BENCH=1 and read the output.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["SIMURGH_BENCH"] != nil), .serialized) struct CostTests {
  private func measure(_ what: String, _ count: Int, _ body: () async throws -> Void) async rethrows {
    let (start, cpu) = (Date(), clock())
    try await body()
    let (wall, used) = (Date().timeIntervalSince(start), Double(clock() - cpu) / Double(CLOCKS_PER_SEC))
    let micros = { (seconds: Double) in String(format: "%.1f µs", seconds * 1e6 / Double(count)) }
    print("\(what): \(micros(wall)) wall, \(micros(used)) CPU")
  }

  @Test("A commit alone, in a group, and an event's row", arguments: StoreKind.connected)
  func commits(kind: StoreKind) async throws {
    print(kind)
    let store = try kind.make([numbers, EventRecord.schema])
    try await measure("synchronous commit", 1000) {
      for index in 0..<1000 {
        try store.transaction { _ = try $0.execute("INSERT INTO number (name) VALUES ($1)", "s\(index)") }
      }
    }
    for events in 0...2 {
      await measure("grouped commit of one row and \(events) events", 64_000) {
        await withTaskGroup(of: Void.self) { group in
          for lane in 0..<64 {
            group.addTask {
              for index in 0..<1000 {
                try? await store.transaction { transaction in
                  try transaction.execute("INSERT INTO number (name) VALUES ($1)", "\(events).\(lane).\(index)")
                  for number in 0..<events {
                    try EventRecord.append(
                      Event(
                        at: Instant(seconds: 1), party: "SM-DP+", peer: "eUICC", kind: .received,
                        name: "ES9+.AuthenticateClient", correlation: "\(number)\(index &* 7919).\(lane)",
                        body: .bytes([UInt8](repeating: 1, count: 300))), in: transaction)
                  }
                }
              }
            }
          }
        }
      }
    }
    print(store.counts)
    try await measure("read of one row", 100_000) {
      for index in 0..<100_000 {
        _ = try store.read { try $0.query("SELECT id, value FROM number WHERE name = $1", "s\(index % 1000)") }
      }
    }
  }
}
