import Bytes
import CryptoExtras

/// A point of a curve, checked when it was made: nothing later meets a point off the curve.
public struct PublicKey: Hashable, Sendable {
  /// The curve the point is on.
  public let curve: Curve
  /// 65 bytes: 04, X, Y (SEC 1 §2.3.3, uncompressed).
  public let point: [UInt8]
  private let engine: Engine

  /// The library's form of the key, made once because making it costs a check of the point.
  private enum Engine: Sendable {
    case swiftCrypto(P256.Signing.PublicKey)
    case libcrypto(BrainpoolKey)
  }

  /// The key whose uncompressed `point` is given; refused unless it is on the curve and not the point at infinity.
  public init(_ curve: Curve, point: some Collection<UInt8>) throws(KeyError) {
    let point = Array(point)
    guard point.count == 65, point.first == 0x04 else { throw .pointRefused }
    switch curve {
    case .p256:
      guard let key = try? P256.Signing.PublicKey(x963Representation: point) else { throw .pointRefused }
      engine = .swiftCrypto(key)
    case .brainpoolP256r1:
      engine = .libcrypto(try BrainpoolKey(point: point))
    }
    (self.curve, self.point) = (curve, point)
  }

  init(_ key: P256.Signing.PublicKey) {
    (curve, point, engine) = (.p256, Array(key.x963Representation), .swiftCrypto(key))
  }

  init(_ key: BrainpoolKey) { (curve, point, engine) = (.brainpoolP256r1, key.point, .libcrypto(key)) }

  /// Whether `signature`, 64 bytes r‖s (BSI TR-03111 §5.2.1), is this key's ECDSA with SHA-256 over `data`.
  /// Whatever is malformed is simply no signature.
  public func verifies(_ signature: some Collection<UInt8>, over data: [UInt8]) -> Bool {
    let signature = Array(signature)
    guard signature.count == 64 else { return false }
    switch engine {
    case .swiftCrypto(let key):
      guard let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
      return key.isValidSignature(signature, for: data)
    case .libcrypto(let key):
      return key.verifies(signature, over: data)
    }
  }

  /// The libcrypto form of the key, where the key has one.
  var brainpool: BrainpoolKey? {
    if case .libcrypto(let key) = engine { key } else { nil }
  }

  public static func == (a: PublicKey, b: PublicKey) -> Bool { a.curve == b.curve && a.point == b.point }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(curve)
    hasher.combine(point)
  }
}
