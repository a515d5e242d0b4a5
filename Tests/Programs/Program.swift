import Subprocess
import SystemPackage

/// A program that a test runs. It inherits nothing but its three streams, so that nobody waits for a stranger's end; and
/// while it runs, the test holds no thread.
public struct Program: Sendable {
  /// Its name, found on the path, and what it is given.
  public var command: [String]
  /// Where it runs; the test's own folder without one.
  public var folder: String?
  /// Its whole environment; the test's own without one.
  public var environment: [String: String]?

  public init(_ command: [String], in folder: String? = nil, environment: [String: String]? = nil) {
    (self.command, self.folder, self.environment) = (command, folder, environment)
  }

  /// What it left behind.
  public struct Result: Sendable {
    /// What it ended with, or 128 and the signal that ended it, as shells tell it.
    public let status: Int32
    /// What it said on standard output and standard error, as it came; at most 64 MiB.
    public let text: String
  }

  /// Runs it to its end.
  public func run() async throws -> Result {
    let result = try await Subprocess.run(
      configuration, output: .string(limit: 64 << 20), error: .combinedWithOutput)
    return Result(status: Self.status(result.terminationStatus), text: result.standardOutput)
  }

  /// Runs it to its end, and returns its status; what it says goes to the files `output` and `errors`, which are made
  /// anew. `begun` is told its process.
  public func run(output: String, errors: String, begun: (Int32) -> Void = { _ in }) async throws -> Int32 {
    let result = try await Subprocess.run(
      configuration, input: .none,
      output: .fileDescriptor(try Self.file(output), closeAfterSpawningProcess: true),
      error: .fileDescriptor(try Self.file(errors), closeAfterSpawningProcess: true)
    ) { begun($0.processIdentifier.value) }
    return Self.status(result.terminationStatus)
  }

  private var configuration: Configuration {
    Configuration(
      executable: .path("/usr/bin/env"), arguments: Arguments(command),
      environment: environment.map { variables in
        .custom(Dictionary(uniqueKeysWithValues: variables.map { (Environment.Key(stringLiteral: $0.key), $0.value) }))
      } ?? .inherit,
      workingDirectory: folder.map { FilePath($0) })
  }

  private static func file(_ path: String) throws -> FileDescriptor {
    try .open(FilePath(path), .writeOnly, options: [.create, .truncate], permissions: [.ownerReadWrite])
  }

  private static func status(_ end: TerminationStatus) -> Int32 {
    switch end {
    case .exited(let code): code
    case .signaled(let signal): 128 + signal
    }
  }
}
