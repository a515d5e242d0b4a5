/// The durable writes of one party: counts them, and lets the party crash at one of them.
///
/// `@unchecked Sendable`: a simulation runs on one thread; the store's hook asks for it.
public final class Fuse: @unchecked Sendable {
  /// When the party crashes.
  public enum Moment: Hashable, Sendable, CaseIterable {
    /// Nothing of the write is durable.
    case before
    /// The write is durable, and nobody has been told.
    case after
  }

  /// The party is gone, with everything that it had not written.
  struct Crash: Error {}

  /// How many durable writes there were.
  public private(set) var writes = 0
  /// Whether the party is down.
  public private(set) var isBlown = false
  /// When to crash at the write of this number; nil: not there.
  public var plan: (_ write: Int) -> Moment? = { _ in nil }
  private var due: Moment?

  /// A fuse that never blows until there is a plan.
  public init() {}

  /// To be called before and after each durable write; throws where the party crashes or is down.
  func reach(_ moment: Moment) throws(Crash) {
    guard !isBlown else { throw Crash() }
    if moment == .before {
      writes += 1
      due = plan(writes)
    }
    guard due == moment else { return }
    (due, isBlown) = (nil, true)
    throw Crash()
  }

  /// The party is down because of something else than a write.
  func blow() { isBlown = true }

  /// The party is up again.
  func mend() { isBlown = false }
}
