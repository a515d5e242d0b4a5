import Bytes
import Keys
import Testing

@Suite("Sealed messages (RFC 9180)") struct HPKETests {
  /// The working group's published vector for DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, base mode.
  @Test("the published ciphertext of RFC 9180's vectors opens") func published() throws {
    let key = try PrivateKey(
      .p256, scalar: [UInt8](hex: "317f915db7bc629c48fe765587897e01e282d3e8445f79f27f65d031a88082b2"))
    let message = HPKE.Message(
      encapsulatedKey: try [UInt8](
        hex: "04c06b4f6bebc7bb495cb797ab753f911aff80aefb86fd8b6fcc35525f3ab5f03e"
          + "0b21bd31a86c6048af3cb2d98e0d3bf01da5cc4c39ff5370d331a4f1f7d5a4e0"),
      ciphertext: try [UInt8](
        hex: "58c61a45059d0c5704560e9d88b564a8b63f1364b8d1fcb3c4c6ddc1d291742465e902cd216f8908da49f8f96f"))
    let opened = try HPKE.open(
      message, with: key, info: Array("Ode on a Grecian Urn".utf8), authenticating: Array("Count-0".utf8))
    #expect(String(decoding: opened, as: UTF8.self) == "Beauty is truth, truth beauty")
  }

  @Test("what is sealed opens with its key, info and data, and with nothing else") func binding() throws {
    let random = SeededRandomSource(seed: [1])
    let (key, other) = (PrivateKey(.p256, random: random), PrivateKey(.p256, random: random))
    let message = try HPKE.seal([1, 2, 3], to: key.publicKey, info: [4], authenticating: [5])
    #expect(try HPKE.open(message, with: key, info: [4], authenticating: [5]) == [1, 2, 3])
    #expect(throws: KeyError.self) { try HPKE.open(message, with: other, info: [4], authenticating: [5]) }
    #expect(throws: KeyError.self) { try HPKE.open(message, with: key, info: [6], authenticating: [5]) }
    #expect(throws: KeyError.self) { try HPKE.open(message, with: key, info: [4], authenticating: [6]) }
    #expect(try HPKE.seal([1, 2, 3], to: key.publicKey, info: [4], authenticating: [5]) != message)
  }

  @Test("keys of another curve are refused") func curve() throws {
    let key = PrivateKey(.brainpoolP256r1, random: SeededRandomSource(seed: [2]))
    #expect(throws: KeyError.self) { try HPKE.seal([1], to: key.publicKey, info: []) }
    let message = HPKE.Message(encapsulatedKey: key.publicKey.point, ciphertext: [UInt8](repeating: 0, count: 17))
    #expect(throws: KeyError.self) { try HPKE.open(message, with: key, info: []) }
  }
}
