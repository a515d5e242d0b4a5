import Foundation
import TestPrograms
import TestStores
import Testing

/// The interop script of orders under fire, with few of them; `make long` has many.
@Suite("Orders while operator and SM-DP+ are killed", .serialized) struct OrderKillTests {
  @Test("kill -9 at every step, call and moment leaves order book, SM-DP+ and authentication centre in agreement")
  func files() async throws { try await play([:]) }

  @Test(
    "the same over PostgreSQL, a database each",
    .enabled(if: TestPostgreSQL.absence == nil, "\(TestPostgreSQL.absence ?? "")"))
  func postgreSQL() async throws {
    let server = try TestPostgreSQL.shared.get()
    for database in ["kill_net", "kill_mno"] { try server.command("CREATE DATABASE \(database)") }
    try await play(["STORE_NET": server.url("kill_net"), "STORE_MNO": server.url("kill_mno")])
  }

  private func play(_ stores: [String: String]) async throws {
    let variables = ProcessInfo.processInfo.environment.merging(["ORDERS": "6", "ROUNDS": "1"]) { $1 }
      .merging(stores) { $1 }
    let script = Build.root.appendingPathComponent("Tests/Interop/operator-orders").path
    let result = try await Program(["bash", script], environment: variables).run()
    #expect(
      result.status == 0 && result.text.contains("ok: the number of a subscription that has ended"), "\(result.text)")
  }
}
