import NIOPosix
import Transport

/// Threads for handlers that wait, for a disk or for other servers: on the threads that everybody shares they would hold
/// up everybody.
public final class BlockingThreads: Sendable {
  private let pool: NIOThreadPool

  /// `count` threads: so many requests are decided side by side, the others wait in line.
  public init(_ count: Int) {
    pool = NIOThreadPool(numberOfThreads: count)
    pool.start()
  }

  deinit { pool.shutdownGracefully { _ in } }

  /// A handler that runs `respond` on these threads.
  public func handler(_ respond: @escaping @Sendable (Message) -> Reply) -> MessageHandler {
    { [self] message in (try? await pool.runIfActive { respond(message) }) ?? Reply(status: 503) }
  }
}
