import Bytes
import Keys
import Testing

@Suite("Keys: what is no key") struct BadKeyTests {
  /// FIPS 186-4 §D.1.2.3, RFC 5639 §3.4.
  static let orders: [Curve: String] = [
    .p256: "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551",
    .brainpoolP256r1: "A9FB57DBA1EEA9BC3E660A909D838D718C397AA3B561A6F7901E0E82974856A7",
  ]

  @Test("SEC 1 §3.2.1: scalars are 1 to n − 1 in 32 bytes; 0, n and beyond are refused", arguments: Curve.allCases)
  func scalars(curve: Curve) throws {
    let order = try [UInt8](hex: #require(Self.orders[curve]))
    var (below, above) = (order, order)
    below[31] -= 1
    above[31] += 1
    let one = [UInt8](repeating: 0, count: 31) + [1]
    // (n − 1)G = −G: the same X.
    let (first, last) = try (PrivateKey(curve, scalar: one), PrivateKey(curve, scalar: below))
    #expect(first.publicKey.point[1...32] == last.publicKey.point[1...32])
    #expect(first.publicKey != last.publicKey)
    #expect(first.scalar.bytes == one)
    for bad in [
      [UInt8](repeating: 0, count: 32), order, above, [UInt8](repeating: 0xFF, count: 32), [], [1], one + [1],
    ] {
      #expect(throws: KeyError.self) { try PrivateKey(curve, scalar: bad) }
    }
  }

  @Test("SEC 1 §3.2.2: a point off the curve, at infinity, compressed or cut is refused", arguments: Curve.allCases)
  func points(curve: Curve) throws {
    let point = PrivateKey(curve, random: SeededRandomSource(seed: [6])).publicKey.point
    #expect(try PublicKey(curve, point: point).point == point)
    for index in point.indices {
      for bit in 0..<8 {
        var changed = point
        changed[index] ^= 1 << UInt8(bit)
        #expect(throws: KeyError.self) { try PublicKey(curve, point: changed) }
      }
    }
    for length in 0..<65 { #expect(throws: KeyError.self) { try PublicKey(curve, point: point.prefix(length)) } }
    let compressed = [2 + (point[64] & 1)] + Array(point[1...32])
    let zeros = [0x04] + [UInt8](repeating: 0, count: 64)
    let ones = [0x04] + [UInt8](repeating: 0xFF, count: 64)
    let hybrid = [0x06 + (point[64] & 1)] + Array(point.dropFirst())
    for bad: [UInt8] in [[0x00], compressed, zeros, ones, point + [0], hybrid] {
      #expect(throws: KeyError.self) { try PublicKey(curve, point: bad) }
    }
  }

  @Test("a point of one curve is none of the other") func otherCurve() {
    for (curve, other) in [(Curve.p256, Curve.brainpoolP256r1), (.brainpoolP256r1, .p256)] {
      let point = PrivateKey(curve, random: SeededRandomSource(seed: [7])).publicKey.point
      #expect(throws: KeyError.self) { try PublicKey(other, point: point) }
    }
  }

  @Test("RFC 3279 §2.2.3: a signature in DER that is cut, lengthened or too large is none") func encoding() throws {
    let key = PrivateKey(.brainpoolP256r1, random: SeededRandomSource(seed: [8]))
    let plain = try key.sign([1, 2, 3])
    let der = try #require(ECDSAEncoding.der(fromPlain: plain))
    #expect(ECDSAEncoding.plain(fromDER: der) == plain)
    for length in 0..<der.count { #expect(ECDSAEncoding.plain(fromDER: Array(der.prefix(length))) == nil) }
    #expect(ECDSAEncoding.plain(fromDER: der + [0]) == nil)
    #expect(
      ECDSAEncoding.plain(fromDER: try [UInt8](hex: "30250221010000000000000000" + "00".repeated(24) + "020101")) == nil
    )
    #expect(ECDSAEncoding.plain(fromDER: try [UInt8](hex: "30060201FF020101")) == nil)
    #expect(ECDSAEncoding.der(fromPlain: Array(plain.dropLast())) == nil)
  }

  @Test("a private key shows its scalar to nobody who prints it") func redaction() {
    let key = PrivateKey(.brainpoolP256r1, random: SeededRandomSource(seed: [9]))
    var text = ""
    dump(key, to: &text)
    #expect(!text.uppercased().contains(key.scalar.bytes.hex) && text.contains("redacted"))
  }
}

extension String {
  fileprivate func repeated(_ count: Int) -> String { String(repeating: self, count: count) }
}
