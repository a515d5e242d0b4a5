import Foundation
import TestStores
import Testing

@Suite("The command line, as scripts", .serialized) struct ScriptTests {
  @Test("a session does what its script says", arguments: Script.all())
  func session(_ script: Script) async throws { try await play(script) }

  @Test(
    "a session with the published test certificates does what its script says",
    .enabled(if: Build.vectors != nil, "no vectors: set SIMURGH_VECTORS"), arguments: Script.all(needing: "vectors"))
  func sessionWithVectors(_ script: Script) async throws { try await play(script) }

  @Test(
    "a session with lpac does what its script says",
    .enabled(if: Build.lpac != nil, "no lpac: put it on PATH or set SIMURGH_LPAC"),
    arguments: Script.all(needing: "lpac"))
  func sessionWithLPAC(_ script: Script) async throws { try await play(script) }

  @Test(
    "a session with PostgreSQL does what its script says",
    .enabled(if: TestPostgreSQL.absence == nil, "\(TestPostgreSQL.absence ?? "")"),
    arguments: Script.all(needing: "postgresql"))
  func sessionWithPostgreSQL(_ script: Script) async throws {
    let server = try TestPostgreSQL.shared.get()
    let database = "script_\(script.name.filter(\.isLetter))"
    try server.command("CREATE DATABASE \(database)")
    try await play(script, store: server.url(database))
  }

  @Test(
    "a session with a PostgreSQL that it may break does what its script says",
    .enabled(if: TestPostgreSQL.absence == nil, "\(TestPostgreSQL.absence ?? "")"),
    arguments: Script.all(needing: "own postgresql"))
  func sessionWithOwnPostgreSQL(_ script: Script) async throws {
    let server = try TestPostgreSQL()
    try await play(script, store: server.url("postgres"), database: server.folder)
  }

  @Test("there are scripts, and each has steps") func scripts() throws {
    let all =
      Script.all() + Script.all(needing: "vectors") + Script.all(needing: "lpac")
      + Script.all(needing: "postgresql") + Script.all(needing: "own postgresql")
    #expect(all.count > 8)
    for script in all { #expect(try !script.steps().isEmpty, "\(script.name)") }
  }

  private func play(_ script: Script, store: String? = nil, database: String? = nil) async throws {
    try await Shell.with(store: store, database: database) { try await play(script, in: $0) }
  }

  private func play(_ script: Script, in shell: Shell) async throws {
    for step in try script.steps() {
      let result = try await step.isServer ? shell.serve(step.command) : shell.run(step.command)
      let place: Comment = "\(script.name):\(step.line): \(step.command)\n\(result.all.suffix(3000))"
      #expect(result.status == step.status, place)
      var rest = result.all[...]
      for text in step.expected {
        guard let found = rest.range(of: text) else {
          Issue.record("\(script.name):\(step.line): \(step.command)\nmisses: \(text)\nin: \(result.all.suffix(3000))")
          break
        }
        rest = rest[found.upperBound...]
      }
      for text in step.absent where result.all.contains(text) {
        Issue.record("\(script.name):\(step.line): \(step.command)\nhas: \(text)\nin: \(result.all.suffix(3000))")
      }
      if step.isJSON {
        let isJSON = (try? JSONSerialization.jsonObject(with: Data(result.output.utf8))) != nil
        #expect(isJSON, place)
      }
    }
  }
}
