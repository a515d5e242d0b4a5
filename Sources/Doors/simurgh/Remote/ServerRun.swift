import CircleFiles
import Foundation
import MutualAuthentication
import TransportHTTP

/// The life of a server's process, from its first listener to the interruption.
enum ServerRun {
  /// Listens, says that `name` is up, lets `work` begin, and takes revocation lists over until somebody interrupts.
  static func untilInterrupted(
    _ name: String, _ listener: Listener, site: Site, trust: CircleInForce, work: () throws -> [Worker]
  ) async throws {
    let lock = ServersLock.share(of: site)
    defer { withExtendedLifetime(lock) {} }
    let server = try await HTTPServer.start([listener])
    let workers: [Worker]
    do { workers = try work() } catch {
      await server.stop(grace: .zero)
      throw error
    }
    print("\(name) is up on \(listener.host):\(server.ports.first ?? 0). Interrupt (Ctrl-C) ends it.")
    fflush(nil)
    let watch = CircleWatch(directory: site.circle, trust: trust)
    let watching = Task { await watch.run() }
    await Interruption.wait()
    watching.cancel()
    for worker in workers { worker.stop() }
    await server.stop(grace: .seconds(5))
  }
}
