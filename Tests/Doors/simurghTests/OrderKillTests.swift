import Foundation
import Testing

/// The interop script of orders under fire, with few of them; `make long` has many.
@Suite("Orders while operator and SM-DP+ are killed") struct OrderKillTests {
  @Test("kill -9 at every call and at any moment leaves order book, SM-DP+ and authentication centre in agreement")
  func files() throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = [Build.root.appendingPathComponent("Tests/Interop/operator-orders").path]
    process.environment = ProcessInfo.processInfo.environment
      .merging(["ORDERS": "6", "ROUNDS": "1"]) { $1 }
    let output = Pipe()
    (process.standardOutput, process.standardError) = (output, output)
    try process.run()
    let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0 && said.contains("ok: SIMs in use: 1"), "\(said)")
  }
}
