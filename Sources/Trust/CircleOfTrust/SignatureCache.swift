import Keys
import Synchronization

/// Remembers which issuing certificates bear which key's signature, for they come again with every eUICC of an EUM.
///
/// Only good signatures are remembered, over exact bytes and under one key: a fact that neither time nor a revocation
/// list changes. Everything else about the certificate is checked anew each time.
package final class SignatureCache: Sendable {
  private struct Entry: Hashable {
    let certificate: [UInt8]
    let key: PublicKey

    /// The certificate all at once: an array of bytes would be hashed byte by byte.
    func hash(into hasher: inout Hasher) { certificate.withUnsafeBytes { hasher.combine(bytes: $0) } }
  }
  private struct State {
    var uses: [Entry: UInt64] = [:]
    var clock: UInt64 = 0
  }
  private let state = Mutex(State())
  private let capacity: Int

  /// A cache of at most `capacity` certificates; the one not used for longest goes first.
  package init(capacity: Int) { self.capacity = capacity }

  /// Whether `key` signed `certificate`, computed or remembered.
  package func isSigned(_ certificate: Certificate, by key: PublicKey) -> Bool {
    let entry = Entry(certificate: certificate.encoded, key: key)
    if remembers(entry) { return true }
    guard certificate.isSigned(by: key) else { return false }
    state.withLock { state in
      if state.uses.count >= capacity, let oldest = state.uses.min(by: { $0.value < $1.value }) {
        state.uses[oldest.key] = nil
      }
      state.clock += 1
      state.uses[entry] = state.clock
    }
    return true
  }

  private func remembers(_ entry: Entry) -> Bool {
    state.withLock { state in
      guard let index = state.uses.index(forKey: entry) else { return false }
      state.clock += 1
      state.uses.values[index] = state.clock
      return true
    }
  }

  /// How many certificates are remembered.
  package var count: Int { state.withLock { $0.uses.count } }
}
