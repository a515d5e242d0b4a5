import Bytes
import Identifiers
import SMDPPlus
import TransportHTTP

/// What an SM-DP+ does without being asked: it delivers its errands to operators and SM-DS, and forgets sessions whose
/// time is over.
struct Housekeeping {
  let desk: Desk
  let client: HTTPSClient

  private static let pause = Duration.milliseconds(500)
  /// Rounds between two sweeps: about a minute.
  private static let sweepInterval = 120

  /// Runs until the task is cancelled. A round that fails is repeated by the next: errands stay in the outbox.
  func run() async {
    let courier = Courier(desk)
    var round = 0
    while !Task.isCancelled {
      let given = Given(now: .now(), random: SystemRandomSource.shared)
      _ = try? await courier.deliver(given: given) { try await client.send($0) }
      if round % Self.sweepInterval == 0 { _ = try? desk.sweep(given: given) }
      round += 1
      try? await Task.sleep(for: Self.pause)
    }
  }
}
