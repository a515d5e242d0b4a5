import Bytes

/// Keeps secrets at rest: each is sealed with AES-256-GCM under a master key, together with where it belongs.
///
/// A wrapped secret is 01, 8 bytes of key identifier, 12 bytes of nonce, the ciphertext and 16 bytes of tag. Header and
/// context are authenticated, so a secret moved to another record, or another field, does not open there. Nonces are
/// random: a master key wraps 2³² secrets at most (NIST SP 800-38D §8.3), then it is rotated.
public struct KeyVault: Sendable {
  private let ring: KeyRing

  /// A master key of 32 bytes.
  struct MasterKey: Sendable {
    let secret: Secret
    let identifier: [UInt8]

    init(_ secret: Secret) throws(KeyError) {
      guard secret.bytes.count == 32 else { throw KeyError("a master key has 32 bytes") }
      self.secret = secret
      identifier = Array(hmacSHA256(Array("Simurgh master key identifier".utf8), key: secret).prefix(8))
    }
  }

  private static let version: UInt8 = 0x01
  private static let headerLength = 21

  /// A vault under the master key `current`, 32 bytes; it still opens what was wrapped under the `former` ones.
  public init(current: Secret, former: [Secret] = []) throws(KeyError) {
    ring = KeyRing(try KeyRing.Keys(current: current, former: former), source: nil)
  }

  /// A vault whose keys are those of `source`, also when they change there while the vault is in use: so a rotation
  /// reaches programs that run.
  init(following source: some KeySource) throws(KeyError) {
    let stamp = source.stamp
    ring = KeyRing(try source.keys(), source: source, stamp: stamp)
  }

  /// Whether keys other than the current one are accepted: a rotation is under way.
  public var hasFormerKeys: Bool { !ring.fresh.former.isEmpty }

  /// `secret` wrapped for the place that `context` names, such as a table, a row and a column.
  public func wrap(_ secret: Secret, context: String, random: any RandomSource) throws(KeyError) -> [UInt8] {
    let (nonce, current) = (random.bytes(12), ring.fresh.current)
    let header = [Self.version] + current.identifier + nonce
    return header
      + (try AES.gcmSeal(
        secret.bytes, key: current.secret, nonce: nonce, authenticating: header + Array(context.utf8)))
  }

  /// The secret of ``wrap(_:context:random:)``; refused if it was changed, was wrapped for another place or under a
  /// master key that is not in the vault.
  public func unwrap(_ wrapped: [UInt8], context: String) throws(KeyError) -> Secret {
    guard wrapped.count >= Self.headerLength + 16, wrapped.first == Self.version else {
      throw KeyError("these are not the bytes of a wrapped secret")
    }
    let header = Array(wrapped.prefix(Self.headerLength))
    let identifier = Array(header[1..<9])
    guard let key = ring.held.key(identifier) ?? ring.fresh.key(identifier) else {
      throw KeyError("the secret was wrapped under the master key \(header[1..<9].hex), which is not in the vault")
    }
    return Secret(
      try AES.gcmOpen(
        Array(wrapped.dropFirst(Self.headerLength)), key: key.secret, nonce: Array(header[9...]),
        authenticating: header + Array(context.utf8)))
  }

  /// Whether `wrapped` is under another master key than the current one: what a rotation has still to rewrap.
  public func isOutdated(_ wrapped: [UInt8]) -> Bool {
    wrapped.first != Self.version || Array(wrapped.dropFirst().prefix(8)) != ring.fresh.current.identifier
  }

  /// The same secret under the current master key.
  public func rewrap(_ wrapped: [UInt8], context: String, random: any RandomSource) throws(KeyError) -> [UInt8] {
    try wrap(unwrap(wrapped, context: context), context: context, random: random)
  }
}
