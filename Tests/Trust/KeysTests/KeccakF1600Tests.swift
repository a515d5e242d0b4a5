import Bytes
import Keys
import Testing

@Suite("FIPS 202 §3: the permutation Keccak-f[1600]") struct KeccakF1600Tests {
  @Test("the permutation of zero, once and twice, is that of the Keccak team's published intermediate values")
  func published() throws {
    var state = KeccakF1600([])
    state.permute()
    #expect(Array(state.bytes.prefix(32)).hex == "E7DDE140798F25F18A47C033F9CCD584EEA95AA61E2698D54D49806F304715BD")
    state.permute()
    #expect(Array(state.bytes.prefix(16)).hex == "3CCB6EF94D955C2D6DB55770D02C336A")
  }

  /// SHA3-256 of FIPS 202 §6.1, built on the permutation here: rate 136, padding 06 … 80.
  private func sha3(_ message: [UInt8]) -> [UInt8] {
    var padded = message + [0x06]
    padded += [UInt8](repeating: 0, count: (136 - padded.count % 136) % 136)
    padded[padded.count - 1] |= 0x80
    var bytes = [UInt8](repeating: 0, count: 200)
    for start in stride(from: 0, to: padded.count, by: 136) {
      for index in 0..<136 { bytes[index] ^= padded[start + index] }
      var state = KeccakF1600(bytes)
      state.permute()
      bytes = state.bytes
    }
    return Array(bytes.prefix(32))
  }

  @Test("a sponge around it is SHA3-256 of NIST's examples: empty, \"abc\", and longer than a block") func sponge() {
    #expect(sha3([]).hex == "A7FFC6F8BF1ED76651C14756A061D662F580FF4DE43B49FA82D80A4B80F8434A")
    #expect(sha3(Array("abc".utf8)).hex == "3A985DA74FE225B2045C172D6BD390BD855F086E3E9D525B46BFE24511431532")
    // NIST's example of 1600 bits: 200 times A3.
    #expect(
      sha3([UInt8](repeating: 0xA3, count: 200)).hex
        == "79F38ADEC5C20307A98EF76E8324AFBFD46CFD81B22E3973C65FA1BD9DE31787")
  }

  @Test("what is missing of 200 bytes is zero, and what is more is left out") func sizes() {
    let bytes = (0..<200).map { UInt8($0) }
    #expect(KeccakF1600(bytes).bytes == bytes && KeccakF1600(bytes + [1]).bytes == bytes)
    #expect(KeccakF1600([7]).bytes == [7] + [UInt8](repeating: 0, count: 199))
  }
}
