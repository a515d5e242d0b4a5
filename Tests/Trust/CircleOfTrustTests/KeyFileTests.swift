import Bytes
import CircleOfTrust
import Keys
import TLV
import TestSupport
import Testing

@Suite("Keys and certificates in files") struct KeyFileTests {
  @Test(
    "SGP.26's private keys (SEC 1 behind EC PARAMETERS) belong to its certificates",
    .enabled(if: Vectors.exist, Vectors.missing), arguments: SGP26.allCases)
  func sgp26(set: SGP26) throws {
    let pairs: [(Certificate, PrivateKey)] = [
      (try set.ci, try set.key("CertificateIssuer/SK_CI_ECDSA")), (try set.eum, try set.key("EUM/SK_EUM_ECDSA")),
      (try set.euicc, try set.euiccKey), (try set.dpAuth, try set.dpAuthKey), (try set.dpPb, try set.dpPbKey),
      (try set.dpTLS, try set.dpTLSKey),
    ]
    for (certificate, key) in pairs { #expect(key.publicKey == certificate.publicKey, "\(certificate.subject)") }
    let blocks = try PEM.blocks(in: Vectors.text("sgp26/CertificateIssuer/CERT_CI_ECDSA_\(set.rawValue).pem"))
    #expect(blocks == [PEM("CERTIFICATE", try set.ci.encoded)])
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
