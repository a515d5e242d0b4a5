import Foundation
import Testing

/// docs/systems.md maps each step of the founding documents to a symbol and a test. A row is
/// `| A1 (a) | what | `Type.member` in path | `test function` in path |`.
@Suite("docs/systems.md: no dangling row") struct SystemsTests {
  @Test("each symbol and each test that a row names stands in the file it names") func rows() throws {
    let cell = try Regex(#"`([^`]+)` in ([A-Za-z0-9/_.+-]+\.swift)"#)
    var count = 0
    for line in try Repository.text("docs/systems.md").split(separator: "\n") where line.hasPrefix("| ") {
      for match in line.matches(of: cell) {
        guard let symbol = match.output[1].substring, let path = match.output[2].substring else { continue }
        count += 1
        let text = (try? Repository.text(String(path))) ?? ""
        #expect(!text.isEmpty, "\(path) does not exist: \(line)")
        for part in symbol.split(separator: ".") {
          let name = part.prefix { $0 != "(" }
          let isThere = text.contains(name)
          #expect(isThere, "\(path) does not define \(name): \(line)")
        }
      }
    }
    #expect(count > 0)
  }
}

/// docs/attacks.md: `| attack | answer | `test`, `test` in path, … |`.
@Suite("docs/attacks.md: no dangling row") struct AttacksTests {
  @Test("each test that a row names stands in a file that the row names") func rows() throws {
    let name = try Regex("`([A-Za-z0-9]+)`")
    let file = try Regex(#"Tests/[A-Za-z0-9/]+\.swift"#)
    var count = 0
    for line in try Repository.text("docs/attacks.md").split(separator: "\n") where line.contains("Tests/") {
      guard let cell = line.split(separator: "|").last(where: { $0.contains("Tests/") }) else { continue }
      let files = try cell.matches(of: file).map { try Repository.text(String(cell[$0.range])) }
      for match in cell.matches(of: name) {
        guard let test = match.output[1].substring else { continue }
        let isThere = files.contains { $0.contains("func \(test)(") }
        #expect(isThere, "no test \(test): \(line)")
        count += 1
      }
    }
    #expect(count > 0)
  }
}
