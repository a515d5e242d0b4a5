import Bytes
import CryptoExtras
import Synchronization

/// A P-256 key pair of swift-crypto.
///
/// A one-time key agrees and never signs, a long-lived one signs and never agrees, and each form costs a scalar
/// multiplication: the signing form is made at the first signature. `rawRepresentation` is the fast way in: it skips
/// the consistency check that `PrivateKey()` makes on the pair it has just computed itself.
final class P256Pair: Sendable {
  let publicKey: PublicKey
  /// The form that agrees and opens sealed messages.
  let agreement: P256.KeyAgreement.PrivateKey
  private let signing = Mutex<P256.Signing.PrivateKey?>(nil)

  init(scalar: [UInt8]) throws(KeyError) {
    guard let key = try? P256.KeyAgreement.PrivateKey(rawRepresentation: scalar) else { throw .scalarRefused }
    agreement = key
    publicKey = try PublicKey(.p256, point: key.publicKey.x963Representation)
  }

  var scalar: Secret { Secret(Array(agreement.rawRepresentation)) }

  func sign(_ data: [UInt8]) throws(KeyError) -> [UInt8] {
    let signature = try? signingKey().signature(for: data)
    guard let signature else { throw KeyError("swift-crypto could not sign") }
    return Array(signature.rawRepresentation)
  }

  private func signingKey() throws -> P256.Signing.PrivateKey {
    try signing.withLock { cached in
      if let cached { return cached }
      let key = try P256.Signing.PrivateKey(rawRepresentation: agreement.rawRepresentation)
      cached = key
      return key
    }
  }

  func agree(with point: [UInt8]) throws(KeyError) -> Secret {
    guard let peer = try? P256.KeyAgreement.PublicKey(x963Representation: point),
      let secret = try? agreement.sharedSecretFromKeyAgreement(with: peer)
    else { throw KeyError("the key agreement failed") }
    return Secret(secret.withUnsafeBytes { Array($0) })
  }
}
