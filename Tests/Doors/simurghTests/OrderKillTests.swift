import Foundation
import TestStores
import Testing

/// The interop script of orders under fire, with few of them; `make long` has many.
@Suite("Orders while operator and SM-DP+ are killed", .serialized) struct OrderKillTests {
  @Test("kill -9 at every step, call and moment leaves order book, SM-DP+ and authentication centre in agreement")
  func files() throws { try play([:]) }

  @Test(
    "the same over PostgreSQL, a database each",
    .enabled(if: TestPostgreSQL.absence == nil, "\(TestPostgreSQL.absence ?? "")"))
  func postgreSQL() throws {
    let server = try TestPostgreSQL.shared.get()
    for database in ["kill_net", "kill_mno"] { try server.command("CREATE DATABASE \(database)") }
    try play(["STORE_NET": server.url("kill_net"), "STORE_MNO": server.url("kill_mno")])
  }

  private func play(_ stores: [String: String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = [Build.root.appendingPathComponent("Tests/Interop/operator-orders").path]
    process.environment = ProcessInfo.processInfo.environment
      .merging(["ORDERS": "6", "ROUNDS": "1"]) { $1 }.merging(stores) { $1 }
    let output = Pipe()
    (process.standardOutput, process.standardError) = (output, output)
    try process.run()
    let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(
      process.terminationStatus == 0 && said.contains("ok: the number of a subscription that has ended"), "\(said)")
  }
}
