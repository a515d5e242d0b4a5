import Foundation

/// A parameter of a command, from the program's own description of itself.
struct CommandParameter: Decodable, Hashable {
  struct Name: Decodable, Hashable {
    let kind, name: String
  }

  let kind: String
  let valueName: String?
  let names: [Name]?
  let abstract: String?
  let isOptional, isRepeating: Bool

  /// As it is typed.
  var option: String { names?.first.map { ($0.kind == "long" ? "--" : "-") + $0.name } ?? "" }
  var isBuiltIn: Bool { ["help", "version"].contains(names?.first?.name) }
}

/// A command that does something, and no group of others.
struct LeafCommand: Decodable {
  let commandName: String
  let superCommands: [String]?
  let arguments: [CommandParameter]?
  let subcommands: [LeafCommand]?

  /// All of the program, and each one's mistakes. What many commands have in common is walked through in the first of
  /// them.
  static func all() async throws -> [(command: LeafCommand, mistakes: [[String]])] {
    struct Description: Decodable { let command: LeafCommand }
    let dump = try await Shell.with { try await $0.run("simurgh --experimental-dump-help") }
    let all = try JSONDecoder().decode(Description.self, from: Data(dump.output.utf8)).command.leaves
    var seen: Set<CommandParameter> = []
    return all.map { command in
      (command, command.mistakes(in: Set(command.parameters.filter { seen.insert($0).inserted })))
    }
  }

  private var leaves: [LeafCommand] {
    let below = (subcommands ?? []).filter { $0.commandName != "help" }
    return below.isEmpty ? [self] : below.flatMap(\.leaves)
  }

  var path: [String] { (superCommands ?? []).dropFirst() + [commandName] }
  var name: String { path.joined(separator: " ") }
  private var parameters: [CommandParameter] { (arguments ?? []).filter { !$0.isBuiltIn } }

  /// Whether it would stay up, or wait long for a server that is not there: it gets its mistakes where there is no site.
  var stays: Bool { commandName == "serve" || ["lpa discover", "lpa download", "lpa move"].contains(name) }

  /// Where a server may stand at any path, and stays up.
  private static let anyPath = "--eap-socket"

  /// What is given in place of each value: nothing, what would deceive a terminal, far too much, a number out of every
  /// range, what is not there, a directory, what cannot be read or never ends, and what is none of what is asked for.
  private static let values = [
    "", "\u{1B}[31m\nroot", String(repeating: "A", count: 100_000), "-99999999999999999999", "none/none", "folder",
    "/proc/self/mem", "hole", "noise",
  ]

  /// Command lines of it, nearly all of them wrong: `walked` are the parameters that get what nobody should give them.
  private func mistakes(in walked: Set<CommandParameter>) -> [[String]] {
    let positional = parameters.filter { $0.kind == "positional" }
    let usual = positional.filter { !$0.isOptional }.map { $0.valueName == "role" ? "eum" : "1" }
    let wanted = parameters.filter { $0.kind == "option" && !$0.isOptional }.map { "\($0.option)=00" }
    // A lab would stay up.
    let always = (name == "lab" ? ["--once"] : []) + wanted
    var lines = [["--nonsense"]]
    if !usual.isEmpty || !wanted.isEmpty { lines.append([]) }
    if !positional.contains(where: \.isRepeating) { lines.append(always + positional.map { _ in "1" } + ["surplus"]) }
    for value in Self.values {
      for (index, parameter) in positional.enumerated() where walked.contains(parameter) {
        lines.append(always + ["--"] + usual.prefix(index) + [value] + usual.dropFirst(index + 1))
      }
      for parameter in parameters
      where parameter.kind == "option" && walked.contains(parameter) && parameter.option != Self.anyPath {
        lines.append(always + ["\(parameter.option)=\(value)"] + usual)
      }
    }
    return lines
  }
}
