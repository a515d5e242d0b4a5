import Bytes
import Identifiers

/// What a request is decided with besides itself and the store: nothing is ambient.
public struct Given: Sendable {
  /// The time at which the request is decided.
  public var now: Instant
  /// Where challenges, identifiers and one-time keys come from.
  public var random: any RandomSource

  /// Both.
  public init(now: Instant, random: any RandomSource) { (self.now, self.random) = (now, random) }
}
