import Testing

/// Walks through all commands as the program itself lists them, and gives each what nobody should.
///
/// Whatever comes, a mistake ends with a documented status and a sentence, in bounded time; nothing is left behind and no
/// record changes.
@Suite("The command line: mistakes") struct MistakeTests {
  @Test("there are commands, and each parameter of theirs is walked through") func all() async throws {
    let commands = try await LeafCommand.all()
    #expect(commands.count > 90)
    #expect(commands.flatMap(\.mistakes).count > 1500)
  }

  @Test(
    "a mistake in a command line ends with a sentence and a documented status, and leaves nothing behind",
    arguments: 0..<4)
  func mistakes(quarter: Int) async throws {
    let commands = try await LeafCommand.all()
    try await MistakeSite.with { site in
      let before = try site.contents()
      for (number, entry) in commands.enumerated() where number % 4 == quarter {
        for line in entry.mistakes { try await check(entry.command, line, at: site, before) }
      }
    }
  }

  private func check(
    _ command: LeafCommand, _ arguments: [String], at site: MistakeSite, _ before: [String: String]
  ) async throws {
    let result = try await site.run(command, arguments)
    let shown = arguments.map { $0.count > 60 ? "\($0.prefix(20))…" : $0 }.joined(separator: " ")
    let place: Comment = "simurgh \(command.name) \(shown) = \(result.status)\n\(result.all.prefix(800))"
    // Some is no mistake: any name is a name.
    guard result.status != 0 else { return try await site.renew() }
    #expect(Self.statuses.contains(result.status), place)
    #expect(!result.all.isEmpty && result.all.firstMatch(of: Self.foreignWords) == nil, place)
    #expect(result.all.utf8.count < 4000 && !result.all.unicodeScalars.contains("\u{1B}"), place)
    let after = try site.contents()
    let changed = Set(after.keys).union(before.keys).filter { after[$0] != before[$0] }
    // An order that the SM-DP+ refuses stays in the books as one that failed.
    #expect(changed.isEmpty || command.name == "operator order place" && result.status == 76, place)
    if !changed.isEmpty { try await site.renew() }
  }

  /// Those of docs/commands.md, without success and without defects.
  private static let statuses: Set<Int32> = [64, 65, 66, 69, 75, 76, 77, 78]

  /// What only those understand who wrote the program.
  private static var foreignWords: Regex<Substring> {
    /Swift\.|Optional\(|\bnil\b|NSCocoa|Error Domain|CocoaError|\.swift\b|[Ff]atal error|Error\(|Error\.[a-z]|checkouts|not foreseen|crashed/
  }
}
