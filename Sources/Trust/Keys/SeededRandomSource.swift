import Bytes
import Synchronization

/// HMAC-DRBG with SHA-256 (NIST SP 800-90A §10.1.2), never reseeded: the same seed gives the same bytes for ever.
///
/// For simulation and for cards made from a seed. Whoever has the seed has all the bytes.
public final class SeededRandomSource: RandomSource {
  private struct State {
    var key: Secret
    var value: [UInt8]
  }
  private let state: Mutex<State>

  /// A source that depends on `seed` alone.
  public init(seed: [UInt8]) {
    var state = State(
      key: Secret([UInt8](repeating: 0, count: 32)), value: [UInt8](repeating: 1, count: 32))
    Self.update(&state, with: seed)
    self.state = Mutex(state)
  }

  public func bytes(_ count: Int) -> [UInt8] {
    state.withLock { state in
      var output: [UInt8] = []
      output.reserveCapacity(count + 31)
      while output.count < count {
        state.value = hmacSHA256(state.value, key: state.key)
        output += state.value
      }
      Self.update(&state, with: [])
      return Array(output.prefix(count))
    }
  }

  /// HMAC_DRBG_Update, §10.1.2.2.
  private static func update(_ state: inout State, with data: [UInt8]) {
    for marker: UInt8 in data.isEmpty ? [0] : [0, 1] {
      state.key = Secret(hmacSHA256(state.value + [marker] + data, key: state.key))
      state.value = hmacSHA256(state.value, key: state.key)
    }
  }
}
