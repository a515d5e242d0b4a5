import Bytes
import Keys
import SecureElement
import TestSupport
import Testing
import UICC
import USIM

@Suite("AUTHENTICATE (TS 31.102 §7.1)") struct AuthenticateTests {
  static let rand = [UInt8](repeating: 0x23, count: 16)

  @Test("TS 35.208: the Milenage sets through the card", .enabled(if: Vectors.exist, Vectors.missing))
  func milenage() throws {
    let sets = try Vectors.load("auc/milenage_ts35208.json", as: [VectorSet].self)
    #expect(sets.count >= 19)
    for set in sets {
      let (k, opc) = try ([UInt8](hex: set.k), [UInt8](hex: set.opc ?? ""))
      try check(
        set, AKAParameters(algorithm: .milenage, key: k, opc: opc), Milenage(k: Secret(k), opc: Secret(opc)))
    }
  }

  @Test("TS 35.233: the TUAK sets through the card", .enabled(if: Vectors.exist, Vectors.missing)) func tuak() throws {
    let sets = try Vectors.load("auc/tuak_ts35233.json", as: [VectorSet].self)
    #expect(sets.count == 6)
    for set in sets {
      let (k, topc) = try ([UInt8](hex: set.k), [UInt8](hex: set.topc ?? ""))
      let sizes = (
        mac: set.f1.utf8.count / 2, res: set.f2.utf8.count / 2, ck: set.f3.utf8.count / 2, ik: set.f4.utf8.count / 2
      )
      let res = try #require([4, 8, 16, 32].firstIndex(of: sizes.res))
      let mac = try #require([8, 16, 32].firstIndex(of: sizes.mac))
      var parameters = AKAParameters(
        algorithm: .tuak,
        options: UInt8(res) | (sizes.ck == 32 ? 0x08 : 0) | (sizes.ik == 32 ? 0x10 : 0) | UInt8(mac) << 5, key: k,
        opc: topc)
      parameters.keccakIterations = set.keccak_iterations ?? 1
      let outputs = try #require(TUAK.Sizes(mac: sizes.mac, res: sizes.res, ck: sizes.ck, ik: sizes.ik))
      try check(
        set, parameters,
        TUAK(k: Secret(k), topc: Secret(topc), sizes: outputs, iterations: set.keccak_iterations ?? 1))
    }
  }

  /// Plays a published set: AUTN is put together from its f1 and f5, the card's answer is its f2, f3 and f4, and the
  /// same AUTN again gives an AUTS of its f1* and f5*.
  private func check(_ set: VectorSet, _ parameters: AKAParameters, _ algorithm: any AuthenticationAlgorithm) throws {
    var parameters = parameters
    (parameters.sqnDelta, parameters.sqnAgeLimit) = (1 << 43 - 1, 1 << 43 - 1)
    let network = try SampleNetwork(parameters, algorithm: algorithm)
    let (sqn, f5) = try ([UInt8](hex: set.sqn), [UInt8](hex: set.f5))
    let autn = zip(sqn, f5).map { $0 ^ $1 }.hex + set.amf + set.f1
    func field(_ hex: String) -> String { [UInt8(hex.utf8.count / 2)].hex + hex.uppercased() }
    let data = field(set.rand) + field(autn)
    let command = "00880081" + field(data)
    let answer = try network.send(command)
    #expect(answer.hasPrefix("DB" + field(set.f2) + field(set.f3) + field(set.f4) + "08"), "\(set.name)")
    #expect(answer.hasSuffix("9000"))
    // SQN_MS is the set's SQN, for which f1* is given with the set's own AMF, not with zeros: only AK* is compared.
    let concealed = try zip(sqn, [UInt8](hex: set.f5star)).map { $0 ^ $1 }.hex
    let again = try network.send(command)
    #expect(again.hasPrefix("DC" + [UInt8(6 + set.f1star.utf8.count / 2)].hex + concealed), "\(set.name)")
    #expect(try network.resynchronisation(again, [UInt8](hex: set.rand)) == UInt64(bigEndian: sqn))
  }

  @Test("§7.1.2.1: 61xx without Le; DB, RES, CK, IK, and Kc where service 27 is there") func success() throws {
    let network = try SampleNetwork()
    let command = try network.challenge(Self.rand, sqn: 32)
    #expect(network.card.respond(try [UInt8](hex: command)) == [0x61, 53])
    let answer = network.card.respond([0, 0xC0, 0, 0, 53])
    let expected = try network.algorithm.f2345(rand: Self.rand)
    let body = [0xDB, 8] + expected.res + [16] + expected.ck.bytes + [16] + expected.ik.bytes + [8] + expected.kc.bytes
    #expect(answer == body + [0x90, 0])
    let plain = try SampleNetwork(
      AKAParameters(
        algorithm: .milenage, key: [UInt8](repeating: 1, count: 16), opc: [UInt8](repeating: 2, count: 16)),
      algorithm: Milenage(k: Secret([UInt8](repeating: 1, count: 16)), opc: Secret([UInt8](repeating: 2, count: 16))),
      services: [0, 0, 0, 0, 0])
    #expect(try plain.send(plain.challenge(Self.rand, sqn: 32)).utf8.count == (53 - 9 + 2) * 2)
  }

  @Test("a wrong MAC is 9862 and costs nothing") func wrongMAC() throws {
    let network = try SampleNetwork()
    let command = try [UInt8](hex: network.challenge(Self.rand, sqn: 32))
    for index in 22..<command.count where index != 22 {
      var wrong = command
      wrong[index] ^= 1
      #expect(network.card.respond(wrong) == [0x98, 0x62], "byte \(index)")
    }
    #expect(try network.send(command.hex).hasPrefix("DB"))
  }

  @Test("TS 33.102 §6.3.3: a replayed challenge is a synchronisation failure that tells SQN_MS") func replay() throws {
    let network = try SampleNetwork()
    let command = try network.challenge(Self.rand, sqn: 0x1000)
    #expect(try network.send(command).hasPrefix("DB"))
    #expect(try network.resynchronisation(network.send(command), Self.rand) == 0x1000)
    #expect(try network.resynchronisation(network.send(command), Self.rand) == 0x1000)
    _ = network.card.reset()
    try network.powerOn()
    #expect(try network.resynchronisation(network.send(command), Self.rand) == 0x1000, "after a reset too")
  }

  @Test("TS 33.102 Annex C: each index has its own counter; a jump beyond delta is refused, an old one accepted")
  func annexC() throws {
    let network = try SampleNetwork { ($0.sqnDelta, $0.sqnAgeLimit) = (100, 50) }
    func verdict(_ seq: UInt64, _ index: UInt64) throws -> String {
      String(try network.send(network.challenge(Self.rand, sqn: seq << 5 | index)).prefix(2))
    }
    #expect(try verdict(100, 0) == "DB")
    #expect(try verdict(100, 0) == "DC")
    #expect(try verdict(60, 1) == "DB", "behind, but fresh for its index")
    #expect(try verdict(50, 2) == "DC", "too old: §C.2.2 accepts only SEQ_MS − SEQ < L")
    #expect(try verdict(51, 2) == "DB")
    #expect(try verdict(201, 3) == "DC", "too far ahead")
    #expect(try verdict(200, 3) == "DB")
    #expect(try verdict(150, 4) == "DC")
    #expect(try verdict(151, 4) == "DB")
  }

  @Test("TS 33.102 §C.2.1: without bit 2 of sqnOptions SEQ may jump as far as it likes")
  func noWrapAroundProtection() throws {
    let network = try SampleNetwork { ($0.sqnDelta, $0.sqnOptions) = (100, 0x00) }
    #expect(try network.send(network.challenge(Self.rand, sqn: 100_000 << 5)).hasPrefix("DB"))
    #expect(try network.send(network.challenge(Self.rand, sqn: 100_000 << 5)).hasPrefix("DC"), "yet not twice")
  }

  @Test("the package's sqnInit is where the card begins") func initialNumbers() throws {
    let network = try SampleNetwork { $0.initialSequenceNumbers = (0..<32).map { 100 + $0 } }
    #expect(
      try network.resynchronisation(network.send(network.challenge(Self.rand, sqn: 5)), Self.rand) == 131 << 5 | 31)
    #expect(try network.send(network.challenge(Self.rand, sqn: 101 << 5)).hasPrefix("DB"))
    #expect(try network.send(network.challenge(Self.rand, sqn: 101 << 5 | 1)).hasPrefix("DC"))
  }

  @Test("the sequence number is durable before the answer: a cut leaves the challenge spent or unanswered")
  func powerCut() throws {
    let fresh = VolatileLog()
    _ = try SampleNetwork(memory: LogMemory(fresh))
    for byte in [0, 1, 15, 16, 17, 100, 200, 218, 219, 1000] {
      let log = PowerCutLog(VolatileLog(fresh.bytes))
      let network = try SampleNetwork(memory: LogMemory(log))
      let command = try network.challenge(Self.rand, sqn: 32)
      log.cut(atWrite: 1, .afterBytes(byte))
      #expect(try network.send(command).isEmpty, "no answer without a durable counter")
      try network.powerOn()
      // 16 bytes of header, 11 of key and length, 32 times 6 bytes of SEQ.
      #expect(try network.send(command).prefix(2) == (byte < 219 ? "DB" : "DC"))
      #expect(try network.send(command).hasPrefix("DC"))
    }
  }

  @Test("§7.1.2.2: the GSM context answers SRES and Kc, where service 38 is there") func gsm() throws {
    let network = try SampleNetwork()
    let expected = try network.algorithm.f2345(rand: Self.rand)
    let command = "0088008011" + "10" + Self.rand.hex
    #expect(try network.send(command) == "04" + expected.sres.hex + "08" + expected.kc.bytes.hex + "9000")
    #expect(try network.send("0088008012" + "10" + Self.rand.hex + "00") == "6A80")
    let without = try SampleNetwork(
      AKAParameters(algorithm: .test, key: [UInt8](repeating: 1, count: 16), opc: []),
      algorithm: TestAlgorithm(k: Secret([UInt8](repeating: 1, count: 16))), services: [0xFF])
    #expect(try without.send(command) == "9864")
  }

  @Test(
    "malformed challenges and contexts that are not supported",
    arguments: [
      ("0088018122", "6A86", false), ("0088008222", "9864", false), ("0088008122", "6A80", true),
      ("00880081", "6A80", true), ("008800810110", "6A80", true), ("0088008111" + "10" + rand.hex, "6A80", true),
      ("0088008112" + "10" + rand.hex + "10", "6A80", true),
      ("0088008121" + "10" + rand.hex + "0F" + String(repeating: "00", count: 15), "6A80", true),
      ("0088008122" + "0F" + rand.hex + "11" + String(repeating: "00", count: 16), "6A80", true),
      ("8088008111" + "10" + rand.hex, "6E00", true),
    ])
  func malformed(command: String, status: String, isWhole: Bool) throws {
    let network = try SampleNetwork()
    let filler = "10" + Self.rand.hex + "10" + String(repeating: "00", count: 16)
    let isShort = command == "0088008122"
    let whole = isWhole && !isShort ? command : command + (isShort ? String(repeating: "11", count: 34) : filler)
    #expect(try network.send(whole) == status)
  }

  @Test("§7.1.1: the PIN must be verified, and the application's directory current") func conditions() throws {
    let k = [UInt8](repeating: 1, count: 16)
    let network = try SampleNetwork(
      AKAParameters(algorithm: .test, key: k, opc: []), algorithm: TestAlgorithm(k: Secret(k)), pinIsEnabled: true)
    let command = try network.challenge(Self.rand, sqn: 32)
    #expect(try network.send(command) == "6982")
    #expect(try network.send("002000010831323334FFFFFFFF") == "9000")
    #expect(try network.send(command).hasPrefix("DB"))
    #expect(try network.send("00A4000C025F3B") == "9000")
    #expect(try network.send(command).hasPrefix("DB"), "a directory below the ADF")
    #expect(try network.send("00A4000C023F00") == "9000")
    #expect(try network.send(command) == "6985")
    #expect(try network.send("00A4000C027F10") == "9000")
    #expect(try network.send(command) == "6985")
    #expect(try network.send("00A4044C10" + SampleNetwork.usim.bytes.hex) == "9000")
    #expect(try network.send(command) == "6D00")
  }

  @Test("TS 34.108 §8.1.2: the test algorithm takes any SQN and resynchronises on AMF FFFF") func testAlgorithm() throws
  {
    let k = [UInt8](0..<16)
    let network = try SampleNetwork(
      AKAParameters(algorithm: .test, key: k, opc: []), algorithm: TestAlgorithm(k: Secret(k)))
    let command = try network.challenge(Self.rand, sqn: 5)
    #expect(try network.send(command).hasPrefix("DB10"))
    #expect(try network.send(command).hasPrefix("DB10"))
    let resynchronise = try network.challenge(Self.rand, sqn: 5, amf: [0xFF, 0xFF])
    #expect(try network.resynchronisation(network.send(resynchronise), Self.rand) == 5)
  }

  @Test("authCounterMax: so many authentications and no more") func counter() throws {
    let network = try SampleNetwork { $0.maximumAuthentications = 3 }
    for seq in UInt64(1)...3 { #expect(try network.send(network.challenge(Self.rand, sqn: seq << 5)).hasPrefix("DB")) }
    #expect(try network.send(network.challenge(Self.rand, sqn: 4 << 5)) == "6985")
    #expect(try network.send("0088008011" + "10" + Self.rand.hex) == "6985")
  }

  @Test("TS 31.103 §7.1: the ISIM has IMS AKA alone and may share the USIM's keys and numbers") func isim() throws {
    let network = try SampleNetwork()
    #expect(try network.send("00A4040C10" + SampleNetwork.isim.bytes.hex) == "9000")
    #expect(try network.send("0088008011" + "10" + Self.rand.hex) == "9864")
    let command = try network.challenge(Self.rand, sqn: 32)
    let answer = try network.send(command)
    #expect(answer.hasPrefix("DB") && answer.utf8.count == (53 - 9 + 2) * 2, "without Kc")
    #expect(try network.send("00A4040C10" + SampleNetwork.usim.bytes.hex) == "9000")
    #expect(try network.send(command).hasPrefix("DC"), "the number is spent for the USIM too")
  }

  @Test("a profile with a key of the wrong size is refused, not fatal") func badKey() throws {
    for algorithm in [AKAParameters.Algorithm.milenage, .tuak, .test] {
      let k = [UInt8](repeating: 1, count: 16)
      let network = try SampleNetwork(
        AKAParameters(algorithm: algorithm, options: 0xFF, key: [1, 2, 3], opc: [4]),
        algorithm: TestAlgorithm(k: Secret(k)))
      #expect(try network.send(network.challenge(Self.rand, sqn: 32)) == "6985")
    }
  }

  @Test("the stored parameters survive their own bytes, every cut is refused") func record() throws {
    var parameters = AKAParameters(algorithm: .tuak, options: 0x39, key: [1, 2], opc: [3])
    (parameters.maximumAuthentications, parameters.initialSequenceNumbers) = (7, [1, 1 << 42])
    let encoded = parameters.encoded
    #expect(try AKAParameters(encoded: encoded) == parameters)
    for length in 0..<encoded.count {
      #expect(throws: (any Error).self) { try AKAParameters(encoded: encoded.prefix(length)) }
    }
    #expect(!"\(parameters)".contains("[1, 2]"))
  }
}
