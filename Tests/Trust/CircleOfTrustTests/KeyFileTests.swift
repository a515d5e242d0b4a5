import Bytes
import CircleOfTrust
import Keys
import TLV
import Testing

@Suite("Keys and certificates in files") struct KeyFileTests {
  @Test(
    "SGP.26's private keys (SEC 1 behind EC PARAMETERS) belong to its certificates",
    .enabled(if: SGP26.exist, SGP26.missing), arguments: SGP26.curves)
  func sgp26(curve: String) throws {
    let pairs: [(Certificate, String)] = [
      (try SGP26.ci(curve), "CertificateIssuer/SK_CI_ECDSA_\(curve).pem"),
      (try SGP26.eum(curve), "EUM/SK_EUM_ECDSA_\(curve).pem"),
      (try SGP26.euicc(curve), "eUICC/SK_EUICC_ECDSA_\(curve).pem"),
      (try SGP26.dpAuth(curve), "DPauth/SK_S_SM_DPauth_ECDSA_\(curve).pem"),
      (try SGP26.dpTLS(curve), "DPtls/SK_S_SM_DP_TLS_\(curve).pem"),
    ]
    for (certificate, path) in pairs {
      #expect(try PrivateKey(pem: SGP26.text(path)).publicKey == certificate.publicKey, "\(path)")
    }
    let blocks = try PEM.blocks(in: SGP26.text("CertificateIssuer/CERT_CI_ECDSA_\(curve).pem"))
    #expect(blocks == [PEM("CERTIFICATE", try SGP26.ci(curve).encoded)])
  }

  @Test("a key written as PKCS#8 comes back, from PEM and from DER", arguments: Curve.allCases)
  func pkcs8(curve: Curve) throws {
    let key = PrivateKey(curve, random: SeededRandomSource(seed: [1]))
    #expect(try PrivateKey(pem: key.pem).scalar == key.scalar)
    #expect(try PrivateKey(der: key.pkcs8.bytes).publicKey == key.publicKey)
    #expect(!"\(key.pkcs8)".contains(key.pkcs8.bytes.hex))
  }

  @Test("a damaged key is refused: every cut, and another public key beside it") func damaged() throws {
    let key = PrivateKey(.p256, random: SeededRandomSource(seed: [1]))
    let der = key.pkcs8.bytes
    for length in 0..<der.count { #expect(throws: KeyError.self) { try PrivateKey(der: Array(der.prefix(length))) } }
    var other = der
    other[der.count - 1] ^= 1
    #expect(throws: KeyError.self) { try PrivateKey(der: other) }
    for offset in der.indices {
      var changed = der
      changed[offset] ^= 0xFF
      if let read = try? PrivateKey(der: changed) { #expect(read.scalar == key.scalar, "byte \(offset)") }
    }
  }

  @Test("each refusal is a sentence that says what to do") func sentences() throws {
    let encrypted = PEM("ENCRYPTED PRIVATE KEY", [0x30, 0x00]).text
    let error = #expect(throws: KeyError.self) { try PrivateKey(pem: encrypted) }
    #expect(error?.description == "the private key is encrypted: decrypt it first")
    let none = #expect(throws: KeyError.self) { try PrivateKey(pem: "hello") }
    #expect(none?.description == "the text contains no private key")
  }

  @Test("PEM: text around blocks is passed over, broken blocks are refused") func pem() throws {
    let text = "Bag Attributes\n" + PEM("A", [1, 2, 3]).text + "\r\nmore\n" + PEM("B", [UInt8](0...99)).text
    #expect(try PEM.blocks(in: text) == [PEM("A", [1, 2, 3]), PEM("B", [UInt8](0...99))])
    #expect(try PEM.blocks(in: text.replacing("\n", with: "\r\n")).count == 2)
    for bad in [
      "-----BEGIN A-----\nAQID\n", "-----BEGIN A-----\n!\n-----END A-----", "-----END A-----",
      "-----BEGIN A-----\n-----BEGIN B-----\n", "-----BEGIN A-----\nAQID\n-----END B-----",
    ] {
      #expect(throws: PEMError.self, "\(bad)") { try PEM.blocks(in: bad) }
    }
  }
}
