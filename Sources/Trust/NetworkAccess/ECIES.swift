import Bytes
import CryptoExtras
import Keys

/// The Elliptic Curve Integrated Encryption Scheme that conceals a subscriber's identity (TS 33.501 §C.3).
///
/// A scheme output is the ephemeral public key, the ciphertext (as long as the plaintext) and 8 bytes of MAC tag.
public enum ECIES {
  /// Which curve (TS 33.501 §C.3.4).
  public enum Profile: UInt8, Sendable, CaseIterable {
    /// Profile A: Curve25519; a public key has 32 bytes.
    case a = 1
    /// Profile B: secp256r1 with point compression; a public key has 33 bytes.
    case b = 2

    /// Bytes of an ephemeral public key.
    public var publicKeyLength: Int { self == .a ? 32 : 33 }
  }

  private static let tagLength = 8

  /// §C.3.2, the UE: conceals `plaintext` for the home network's public key (profile A: 32 bytes; B: 33 or 65) with the
  /// ephemeral private key `ephemeral`, 32 bytes, which serves once.
  public static func conceal(
    _ plaintext: [UInt8], for homeNetworkKey: [UInt8], profile: Profile, ephemeral: [UInt8]
  ) throws(KeyError) -> [UInt8] {
    let ephemeralPublicKey: [UInt8]
    let shared: Secret
    switch profile {
    case .a:
      let key = try X25519Key(ephemeral)
      (ephemeralPublicKey, shared) = (key.publicKey, try key.agree(with: homeNetworkKey))
    case .b:
      let key = try PrivateKey(.p256, scalar: ephemeral)
      ephemeralPublicKey = Self.compressed(key.publicKey.point)
      shared = try key.agree(with: PublicKey(.p256, point: Self.uncompressed(homeNetworkKey)))
    }
    let keys = Keys(shared, ephemeralPublicKey)
    let ciphertext = try keys.crypt(plaintext)
    return ephemeralPublicKey + ciphertext + keys.tag(ciphertext)
  }

  /// §C.3.3, the home network: the plaintext of a scheme output; refused unless its MAC tag is right.
  public static func reveal(
    _ output: [UInt8], with homeNetworkKey: HomeNetworkKey
  ) throws(KeyError) -> [UInt8] {
    let length = homeNetworkKey.profile.publicKeyLength
    guard output.count >= length + tagLength else { throw KeyError("the scheme output is too short") }
    let (ephemeral, ciphertext) = (Array(output.prefix(length)), Array(output.dropFirst(length).dropLast(tagLength)))
    let keys = Keys(try homeNetworkKey.agree(with: ephemeral), ephemeral)
    guard equalInConstantTime(keys.tag(ciphertext), output.suffix(tagLength)) else {
      throw KeyError("the scheme output was changed, or concealed for another key")
    }
    return try keys.crypt(ciphertext)
  }

  /// §C.3.4.0: what the ANSI X9.63 KDF makes of the shared secret, with the ephemeral public key as SharedInfo1.
  private struct Keys {
    /// Encryption key, 16 bytes; initial counter block, 16; MAC key, 32.
    private let encryption, mac: Secret
    private let counterBlock: [UInt8]

    init(_ shared: Secret, _ ephemeralPublicKey: [UInt8]) {
      let bytes = x963KDF(secret: shared, sharedInfo: ephemeralPublicKey, length: 64).bytes
      (encryption, counterBlock) = (Secret(Array(bytes[..<16])), Array(bytes[16..<32]))
      mac = Secret(Array(bytes[32...]))
    }

    /// AES-128 in CTR mode, both ways.
    func crypt(_ data: [UInt8]) throws(KeyError) -> [UInt8] {
      guard let nonce = try? CryptoExtras.AES._CTR.Nonce(nonceBytes: counterBlock),
        let result = try? CryptoExtras.AES._CTR.encrypt(data, using: SymmetricKey(data: encryption.bytes), nonce: nonce)
      else { throw KeyError("AES-CTR failed") }
      return Array(result)
    }

    /// HMAC-SHA-256, its first 8 bytes; SharedInfo2 is the empty string.
    func tag(_ ciphertext: [UInt8]) -> [UInt8] { Array(hmacSHA256(ciphertext, key: mac).prefix(tagLength)) }
  }

  /// SEC 1 §2.3.3: 02 or 03, then X.
  static func compressed(_ point: [UInt8]) -> [UInt8] {
    [(point.last ?? 0) & 1 | 0x02] + point.dropFirst().prefix(32)
  }

  /// The point in 65 bytes of its 33 or 65.
  static func uncompressed(_ point: [UInt8]) throws(KeyError) -> [UInt8] {
    if point.count == 65 { return point }
    guard let key = try? P256.KeyAgreement.PublicKey(compressedRepresentation: point) else {
      throw KeyError("the public key is not a point of P-256, 33 bytes beginning with 02 or 03")
    }
    return Array(key.x963Representation)
  }
}

/// A home network's key pair for the concealment of identities.
public struct HomeNetworkKey: Sendable {
  /// Which curve it is on.
  public let profile: ECIES.Profile
  /// What subscribers' cards get: 32 bytes (A), or 33, compressed (B).
  public let publicKey: [UInt8]
  private let engine: Engine

  private enum Engine: Sendable {
    case a(X25519Key)
    case b(PrivateKey)
  }

  /// The pair of a private key of 32 bytes.
  public init(_ profile: ECIES.Profile, privateKey: Secret) throws(KeyError) {
    self.profile = profile
    switch profile {
    case .a:
      let key = try X25519Key(privateKey.bytes)
      (engine, publicKey) = (.a(key), key.publicKey)
    case .b:
      let key = try PrivateKey(.p256, scalar: privateKey.bytes)
      (engine, publicKey) = (.b(key), ECIES.compressed(key.publicKey.point))
    }
  }

  func agree(with ephemeral: [UInt8]) throws(KeyError) -> Secret {
    switch engine {
    case .a(let key): try key.agree(with: ephemeral)
    case .b(let key): try key.agree(with: PublicKey(.p256, point: ECIES.uncompressed(ephemeral)))
    }
  }
}
