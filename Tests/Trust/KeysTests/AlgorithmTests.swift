import Bytes
import Keys
import TestSupport
import Testing

@Suite("AKA: the published sets", .enabled(if: Vectors.exist, Vectors.missing)) struct AlgorithmVectorTests {
  struct Set: Decodable {
    let name: String
    let k, rand, sqn, amf, f1, f1star, f2, f3, f4, f5, f5star: Hex
    let op, opc, top, topc: Hex?
    let keccak_iterations: Int?
  }

  func check(_ algorithm: some AuthenticationAlgorithm, _ set: Set) throws {
    let (rand, amf) = (set.rand.bytes, set.amf.bytes)
    let sqn = try #require(SequenceNumber(bytes: set.sqn.bytes))
    let response = try algorithm.f2345(rand: rand)
    #expect(try algorithm.f1(rand: rand, sqn: sqn, amf: amf) == set.f1.bytes, "\(set.name)")
    #expect(try algorithm.f1Star(rand: rand, sqn: sqn, amf: amf) == set.f1star.bytes, "\(set.name)")
    #expect(response.res == set.f2.bytes, "\(set.name)")
    #expect(response.ck.bytes == set.f3.bytes, "\(set.name)")
    #expect(response.ik.bytes == set.f4.bytes, "\(set.name)")
    #expect(response.ak == set.f5.bytes, "\(set.name)")
    #expect(try algorithm.f5Star(rand: rand) == set.f5star.bytes, "\(set.name)")
  }

  @Test("TS 35.208 §4.3: Milenage, 20 sets") func milenage() throws {
    let sets: [Set] = try Vectors.load("auc/milenage_ts35208.json")
    #expect(sets.count == 20)
    for set in sets {
      let opc = try Milenage.opc(k: Secret(set.k.bytes), op: Secret(#require(set.op).bytes))
      #expect(opc.bytes == set.opc?.bytes, "\(set.name)")
      try check(Milenage(k: Secret(set.k.bytes), opc: opc), set)
    }
  }

  @Test("TS 35.233 §6: TUAK, 6 sets") func tuak() throws {
    let sets: [Set] = try Vectors.load("auc/tuak_ts35233.json")
    #expect(sets.count == 6)
    for set in sets {
      let iterations = try #require(set.keccak_iterations)
      let k = Secret(set.k.bytes)
      let topc = try TUAK.topc(k: k, top: Secret(#require(set.top).bytes), iterations: iterations)
      #expect(topc.bytes == set.topc?.bytes, "\(set.name)")
      let sizes = TUAK.Sizes(
        mac: set.f1.bytes.count, res: set.f2.bytes.count, ck: set.f3.bytes.count, ik: set.f4.bytes.count)
      try check(TUAK(k: k, topc: topc, sizes: #require(sizes), iterations: iterations), set)
    }
  }
}

@Suite("AKA: constants, conversions and tokens") struct AlgorithmTests {
  let random = SeededRandomSource(seed: Array("aka".utf8))

  func algorithms() throws -> [any AuthenticationAlgorithm] {
    let k = Secret(random.bytes(16))
    return [
      try Milenage(k: k, opc: Secret(random.bytes(16))), try TUAK(k: k, topc: Secret(random.bytes(32))),
      try TUAK(
        k: Secret(random.bytes(32)), topc: Secret(random.bytes(32)),
        sizes: #require(TUAK.Sizes(mac: 32, res: 32, ck: 32, ik: 32)), iterations: 3),
      try TUAK(k: k, topc: Secret(random.bytes(32)), sizes: #require(TUAK.Sizes(mac: 16))),
      try TestAlgorithm(k: k),
    ]
  }

  @Test("TS 35.206 §4.1: the operator's own rotations, of any number of bits, and constants are obeyed")
  func ownConstants() throws {
    let (k, opc, rand) = (Secret(random.bytes(16)), Secret(random.bytes(16)), random.bytes(16))
    let constants = random.bytes(80)
    for rotations: [UInt8] in [[1, 2, 3, 4, 5], [0, 8, 9, 63, 64], [65, 71, 120, 126, 127]] {
      let milenage = try Milenage(
        k: k, opc: opc, constants: #require(Milenage.Constants(rotations: rotations, xoring: constants)))
      let temp = try number(AES.encryptBlock(bytes(number(rand) ^ number(opc.bytes)), key: k))
      func out(_ n: Int, _ input: UInt128) throws -> [UInt8] {
        let r = UInt128(rotations[n - 1])
        let rotated = r == 0 ? input : input << r | input >> (128 - r)
        let c = number(Array(constants[(n - 1) * 16..<n * 16]))
        let block = rotated ^ c ^ (n == 1 ? temp : 0)
        return try bytes(number(AES.encryptBlock(bytes(block), key: k)) ^ number(opc.bytes))
      }
      let response = try milenage.f2345(rand: rand)
      let mask = temp ^ number(opc.bytes)
      #expect(try response.res == Array(out(2, mask).suffix(8)) && response.ak == Array(out(2, mask).prefix(6)))
      #expect(try response.ck.bytes == out(3, mask))
      #expect(try response.ik.bytes == out(4, mask))
      #expect(try milenage.f5Star(rand: rand) == Array(out(5, mask).prefix(6)))
      let sqn = try #require(SequenceNumber(0x0123_4567_89AB))
      let in1 = try [UInt8](hex: "0123456789AB80000123456789AB8000")
      let out1 = try out(1, number(in1) ^ number(opc.bytes))
      #expect(try milenage.f1(rand: rand, sqn: sqn, amf: [0x80, 0]) == Array(out1.prefix(8)))
      #expect(try milenage.f1Star(rand: rand, sqn: sqn, amf: [0x80, 0]) == Array(out1.suffix(8)))
    }
  }

  func number(_ bytes: [UInt8]) -> UInt128 { bytes.reduce(0) { $0 << 8 | UInt128($1) } }
  func bytes(_ number: UInt128) -> [UInt8] { number.bigEndianBytes }

  @Test("TS 33.102 §6.3.2: vectors in a row are those made one by one, for any constants and length of RES")
  func vectorsInARow() throws {
    let constants = try #require(Milenage.Constants(rotations: [8, 3, 120, 61, 1], xoring: random.bytes(80)))
    for (constants, resLength) in [(Milenage.Constants.standard, 8), (constants, 8), (.standard, 4)] {
      let milenage = try Milenage(
        k: Secret(random.bytes(16)), opc: Secret(random.bytes(16)), constants: constants, resLength: resLength)
      let sqns = try [0, 1, 0x1234_5678_9ABC, 0xFFFF_FFFF_FFFF].map { try #require(SequenceNumber($0)) }
      let (rands, amf) = (random.bytes(16 * sqns.count), random.bytes(2))
      let vectors = try milenage.vectors(rands: rands, sqns: sqns, amf: amf)
      var expected: [UInt8] = []
      for (index, sqn) in sqns.enumerated() {
        let rand = Array(rands[16 * index..<16 * index + 16])
        let response = try milenage.f2345(rand: rand)
        let token = try milenage.authenticationToken(rand: rand, sqn: sqn, amf: amf, response: response)
        expected += rand + response.res + response.ck.bytes + response.ik.bytes + token.bytes
      }
      #expect(vectors.bytes == expected && vectors.stride * sqns.count == expected.count)
    }
    let milenage = try Milenage(k: Secret(random.bytes(16)), opc: Secret(random.bytes(16)))
    #expect(throws: KeyError.self) { try milenage.vectors(rands: random.bytes(15), sqns: [.zero], amf: [0, 0]) }
    #expect(throws: KeyError.self) { try milenage.vectors(rands: random.bytes(16), sqns: [.zero], amf: [0]) }
    #expect(try milenage.vectors(rands: [], sqns: [], amf: [0, 0]).bytes.isEmpty)
  }

  @Test("TS 33.102 §6.8.1.2: c2 and c3 of TS 55.205 §6, test set 1") func conversions() throws {
    let milenage = try Milenage(
      k: Secret([UInt8](hex: "465B5CE8B199B49FAA5F0A2EE238A6BC")),
      opc: Secret([UInt8](hex: "CD63CB71954A9F4E48A5994E37A02BAF")))
    let response = try milenage.f2345(rand: [UInt8](hex: "23553CBE9637A89D218AE64DAE47BF35"))
    #expect(response.sres.hex == "46F8416A")
    #expect(response.kc.bytes.hex == "EAE4BE823AF9A08B")
    let short = AuthenticationResponse(res: [1, 2, 3, 4, 5, 6], ck: Secret([]), ik: Secret([]), ak: [])
    #expect(short.sres == [4, 4, 3, 4])
  }

  @Test("TS 33.102 §6.3: AUTN and AUTS carry SQN to the other side, and no changed bit passes") func tokens() throws {
    let sqn = try #require(SequenceNumber(0xFEDC_BA98_7654))
    for algorithm in try algorithms() {
      let rand = random.bytes(16)
      let response = try algorithm.f2345(rand: rand)
      let autn = try algorithm.authenticationToken(rand: rand, sqn: sqn, amf: [0x80, 0], response: response)
      let auts = try algorithm.resynchronisationToken(rand: rand, sqnMS: sqn)
      for index in autn.bytes.indices {
        var changed = autn.bytes
        changed[index] ^= 0x10
        let token = try #require(AuthenticationToken(bytes: changed))
        #expect(try algorithm.sequenceNumber(in: token, rand: rand, response: response) == nil)
      }
      for index in auts.bytes.indices {
        var changed = auts.bytes
        changed[index] ^= 0x10
        let token = try #require(ResynchronisationToken(bytes: changed))
        #expect(try algorithm.sequenceNumber(in: token, rand: rand) == nil)
      }
      let received = try #require(AuthenticationToken(bytes: autn.bytes))
      #expect(try algorithm.sequenceNumber(in: received, rand: rand, response: response) == sqn)
      let returned = try #require(ResynchronisationToken(bytes: auts.bytes))
      #expect(try algorithm.sequenceNumber(in: returned, rand: rand) == sqn)
    }
    for length in 0..<50 {
      let bytes = [UInt8](repeating: 0, count: length)
      #expect((AuthenticationToken(bytes: bytes) != nil) == [16, 24, 40].contains(length))
      #expect((ResynchronisationToken(bytes: bytes) != nil) == [14, 22, 38].contains(length))
    }
  }

  @Test("TS 34.108 §8.1.2: the test algorithm's outputs are K ⊕ RAND, turned") func testAlgorithm() throws {
    let k = try [UInt8](hex: "000102030405060708090A0B0C0D0E0F")
    let algorithm = try TestAlgorithm(k: Secret(k))
    let rand = [UInt8](repeating: 0, count: 16)
    let response = try algorithm.f2345(rand: rand)
    #expect(response.res == k)
    #expect(response.ck.bytes.hex == "0102030405060708090A0B0C0D0E0F00")
    #expect(response.ik.bytes.hex == "02030405060708090A0B0C0D0E0F0001")
    #expect(response.ak.hex == "030405060708")
    let sqn = try #require(SequenceNumber(bytes: [1, 1, 1, 1, 1, 1]))
    #expect(try algorithm.f1(rand: rand, sqn: sqn, amf: [0x80, 0]).hex == "0100030205048607")
  }

  @Test("sizes outside the specifications are refused") func sizes() throws {
    let (k, rand) = (Secret(random.bytes(16)), random.bytes(16))
    for algorithm in try algorithms() {
      #expect(throws: KeyError.self) { try algorithm.f2345(rand: random.bytes(15)) }
      #expect(throws: KeyError.self) { try algorithm.f5Star(rand: random.bytes(17)) }
      #expect(throws: KeyError.self) { try algorithm.f1(rand: rand, sqn: .zero, amf: [0]) }
      #expect(throws: KeyError.self) { try algorithm.f1Star(rand: [], sqn: .zero, amf: [0, 0]) }
    }
    #expect(throws: KeyError.self) { try Milenage(k: Secret(random.bytes(32)), opc: k) }
    #expect(throws: KeyError.self) { try Milenage(k: k, opc: Secret([])) }
    #expect(throws: KeyError.self) { try Milenage(k: k, opc: k, resLength: 9) }
    #expect(throws: KeyError.self) { try TUAK(k: k, topc: k) }
    #expect(throws: KeyError.self) { try TUAK(k: Secret(random.bytes(24)), topc: Secret(random.bytes(32))) }
    #expect(throws: KeyError.self) { try TUAK(k: k, topc: Secret(random.bytes(32)), iterations: 0) }
    #expect(throws: KeyError.self) { try TestAlgorithm(k: Secret([])) }
    #expect(TUAK.Sizes(mac: 4) == nil && TUAK.Sizes(res: 12) == nil && TUAK.Sizes(ck: 8) == nil)
    #expect(Milenage.Constants(rotations: [0, 0, 0, 0, 128], xoring: random.bytes(80)) == nil)
    #expect(Milenage.Constants(rotations: [0, 0, 0, 0, 0], xoring: random.bytes(79)) == nil)
    #expect(
      Milenage.Constants(rotations: [64, 0, 32, 64, 96], xoring: Milenage.Constants.standard.xoring.flatMap(\.self))
        == .standard)
  }
}
