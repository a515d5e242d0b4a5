/// Where random bytes come from: the system in production, a seed in simulation and in cards made from one.
public protocol RandomSource: AnyObject, Sendable {
  /// `count` bytes nobody else can predict (from a seed: that anybody with the seed can repeat).
  func bytes(_ count: Int) -> [UInt8]
}

/// The operating system's generator.
public final class SystemRandomSource: RandomSource {
  /// The one shared source.
  public static let shared = SystemRandomSource()

  private init() {}

  public func bytes(_ count: Int) -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    var result: [UInt8] = []
    result.reserveCapacity(count + 8)
    while result.count < count {
      withUnsafeBytes(of: generator.next()) { result.append(contentsOf: $0) }
    }
    result.removeLast(result.count - count)
    return result
  }
}
