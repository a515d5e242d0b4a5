import Bytes
import CircleFiles
import CircleOfTrust
import Foundation
import Identifiers
import Keys
import TLV
import TestSupport
import Testing

@Suite("A circle of trust as a directory") struct CircleDirectoryTests {
  private let now = Instant(seconds: 1_790_000_000)
  private var validity: Validity { Validity(from: now, days: 365) }
  private let random = SystemRandomSource.shared

  /// Runs `body` with a circle in a directory that is removed afterwards.
  private func withCircle(_ body: (CircleDirectory) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("circle-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(CircleDirectory(folder.path))
  }

  @Test("a private circle issues what its own trust anchors verify", arguments: Curve.allCases)
  func begun(curve: Curve) throws {
    try withCircle { directory in
      #expect(!directory.exists)
      try directory.begin(curve: curve, organization: "Lab", validity: validity, random: random)
      let oid = try #require(OID("2.999.10"))
      let issued = try directory.issue(
        .dpAuthentication(oid), named: "Lab SM-DP+", file: "smdp", curve: curve, validity: validity, random: random)
      #expect(directory.exists)
      let verified = try directory.circle().verify([issued.certificate], as: .dpAuthentication, at: now)
      #expect(verified.oid == oid)
      #expect(try directory.entry("DPauth/smdp").key?.publicKey == verified.publicKey)
    }
  }

  @Test("private keys are readable by their owner alone") func permissions() throws {
    try withCircle { directory in
      try directory.begin(curve: .p256, organization: "Lab", validity: validity, random: random)
      let file = "\(directory.path)/CertificateIssuer/p256.key"
      let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? NSNumber
      #expect(mode?.intValue == 0o600)
    }
  }

  @Test("nothing is written over, and names cannot leave the directory") func names() throws {
    try withCircle { directory in
      try directory.begin(curve: .p256, organization: "Lab", validity: validity, random: random)
      #expect(throws: CircleFilesError.self) {
        try directory.begin(curve: .p256, organization: "Lab", validity: validity, random: random)
      }
      for name in ["../x", "", ".hidden", "a/b"] {
        #expect(throws: CircleFilesError.self) {
          try directory.issue(
            .operatorTLS, named: "Op", file: name, curve: .p256, validity: validity, random: random)
        }
      }
    }
  }

  @Test("a revoked certificate is refused from the next reading on, and the list counts up") func revoked() throws {
    try withCircle { directory in
      try directory.begin(curve: .p256, organization: "Lab", validity: validity, random: random)
      let oid = try #require(OID("2.999.10"))
      for file in ["a", "b"] {
        try directory.issue(
          .dpAuthentication(oid), named: "SM-DP+", file: file, curve: .p256, validity: validity, random: random)
      }
      let first = try directory.revoke("DPauth/a", now: now)
      let second = try directory.revoke("DPauth/b", now: now)
      #expect(first.revoked.count == 1)
      #expect(second.revoked.count == 2)
      let circle = try directory.circle()
      for file in ["a", "b"] {
        let certificate = try directory.entry("DPauth/\(file)").certificate
        #expect(throws: ChainError.self) { try circle.verify([certificate], as: .dpAuthentication, at: now) }
      }
    }
  }

  @Test("a damaged or foreign key beside a certificate is refused") func foreignKey() throws {
    try withCircle { directory in
      try directory.begin(curve: .p256, organization: "Lab", validity: validity, random: random)
      let other = PrivateKey(.p256, random: random)
      try Data(other.pem.utf8).write(to: URL(fileURLWithPath: "\(directory.path)/EUM/p256.key"))
      #expect(throws: CircleFilesError.self) { try directory.entry("EUM/p256") }
    }
  }

  @Test("an eUICC is issued and revoked by its own manufacturer, whichever others are there") func manufacturers()
    throws
  {
    try withCircle { directory in
      try directory.begin(curve: .p256, organization: "Lab", validity: validity, random: random)
      for (file, ein) in [("a", "8901"), ("z", "8902")] {
        try directory.issue(
          .eum(organization: file, eins: [ein], signsRevocationLists: true), named: file, file: file, curve: .p256,
          validity: validity, random: random)
      }
      for prefix in ["8901", "8902", EIN.laboratory] {
        let eid = try EID(prefix: prefix + String(repeating: "0", count: 30 - prefix.count))
        try directory.issue(
          .euicc(eid), named: "eUICC", file: prefix, curve: .p256, validity: validity, random: random)
        let entry = try directory.entry("eUICC/\(prefix)")
        let eum = try #require(
          try directory.entries(.eum).first {
            $0.certificate.subjectKeyIdentifier == entry.certificate.authorityKeyIdentifier
          })
        let chain = [entry.certificate, eum.certificate]
        _ = try directory.circle().verify(chain, as: .euicc, at: now)
        try directory.revoke("eUICC/\(prefix)", now: now)
        let circle = try directory.circle()
        #expect(throws: ChainError.self) { try circle.verify(chain, as: .euicc, at: now) }
      }
      let outside = try EID(prefix: "890300000000000000000000000000")
      #expect(throws: CircleFilesError.self) {
        try directory.issue(.euicc(outside), named: "x", file: "x", curve: .p256, validity: validity, random: random)
      }
      // With the manufacturers revoked as well, the circle can still be read, and nobody comes back.
      for file in ["a", "z", "p256"] { try directory.revoke("EUM/\(file)", now: now) }
      let circle = try directory.circle()
      for entry in try directory.entries(.eum) {
        #expect(throws: ChainError.self) { try circle.verify([entry.certificate], as: .eum, at: now) }
      }
    }
  }

  @Test("an import takes certificates, keys and revocation lists from whatever files hold them, and can be repeated")
  func imports() throws {
    try withCircle { source in
      try source.begin(curve: .p256, organization: "Foreign", validity: validity, random: random)
      let oid = try #require(OID("2.999.10"))
      for file in ["dp", "gone"] {
        try source.issue(
          .dpAuthentication(oid), named: "DP", file: file, curve: .p256, validity: validity, random: random)
      }
      try source.revoke("DPauth/gone", now: now)
      let extra = "\(source.path)/extra"
      try FileManager.default.createDirectory(atPath: "\(extra)/sub", withIntermediateDirectories: true)
      // A certificate with its key in one file; the same name as another; a name that no file of ours may have.
      let key = PrivateKey(.p256, random: random)
      let ci = try Authority(
        certificate: source.entry("CertificateIssuer/p256").certificate,
        key: try #require(source.entry("CertificateIssuer/p256").key))
      let both = try ci.issue(
        .dpProfileBinding(oid), named: "pb", to: key.publicKey, validity: validity, random: random)
      try Data((both.pem + key.pem).utf8).write(to: URL(fileURLWithPath: "\(extra)/.my certificate.pem"))
      let twin = try ci.issue(
        .dpAuthentication(oid), named: "twin", to: key.publicKey, validity: validity, random: random)
      try Data(twin.encoded).write(to: URL(fileURLWithPath: "\(extra)/sub/dp.der"))
      try Data("hello".utf8).write(to: URL(fileURLWithPath: "\(extra)/README"))
      try withCircle { directory in
        let first = try directory.importSet(from: source.path)
        #expect(first.taken.count == 7)
        #expect(first.passedOver.map(\.path) == ["extra/README"])
        #expect(try directory.entries().count == 6)
        #expect(try directory.entries().allSatisfy { $0.key != nil })
        let circle = try directory.circle()
        for entry in try directory.entries(.dpAuthentication) {
          let isGood = (try? circle.verify([entry.certificate], as: .dpAuthentication, at: now)) != nil
          #expect(isGood == !entry.name.contains("gone"))
        }
        // A key that got lost comes back with the next import; nothing is taken twice.
        let lost = "\(directory.path)/DPauth/dp.key"
        try FileManager.default.removeItem(atPath: lost)
        #expect(try directory.importSet(from: source.path).taken.count == 1)
        #expect(try directory.entries().count == 6)
        #expect(FileManager.default.fileExists(atPath: lost))
      }
    }
  }

  @Test(
    "GSMA's SGP.26 set is taken whole: a key for each certificate",
    .enabled(if: Vectors.exist, Vectors.missing))
  func sgp26() throws {
    try withCircle { directory in
      let imported = try directory.importSet(from: Vectors.folder.appendingPathComponent("sgp26").path)
      #expect(imported.taken.count == 19)
      #expect(imported.passedOver.allSatisfy { $0.reason.contains("public key") })
      #expect(try directory.entries().allSatisfy { $0.key != nil })
      let circle = try directory.circle()
      #expect(circle.roots.count == 2)
      for entry in try directory.entries(.dpAuthentication) + directory.entries(.dpProfileBinding) {
        let role = try #require(entry.role)
        _ = try circle.verify([entry.certificate], as: role, at: Instant(seconds: 1_750_000_000))
      }
    }
  }
}
