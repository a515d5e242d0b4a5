import HandsetRegistration
import Identifiers

/// A device's clock, which drifts, and stops when the battery is out. Three rules are enough:
///
/// 1. A statement is judged at the clock's time less ``tolerance``, or at its own beginning where that is later: a clock
///    that is behind makes nobody's word worthless.
/// 2. What a carrier says in its answer to RDM is later than that or does not count: an expired carrier does not turn
///    the clock back.
/// 3. A carrier that proved itself sets the clock forward, and never back.
public struct DeviceClock {
  /// How far the clock may be ahead.
  public static let tolerance = Duration.seconds(86_400)

  private let counter: () -> Instant
  private var lead: Duration = .zero

  /// A clock that runs by `counter`.
  public init(_ counter: @escaping () -> Instant) { self.counter = counter }

  /// What it says.
  public var time: Instant { counter() + lead }

  /// The earliest time that it can be.
  public var earliest: Instant { time - Self.tolerance }

  /// A carrier that proved itself says that it is `time`.
  public mutating func set(_ time: Instant) {
    let behind = Duration.milliseconds(time.milliseconds - self.time.milliseconds)
    if behind > .zero { lead += behind }
  }

  /// When a statement that begins to hold at `beginning` is judged, where a carrier says that it is `told`.
  public func judging(from beginning: Instant, told: Instant? = nil) -> Instant {
    if let told { return max(told, earliest) }
    return max(earliest, beginning)
  }
}
