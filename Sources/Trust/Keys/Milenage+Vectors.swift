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
    let opc = UInt128(block: opc)
    // TEMP = E[RAND ⊕ OPc]K
    var temps = [UInt8](blocks: count) { UInt128(block: rands, at: 16 * $0) ^ opc }
    try cipher.encrypt(&temps)
    let amf = UInt128(amf[0]) << 8 | UInt128(amf[1])
    // OUTn before the encryption, for n from 1 to 4.
    var outs = [UInt8](blocks: 4 * count) { place in
      let (vector, n) = (place >> 2, place & 3)
      let temp = UInt128(block: temps, at: 16 * vector)
      // IN1 = SQN ‖ AMF ‖ SQN ‖ AMF
      let half = UInt128(sqns[vector].value) << 16 | amf
      let input = n == 0 ? (half << 64 | half) ^ opc : temp ^ opc
      let rotated = input.rotatedLeft(constants.rotations[n]) ^ UInt128(block: constants.xoring[n])
      return n == 0 ? temp ^ rotated : rotated
    }
    try cipher.encrypt(&outs)
    return MilenageVectors(bytes: assemble(rands, outs, sqns, amf), resLength: resLength)
  }

  /// RAND, RES and AK of OUT2, CK = OUT3, IK = OUT4, AUTN with MAC-A of OUT1; the OUTn as they were encrypted.
  private func assemble(_ rands: [UInt8], _ outs: [UInt8], _ sqns: [SequenceNumber], _ amf: UInt128) -> [UInt8] {
    let opc = UInt128(block: opc)
    let length = (64 + resLength) * sqns.count
    return [UInt8](unsafeUninitializedCapacity: length) { buffer, filled in
      func put(_ block: UInt128, _ count: Int = 16) {
        withUnsafeBytes(of: block.bigEndian) { bytes in
          for byte in bytes.prefix(count) {
            buffer[filled] = byte
            filled += 1
          }
        }
      }
      for (vector, sqn) in sqns.enumerated() {
        let (out1, out2) = (
          UInt128(block: outs, at: 64 * vector) ^ opc, UInt128(block: outs, at: 64 * vector + 16) ^ opc
        )
        put(UInt128(block: rands, at: 16 * vector))
        put(out2 << 64, resLength)
        put(UInt128(block: outs, at: 64 * vector + 32) ^ opc)
        put(UInt128(block: outs, at: 64 * vector + 48) ^ opc)
        // AUTN = SQN ⊕ AK ‖ AMF ‖ MAC-A
        let concealed = UInt128(sqn.value) ^ (out2 >> 80)
        put((concealed << 80) | (amf << 64) | (out1 >> 64))
      }
    }
  }
}

/// Blocks as numbers, their first byte the highest: byte by byte they cost more than their encryption.
extension UInt128 {
  /// The block that begins at `place`.
  fileprivate init(block bytes: [UInt8], at place: Int = 0) {
    precondition(place >= 0 && place + 16 <= bytes.count, "a block has 16 bytes")
    self.init(bigEndian: bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: place, as: UInt128.self) })
  }

  /// The block rotated towards its first byte.
  fileprivate func rotatedLeft(_ bits: UInt8) -> UInt128 {
    bits == 0 ? self : (self << UInt128(bits)) | (self >> UInt128(128 - bits))
  }
}

extension [UInt8] {
  /// So many blocks, one behind the other.
  fileprivate init(blocks count: Int, _ block: (Int) -> UInt128) {
    self.init(unsafeUninitializedCapacity: 16 * count) { buffer, filled in
      let bytes = UnsafeMutableRawBufferPointer(buffer)
      for index in 0..<count {
        bytes.storeBytes(of: block(index).bigEndian, toByteOffset: 16 * index, as: UInt128.self)
      }
      filled = 16 * count
    }
  }
}
