import Bytes
import CryptoExtras
import Keys

/// A key pair for agreement on Curve25519 (RFC 7748 §5): 32 bytes each.
public struct X25519Key: Sendable {
  private let key: Curve25519.KeyAgreement.PrivateKey

  /// The key with the given private number: 32 bytes, as random as can be.
  public init(_ bytes: [UInt8]) throws(KeyError) {
    guard let key = try? Curve25519.KeyAgreement.PrivateKey(rawRepresentation: bytes) else {
      throw KeyError("an X25519 private key has 32 bytes")
    }
    self.key = key
  }

  /// The public key, 32 bytes.
  public var publicKey: [UInt8] { Array(key.publicKey.rawRepresentation) }

  /// X25519(private, public), 32 bytes; refused where the result is zero, as for a point of small order (RFC 7748 §6.1).
  public func agree(with publicKey: [UInt8]) throws(KeyError) -> Secret {
    guard let peer = try? Curve25519.KeyAgreement.PublicKey(rawRepresentation: publicKey),
      let secret = try? key.sharedSecretFromKeyAgreement(with: peer)
    else { throw KeyError("the X25519 public key is not usable: 32 bytes, of no small order") }
    let bytes = secret.withUnsafeBytes { Array($0) }
    guard !equalInConstantTime(bytes, [UInt8](repeating: 0, count: 32)) else {
      throw KeyError("the X25519 public key is of small order")
    }
    return Secret(bytes)
  }
}
