import Bytes
import Identifiers
import SMDPPlus
import Stations
import TransportHTTP

/// What an SM-DP+ does without being asked: it delivers its errands to operators and SM-DS, forgets sessions whose time is over,
/// and takes over new revocation lists.
struct Housekeeping {
  private let desk: Desk
  private let client: HTTPSClient
  private let watch: CircleWatch

  /// The chores of `party`.
  init(_ party: SMDPPlusParty) throws {
    (desk, client) = (try party.desk(), try party.client())
    watch = CircleWatch(directory: party.directory, trust: party.trust)
  }

  private static let pause = Duration.milliseconds(500)
  /// Deliveries in a round at most, of 32 errands each.
  private static let burst = 50
  /// Rounds between two looks at the circle.
  private static let watchInterval = Int(CircleWatch.interval / pause)
  /// Rounds between two sweeps: about a minute.
  private static let sweepInterval = 120

  /// Runs until the task is cancelled. A round that fails is repeated by the next: errands stay in the outbox.
  func run() async {
    let courier = Courier(desk)
    var watch = watch
    var round = 0
    try? courier.resume(given: Given(now: .now(), random: SystemRandomSource.shared))
    while !Task.isCancelled {
      // What was taken makes room for its order's next errand.
      for _ in 0..<Self.burst {
        let given = Given(now: .now(), random: SystemRandomSource.shared)
        let taken = try? await courier.deliver(given: given) { try await client.send($0) }
        if taken ?? 0 == 0 { break }
      }
      let given = Given(now: .now(), random: SystemRandomSource.shared)
      if round % Self.sweepInterval == 0 {
        _ = try? desk.sweep(given: given)
      }
      if round % Self.watchInterval == 0 { watch.refresh() }
      round += 1
      try? await Task.sleep(for: Self.pause)
    }
  }
}
