import Foundation

/// `make bench`: figures beside the physical limit of the same run.
@main struct Bench {
  @MainActor static func main() async throws {
    let arguments = Array(CommandLine.arguments.dropFirst())
    // The devices are a process of their own: their work must not count as the server's.
    do {
      switch arguments.first {
      case "devices": try DeviceFleet.main()
      case "dealers": try DealerFleet.main()
      case "centre": try await AuthenticationCentre.main(Array(arguments.dropFirst()))
      default: try await run(Options(arguments))
      }
    } catch {
      FileHandle.standardError.write(Data("bench: \(error)\n".utf8))
      exit(1)
    }
  }

  @MainActor private static func run(_ options: Options) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("simurgh-bench-\(getpid())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let report = Report(isJSON: options.isJSON)
    for section in Section.allCases where options.sections.isEmpty || options.sections.contains(section) {
      switch section {
      case .cards: try CardBench().run(report)
      case .contents: try ContentBench().run(report)
      case .agreements: try AgreementBench(options, in: folder).run(report)
      case .payments: try PaymentBench(options, in: folder).run(report)
      case .downloads: try await DownloadBench(options, in: folder).run(report)
      case .auc: try AuthenticationBench(in: folder).run(report)
      case .registrations: try await RegistrationBench(in: folder).run(report)
      case .orders: try await OrderBench(in: folder).run(report)
      case .moves: try MoveBench(in: folder).run(report)
      }
    }
  }
}

/// What can be measured by itself, in the order in which it is measured; each is a file.
enum Section: String, CaseIterable {
  case cards
  case contents
  case agreements
  case payments
  case downloads
  case auc
  case registrations
  case orders
  case moves
}

/// What `bench` is asked for.
struct Options {
  /// What to measure; empty for everything.
  var sections: [Section] = []
  /// Complete downloads to measure.
  var downloads = 600
  /// Devices that download at the same time, each over a connection it keeps.
  var devices = 32
  /// Whether the server wants to be told of everything, as orders do by default: also of the installation, of which the
  /// installation result tells already. That is a fifth request with two more verifications.
  var allNotifications = false
  /// Payment records to upload.
  var records = 20_000
  /// Cards on which data are stored.
  var cards = 300
  /// A line of JSON for each figure instead of the table.
  var isJSON = false

  /// `[SECTION]... [--downloads N] [--devices N] [--records N] [--cards N] [--all-notifications] [--json]`
  init(_ arguments: [String]) throws {
    var rest = arguments[...]
    while let name = rest.popFirst() {
      switch name {
      case "--json": isJSON = true
      case "--all-notifications": allNotifications = true
      case "--downloads": downloads = try Self.number(after: name, &rest)
      case "--cards": cards = try Self.number(after: name, &rest)
      case "--records": records = try Self.number(after: name, &rest)
      case "--devices": devices = try Self.number(after: name, &rest)
      default:
        guard let section = Section(rawValue: name) else {
          let names = Section.allCases.map(\.rawValue).joined(separator: "|")
          throw BenchError(
            "bench [\(names)]... [--downloads N] [--devices N] [--records N] [--cards N] [--all-notifications] [--json], "
              + "not \(name)"
          )
        }
        sections.append(section)
      }
    }
  }

  private static func number(after name: String, _ rest: inout ArraySlice<String>) throws -> Int {
    guard let number = rest.popFirst().flatMap(Int.init), (1...10_000_000).contains(number) else {
      throw BenchError("\(name) wants a number")
    }
    return number
  }
}

/// Why there are no figures.
struct BenchError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
