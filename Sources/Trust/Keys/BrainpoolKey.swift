import Bytes
import COpenSSL

/// A key of brainpoolP256r1 in libcrypto, which swift-crypto does not know: a public key, or a pair.
///
/// `@unchecked Sendable`: the EVP_PKEY is never changed after `init`, and libcrypto allows such an object to be used
/// from several threads at once.
final class BrainpoolKey: @unchecked Sendable {
  /// 65 bytes: 04, X, Y.
  let point: [UInt8]
  /// 32 bytes; empty for a public key.
  let scalar: Secret
  private let key: OpaquePointer

  /// The public key; refused unless the point is on the curve.
  init(point: [UInt8]) throws(KeyError) {
    try BrainpoolGroup.get().check(point: point)
    (self.point, scalar) = (point, Secret([]))
    key = try Self.makeKey(point: point, scalar: nil)
  }

  /// The pair of a scalar of 32 bytes.
  init(scalar: [UInt8]) throws(KeyError) {
    point = try BrainpoolGroup.get().multiplyGenerator(by: scalar)
    self.scalar = Secret(scalar)
    key = try Self.makeKey(point: point, scalar: scalar)
  }

  deinit { EVP_PKEY_free(key) }

  private static func makeKey(point: [UInt8], scalar: [UInt8]?) throws(KeyError) -> OpaquePointer {
    let number = scalar.flatMap { BN_bin2bn($0, CInt($0.count), nil) }
    let builder = OSSL_PARAM_BLD_new()
    let context = EVP_PKEY_CTX_new_from_name(nil, "EC", nil)
    defer {
      BN_clear_free(number)
      OSSL_PARAM_BLD_free(builder)
      EVP_PKEY_CTX_free(context)
    }
    OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "brainpoolP256r1", 0)
    OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, point.count)
    if let number { OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, number) }
    let parameters = OSSL_PARAM_BLD_to_param(builder)
    defer { OSSL_PARAM_free(parameters) }
    var key: OpaquePointer?
    guard EVP_PKEY_fromdata_init(context) == 1,
      EVP_PKEY_fromdata(context, &key, COpenSSL_selection(number == nil ? 0 : 1), parameters) == 1, let key
    else { throw scalar == nil ? .pointRefused : .scalarRefused }
    return key
  }

  func sign(_ data: [UInt8]) throws(KeyError) -> [UInt8] {
    let context = EVP_MD_CTX_new()
    defer { EVP_MD_CTX_free(context) }
    var der = [UInt8](repeating: 0, count: 80)
    var length = der.count
    guard EVP_DigestSignInit(context, nil, EVP_sha256(), nil, key) == 1,
      EVP_DigestSign(context, &der, &length, data, data.count) == 1,
      let signature = ECDSAEncoding.plain(fromDER: Array(der.prefix(length)))
    else { throw KeyError("libcrypto could not sign") }
    return signature
  }

  func verifies(_ signature: [UInt8], over data: [UInt8]) -> Bool {
    guard let der = ECDSAEncoding.der(fromPlain: signature) else { return false }
    let context = EVP_MD_CTX_new()
    defer { EVP_MD_CTX_free(context) }
    guard EVP_DigestVerifyInit(context, nil, EVP_sha256(), nil, key) == 1 else { return false }
    return EVP_DigestVerify(context, der, der.count, data, data.count) == 1
  }

  func agree(with peer: BrainpoolKey) throws(KeyError) -> Secret {
    let context = EVP_PKEY_CTX_new_from_pkey(nil, key, nil)
    defer { EVP_PKEY_CTX_free(context) }
    var shared = [UInt8](repeating: 0, count: 32)
    var length = shared.count
    // The peer's point was checked when it was made, and the cofactor is 1: libcrypto need not check it again (0).
    guard EVP_PKEY_derive_init(context) == 1, EVP_PKEY_derive_set_peer_ex(context, peer.key, 0) == 1,
      EVP_PKEY_derive(context, &shared, &length) == 1, length == 32
    else { throw KeyError("the key agreement failed") }
    return Secret(shared)
  }
}
