import CircleOfTrust
import Synchronization

/// The circle that a running server trusts: replaced as a whole when a revocation list comes, without a new start.
public final class CircleInForce: Sendable {
  private let value: Mutex<Circle>

  /// At first `circle`.
  public init(_ circle: Circle) { value = Mutex(circle) }

  /// The circle as it is now; setting it counts from the next request on.
  public var circle: Circle {
    get { value.withLock { $0 } }
    set { value.withLock { $0 = newValue } }
  }
}
