import Foundation
import Testing

@Suite("simurgh --help") struct HelpTests {
  /// A command of the program, from its own description of itself.
  private struct Command: Decodable {
    let commandName: String
    let superCommands: [String]?
    let abstract: String?
    let discussion: String?
    let subcommands: [Command]?

    var all: [Command] { [self] + (subcommands ?? []).flatMap(\.all) }
    var path: String { ((superCommands ?? []) + [commandName]).joined(separator: " ") }
  }

  private struct Description: Decodable { let command: Command }

  private func commands() async throws -> [Command] {
    let dump = try await Shell.with { try await $0.run("simurgh --experimental-dump-help") }
    let top = try JSONDecoder().decode(Description.self, from: Data(dump.output.utf8)).command
    return top.all.filter { $0.commandName != "help" }
  }

  @Test("every command says in a sentence what it does, and gives an example that begins with its name")
  func examples() async throws {
    let commands = try await commands()
    #expect(commands.count > 35)
    for command in commands {
      #expect(command.abstract?.isEmpty == false, "\(command.path)")
      let example = command.discussion?.components(separatedBy: "Example: ").last ?? ""
      #expect(example.hasPrefix("simurgh"), "\(command.path) has no example")
      let isItsOwn = command.subcommands?.isEmpty == false || example.hasPrefix(command.path)
      #expect(isItsOwn, "\(command.path): \(example)")
    }
  }

  @Test("the examples of docs/commands.md name commands that exist") func documented() async throws {
    let paths = Set(try await commands().map(\.path))
    let text = try String(contentsOf: Build.root.appendingPathComponent("docs/commands.md"), encoding: .utf8)
    let named = text.matches(of: try Regex(#"\| `(simurgh[a-z -]*?)`"#)).compactMap { $0.output[1].substring }
    #expect(!named.isEmpty)
    for name in named { #expect(paths.contains(String(name)), "\(name)") }
    for path in paths where path != "simurgh" {
      let isThere = text.contains("`\(path)`") || paths.contains { $0.hasPrefix("\(path) ") }
      #expect(isThere, "docs/commands.md misses \(path)")
    }
  }

  @Test("docs/commands.md has every status with which the program ends, and no other") func statuses() throws {
    func numbers(_ file: String, _ pattern: String) throws -> Set<String> {
      let text = try String(contentsOf: Build.root.appendingPathComponent(file), encoding: .utf8)
      return Set(text.matches(of: try Regex(pattern)).compactMap { $0.output[1].substring.map(String.init) })
    }
    let kinds = try numbers("Sources/Doors/simurgh/Complaint.swift", #"case [a-zA-Z]+ = ([0-9]+)"#)
    #expect(kinds.count > 8)
    // 0 and 1: all is well, and a step of the lab went wrong.
    #expect(try numbers("docs/commands.md", #"\n\| ([0-9]+) \|"#) == kinds.union(["0", "1"]))
  }

  @Test("bash takes its completions and knows the commands by them") func bashCompletion() async throws {
    let asked = try await Shell.with {
      try await $0.run(
        """
        source <(simurgh --generate-completion-script bash) && complete -p simurgh
        COMP_WORDS=(simurgh ""); COMP_CWORD=1; COMP_LINE="simurgh "; COMP_POINT=${#COMP_LINE}
        "$(complete -p simurgh | sed 's/.*-F \\([^ ]*\\).*/\\1/')" simurgh "" simurgh; echo "${COMPREPLY[@]}"
        """)
    }
    #expect(asked.status == 0, "\(asked.all)")
    for command in ["lab", "smdp-plus", "doctor"] { #expect(asked.output.contains(command), "\(asked.all)") }
  }

  @Test("each shell gets a script of completions with the commands in it", arguments: ["bash", "zsh", "fish"])
  func completion(shell name: String) async throws {
    let made = try await Shell.with {
      try await $0.run("simurgh --generate-completion-script \(name) > completion && grep -c smdp-plus completion")
    }
    #expect(made.status == 0, "\(made.all)")
  }
}
