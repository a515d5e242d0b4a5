import Foundation
import Testing

@Suite("The house: conventions") struct ConventionTests {
  @Test("no file of the library is longer than 600 lines") func length() throws {
    for file in Repository.files(below: "Sources", suffix: ".swift") {
      let lines = try Repository.text(file).split(separator: "\n", omittingEmptySubsequences: false).count
      #expect(lines <= 600, "\(file) has \(lines) lines")
    }
  }

  @Test("nothing is left for later, and nothing traps on purpose") func marks() throws {
    let marks = ["TO" + "DO", "FIX" + "ME", "XX" + "X:", "try" + "!", " as" + "! ", "fatal" + "Error("]
    for file in Repository.files(below: "Sources", suffix: ".swift") {
      let text = try Repository.text(file)
      for mark in marks {
        let isThere = text.contains(mark)
        #expect(!isThere, "\(file) has \(mark)")
      }
    }
  }

  @Test("paths are divided by PathName: Foundation's NSString traps on a path of one letter") func pathNames() throws {
    for file in Repository.files(below: "Sources", suffix: ".swift") {
      #expect(try !Repository.text(file).contains("as NSString"), "\(file)")
    }
  }

  @Test("README, ARCHITECTURE and docs name only files that exist") func links() throws {
    let link = try Regex(#"\]\(([^)#:\s]+)(?:#[^)]*)?\)"#)
    let top = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"]
    for page in top + Repository.files(below: "docs", suffix: ".md") {
      let folder = Repository.root.appendingPathComponent(page).deletingLastPathComponent()
      for match in try Repository.text(page).matches(of: link) {
        guard let target = match.output[1].substring else { continue }
        let path = folder.appendingPathComponent(String(target)).path
        #expect(FileManager.default.fileExists(atPath: path), "\(page) links to \(target)")
      }
    }
  }

  @Test("each folder of tests is built: tests that nobody compiles show nothing") func testFolders() throws {
    let manifest = try Repository.text("Package.swift")
    let tests = manifest.suffix(from: manifest.range(of: "let tests: ")?.lowerBound ?? manifest.startIndex)
    let folders = Repository.files(below: "Tests", suffix: "Tests.swift").compactMap { path in
      path.split(separator: "/").dropFirst().dropLast().last { $0.hasSuffix("Tests") }
        .map { folder in
          path.prefix(upTo: path.range(of: folder)?.upperBound ?? path.endIndex).dropFirst("Tests/".count)
        }
    }
    #expect(!folders.isEmpty)
    for folder in Set(folders) {
      let isBuilt = tests.contains("\"\(folder.dropLast("Tests".count))\"") || tests.contains("\"Tests/\(folder)\"")
      #expect(isBuilt, "no target of Package.swift has Tests/\(folder)")
    }
  }

  @Test("README's make targets exist") func makeTargets() throws {
    let makefile = try Repository.text("Makefile")
    let target = try Regex(#"`make ([a-z]+)"#)
    let named = try Repository.text("README.md").matches(of: target).compactMap { $0.output[1].substring }
    #expect(!named.isEmpty)
    for name in named {
      let isThere = makefile.contains("\n\(name):")
      #expect(isThere, "README names `make \(name)`")
    }
  }
}
