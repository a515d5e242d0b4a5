import COpenSSL

/// The two writings of an ECDSA signature of 256-bit curves: plain r‖s (BSI TR-03111 §5.2.1), as SGP.22 signs its
/// messages, and the SEQUENCE of two INTEGERs in DER (RFC 3279 §2.2.3), as X.509 certificates carry it.
public enum ECDSAEncoding {
  /// The 64 bytes r‖s of a signature in DER; nil unless it is DER to the letter and both numbers fit.
  public static func plain(fromDER der: [UInt8]) -> [UInt8]? {
    let parsed = der.withUnsafeBufferPointer { buffer in
      var next = buffer.baseAddress
      return d2i_ECDSA_SIG(nil, &next, buffer.count)
    }
    guard let parsed else { return nil }
    defer { ECDSA_SIG_free(parsed) }
    var plain = [UInt8](repeating: 0, count: 64)
    let fits = plain.withUnsafeMutableBufferPointer { buffer in
      BN_bn2binpad(ECDSA_SIG_get0_r(parsed), buffer.baseAddress, 32) == 32
        && BN_bn2binpad(ECDSA_SIG_get0_s(parsed), buffer.baseAddress.map { $0 + 32 }, 32) == 32
    }
    // libcrypto takes some BER too: only what is written the same way again was DER.
    guard fits, Self.der(fromPlain: plain) == der else { return nil }
    return plain
  }

  /// The signature in DER of the 64 bytes r‖s; nil where they are not 64.
  public static func der(fromPlain plain: [UInt8]) -> [UInt8]? {
    guard plain.count == 64, let signature = ECDSA_SIG_new() else { return nil }
    defer { ECDSA_SIG_free(signature) }
    let r = BN_bin2bn(Array(plain.prefix(32)), 32, nil)
    let s = BN_bin2bn(Array(plain.suffix(32)), 32, nil)
    guard r != nil, s != nil, ECDSA_SIG_set0(signature, r, s) == 1 else {
      BN_free(r)
      BN_free(s)
      return nil
    }
    // 2 numbers of at most 33 bytes with 2 bytes of header each, and the header of the whole.
    var der = [UInt8](repeating: 0, count: 72)
    let length = der.withUnsafeMutableBufferPointer { buffer in
      var next = buffer.baseAddress
      return i2d_ECDSA_SIG(signature, &next)
    }
    guard length > 0, length <= 72 else { return nil }
    return Array(der.prefix(Int(length)))
  }
}
