import Bytes
import Keys
import Testing

@Suite("Keys: signatures and agreement on both curves") struct KeyTests {
  @Test("BSI TR-03111 §5.2.1: what a key signs its public key verifies, and nothing else", arguments: Curve.allCases)
  func signatures(curve: Curve) throws {
    let random = SeededRandomSource(seed: [1])
    let (key, other) = (PrivateKey(curve, random: random), PrivateKey(curve, random: random))
    let message = Array("a bound profile package".utf8)
    let signature = try key.sign(message)
    #expect(signature.count == 64)
    #expect(key.publicKey.verifies(signature, over: message))
    #expect(!other.publicKey.verifies(signature, over: message))
    #expect(!key.publicKey.verifies(signature, over: message + [0]))
    for index in signature.indices {
      var changed = signature
      changed[index] ^= 1
      #expect(!key.publicKey.verifies(changed, over: message))
    }
    for length in 0..<64 { #expect(!key.publicKey.verifies(signature.prefix(length), over: message)) }
    #expect(!key.publicKey.verifies(signature + [0], over: message))
  }

  @Test("BSI TR-03111 §4.3.1: both sides agree on one secret", arguments: Curve.allCases)
  func agreement(curve: Curve) throws {
    let random = SeededRandomSource(seed: [2])
    let (a, b) = (PrivateKey(curve, random: random), PrivateKey(curve, random: random))
    let secret = try a.agree(with: b.publicKey)
    #expect(secret.bytes.count == 32)
    #expect(try secret == b.agree(with: a.publicKey))
    #expect(try secret != a.agree(with: a.publicKey))
  }

  @Test("an agreement of keys on different curves is refused") func curvesDiffer() {
    let random = SeededRandomSource(seed: [3])
    let (a, b) = (PrivateKey(.p256, random: random), PrivateKey(.brainpoolP256r1, random: random))
    #expect(throws: KeyError.self) { try a.agree(with: b.publicKey) }
    #expect(throws: KeyError.self) { try b.agree(with: a.publicKey) }
  }

  @Test("the same seed makes the same keys", arguments: Curve.allCases) func seeded(curve: Curve) {
    let keys = (0..<2).map { _ in PrivateKey(curve, random: SeededRandomSource(seed: [4])) }
    #expect(keys[0].scalar == keys[1].scalar)
    #expect(keys[0].publicKey == keys[1].publicKey)
    #expect(PrivateKey(curve, random: SeededRandomSource(seed: [5])).publicKey != keys[0].publicKey)
  }

  @Test("one key serves many tasks at once", arguments: Curve.allCases) func concurrency(curve: Curve) async throws {
    let random = SeededRandomSource(seed: [10])
    let (key, peer) = (PrivateKey(curve, random: random), PrivateKey(curve, random: random))
    let secret = try peer.agree(with: key.publicKey)
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for number in 0..<64 {
        group.addTask {
          let message = [UInt8(number)]
          return try key.publicKey.verifies(key.sign(message), over: message)
            && key.agree(with: peer.publicKey) == secret
        }
      }
      for try await holds in group { #expect(holds) }
    }
  }
}
