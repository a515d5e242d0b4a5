import Bytes
import CircleOfTrust
import Identifiers
import Keys
import TLV
import TestSupport
import Testing

@Suite("Certificates of SGP.26, read", .enabled(if: Vectors.exist, Vectors.missing)) struct CertificateTests {
  @Test("each certificate of the set is read and keeps its bytes", arguments: SGP26.allCertificates)
  func all(path: String) throws {
    let bytes = try Vectors.bytes(path)
    let certificate = try Certificate(encoded: bytes)
    #expect(certificate.encoded == bytes)
    var writer = TLVWriter()
    writer.write(certificate)
    #expect(writer.bytes == bytes)
    #expect(certificate.claimedRole != nil)
    #expect(certificate.subjectKeyIdentifier == KeyIdentifier(of: certificate.publicKey))
  }

  @Test("SGP.22 §4.5.2.1.0.3: the EUM's certificate says what openssl reads in it", arguments: SGP26.allCases)
  func eum(set: SGP26) throws {
    let eum = try set.eum
    #expect(eum.claimedRole == .eum)
    #expect(eum.issuer.description == "CN=Test CI, OU=TESTCERT, O=RSPTEST, C=IT")
    #expect(eum.subject.description == "C=ES, O=RSP Test EUM, CN=EUM Test")
    #expect(eum.extensions.basicConstraints == BasicConstraints(isAuthority: true, pathLength: 0))
    #expect(eum.extensions.keyUsage == .keyCertSign)
    #expect(eum.extensions.nameConstraints?.eins == ["89049032"])
    #expect(eum.extensions.registeredIDs == [OID("2.999.5")].compactMap { $0 })
    #expect(eum.extensions.revocationListURLs == ["http://ci.test.example.com/CRL-B.crl"])
    #expect(eum.publicKey.curve == set.curve)
    #expect(eum.extensions.unknownCritical.isEmpty)
  }

  @Test("SGP.22 §4.5.2.1.0.4: the eUICC's certificate names its EID and the year 7496", arguments: SGP26.allCases)
  func euicc(set: SGP26) throws {
    let euicc = try set.euicc
    #expect(euicc.claimedRole == .euicc)
    #expect(euicc.eid?.digits == "89049032123451234512345678901235")
    #expect(euicc.validity.notBefore.description == "2020-04-01T09:48:58Z" || set == .brainpool)
    #expect(euicc.validity.notAfter.description.hasPrefix("7496-"))
    #expect(euicc.serialNumber.description == "020000000000000001")
  }

  @Test("SGP.22 §4.5.2.1.0.5: the SM-DP+'s TLS certificate names host and OID", arguments: SGP26.allCases)
  func tls(set: SGP26) throws {
    let tls = try set.dpTLS
    #expect(tls.claimedRole == .dpTLS)
    #expect(tls.extensions.hostNames == ["testsmdpplus1.example.com"])
    #expect(tls.extensions.registeredIDs.map(\.description) == ["2.999.10"])
    #expect(tls.extensions.extendedKeyUsage.map(\.description) == ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"])
  }

  @Test("a certificate cut short at any byte is refused", arguments: SGP26.allCases)
  func truncation(set: SGP26) throws {
    for certificate in [try set.eum, try set.dpTLS] {
      for length in 0..<certificate.encoded.count {
        #expect(throws: TLVError.self) { try Certificate(encoded: certificate.encoded.prefix(length)) }
      }
      #expect(throws: TLVError.trailing) { try Certificate(encoded: certificate.encoded + [0]) }
    }
  }
}
