import Foundation

/// A point in time: milliseconds since 1970-01-01T00:00:00Z, without leap seconds.
public struct Instant: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
  /// Milliseconds since the epoch; negative before it.
  public var milliseconds: Int64

  /// The instant `milliseconds` after the epoch.
  public init(milliseconds: Int64) { self.milliseconds = milliseconds }

  /// The instant `seconds` after the epoch; saturates at the ends of time.
  public init(seconds: Int64) {
    let (milliseconds, overflow) = seconds.multipliedReportingOverflow(by: 1000)
    self.milliseconds = overflow ? (seconds < 0 ? .min : .max) : milliseconds
  }

  /// The system clock's reading, for the shell; everything below is handed its instant.
  public static func now() -> Instant { Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }

  /// Whole seconds since the epoch, rounded down.
  public var seconds: Int64 { milliseconds / 1000 - (milliseconds % 1000 < 0 ? 1 : 0) }

  public static func < (a: Instant, b: Instant) -> Bool { a.milliseconds < b.milliseconds }

  /// The instant `duration` later; saturates at the ends of time.
  public static func + (instant: Instant, duration: Duration) -> Instant {
    Instant(clamping: Int128(instant.milliseconds) + milliseconds(of: duration))
  }

  /// The instant `duration` earlier; saturates at the ends of time.
  public static func - (instant: Instant, duration: Duration) -> Instant {
    Instant(clamping: Int128(instant.milliseconds) - milliseconds(of: duration))
  }

  private init(clamping milliseconds: Int128) { self.milliseconds = Int64(clamping: milliseconds) }

  private static func milliseconds(of duration: Duration) -> Int128 {
    let (seconds, attoseconds) = duration.components
    return Int128(seconds) * 1000 + Int128(attoseconds / 1_000_000_000_000_000)
  }

  /// ISO 8601 in UTC to the second.
  public var description: String {
    Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
  }
}
