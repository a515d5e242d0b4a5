import Bytes
import CircleOfTrust
import Identifiers
import Keys
import TLV
import Testing

/// A circle of our own with everybody in it, made from a seed.
struct PrivateCircle {
  let random: any RandomSource
  let ci: Authority
  let eum: Authority
  let euicc: Certificate
  let circle: Circle
  /// One certificate of each role that comes straight from the CI.
  let others: [Role: Certificate]

  static let now = Instant(seconds: 1_800_000_000)
  static let validity = Validity(notBefore: now - .seconds(1000), notAfter: now + .seconds(1000))
  static let ciName = DistinguishedName([(.organizationName, "Simurgh Test"), (.commonName, "Test CI")])
  static let eid = "89001012012341234012345678901224"

  init(_ curve: Curve, seed: String = "circle", validity: Validity = Self.validity) throws {
    let random = SeededRandomSource(seed: Array(seed.utf8))
    let ci = try Authority(
      certificateIssuer: Self.ciName, key: PrivateKey(curve, random: random), validity: validity, random: random)
    let eumKey = PrivateKey(curve, random: random)
    let eum = try Authority(
      certificate: ci.issue(
        .eum(organization: "Card Maker", eins: ["89001012", "89001013"], signsRevocationLists: true), named: "EUM",
        to: eumKey.publicKey, validity: validity, random: random),
      key: eumKey)
    let oid = try #require(OID("2.999.10"))
    var others: [Role: Certificate] = [:]
    let profiles: [CertificateProfile] = [
      .dpTLS(oid, hosts: ["smdp.example.com"]), .dpAuthentication(oid), .dpProfileBinding(oid),
      .dsTLS(oid, hosts: ["smds.example.com"]), .dsAuthentication(oid), .operatorTLS,
      .srTLS(oid, hosts: ["smsr.example.com"]), .directoryTLS(oid, hosts: ["directory.example.com"]),
    ]
    for profile in profiles {
      let key = PrivateKey(curve, random: random)
      others[profile.role] = try ci.issue(
        profile, named: "\(profile.role)", to: key.publicKey, validity: validity, random: random)
    }
    euicc = try eum.issue(
      .euicc(EID(Self.eid)), named: "eUICC", to: PrivateKey(curve, random: random).publicKey, validity: validity,
      random: random)
    (self.random, self.ci, self.eum, self.others) = (random, ci, eum, others)
    circle = Circle(roots: [ci.certificate])
  }

  /// The chain that stands for a role, leaf first.
  func chain(_ role: Role) -> [Certificate] {
    switch role {
    case .euicc: [euicc, eum.certificate]
    case .eum: [eum.certificate]
    case .certificateIssuer: [ci.certificate]
    default: others[role].map { [$0] } ?? []
    }
  }
}

/// A certificate written field by field, with whatever lies in it.
struct Forgery {
  var version: [UInt8] = [0x02, 0x01, 0x02]
  var serialNumber: [UInt8]
  var issuer: DistinguishedName
  var validity: Validity
  var subject: DistinguishedName
  var keyInfo: [UInt8]
  var extensions: CertificateExtensions
  /// Extensions in DER that follow the others.
  var more: [[UInt8]] = []
  var innerAlgorithm = Self.ecdsaWithSHA256
  var outerAlgorithm = Self.ecdsaWithSHA256
  /// Fields between the key and the extensions.
  var uniqueIdentifiers: [UInt8] = []

  static let ecdsaWithSHA256: [UInt8] = [
    0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02,
  ]

  /// All as in `original`.
  init(_ original: Certificate) {
    serialNumber = original.serialNumber.bytes
    (issuer, validity, subject) = (original.issuer, original.validity, original.subject)
    keyInfo = Self.keyInfo(original.publicKey.curve, point: original.publicKey.point)
    extensions = original.extensions
  }

  static func keyInfo(_ curve: Curve, point: [UInt8]) -> [UInt8] {
    var writer = TLVWriter()
    writer.write(.sequence) { writer in
      writer.write(.sequence) { writer in
        writer.write(.objectIdentifier, OID("1.2.840.10045.2.1"))
        writer.write(.objectIdentifier, OID(curve == .p256 ? "1.2.840.10045.3.1.7" : "1.3.36.3.3.2.8.1.1.7"))
      }
      writer.write(.bitString, bytes: [0] + point)
    }
    return writer.bytes
  }

  /// An extension in DER.
  static func `extension`(_ oid: String, critical: [UInt8] = [], value: [UInt8]) -> [UInt8] {
    var writer = TLVWriter()
    writer.write(.sequence) { writer in
      writer.write(.objectIdentifier, OID(oid))
      writer.append(encoded: critical)
      writer.write(.octetString, bytes: value)
    }
    return writer.bytes
  }

  /// BOOLEAN TRUE.
  static let critical: [UInt8] = [0x01, 0x01, 0xFF]

  func signed(by key: PrivateKey) throws -> [UInt8] {
    var body = TLVWriter()
    body.write(.sequence) { writer in
      writer.write(0xA0, bytes: version)
      writer.write(.integer, bytes: serialNumber)
      writer.append(encoded: innerAlgorithm)
      writer.write(issuer)
      writer.write(validity)
      writer.write(subject)
      writer.append(encoded: keyInfo)
      writer.append(encoded: uniqueIdentifiers)
      writer.write(0xA3) { writer in
        writer.write(.sequence) { writer in
          extensions.encodeFields(to: &writer)
          for item in more { writer.append(encoded: item) }
        }
      }
    }
    return try Self.sign(body.bytes, by: key, algorithm: outerAlgorithm)
  }

  static func sign(
    _ body: [UInt8], by key: PrivateKey, algorithm: [UInt8] = Self.ecdsaWithSHA256
  ) throws -> [UInt8] {
    let signature = ECDSAEncoding.der(fromPlain: try key.sign(body)) ?? []
    var writer = TLVWriter()
    writer.write(.sequence) { writer in
      writer.append(encoded: body)
      writer.append(encoded: algorithm)
      writer.write(.bitString, bytes: [0] + signature)
    }
    return writer.bytes
  }
}
