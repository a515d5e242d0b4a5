import COpenSSL

/// libcrypto's group of brainpoolP256r1, made once.
///
/// `@unchecked Sendable`: the EC_GROUP is never changed after `init`, and libcrypto only reads it.
final class BrainpoolGroup: @unchecked Sendable {
  private static let shared = BrainpoolGroup()
  private let group: OpaquePointer
  private let order: OpaquePointer

  private init?() {
    guard let group = EC_GROUP_new_by_curve_name(NID_brainpoolP256r1) else { return nil }
    guard let order = EC_GROUP_get0_order(group) else {
      EC_GROUP_free(group)
      return nil
    }
    (self.group, self.order) = (group, order)
  }

  deinit { EC_GROUP_free(group) }

  /// The group, where the system's libcrypto has it.
  static func get() throws(KeyError) -> BrainpoolGroup {
    guard let shared else { throw KeyError("the system's libcrypto lacks brainpoolP256r1") }
    return shared
  }

  /// Refuses what is not a point of the curve, and the point at infinity.
  func check(point bytes: [UInt8]) throws(KeyError) {
    let point = EC_POINT_new(group)
    defer { EC_POINT_free(point) }
    guard EC_POINT_oct2point(group, point, bytes, bytes.count, nil) == 1, EC_POINT_is_on_curve(group, point, nil) == 1,
      EC_POINT_is_at_infinity(group, point) == 0
    else { throw .pointRefused }
  }

  /// The point that belongs to a scalar, uncompressed; refused unless 1 ≤ scalar < order.
  func multiplyGenerator(by scalar: [UInt8]) throws(KeyError) -> [UInt8] {
    let number = BN_bin2bn(scalar, CInt(scalar.count), nil)
    let point = EC_POINT_new(group)
    defer {
      BN_clear_free(number)
      EC_POINT_free(point)
    }
    guard let number, BN_is_zero(number) == 0, BN_cmp(number, order) < 0 else { throw .scalarRefused }
    var bytes = [UInt8](repeating: 0, count: 65)
    // Alone with the generator, libcrypto multiplies by the constant-time ladder.
    guard EC_POINT_mul(group, point, number, nil, nil, nil) == 1,
      EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, &bytes, bytes.count, nil) == bytes.count
    else { throw .scalarRefused }
    return bytes
  }
}
