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

  private func commands() throws -> [Command] {
    let dump = try Shell().run("simurgh --experimental-dump-help")
    let top = try JSONDecoder().decode(Description.self, from: Data(dump.output.utf8)).command
    return top.all.filter { $0.commandName != "help" }
  }

  @Test("every command says in a sentence what it does, and gives an example that begins with its name")
  func examples() throws {
    let commands = try commands()
    #expect(commands.count > 35)
    for command in commands {
      #expect(command.abstract?.isEmpty == false, "\(command.path)")
      let example = command.discussion?.components(separatedBy: "Example: ").last ?? ""
      #expect(example.hasPrefix("simurgh"), "\(command.path) has no example")
      let isItsOwn = command.subcommands?.isEmpty == false || example.hasPrefix(command.path)
      #expect(isItsOwn, "\(command.path): \(example)")
    }
  }

  @Test("the examples of docs/commands.md name commands that exist") func documented() throws {
    let paths = Set(try commands().map(\.path))
    let text = try String(contentsOf: Build.root.appendingPathComponent("docs/commands.md"), encoding: .utf8)
    let named = text.matches(of: try Regex(#"\| `(simurgh[a-z -]*?)`"#)).compactMap { $0.output[1].substring }
    #expect(!named.isEmpty)
    for name in named { #expect(paths.contains(String(name)), "\(name)") }
    for path in paths where path != "simurgh" {
      let isThere = text.contains("`\(path)`") || paths.contains { $0.hasPrefix("\(path) ") }
      #expect(isThere, "docs/commands.md misses \(path)")
    }
  }

  @Test("bash, zsh and fish get completions that bash itself takes", arguments: ["bash", "zsh", "fish"])
  func completion(shell name: String) throws {
    let shell = try Shell()
    let made = try shell.run(
      "simurgh --generate-completion-script \(name) > completion && grep -c smdp-plus completion")
    #expect(made.status == 0, "\(made.all)")
    if name == "bash" { #expect(try shell.run("bash -n completion").status == 0) }
  }
}
