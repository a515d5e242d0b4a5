import Foundation
import Testing

/// docs/systems.md maps each step of the founding documents to a symbol and a test. A row is
/// `| A1 (a) | what | `Type.member` in path | `test`, `test` in path |`.
@Suite("docs/systems.md: no dangling row") struct SystemsTests {
  @Test("each symbol and each test that a row names is declared in the file that it names") func rows() throws {
    let cell = try Regex(#"((?:`[^`]+`(?:, )?)+) in ([A-Za-z0-9/_.+-]+\.swift)"#)
    let quoted = try Regex("`([^`]+)`")
    var count = 0
    for line in try Repository.text("docs/systems.md").split(separator: "\n") where line.hasPrefix("| ") {
      for match in line.matches(of: cell) {
        guard let symbols = match.output[1].substring, let path = match.output[2].substring else { continue }
        let text = (try? Repository.text(String(path))) ?? ""
        #expect(!text.isEmpty, "\(path) does not exist: \(line)")
        for symbol in symbols.matches(of: quoted).compactMap({ $0.output[1].substring }) {
          count += 1
          for part in symbol.split(separator: ".") {
            let name = String(part.prefix { $0 != "(" })
            let isTest = path.hasPrefix("Tests/") && name.first?.isLowercase == true
            let isThere = try isTest ? text.contains("func \(name)(") : declares(name, text)
            #expect(isThere, "\(path) does not declare \(name): \(line)")
          }
        }
      }
    }
    #expect(count > 0)
  }

  /// Whether a line of `text` that is no comment declares `name`, extends it, or has it as a case.
  private func declares(_ name: String, _ text: String) throws -> Bool {
    if name == "init" { return text.contains("init(") }
    let keyword = "(?:func|var|let|struct|class|enum|actor|protocol|typealias)"
    let declaration = try Regex(
      #"\b\#(keyword) \#(name)\b|\bextension (?:\w+\.)*\#(name)\b"#
        + #"|^\s*(?:indirect )?case (?:\w+(?:\([^)]*\)| = [^,]+)?, )*\#(name)\b"#)
    return text.split(separator: "\n").contains { line in
      line.contains(name) && !line.drop { $0 == " " }.hasPrefix("//") && line.contains(declaration)
    }
  }

  @Test("what only holds a name, or begins with it, does not declare it") func declarations() throws {
    #expect(try declares("receipt", "  public func receipt(_ request: Request) {"))
    #expect(try declares("Load", "  public enum Load: Sendable {"))
    #expect(try declares("b", "  case a(Int), b, c"))
    #expect(try declares("Inner", "extension Outer.Inner {"))
    for text in ["  func receipts() {", "  // func receipt()", "  let x = receipt()", "  case .receipt: 1"] {
      #expect(try !declares("receipt", text), "\(text)")
    }
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
