import Bytes
import Keys
import TestSupport
import Testing

@Suite("Wycheproof: ECDSA", .enabled(if: Vectors.exist, Vectors.missing)) struct WycheproofSignatureTests {
  struct Group: Decodable {
    struct Key: Decodable { let uncompressed: Hex }
    struct Case: Decodable {
      let tcId: Int
      let msg, sig: Hex
      let result: String
    }
    let publicKey: Key
    let tests: [Case]
  }

  @Test(
    "signatures r‖s are taken and refused as published",
    arguments: [(Curve.p256, "secp256r1", 262), (.brainpoolP256r1, "brainpoolP256r1", 261)])
  func plain(curve: Curve, name: String, count: Int) throws {
    let file: Wycheproof<Group> = try Vectors.load("wycheproof/ecdsa_\(name)_sha256_p1363_test.json")
    var tested = 0
    for group in file.testGroups {
      let key = try PublicKey(curve, point: group.publicKey.uncompressed.bytes)
      for test in group.tests {
        #expect(
          key.verifies(test.sig.bytes, over: test.msg.bytes) == (test.result == "valid"), "test \(test.tcId)")
        tested += 1
      }
    }
    #expect(tested == count)
  }

  @Test(
    "RFC 3279 §2.2.3: signatures in DER, and what only resembles it, are taken and refused as published",
    arguments: [(Curve.p256, "secp256r1", 484), (.brainpoolP256r1, "brainpoolP256r1", 485)])
  func der(curve: Curve, name: String, count: Int) throws {
    let file: Wycheproof<Group> = try Vectors.load("wycheproof/ecdsa_\(name)_sha256_test.json")
    var tested = 0
    for group in file.testGroups {
      let key = try PublicKey(curve, point: group.publicKey.uncompressed.bytes)
      for test in group.tests {
        let signature = ECDSAEncoding.plain(fromDER: test.sig.bytes)
        let verdict = signature.map { key.verifies($0, over: test.msg.bytes) } ?? false
        #expect(verdict == (test.result == "valid"), "test \(test.tcId)")
        if verdict, let signature { #expect(ECDSAEncoding.der(fromPlain: signature) == test.sig.bytes) }
        tested += 1
      }
    }
    #expect(tested == count)
  }
}
