import Bytes
import CircleOfTrust
import Foundation
import Identifiers
import Keys
import TLV
import TestPrograms
import Testing
import X509

@Suite("openssl as oracle", .enabled(if: OpenSSL.isInstalled, "openssl is not installed")) struct OpenSSLTests {
  private static let time = String(PrivateCircle.now.seconds)

  @Test("openssl verifies what we issue and refuses what we revoke", arguments: Curve.allCases)
  func verifies(curve: Curve) async throws {
    let own = try PrivateCircle(curve)
    let list = try own.ci.revocationList(
      number: 1, revoked: [own.chain(.dpTLS)[0].serialNumber: PrivateCircle.now], thisUpdate: PrivateCircle.now,
      nextUpdate: PrivateCircle.now + .seconds(100))
    var files = ["ci": own.ci.certificate.pem, "crl": list.pem]
    for role in Role.allCases where role != .certificateIssuer { files[role.rawValue] = own.chain(role)[0].pem }
    let folder = try ProgramFolder(files.mapValues { Array($0.utf8) })
    let base = ["openssl", "verify", "-x509_strict", "-ignore_critical", "-attime", Self.time, "-CAfile", "ci"]
    for role in Role.allCases where role.issuer == .certificateIssuer {
      let result = try await folder.run(base + [role.rawValue])
      #expect(result.status == 0, "\(role): \(result.text)")
      let withList = try await folder.run(base + ["-crl_check", "-CRLfile", "crl", role.rawValue])
      #expect((withList.status == 0) == (role != .dpTLS), "\(role): \(withList.text)")
      #expect(withList.text.contains("revoked") == (role == .dpTLS))
    }
    // openssl knows RFC 5280's subtrees, not SGP.22's rule: it finds fault with every eUICC, and with nothing else.
    let euicc = try await folder.run(base + ["-untrusted", "eum", "euicc"])
    #expect(euicc.text.contains("permitted subtree violation"))
    let purpose = try await folder.run(
      base + ["-purpose", "sslserver", "-verify_hostname", "smdp.example.com", "dpTLS"])
    #expect(purpose.status == 0, "\(purpose.text)")
    let foreign = try await folder.run(base + ["-verify_hostname", "other.example.com", "dpTLS"])
    #expect(foreign.status != 0)
  }

  @Test("openssl reads the same extensions that we wrote") func reads() async throws {
    let own = try PrivateCircle(.brainpoolP256r1)
    let folder = try ProgramFolder([
      "eum": Array(own.eum.certificate.pem.utf8), "tls": Array(own.chain(.dpTLS)[0].pem.utf8),
    ])
    let eum = try await folder.run("openssl", "x509", "-noout", "-text", "-in", "eum").text
    for text in [
      "brainpoolP256r1", "CA:TRUE, pathlen:0", "Certificate Sign, CRL Sign", "Policy: 2.23.146.1.2.1.2",
      "DirName:O = Card Maker, serialNumber = 89001012", "DirName:O = Card Maker, serialNumber = 89001013",
      "Version: 3", "ecdsa-with-SHA256",
    ] { #expect(eum.contains(text), "\(text)") }
    let tls = try await folder.run("openssl", "x509", "-noout", "-text", "-in", "tls").text
    for text in [
      "TLS Web Server Authentication, TLS Web Client Authentication", "DNS:smdp.example.com, Registered ID:2.999.10",
      "Policy: 2.23.146.1.2.1.3", "Digital Signature",
    ] { #expect(tls.contains(text), "\(text)") }
  }

  @Test("openssl takes our private keys, and its own come back to us", arguments: Curve.allCases)
  func keys(curve: Curve) async throws {
    let key = PrivateKey(curve, random: SeededRandomSource(seed: [7]))
    let folder = try ProgramFolder(["key": Array(key.pem.utf8)])
    let check = try await folder.run(["openssl", "pkey", "-check", "-noout", "-in", "key"])
    #expect(check.status == 0, "\(check.text)")
    for form in ["ec", "pkey"] {
      let text = try await folder.run("openssl", form, "-in", "key").text
      #expect(try PrivateKey(pem: text).scalar == key.scalar)
    }
    let name = curve == .p256 ? "prime256v1" : "brainpoolP256r1"
    let fresh = try await folder.run(["openssl", "ecparam", "-genkey", "-name", name]).text
    #expect(try PrivateKey(pem: fresh).curve == curve)
  }

  @Test("a chain that openssl issued in our profile verifies here") func issuedByOpenSSL() async throws {
    let config = """
      [req]
      distinguished_name = dn
      [dn]
      [ci]
      basicConstraints = critical, CA:TRUE
      keyUsage = critical, keyCertSign, cRLSign
      certificatePolicies = critical, 2.23.146.1.2.1.0
      subjectKeyIdentifier = hash
      [dp]
      keyUsage = critical, digitalSignature
      certificatePolicies = critical, 2.23.146.1.2.1.4
      subjectKeyIdentifier = hash
      authorityKeyIdentifier = keyid
      subjectAltName = RID:2.999.10
      """
    let folder = try ProgramFolder(["config": Array(config.utf8)])
    let curve = [
      "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "10", "-config", "config",
    ]
    let ci = try await folder.run(
      ["openssl", "req", "-x509", "-subj", "/O=Test/CN=CI", "-extensions", "ci", "-keyout", "ci.key", "-out", "ci"]
        + curve)
    #expect(ci.status == 0, "\(ci.text)")
    let request = try await folder.run(
      ["openssl", "req", "-new", "-subj", "/O=Test/CN=DP", "-keyout", "dp.key", "-out", "dp.csr"] + curve)
    #expect(request.status == 0, "\(request.text)")
    let dp = try await folder.run([
      "openssl", "x509", "-req", "-in", "dp.csr", "-CA", "ci", "-CAkey", "ci.key", "-days", "5", "-extfile",
      "config", "-extensions", "dp", "-out", "dp",
    ])
    #expect(dp.status == 0, "\(dp.text)")
    func certificate(_ name: String) throws -> CircleOfTrust.Certificate {
      let text = String(decoding: try folder.read(name), as: UTF8.self)
      return try CircleOfTrust.Certificate(encoded: try #require(PEM.blocks(in: text).first).bytes)
    }
    let circle = Circle(roots: [try certificate("ci")])
    let verified = try circle.verify([certificate("dp")], as: .dpAuthentication, at: .now())
    #expect(verified.oid?.description == "2.999.10")
  }
}

@Suite("swift-certificates as oracle") struct SwiftCertificatesTests {
  @Test("swift-certificates reads the same fields in our P-256 certificates and verifies the signatures")
  func reads() async throws {
    let own = try PrivateCircle(.p256)
    let issuer = try X509.Certificate(derEncoded: own.ci.certificate.encoded)
    for role in Role.allCases where role.issuer == .certificateIssuer {
      let ours = own.chain(role)[0]
      let theirs = try X509.Certificate(derEncoded: ours.encoded)
      #expect(issuer.publicKey.isValidSignature(theirs.signature, for: theirs))
      #expect(theirs.notValidAfter.timeIntervalSince1970 == Double(ours.validity.notAfter.seconds))
      #expect(theirs.notValidBefore.timeIntervalSince1970 == Double(ours.validity.notBefore.seconds))
      #expect(Array(theirs.serialNumber.bytes) == ours.serialNumber.bytes)
      #expect(theirs.issuer == issuer.subject)
      let identifier = try #require(try theirs.extensions.subjectKeyIdentifier)
      #expect(Array(identifier.keyIdentifier) == ours.subjectKeyIdentifier?.bytes)
      let constraints = try theirs.extensions.basicConstraints
      #expect(constraints == (role == .eum ? .isCertificateAuthority(maxPathLength: 0) : nil))
      let usage = try #require(try theirs.extensions.keyUsage)
      #expect(usage.digitalSignature == !role.isAuthority)
      #expect(usage.keyCertSign == role.isAuthority)
    }
  }
}
