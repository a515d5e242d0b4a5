import Bytes
import CryptoExtras

/// Authentication vectors in a row (TS 33.102 §6.3.2), of one length each: RAND (16 bytes), XRES, CK (16), IK (16),
/// AUTN (16).
public struct MilenageVectors: Sendable {
  /// All of them.
  public let bytes: [UInt8]
  /// Bytes of XRES.
  public let resLength: Int
  /// Bytes of a vector.
  public var stride: Int { 64 + resLength }
}

extension Milenage {
  /// A vector for each of `sqns`, over 16 bytes of `rands` each: what ``f2345(rand:)`` and
  /// ``authenticationToken(rand:sqn:amf:response:)`` make, all blocks encrypted together.
  public func vectors(
    rands: [UInt8], sqns: [SequenceNumber], amf: [UInt8]
  ) throws(KeyError) -> MilenageVectors {
    let count = sqns.count
    guard rands.count == 16 * count else { throw KeyError("RAND has 16 bytes") }
    guard amf.count == 2 else { throw KeyError("AMF has 2 bytes") }
    let cipher = try cipher()
    // TEMP = E[RAND ⊕ OPc]K
    var temp = rands
    for index in temp.indices { temp[index] ^= opc[index & 15] }
    try cipher.encrypt(&temp)
    // OUTn before the encryption: the input rotated by rn, ⊕ cn, for n from 1 to 4.
    var outs = [UInt8](repeating: 0, count: 64 * count)
    var block = [UInt8](repeating: 0, count: 16)
    for (vector, sqn) in sqns.enumerated() {
      let (from, to) = (16 * vector, 64 * vector)
      // IN1 = SQN ‖ AMF ‖ SQN ‖ AMF
      for index in 0..<16 {
        let place = index & 7
        block[index] = (place < 6 ? UInt8(truncatingIfNeeded: sqn.value >> UInt64(40 - 8 * place)) : amf[place - 6])
      }
      for index in 0..<16 { block[index] ^= opc[index] }
      rotate(block, 0, into: &outs, at: to)
      for index in 0..<16 { outs[to + index] ^= temp[from + index] }
      for index in 0..<16 { block[index] = temp[from + index] ^ opc[index] }
      for n in 1..<4 { rotate(block, n, into: &outs, at: to + 16 * n) }
    }
    try cipher.encrypt(&outs)
    for index in outs.indices { outs[index] ^= opc[index & 15] }
    return MilenageVectors(bytes: assemble(rands, outs, sqns, amf), resLength: resLength)
  }

  /// RAND, RES and AK of OUT2, CK = OUT3, IK = OUT4, AUTN with MAC-A of OUT1.
  private func assemble(_ rands: [UInt8], _ outs: [UInt8], _ sqns: [SequenceNumber], _ amf: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(sqns.count * (64 + resLength))
    for (vector, sqn) in sqns.enumerated() {
      let out = 64 * vector
      bytes += rands[16 * vector..<16 * vector + 16]
      bytes += outs[out + 24..<out + 24 + resLength]
      bytes += outs[out + 32..<out + 64]
      for index in 0..<6 {
        bytes.append(UInt8(truncatingIfNeeded: sqn.value >> UInt64(40 - 8 * index)) ^ outs[out + 16 + index])
      }
      bytes += amf
      bytes += outs[out..<out + 8]
    }
    return bytes
  }

  /// rot(block, rn) ⊕ cn, with n counted from 0.
  private func rotate(_ block: [UInt8], _ n: Int, into outs: inout [UInt8], at place: Int) {
    let (bytes, shift, xoring) = (Int(constants.rotations[n]) / 8, constants.rotations[n] % 8, constants.xoring[n])
    for index in 0..<16 {
      let (high, low) = (block[(index + bytes) & 15], block[(index + bytes + 1) & 15])
      outs[place + index] = (shift == 0 ? high : high << shift | low >> (8 - shift)) ^ xoring[index]
    }
  }
}
