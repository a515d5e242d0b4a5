import Glibc
import Synchronization

/// A program that runs beside a test until it is told to end.
public final class RunningProgram: Sendable {
  /// Its process.
  public let process: Int32
  private let end: Task<Void, any Error>
  private let hasEnded: Flag

  private final class Flag: Sendable {
    let isUp = Atomic(false)
  }

  /// Starts `program`; what it says goes to the files `output` and `errors`, which are made anew. The error is why it
  /// could not be started.
  public init(_ program: Program, output: String, errors: String) async throws {
    let (processes, begun) = AsyncStream<Int32>.makeStream()
    let hasEnded = Flag()
    let end = Task {
      defer {
        hasEnded.isUp.store(true, ordering: .releasing)
        begun.finish()
      }
      _ = try await program.run(output: output, errors: errors) { begun.yield($0) }
    }
    guard let process = await processes.first(where: { _ in true }) else {
      try await end.value
      throw CancellationError()
    }
    (self.process, self.end, self.hasEnded) = (process, end, hasEnded)
  }

  /// Whether it has not ended yet.
  public var isRunning: Bool { !hasEnded.isUp.load(ordering: .acquiring) }

  /// Sends `signal` and waits for its end.
  public func stop(_ signal: Int32 = SIGTERM) async {
    if isRunning { kill(process, signal) }
    _ = try? await end.value
  }
}
