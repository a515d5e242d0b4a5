import Glibc

/// Where random bytes come from: the system in production, a seed in simulation and in cards made from one.
public protocol RandomSource: AnyObject, Sendable {
  /// `count` bytes nobody else can predict (from a seed: that anybody with the seed can repeat).
  func bytes(_ count: Int) -> [UInt8]
}

/// The operating system's generator.
public final class SystemRandomSource: RandomSource {
  /// The one shared source.
  public static let shared = SystemRandomSource()

  /// The generator's file: one call for any number of bytes. Negative where it cannot be opened.
  private let file: Int32

  private init() {
    // This waits until the generator is seeded (getrandom(2)), which the file does not.
    var generator = SystemRandomNumberGenerator()
    _ = generator.next()
    file = open("/dev/urandom", O_RDONLY | O_CLOEXEC)
  }

  public func bytes(_ count: Int) -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return [UInt8](unsafeUninitializedCapacity: max(0, count)) { buffer, filled in
      while filled < count {
        let got = file < 0 ? -1 : read(file, buffer.baseAddress?.advanced(by: filled), count - filled)
        if got > 0 {
          filled += got
        } else {
          buffer[filled] = UInt8.random(in: .min ... .max, using: &generator)
          filled += 1
        }
      }
    }
  }
}
