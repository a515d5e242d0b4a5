import Bytes
import Keys
import Testing

@Suite("Keys: digests, derivation, modes and the seeded source") struct DigestTests {
  @Test("FIPS 180-4: the digests of \"abc\"") func digests() {
    #expect(sha256(Array("abc".utf8)).hex == "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD")
    #expect(sha1(Array("abc".utf8)).hex == "A9993E364706816ABA3E25717850C26C9CD0D89D")
  }

  @Test("RFC 4231 §4.3: HMAC-SHA-256") func hmac() {
    #expect(
      hmacSHA256(Array("what do ya want for nothing?".utf8), key: Secret(Array("Jefe".utf8))).hex
        == "5BDCC146BF60754E6A042426089575C75A003F089D2739839DEC58B964EC3843")
  }

  @Test("ANSI X9.63 §5.6.3: the key derivation of NIST's validation suite, and any length") func derivation() throws {
    let z = Secret(try [UInt8](hex: "96C05619D56C328AB95FE84B18264B08725B85E33FD34F08"))
    #expect(x963KDF(secret: z, sharedInfo: [], length: 16).bytes.hex == "443024C3DAE66B95E6F5670601558F71")
    let long = x963KDF(secret: z, sharedInfo: [1, 2], length: 100).bytes
    #expect(Array(long[32..<64]) == sha256(z.bytes + [0, 0, 0, 2, 1, 2]))
    for length in 0..<100 {
      #expect(x963KDF(secret: z, sharedInfo: [1, 2], length: length).bytes == Array(long.prefix(length)))
    }
  }

  @Test("NIST SP 800-38A §F.1.1, §F.2.1: AES-128, one block and CBC") func modes() throws {
    let key = Secret(try [UInt8](hex: "2B7E151628AED2A6ABF7158809CF4F3C"))
    let plain = try [UInt8](hex: "6BC1BEE22E409F96E93D7E117393172AAE2D8A571E03AC9C9EB76FAC45AF8E51")
    let iv = try [UInt8](hex: "000102030405060708090A0B0C0D0E0F")
    #expect(try AES.encryptBlock(Array(plain.prefix(16)), key: key).hex == "3AD77BB40D7A3660A89ECAF32466EF97")
    let cipher = try AES.cbcEncrypt(plain, key: key, iv: iv)
    #expect(cipher.hex == "7649ABAC8119B246CEE98E9B12E9197D5086CB9B507219EE95DB113A917678B2")
    #expect(try AES.cbcDecrypt(cipher, key: key, iv: iv) == plain)
    #expect(try AES.cbcEncrypt([], key: key, iv: iv) == [] && AES.cbcDecrypt([], key: key, iv: iv) == [])
  }

  @Test("sizes that no mode takes are refused, not trapped") func sizes() {
    let (block, key) = ([UInt8](repeating: 0, count: 16), Secret([UInt8](repeating: 0, count: 16)))
    for count in [0, 1, 15, 17, 33] {
      let odd = [UInt8](repeating: 0, count: count)
      #expect(throws: KeyError.self) { try AES.encryptBlock(odd, key: key) }
      #expect(throws: KeyError.self) { try AES.encryptBlock(block, key: Secret(odd)) }
      #expect(throws: KeyError.self) { try AES.cbcEncrypt(block, key: key, iv: odd) }
      #expect(throws: KeyError.self) { try AES.cbcDecrypt(block, key: Secret(odd), iv: block) }
      #expect(throws: KeyError.self) { try AES.cmac(block, key: Secret(odd)) }
      #expect(throws: KeyError.self) { try AES.gcmSeal(block, key: key, nonce: odd) }
      #expect(throws: KeyError.self) { try AES.gcmOpen(odd, key: key, nonce: odd) }
      if count > 0 {
        #expect(throws: KeyError.self) { try AES.cbcEncrypt(odd, key: key, iv: block) }
        #expect(throws: KeyError.self) { try AES.cbcDecrypt(odd, key: key, iv: block) }
      }
    }
  }

  @Test("NIST SP 800-90A §10.1.2: the seeded source is HMAC-DRBG") func seeded() {
    // The values of another implementation of the same algorithm.
    let source = SeededRandomSource(seed: Array("simurgh".utf8))
    #expect(source.bytes(16).hex == "3D2F23FB52CE9CAFF89ECF51EC83A6C6")
    #expect(
      source.bytes(40).hex == "1ABEC0B54FAD3EB2DE1B0F8E2795FB3F039D9640EAFCCE24CEA9E90A3A36F800A2486ECAD5ECC1E0")
    #expect(source.bytes(0) == [])
  }
}
