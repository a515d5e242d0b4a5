import Foundation
import Testing
import Yams

/// docs/ci-recipe.md, held to what it says.
@Suite("docs/ci-recipe.md") struct RecipeTests {
  private func blocks(_ language: String) throws -> [String] {
    let text = try String(contentsOf: Build.root.appendingPathComponent("docs/ci-recipe.md"), encoding: .utf8)
    return text.components(separatedBy: "```\(language)\n").dropFirst().compactMap {
      $0.components(separatedBy: "\n```").first
    }
  }

  @Test("the script runs as it stands", .enabled(if: Build.lpac != nil, "no lpac: put it on PATH or set SIMURGH_LPAC"))
  func script() async throws {
    let script = try #require(try blocks("sh").first)
    let result = try await Shell.with { shell in
      try Data(script.utf8).write(to: shell.directory.appendingPathComponent("lpa.sh"))
      return try await shell.run("PATH=$PATH:$(dirname $LPAC) bash lpa.sh")
    }
    #expect(result.status == 0, "\(result.all)")
    #expect(result.output.contains("\"state\" : \"installed\""), "\(result.all)")
  }

  @Test("the workflows are YAML with jobs that run the script") func workflows() throws {
    let workflows = try blocks("yaml")
    #expect(workflows.count == 2)
    // A reader of YAML 1.1 takes the key "on" for a truth value.
    let github = try #require(try Yams.load(yaml: workflows[0]) as? [AnyHashable: Any])
    let jobs = try #require(github["jobs"] as? [String: [String: Any]])
    for job in jobs.values {
      #expect(job["runs-on"] is String)
      #expect(
        (job["steps"] as? [[String: Any]])?.contains { ($0["run"] as? String)?.contains("lpa.sh") == true } == true)
    }
    let gitlab = try #require(try Yams.load(yaml: workflows[1]) as? [String: [String: Any]])
    #expect(gitlab.values.contains { ($0["script"] as? [String])?.contains { $0.contains("lpa.sh") } == true })
  }

  @Test("every fault that the program knows is in the table") func faults() async throws {
    let text = try String(contentsOf: Build.root.appendingPathComponent("docs/ci-recipe.md"), encoding: .utf8)
    for command in ["card serve --stdio --fault x -- true", "smdp-plus serve --fault x"] {
      let said = try await Shell.with { try await $0.run("simurgh \(command)").errors }
      // Few are told in a sentence, in quotes, and many in a list.
      let name = try Regex(#"(?:'|^ *- )([a-zA-Z]+(?:-[a-zA-Z]+)+)"#).anchorsMatchLineEndings()
      let faults = said.matches(of: name).compactMap { $0.output[1].substring }
      #expect(!faults.isEmpty, "\(said)")
      for fault in faults where fault != "x" {
        let isThere = text.contains("`\(fault)") || text.contains(" \(fault)")
        #expect(isThere, "docs/ci-recipe.md misses \(fault)")
      }
    }
  }
}
