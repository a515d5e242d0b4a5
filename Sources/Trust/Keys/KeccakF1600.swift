/// The permutation Keccak-f[1600] (FIPS 202 §3): no library at hand offers it without a sponge around it.
///
/// 25 lanes of 64 bits; lane (x, y) is number x + 5y, least significant byte first.
package struct KeccakF1600 {
  private var lanes = InlineArray<25, UInt64>(repeating: 0)

  /// The state of 200 bytes; what is missing is zero.
  package init(_ bytes: [UInt8]) {
    for (index, byte) in bytes.prefix(200).enumerated() { lanes[index / 8] |= UInt64(byte) << UInt64(8 * (index % 8)) }
  }

  /// The 200 bytes of the state.
  package var bytes: [UInt8] { (0..<200).map { UInt8(truncatingIfNeeded: lanes[$0 / 8] >> UInt64(8 * ($0 % 8))) } }

  /// 24 rounds of θ, ρ, π, χ and ι.
  package mutating func permute() {
    for constant in Self.roundConstants {
      theta()
      rhoPi()
      chi()
      lanes[0] ^= constant  // ι
    }
  }

  /// θ: each bit takes in the parities of two columns.
  private mutating func theta() {
    var parity = InlineArray<5, UInt64>(repeating: 0)
    for x in 0..<5 { parity[x] = lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20] }
    for x in 0..<5 {
      let change = parity[(x + 4) % 5] ^ Self.rotate(parity[(x + 1) % 5], 1)
      for y in 0..<5 { lanes[x + 5 * y] ^= change }
    }
  }

  /// ρ and π: each lane but the first is rotated and takes the next one's place.
  private mutating func rhoPi() {
    var (x, y) = (1, 0)
    var lane = lanes[1]
    for t in 0..<24 {
      (x, y) = (y, (2 * x + 3 * y) % 5)
      let next = lanes[x + 5 * y]
      lanes[x + 5 * y] = Self.rotate(lane, UInt64((t + 1) * (t + 2) / 2 % 64))
      lane = next
    }
  }

  /// χ: each lane changes where the next one is 0 and the one after it is 1.
  private mutating func chi() {
    for y in 0..<5 {
      var row = InlineArray<5, UInt64>(repeating: 0)
      for x in 0..<5 { row[x] = lanes[x + 5 * y] }
      for x in 0..<5 { lanes[x + 5 * y] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]) }
    }
  }

  private static func rotate(_ lane: UInt64, _ bits: UInt64) -> UInt64 {
    bits == 0 ? lane : lane << bits | lane >> (64 - bits)
  }

  /// FIPS 202 §3.2.5: bit 2ʲ − 1 of round i's constant is output j + 7i of the shift register x⁸+x⁶+x⁵+x⁴+1.
  private static let roundConstants: [UInt64] = {
    var register: UInt8 = 1
    return (0..<24).map { _ in
      var constant: UInt64 = 0
      for j in 0..<7 {
        if register & 1 != 0 { constant |= 1 << (1 << UInt64(j) - 1) }
        register = register << 1 ^ (register & 0x80 != 0 ? 0x71 : 0)
      }
      return constant
    }
  }()
}
