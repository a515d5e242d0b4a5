import Identifiers

/// The terminal's calendar: its clock, set right by the charging centre now and then.
///
/// A clock drifts, and somebody may turn it back to use a card that has expired. So the latest reading is kept, and a clock
/// behind it is not believed until the centre has told the time again.
public struct TerminalCalendar: Sendable, Hashable {
  /// How wrong a quartz goes, at most: 100 parts in a million, nine seconds a day.
  public static let driftPerMillion: Int64 = 100
  /// How far the clock may stand behind its latest reading: what a correction by hand or by drift can make.
  public static let tolerance: Duration = .seconds(60)

  private let heard: Instant?
  private let heardClock: Instant?
  private let latestClock: Instant

  init(synchronised: (heard: Instant, clock: Instant)?, latestClock: Instant) {
    (heard, heardClock, self.latestClock) = (synchronised?.heard, synchronised?.clock, latestClock)
  }

  /// Why the calendar cannot say what day it is.
  public enum Problem: Error, Hashable, Sendable, CustomStringConvertible {
    /// The clock stands behind a reading that it had before.
    case turnedBack
    /// The charging centre has never told the time.
    case neverSet

    public var description: String {
      switch self {
      case .turnedBack: "the clock was turned back; the charging centre must tell the time"
      case .neverSet: "the calendar was never set; the charging centre must tell the time"
      }
    }
  }

  /// What time it is when the clock says `clock`.
  public func time(clock: Instant) throws(Problem) -> Instant {
    guard let heard, let heardClock else { throw .neverSet }
    guard clock + Self.tolerance >= latestClock else { throw .turnedBack }
    return heard + .milliseconds(max(0, clock.milliseconds - heardClock.milliseconds))
  }

  /// How far the calendar may be off.
  public func uncertainty(clock: Instant) -> Duration { since(clock) * Int(Self.driftPerMillion) / 1_000_000 }

  /// How long ago the centre was heard; without end where it never was.
  public func silence(clock: Instant) -> Duration { heardClock == nil ? .seconds(Int64.max) : since(clock) }

  private func since(_ clock: Instant) -> Duration {
    .milliseconds(max(0, clock.milliseconds - (heardClock ?? clock).milliseconds))
  }
}
