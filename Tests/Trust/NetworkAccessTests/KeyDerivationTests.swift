import Bytes
import Keys
import NetworkAccess
import Testing

@Suite("Keys of a serving network") struct KeyDerivationTests {
  /// The published data of RFC 5448 Appendix C, cases 1 to 4; the identity is 0555444333222111.
  struct Case: Sendable {
    let network, autn, ck, ik, prime, material: String
  }

  static let cases = [
    Case(
      network: "WLAN", autn: "bb52e91c747ac3ab2a5c23d15ee351d5", ck: "5349fbe098649f948f5d2e973a81c00f",
      ik: "9744871ad32bf9bbd1dd5ce54e3e2e5a",
      prime: "0093962d0dd84aa5684b045c9edffa04ccfc230ca74fcc96c0a5d61164f5a76c",
      material: """
        766fa0a6c317174b812d52fbcd11a1790842ea722ff6835bfa2032499fc3ec23c2f0e388b4f07543ffc677f1696d71ea
        cf83aa8bc7e0aced892acc98e76a9b2095b558c7795c7094715cb3393aa7d17a67c42d9aa56c1b79e295e3459fc3d187
        d42be0bf818d3070e362c5e967a4d544e8ecfe19358ab3039aff03b7c930588c055babee58a02650b067ec4e9347c75a
        f861703cd775590e16c7679ea3874ada866311de290764d760cf76df647ea01c313f69924bdd7650ca9bac141ea075c4
        ef9e8029c0e290cdbad5638b63bc23fb
        """),
    Case(
      network: "HRPD", autn: "bb52e91c747ac3ab2a5c23d15ee351d5", ck: "5349fbe098649f948f5d2e973a81c00f",
      ik: "9744871ad32bf9bbd1dd5ce54e3e2e5a",
      prime: "3820f0277fa5f77732b1fb1d90c1a0dadb94a0ab557ef6c9ab48619ca05b9a9f",
      material: """
        05ad73ac915fce89ac77e1520d82187b5b4acaef62c6ebb8882b2f3d534c4b35277337a00184f20ff25d224c04be2afd
        3f90bf5c6e5ef325ff04eb5ef6539fa8cca8398194fbd00be425b3f40dba10ac87b321570117cd6c95ab6c436fb5073f
        f15cf85505d2bc5bb7355fc21ea8a75757e8f86a2b138002e05752913bb43b82f868a96117e91a2d95f526677d572900
        c891d5f20f148a1007553e2dea555c9cb672e9675f4a66b4bafa027379f93aee539a5979d0a0042b9d2ae28bed3b17a3
        1dc8ab75072b80bd0c1da612466e402c
        """),
    Case(
      network: "WLAN", autn: "a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0", ck: "c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0",
      ik: "b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0",
      prime: "cd4c8e5c68f57dd1d7d7dfd0c538e5773ece6b705dbbf7dfc459a11280c65524",
      material: """
        897d302fa2847416488c28e20dcb7be4c40700e7722483ae3dc7139eb0b88bb558cb3081eccd057f9207d1286ee7dd53
        0a591a22dd8b5b1cf29e3d508c91dbbdb4aee23051892c42b6a2de66ea5044739f7dca9e37bb22029ed986e7cd09d4a7
        0d1ac76d95535c5cac40a7504699bb8961a29ef6f3e90f183de5861ad1bedc81ce9916391b401aa006c98785a5756df7
        724de00bdb9e568187be3fe746114557d5018779537ee37f4d3c6c738cb97b9dc651bc19bfadc344ffe2b52ca78bd831
        6b51dacc5f2b1440cb9515521cc7ba23
        """),
    Case(
      network: "HRPD", autn: "a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0", ck: "c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0",
      ik: "b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0",
      prime: "8310a71ce6f754889613da8f64d5fb465adf14360ae838192db23f6fcb7f8c76",
      material: """
        745e7439ba238f50fcac4d15d47cd1d93e1d2aa4e677025cfd862a4be18361a13a645765571463df833a9759e8099879
        99da835e2ae82462576fe6516fad1f802f0fa1191655dd0a273da96d04e0fcd3c6d3a6e0ceea951eb20d74f32c3061d0
        680a04b0b086ee8700ace3e0b95fa02683c287beee44432294ff98af26d2cc783bace75c4b0af7fdfeb5511ba8e4cbd0
        7fb56813838adafa99d140c2f198f6dacebfb6afee444961105402b508c7f363352cb2919644b50463e6a69354150147
        ae09cbc54b8a651d8787a6893ed8536d
        """),
  ]

  @Test("RFC 5448 Appendix C: the four cases of EAP-AKA'", arguments: 0..<4) func akaPrime(_ number: Int) throws {
    let set = Self.cases[number]
    let keys = EAPAKAPrime(
      ck: Secret(try [UInt8](hex: set.ck)), ik: Secret(try [UInt8](hex: set.ik)),
      concealedSQN: Array(try [UInt8](hex: set.autn).prefix(6)), networkName: set.network,
      identity: "0555444333222111")
    #expect(try keys.ckPrime.bytes + keys.ikPrime.bytes == [UInt8](hex: set.prime))
    let material = [keys.kEncr, keys.kAut, keys.kRe, keys.msk, keys.emsk].flatMap(\.bytes)
    #expect(try material == [UInt8](hex: set.material))
    #expect(keys.kausf.bytes == Array(keys.emsk.bytes.prefix(32)))
  }

  private static let servingNetwork = "5G:mnc001.mcc001.3gppnetwork.org"

  /// RES* and HRES* of this vector are those of an independent implementation (wmnsk/milenage).
  @Test("TS 33.501 §A.4, §A.5: RES* and HRES* of a Milenage vector") func resStar() throws {
    let key = try [UInt8](hex: "00112233445566778899AABBCCDDEEFF")
    let algorithm = try Milenage(k: Secret(key), opc: Secret([UInt8](hex: "62e75b8d6fa5bf46ec87a9276f9df54d")))
    let response = try algorithm.f2345(rand: key)
    func keys(_ network: String) -> FiveGAKA {
      FiveGAKA(
        ck: response.ck, ik: response.ik, res: response.res, rand: key, concealedSQN: response.ak,
        servingNetwork: network)
    }
    #expect(keys(Self.servingNetwork).xresStar.hex == "31B6D938A5290CCC65BC829F9820A8D9")
    #expect(keys(Self.servingNetwork).hxresStar.hex == "3308FB7CF06A35F1CD086B904CE82ECF")
    let other = keys("5G:mnc002.mcc001.3gppnetwork.org")
    #expect(other.xresStar != keys(Self.servingNetwork).xresStar && other.kausf != keys(Self.servingNetwork).kausf)
  }

  /// KAUSF and KSEAF of these keys are those of an independent implementation (frankurcrazy/helloworld, 5g/keys).
  @Test("TS 33.501 §A.2, §A.6: KAUSF and KSEAF") func kausf() throws {
    let keys = FiveGAKA(
      ck: Secret(try [UInt8](hex: "0102030405060708090A0B0C0D0E0F00")),
      ik: Secret(try [UInt8](hex: "02030405060708090A0B0C0D0E0F0001")), res: [], rand: [],
      concealedSQN: try [UInt8](hex: "0304050607F7"), servingNetwork: Self.servingNetwork)
    #expect(keys.kausf.bytes.hex == "20DE4EB2B75C8DAC301AD52773E2E37BD7B4B0C2FDB1C3751B98DD0DF846AED5")
    #expect(keys.kseaf.bytes.hex == "D2BBC63B0C141247341C0FCA3DC3BFFDC6BFC1813489342DE8487E7E4DC3728B")
  }
}
