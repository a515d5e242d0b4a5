import Bytes
import CircleOfTrust
import Foundation
import Identifiers
import Keys
import TLV
import Testing
import X509

/// Runs the system's `openssl`.
enum OpenSSL {
  static let path = ["/usr/bin/openssl", "/usr/local/bin/openssl"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }
  static let missing: Comment = "openssl is not installed"

  /// What openssl says on both its outputs, and its exit status.
  static func run(_ arguments: [String]) throws -> (text: String, status: Int32) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(path))
    process.arguments = arguments
    let pipe = Pipe()
    (process.standardOutput, process.standardError) = (pipe, pipe)
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (String(decoding: data, as: UTF8.self), process.terminationStatus)
  }

  /// A folder of files with the given texts, gone after `body`.
  static func withFiles<R>(_ files: [String: String], _ body: ((String) -> String) throws -> R) throws -> R {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, text) in files {
      try Data(text.utf8).write(to: folder.appendingPathComponent(name))
    }
    return try body { folder.appendingPathComponent($0).path }
  }
}

@Suite("openssl as oracle", .enabled(if: OpenSSL.path != nil, OpenSSL.missing)) struct OpenSSLTests {
  private static let time = String(PrivateCircle.now.seconds)

  @Test("openssl verifies what we issue and refuses what we revoke", arguments: Curve.allCases)
  func verifies(curve: Curve) throws {
    let own = try PrivateCircle(curve)
    let list = try own.ci.revocationList(
      number: 1, revoked: [own.chain(.dpTLS)[0].serialNumber: PrivateCircle.now], thisUpdate: PrivateCircle.now,
      nextUpdate: PrivateCircle.now + .seconds(100))
    var files = ["ci": own.ci.certificate.pem, "crl": list.pem]
    for role in Role.allCases where role != .certificateIssuer { files[role.rawValue] = own.chain(role)[0].pem }
    try OpenSSL.withFiles(files) { path in
      let base = ["verify", "-x509_strict", "-ignore_critical", "-attime", Self.time, "-CAfile", path("ci")]
      for role in Role.allCases where role.issuer == .certificateIssuer {
        let result = try OpenSSL.run(base + [path(role.rawValue)])
        #expect(result.status == 0, "\(role): \(result.text)")
        let withList = try OpenSSL.run(base + ["-crl_check", "-CRLfile", path("crl"), path(role.rawValue)])
        #expect((withList.status == 0) == (role != .dpTLS), "\(role): \(withList.text)")
        #expect(withList.text.contains("revoked") == (role == .dpTLS))
      }
      // openssl knows RFC 5280's subtrees, not SGP.22's rule: it finds fault with every eUICC, and with nothing else.
      let euicc = try OpenSSL.run(base + ["-untrusted", path("eum"), path("euicc")])
      #expect(euicc.text.contains("permitted subtree violation"))
      let purpose = try OpenSSL.run(
        base + ["-purpose", "sslserver", "-verify_hostname", "smdp.example.com", path("dpTLS")])
      #expect(purpose.status == 0, "\(purpose.text)")
      let foreign = try OpenSSL.run(base + ["-verify_hostname", "other.example.com", path("dpTLS")])
      #expect(foreign.status != 0)
    }
  }

  @Test("openssl reads the same extensions that we wrote") func reads() throws {
    let own = try PrivateCircle(.brainpoolP256r1)
    try OpenSSL.withFiles(["eum": own.eum.certificate.pem, "tls": own.chain(.dpTLS)[0].pem]) { path in
      let eum = try OpenSSL.run(["x509", "-noout", "-text", "-in", path("eum")]).text
      for text in [
        "brainpoolP256r1", "CA:TRUE, pathlen:0", "Certificate Sign, CRL Sign", "Policy: 2.23.146.1.2.1.2",
        "DirName:O = Card Maker, serialNumber = 89001012", "DirName:O = Card Maker, serialNumber = 89001013",
        "Version: 3", "ecdsa-with-SHA256",
      ] { #expect(eum.contains(text), "\(text)") }
      let tls = try OpenSSL.run(["x509", "-noout", "-text", "-in", path("tls")]).text
      for text in [
        "TLS Web Server Authentication, TLS Web Client Authentication", "DNS:smdp.example.com, Registered ID:2.999.10",
        "Policy: 2.23.146.1.2.1.3", "Digital Signature",
      ] { #expect(tls.contains(text), "\(text)") }
    }
  }

  @Test("openssl takes our private keys, and its own come back to us", arguments: Curve.allCases)
  func keys(curve: Curve) throws {
    let key = PrivateKey(curve, random: SeededRandomSource(seed: [7]))
    try OpenSSL.withFiles(["key": key.pem]) { path in
      let check = try OpenSSL.run(["pkey", "-check", "-noout", "-in", path("key")])
      #expect(check.status == 0, "\(check.text)")
      for form in [["ec", "-in", path("key")], ["pkey", "-in", path("key")]] {
        #expect(try PrivateKey(pem: OpenSSL.run(form).text).scalar == key.scalar)
      }
      let name = curve == .p256 ? "prime256v1" : "brainpoolP256r1"
      let fresh = try OpenSSL.run(["ecparam", "-genkey", "-name", name]).text
      #expect(try PrivateKey(pem: fresh).curve == curve)
    }
  }

  @Test("a chain that openssl issued in our profile verifies here") func issuedByOpenSSL() throws {
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
    try OpenSSL.withFiles(["config": config]) { path in
      let curve = [
        "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "10", "-config", path("config"),
      ]
      let ci = try OpenSSL.run(
        ["req", "-x509", "-subj", "/O=Test/CN=CI", "-extensions", "ci", "-keyout", path("ci.key"), "-out", path("ci")]
          + curve)
      #expect(ci.status == 0, "\(ci.text)")
      let request = try OpenSSL.run(
        ["req", "-new", "-subj", "/O=Test/CN=DP", "-keyout", path("dp.key"), "-out", path("dp.csr")] + curve)
      #expect(request.status == 0, "\(request.text)")
      let dp = try OpenSSL.run([
        "x509", "-req", "-in", path("dp.csr"), "-CA", path("ci"), "-CAkey", path("ci.key"), "-days", "5", "-extfile",
        path("config"), "-extensions", "dp", "-out", path("dp"),
      ])
      #expect(dp.status == 0, "\(dp.text)")
      func certificate(_ name: String) throws -> CircleOfTrust.Certificate {
        let text = try String(contentsOfFile: path(name), encoding: .utf8)
        return try CircleOfTrust.Certificate(encoded: try #require(PEM.blocks(in: text).first).bytes)
      }
      let circle = Circle(roots: [try certificate("ci")])
      let verified = try circle.verify([certificate("dp")], as: .dpAuthentication, at: .now())
      #expect(verified.oid?.description == "2.999.10")
    }
  }
}

@Suite("swift-certificates as oracle") struct SwiftCertificatesTests {
  @Test("swift-certificates reads the same fields in our P-256 certificates and verifies the signatures")
  func reads() throws {
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
