import Bytes
import CryptoExtras

/// A private key with its public key, for signing and for key agreement on either curve.
public struct PrivateKey: Sendable {
  /// The point that belongs to the scalar.
  public let publicKey: PublicKey
  private let engine: Engine

  /// The library's form of the key, made once because making it costs a scalar multiplication.
  private enum Engine: Sendable {
    case swiftCrypto(P256Pair)
    case libcrypto(BrainpoolKey)
  }

  /// The swift-crypto form of the key, where the key has one.
  var p256: P256Pair? {
    if case .swiftCrypto(let pair) = engine { pair } else { nil }
  }

  /// The curve of the key.
  public var curve: Curve { publicKey.curve }

  /// The private number, 32 bytes, most significant first.
  public var scalar: Secret {
    switch engine {
    case .swiftCrypto(let pair): pair.scalar
    case .libcrypto(let key): key.scalar
    }
  }

  /// A new key: the first 32 bytes of `random` that are a scalar of the curve (FIPS 186-5 §A.2.2). The same source
  /// in the same state gives the same key.
  public init(_ curve: Curve, random: any RandomSource) {
    // A try fails once in 2³² (P-256) or in 3 (brainpoolP256r1).
    for _ in 0..<1024 {
      if let key = try? PrivateKey(curve, scalar: random.bytes(32)) {
        self = key
        return
      }
    }
    preconditionFailure("the source of random bytes is broken, or libcrypto lacks \(curve)")
  }

  /// The key with the given scalar: 32 bytes, from 1 to the order of the curve less 1.
  public init(_ curve: Curve, scalar: some Collection<UInt8>) throws(KeyError) {
    let scalar = Array(scalar)
    guard scalar.count == 32 else { throw .scalarRefused }
    switch curve {
    case .p256:
      let pair = try P256Pair(scalar: scalar)
      (engine, publicKey) = (.swiftCrypto(pair), pair.publicKey)
    case .brainpoolP256r1:
      let key = try BrainpoolKey(scalar: scalar)
      (engine, publicKey) = (.libcrypto(key), PublicKey(key))
    }
  }

  /// ECDSA with SHA-256 over `data`: 64 bytes r‖s (BSI TR-03111 §5.2.1), different each time.
  public func sign(_ data: [UInt8]) throws(KeyError) -> [UInt8] {
    switch engine {
    case .swiftCrypto(let pair): try pair.sign(data)
    case .libcrypto(let key): try key.sign(data)
    }
  }

  /// ECKA (BSI TR-03111 §4.3.1): the X coordinate, 32 bytes, of the point that this key and `peer` share.
  public func agree(with peer: PublicKey) throws(KeyError) -> Secret {
    switch engine {
    case .swiftCrypto(let pair):
      guard peer.curve == .p256 else { throw .curvesDiffer }
      return try pair.agree(with: peer.point)
    case .libcrypto(let key):
      guard let peer = peer.brainpool else { throw .curvesDiffer }
      return try key.agree(with: peer)
    }
  }
}

extension KeyError {
  static let curvesDiffer = KeyError("the two keys of an agreement are on different curves")
}
