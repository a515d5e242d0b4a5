import Bytes
import Identifiers
import Keys
import NetworkAccess
import Testing

@Suite("Concealed identities (TS 33.501 Annex C)") struct ConcealmentTests {
  /// The test data of TS 33.501 §C.4.3 (profile A) and §C.4.4 (profile B).
  struct Published: Sendable, CustomTestStringConvertible {
    let profile: ECIES.Profile
    let homeKey, homePublicKey, ephemeralKey, output: String
    var testDescription: String { "profile \(profile)" }
  }

  static let sets = [
    Published(
      profile: .a, homeKey: "c53c22208b61860b06c62e5406a7b330c2b577aa5558981510d128247d38bd1d",
      homePublicKey: "5a8d38864820197c3394b92613b20b91633cbd897119273bf8e4a6f4eec0a650",
      ephemeralKey: "c80949f13ebe61af4ebdbd293ea4f942696b9e815d7e8f0096bbf6ed7de62256",
      output: "b2e92f836055a255837debf850b528997ce0201cb82adfe4be1f587d07d8457dcb02352410cddd9e730ef3fa87"),
    Published(
      profile: .b, homeKey: "F1AB1074477EBCC7F554EA1C5FC368B1616730155E0041AC447D6301975FECDA",
      homePublicKey: "0272DA71976234CE833A6907425867B82E074D44EF907DFB4B3E21C1C2256EBCD1",
      ephemeralKey: "99798858A1DC6A2C68637149A4B1DBFD1FDFF5ADDD62A2142F06699ED7602529",
      output:
        "039AAB8376597021E855679A9778EA0B67396E68C66DF32C0F41E9ACCA2DA9B9D146A33FC2716AC7DAE96AA30A4D"),
  ]

  @Test("§C.4.3, §C.4.4: the published scheme outputs, both ways", arguments: sets) func published(_ set: Published)
    throws
  {
    let plaintext = try [UInt8](hex: "00012080F6")
    let homeKey = try HomeNetworkKey(set.profile, privateKey: Secret([UInt8](hex: set.homeKey)))
    #expect(try homeKey.publicKey == [UInt8](hex: set.homePublicKey))
    let output = try ECIES.conceal(
      plaintext, for: homeKey.publicKey, profile: set.profile, ephemeral: [UInt8](hex: set.ephemeralKey))
    #expect(try output == [UInt8](hex: set.output))
    #expect(try ECIES.reveal(output, with: homeKey) == plaintext)
  }

  @Test("a scheme output changed in any bit, cut or for another key is refused", arguments: ECIES.Profile.allCases)
  func tampering(_ profile: ECIES.Profile) throws {
    let random = SeededRandomSource(seed: Array("tampering".utf8))
    let (key, other) = (
      try HomeNetworkKey(profile, privateKey: Secret(random.bytes(32))),
      try HomeNetworkKey(profile, privateKey: Secret(random.bytes(32)))
    )
    let output = try ECIES.conceal([1, 2, 3, 4, 5], for: key.publicKey, profile: profile, ephemeral: random.bytes(32))
    // RFC 7748 §5: the highest bit of an X25519 public key is ignored, but here it is an input of the KDF too.
    for index in output.indices {
      for bit in 0..<8 {
        var changed = output
        changed[index] ^= 1 << UInt8(bit)
        #expect(throws: KeyError.self) { try ECIES.reveal(changed, with: key) }
      }
    }
    for count in 0..<output.count {
      #expect(throws: KeyError.self) { try ECIES.reveal(Array(output.prefix(count)), with: key) }
    }
    #expect(throws: KeyError.self) { try ECIES.reveal(output, with: other) }
  }

  @Test("RFC 7748 §6.1: public keys of small order and points off the curve are refused") func badKeys() throws {
    let ephemeral = [UInt8](repeating: 7, count: 32)
    let zero = [UInt8](repeating: 0, count: 32)
    for key: [UInt8] in [zero, [1] + zero.dropFirst(), [], [9]] {
      #expect(throws: KeyError.self) { try ECIES.conceal([1], for: key, profile: .a, ephemeral: ephemeral) }
    }
    for key: [UInt8] in [zero, [2] + [UInt8](repeating: 0xFF, count: 32), [5] + zero, [4] + zero + zero, []] {
      #expect(throws: KeyError.self) { try ECIES.conceal([1], for: key, profile: .b, ephemeral: ephemeral) }
    }
  }

  @Test("the identity goes through SUCI and SIDF, under each scheme; what is foreign, old or malformed is refused")
  func sidf() throws {
    let random = SeededRandomSource(seed: Array("sidf".utf8))
    let keys: [UInt8: HomeNetworkKey] = [
      27: try HomeNetworkKey(.a, privateKey: Secret(random.bytes(32))),
      28: try HomeNetworkKey(.b, privateKey: Secret(random.bytes(32))),
    ]
    let plmn = try PLMN("00101")
    let sidf = SIDF(plmn: plmn, keys: keys)
    for digits in ["001010123456789", "00101012345678"] {
      let imsi = try IMSI(digits)
      func suci(_ key: SUCI.PublicKeyChoice?, mncLength: Int = 2) throws -> SUCI {
        let made = try SUCI(
          concealing: imsi, mncLength: mncLength, routingIndicator: "17", key: key, ephemeral: random.bytes(32))
        #expect(SUCI(bytes: made.bytes) == made)
        return made
      }
      for (identifier, key) in keys {
        let choice = SUCI.PublicKeyChoice(key.profile, identifier: identifier, bytes: key.publicKey)
        let concealed = try suci(choice)
        #expect(!concealed.bytes.hex.contains(SUCI.packed(digits.dropFirst(5)).hex))
        #expect(try sidf.reveal(concealed) == imsi)
        #expect(throws: SIDF.Refusal.unknownKey(scheme: key.profile.rawValue, identifier: identifier)) {
          try SIDF(plmn: plmn, keys: [:]).reveal(concealed)
        }
      }
      let open = try suci(nil)
      #expect(open.output == SUCI.packed(digits.dropFirst(5)))
      #expect(try sidf.reveal(open) == imsi)
      #expect(throws: SIDF.Refusal.self) { try SIDF(plmn: plmn, keys: keys, takesNullScheme: false).reveal(open) }
      #expect(throws: SIDF.Refusal.self) { try sidf.reveal(suci(nil, mncLength: 3)) }
    }
    let broken = try #require(
      SUCI(plmn: plmn, routingIndicator: "0", scheme: 0, keyIdentifier: 0, output: [0x1A, 0x22]))
    #expect(throws: SIDF.Refusal.malformed) { try sidf.reveal(broken) }
  }

  @Test("TS 24.501 §9.11.3.4: the bytes of a SUCI; other formats and truncations are none") func bytes() throws {
    let bytes = try [UInt8](hex: "01 00F110 71FF 00 00 21436587F9")
    let suci = try #require(SUCI(bytes: bytes))
    #expect(suci.routingIndicator == "17" && suci.bytes == bytes)
    for count in 0..<8 { #expect(SUCI(bytes: Array(bytes.prefix(count))) == nil) }
    #expect(SUCI(bytes: [0x11] + bytes.dropFirst()) == nil, "a network specific identifier")
    #expect(try SUCI(bytes: [UInt8](hex: "01 00F110 F1FF 00 00 21")) != nil)
    #expect(try SUCI(bytes: [UInt8](hex: "01 00F110 1FF1 00 00 21")) == nil)
    #expect(try SUCI(bytes: [UInt8](hex: "01 00F110 FFFF 00 00 21")) == nil)
  }
}
