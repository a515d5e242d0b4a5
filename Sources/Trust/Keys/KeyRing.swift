import Bytes
import Synchronization

/// Where master keys come from, if they may change while a program runs.
protocol KeySource: Sendable {
  /// Changes whenever the keys do; cheap to ask.
  var stamp: [Int] { get }
  /// The keys.
  func keys() throws(KeyError) -> KeyRing.Keys
}

/// The master keys of a vault, and of all its copies.
final class KeyRing: Sendable {
  /// The keys at a time.
  struct Keys: Sendable {
    /// Seals what is new.
    let current: KeyVault.MasterKey
    /// Open what was sealed before the rotation.
    let former: [KeyVault.MasterKey]

    init(current: Secret, former: [Secret]) throws(KeyError) {
      self.current = try KeyVault.MasterKey(current)
      var keys: [KeyVault.MasterKey] = []
      for secret in former { keys.append(try KeyVault.MasterKey(secret)) }
      self.former = keys
    }

    func key(_ identifier: [UInt8]) -> KeyVault.MasterKey? {
      current.identifier == identifier ? current : former.first { $0.identifier == identifier }
    }
  }

  private let state: Mutex<(keys: Keys, stamp: [Int])>
  private let source: (any KeySource)?

  init(_ keys: Keys, source: (any KeySource)?, stamp: [Int] = []) {
    state = Mutex((keys, stamp))
    self.source = source
  }

  /// The keys as they were last read.
  var held: Keys { state.withLock { $0.keys } }

  /// The keys as they are in the source now; those that were last read where it cannot be read.
  var fresh: Keys {
    guard let source else { return held }
    let stamp = source.stamp
    if state.withLock({ $0.stamp }) == stamp { return held }
    guard let keys = try? source.keys() else { return held }
    state.withLock { $0 = (keys, stamp) }
    return keys
  }
}
