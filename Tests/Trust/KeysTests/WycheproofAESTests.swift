import Bytes
import Keys
import TestSupport
import Testing

@Suite("Wycheproof: AES", .enabled(if: Vectors.exist, Vectors.missing)) struct WycheproofAESTests {
  struct MacGroup: Decodable {
    struct Case: Decodable {
      let tcId: Int
      let key, msg, tag: Hex
      let result: String
    }
    let tests: [Case]
  }

  @Test("NIST SP 800-38B: CMAC is computed as published, and a key of another size refused") func cmac() throws {
    let file: Wycheproof<MacGroup> = try Vectors.load("wycheproof/aes_cmac_test.json")
    let tests = file.testGroups.flatMap(\.tests)
    #expect(tests.count == 311)
    for test in tests {
      let mac = try? AES.cmac(test.msg.bytes, key: Secret(test.key.bytes))
      #expect((mac == test.tag.bytes) == (test.result == "valid"), "test \(test.tcId)")
    }
  }

  struct SealGroup: Decodable {
    struct Case: Decodable {
      let tcId: Int
      let key, iv, aad, msg, ct, tag: Hex
      let result: String
    }
    let ivSize: Int
    let tests: [Case]
  }

  @Test("NIST SP 800-38D: GCM seals and opens as published; only nonces of 12 bytes are taken") func gcm() throws {
    let file: Wycheproof<SealGroup> = try Vectors.load("wycheproof/aes_gcm_test.json")
    var taken = 0
    for group in file.testGroups {
      for test in group.tests {
        let (key, nonce, aad) = (Secret(test.key.bytes), test.iv.bytes, test.aad.bytes)
        let opened = try? AES.gcmOpen(test.ct.bytes + test.tag.bytes, key: key, nonce: nonce, authenticating: aad)
        if group.ivSize == 96, test.result == "valid" {
          #expect(opened == test.msg.bytes, "test \(test.tcId)")
          #expect(
            try AES.gcmSeal(test.msg.bytes, key: key, nonce: nonce, authenticating: aad)
              == test.ct.bytes + test.tag.bytes, "test \(test.tcId)")
          taken += 1
        } else {
          #expect(opened == nil, "test \(test.tcId)")
        }
      }
    }
    #expect(taken > 80)
  }
}
