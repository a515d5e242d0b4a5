import Foundation
import Testing

/// A session at the command line, as a text that is run as it stands.
///
/// | Line | Meaning |
/// |---|---|
/// | `# …` | what the next steps show |
/// | `$ COMMAND` | runs it with bash; it must end with status 0 |
/// | `& COMMAND` | starts a server and waits until it says that it is up; it ends with the script |
/// | `= N` | the last command ends with this status instead |
/// | `> TEXT` | its output has this text, after what the lines before have found |
/// | `! TEXT` | its output does not have this text |
/// | `{}` | its standard output is one JSON document |
///
/// Commands find `simurgh` on their path, free ports in PORT, PORT2, PORT3 and PORT4, the published vectors in VECTORS,
/// lpac in LPAC, an empty database in STORE where they need one, and an empty directory around them; what the first server
/// says is in `../server0.out` and `../server0.err`. Where they need a PostgreSQL of their own, DATABASE is its folder,
/// with a program `start` that starts it again.
struct Script: CustomTestStringConvertible {
  let name: String
  let text: String

  /// A command and what it must do.
  struct Step {
    let line: Int
    let command: String
    let isServer: Bool
    var status: Int32 = 0
    var expected: [String] = []
    var absent: [String] = []
    var isJSON = false
  }

  var testDescription: String { name }

  /// What the script cannot be run without: a line `needs: WHAT`.
  var needs: String? {
    text.split(separator: "\n").first { $0.hasPrefix("needs: ") }.map { String($0.dropFirst(7)) }
  }

  /// The steps; a line that is none of the table's is an error.
  func steps() throws -> [Step] {
    var steps: [Step] = []
    for (number, line) in zip(1..., text.split(separator: "\n", omittingEmptySubsequences: false)) {
      let rest = String(line.dropFirst(2))
      switch line.prefix(2) {
      case "", "# ", "ne": continue
      case "$ ", "& ": steps.append(Step(line: number, command: rest, isServer: line.hasPrefix("&")))
      case "= ":
        guard let status = Int32(rest), !steps.isEmpty else { throw Malformed(name: name, line: number) }
        steps[steps.count - 1].status = status
      case "> " where !steps.isEmpty: steps[steps.count - 1].expected.append(rest)
      case "! " where !steps.isEmpty: steps[steps.count - 1].absent.append(rest)
      case "{}" where !steps.isEmpty: steps[steps.count - 1].isJSON = true
      default: throw Malformed(name: name, line: number)
      }
    }
    return steps
  }

  struct Malformed: Error {
    let name: String
    let line: Int
  }

  /// The scripts in Tests/Doors/scripts that need `what`.
  static func all(needing what: String? = nil) -> [Script] {
    let folder = Build.root.appendingPathComponent("Tests/Doors/scripts")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.sorted().compactMap { name in
      guard let text = try? String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8) else { return nil }
      let script = Script(name: name, text: text)
      return script.needs == what ? script : nil
    }
  }
}

/// Where the program and other things are.
enum Build {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// The folder with the program, beside the tests that run.
  static let products: String = {
    let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    let folder = (tests as NSString).deletingLastPathComponent
    return FileManager.default.isExecutableFile(atPath: "\(folder)/simurgh")
      ? folder : root.appendingPathComponent(".build/release").path
  }()

  static let vectors: String? = {
    let beside = root.deletingLastPathComponent().appendingPathComponent("shared/vectors").path
    let places: [String] = [variable("SIMURGH_VECTORS") ?? beside, beside]
    return places.first { FileManager.default.fileExists(atPath: "\($0)/sgp26") }
  }()

  static let lpac: String? = {
    let folders = (variable("PATH") ?? "").split(separator: ":").map(String.init)
    let places: [String] = [variable("SIMURGH_LPAC") ?? ""] + folders.map { "\($0)/lpac" }
    return places.first { FileManager.default.isExecutableFile(atPath: $0) }
  }()

  private static func variable(_ name: String) -> String? { ProcessInfo.processInfo.environment[name] }
}
