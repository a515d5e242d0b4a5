/// How long a device waits before it tries again what did not succeed: longer each time, and it never gives up.
///
/// Notifications wait on the eUICC until their receiver took them (SGP.22 §3.5); a receiver that is away for weeks is
/// asked once a day, not every minute.
public struct RetryPauses: Sendable {
  private let first: Duration
  private let longest: Duration
  private var following: Duration

  /// Pauses that begin with `first` and double up to `longest`.
  public init(first: Duration = .seconds(10), longest: Duration = .seconds(86_400)) {
    (self.first, self.longest, following) = (first, longest, first)
  }

  /// The next pause.
  public mutating func next() -> Duration {
    defer { following = min(longest, following * 2) }
    return following
  }

  /// Something succeeded: the next pause is the shortest again.
  public mutating func reset() { following = first }
}
