import Bytes
import CircleOfTrust
import Identifiers
import Keys
import TLV
import Testing

@Suite("Forged certificates") struct ForgeryTests {
  private static func reason(
    _ own: PrivateCircle, _ chain: [Certificate], _ role: Role
  ) -> ChainError.Reason? {
    do {
      _ = try own.circle.verify(chain, as: role, at: PrivateCircle.now)
      return nil
    } catch { return error.reason }
  }

  /// A certificate of our circle, changed and signed anew by the one who should have issued it.
  private static func changed(
    _ own: PrivateCircle, _ role: Role, _ change: (inout Forgery) throws -> Void
  ) throws -> [Certificate] {
    let chain = own.chain(role)
    var forgery = Forgery(chain[0])
    try change(&forgery)
    let key = role == .euicc ? own.eum.key : own.ci.key
    return [try Certificate(encoded: forgery.signed(by: key))] + chain.dropFirst()
  }

  private static func refusesToRead(
    _ own: PrivateCircle, _ role: Role, _ change: (inout Forgery) throws -> Void
  ) throws {
    #expect(throws: TLVError.self) { try changed(own, role, change) }
  }

  @Test("the forger's bench is true: unchanged, its certificates are accepted", arguments: Curve.allCases)
  func bench(curve: Curve) throws {
    let own = try PrivateCircle(curve)
    for role in Role.allCases where role != .certificateIssuer {
      #expect(Self.reason(own, try Self.changed(own, role) { _ in }, role) == nil)
    }
  }

  @Test("whichever bit of a chain is turned, it is not accepted")
  func everyBit() throws {
    let own = try PrivateCircle(.p256)
    let chain = own.chain(.euicc)
    for index in chain.indices {
      for bit in 0..<chain[index].encoded.count * 8 {
        var bytes = chain[index].encoded
        bytes[bit / 8] ^= 1 << UInt8(bit % 8)
        guard let forged = try? Certificate(encoded: bytes) else { continue }
        var chain = chain
        chain[index] = forged
        #expect(Self.reason(own, chain, .euicc) != nil, "certificate \(index), bit \(bit)")
      }
    }
  }

  @Test("whichever byte of a brainpool chain is changed, it is not accepted")
  func everyByte() throws {
    let own = try PrivateCircle(.brainpoolP256r1)
    for offset in own.euicc.encoded.indices {
      var bytes = own.euicc.encoded
      bytes[offset] ^= 0x01
      guard let forged = try? Certificate(encoded: bytes) else { continue }
      #expect(Self.reason(own, [forged, own.eum.certificate], .euicc) != nil, "byte \(offset)")
    }
  }

  @Test("a certificate that somebody else signed under the CI's name and key identifier is refused")
  func foreignSigner() throws {
    let own = try PrivateCircle(.p256)
    let foreign = PrivateKey(.p256, random: own.random)
    let forged = try Certificate(encoded: Forgery(own.eum.certificate).signed(by: foreign))
    #expect(Self.reason(own, [own.euicc, forged], .euicc) == .badSignature)
    #expect(Self.reason(own, [forged], .eum) == .badSignature)
    // A signature of the other curve is none either.
    let brainpool = PrivateKey(.brainpoolP256r1, random: own.random)
    let other = try Certificate(encoded: Forgery(own.eum.certificate).signed(by: brainpool))
    #expect(Self.reason(own, [other], .eum) == .badSignature)
  }

  @Test("RFC 5280 §4.2: an unknown critical extension is refused, an unknown other one is not")
  func unknownExtension() throws {
    let own = try PrivateCircle(.p256)
    let oid = try #require(OID("2.999.77"))
    let critical = try Self.changed(own, .euicc) {
      $0.more = [Forgery.extension("2.999.77", critical: Forgery.critical, value: [0x05, 0x00])]
    }
    #expect(Self.reason(own, critical, .euicc) == .unknownCriticalExtension(oid))
    let harmless = try Self.changed(own, .euicc) { $0.more = [Forgery.extension("2.999.77", value: [0x05, 0x00])] }
    #expect(Self.reason(own, harmless, .euicc) == nil)
    for level in [Role.eum, .dpAuthentication] {
      let chain = try Self.changed(own, level) {
        $0.more = [Forgery.extension("2.999.77", critical: Forgery.critical, value: [0x05, 0x00])]
      }
      #expect(Self.reason(own, chain, level) == .unknownCriticalExtension(oid))
    }
  }

  @Test("RFC 5280 §4.2: no extension comes twice") func duplicates() throws {
    let own = try PrivateCircle(.p256)
    try Self.refusesToRead(own, .euicc) {
      $0.more = [Forgery.extension("2.5.29.15", critical: Forgery.critical, value: [0x03, 0x02, 0x07, 0x80])]
    }
    try Self.refusesToRead(own, .euicc) {
      $0.more = [
        Forgery.extension("2.999.77", value: [0x05, 0x00]), Forgery.extension("2.999.77", value: [0x05, 0x00]),
      ]
    }
  }

  @Test("one role exactly: two roles, none, or a foreign policy alone are refused") func roles() throws {
    let own = try PrivateCircle(.p256)
    let binding = try #require(Role.dpProfileBinding.oid)
    let foreign = try #require(OID("2.999.5.5"))
    let two = try Self.changed(own, .dpAuthentication) { $0.extensions.policies.append(binding) }
    #expect(Self.reason(own, two, .dpAuthentication) != nil)
    #expect(Self.reason(own, two, .dpProfileBinding) != nil)
    let none = try Self.changed(own, .dpAuthentication) { $0.extensions.policies = [] }
    #expect(Self.reason(own, none, .dpAuthentication) == .wrongRole(found: []))
    let other = try Self.changed(own, .dpAuthentication) { $0.extensions.policies = [foreign] }
    #expect(Self.reason(own, other, .dpAuthentication) == .wrongRole(found: []))
    let beside = try Self.changed(own, .dpAuthentication) { $0.extensions.policies.append(foreign) }
    #expect(Self.reason(own, beside, .dpAuthentication) == nil)
    // An operator's certificate with a role of SGP.22 would be two things at once.
    let both = try Self.changed(own, .operatorTLS) { $0.extensions.policies = [binding] }
    #expect(Self.reason(own, both, .operatorTLS) == .wrongRole(found: [binding]))
  }

  @Test("keyUsage, basicConstraints and extendedKeyUsage are those of the role") func usage() throws {
    let own = try PrivateCircle(.p256)
    func expectRefused(_ role: Role, _ what: String, _ change: (inout Forgery) -> Void) throws {
      #expect(Self.reason(own, try Self.changed(own, role, change), role) == .wrongUsage, "\(what)")
    }
    try expectRefused(.euicc, "no keyUsage") { $0.extensions.keyUsage = nil }
    try expectRefused(.euicc, "agreement only") { $0.extensions.keyUsage = .keyAgreement }
    try expectRefused(.euicc, "signs certificates") { $0.extensions.keyUsage = [.digitalSignature, .keyCertSign] }
    try expectRefused(.dpAuthentication, "an authority") {
      $0.extensions.basicConstraints = BasicConstraints(isAuthority: true)
    }
    try expectRefused(.eum, "no authority") { $0.extensions.basicConstraints = BasicConstraints(isAuthority: false) }
    try expectRefused(.eum, "no basicConstraints") { $0.extensions.basicConstraints = nil }
    try expectRefused(.eum, "signs lists only") { $0.extensions.keyUsage = .cRLSign }
    try expectRefused(.dpTLS, "clients only") {
      $0.extensions.extendedKeyUsage = [OID("1.3.6.1.5.5.7.3.2")].compactMap { $0 }
    }
    try expectRefused(.dpTLS, "no purpose") { $0.extensions.extendedKeyUsage = [] }
    try expectRefused(.operatorTLS, "servers only") {
      $0.extensions.extendedKeyUsage = [OID("1.3.6.1.5.5.7.3.1")].compactMap { $0 }
    }
  }

  @Test("RFC 5280 §4.2.1.9: a root whose path has length 0 has no EUM below it") func pathLength() throws {
    let own = try PrivateCircle(.p256)
    var forgery = Forgery(own.ci.certificate)
    forgery.extensions.basicConstraints = BasicConstraints(isAuthority: true, pathLength: 0)
    let root = try Certificate(encoded: forgery.signed(by: own.ci.key))
    let circle = Circle(roots: [root])
    _ = try circle.verify(own.chain(.dpAuthentication), as: .dpAuthentication, at: PrivateCircle.now)
    let error = #expect(throws: ChainError.self) {
      try circle.verify(own.chain(.euicc), as: .euicc, at: PrivateCircle.now)
    }
    #expect(error?.reason == .wrongUsage)
    #expect(error?.certificate == .certificateIssuer)
  }

  @Test("an eUICC cannot play EUM for another: its certificate is no authority's") func leafAsIssuer() throws {
    let own = try PrivateCircle(.p256)
    let key = PrivateKey(.p256, random: own.random)
    let leaf = try own.ci.issue(
      .dpAuthentication(try #require(OID("2.999.10"))), named: "DP", to: key.publicKey,
      validity: PrivateCircle.validity, random: own.random)
    var forgery = Forgery(own.euicc)
    forgery.issuer = leaf.subject
    forgery.extensions.authorityKeyIdentifier = leaf.subjectKeyIdentifier
    let euicc = try Certificate(encoded: forgery.signed(by: key))
    #expect(Self.reason(own, [euicc, leaf], .euicc) != nil)
  }

  @Test("SGP.22 §4.5.2.1.0.3: the EUM certifies EIDs of its own ranges for its own organisation only")
  func nameConstraints() throws {
    let own = try PrivateCircle(.p256)
    func chain(_ subject: [(AttributeType, String)]) throws -> [Certificate] {
      try Self.changed(own, .euicc) { $0.subject = DistinguishedName(subject) }
    }
    let inside = try EID(prefix: "890010130000000000000000000000").digits
    let outside = try EID(prefix: "890010140000000000000000000000").digits
    let maker = (AttributeType.organizationName, "Card Maker")
    #expect(Self.reason(own, try chain([maker, (.serialNumber, inside)]), .euicc) == nil)
    #expect(Self.reason(own, try chain([(.serialNumber, inside), (.commonName, "x"), maker]), .euicc) == nil)
    #expect(Self.reason(own, try chain([maker, (.serialNumber, outside)]), .euicc) == .nameConstraint)
    #expect(Self.reason(own, try chain([(.serialNumber, inside)]), .euicc) == .nameConstraint)
    let other = (AttributeType.organizationName, "Other Maker")
    #expect(Self.reason(own, try chain([other, (.serialNumber, inside)]), .euicc) == .nameConstraint)
    // Two organisations or two EIDs: who looks at the first would not be who looks at the last.
    #expect(Self.reason(own, try chain([maker, other, (.serialNumber, inside)]), .euicc) == .nameConstraint)
    #expect(Self.reason(own, try chain([maker, (.serialNumber, inside), (.serialNumber, outside)]), .euicc) != nil)
  }

  @Test("SGP.22 §4.5.2.1.0.4: serialNumber is an EID, modulo 97 and all") func eid() throws {
    let own = try PrivateCircle(.p256)
    for bad in ["89001012012341234012345678901225", "8900101201234123401234567890122", "", "EID"] {
      let chain = try Self.changed(own, .euicc) {
        $0.subject = DistinguishedName([(.organizationName, "Card Maker"), (.serialNumber, bad)])
      }
      #expect(Self.reason(own, chain, .euicc) == .noIdentity)
    }
  }

  @Test("an EUM's certificate without ranges, and an SM-DP+'s without its OID, are refused") func identity() throws {
    let own = try PrivateCircle(.p256)
    let eum = try Self.changed(own, .eum) { $0.extensions.nameConstraints = nil }
    #expect(Self.reason(own, eum, .eum) == .noIdentity)
    #expect(Self.reason(own, [own.euicc] + eum, .euicc) == .noIdentity)
    let dp = try Self.changed(own, .dpAuthentication) { $0.extensions.registeredIDs = [] }
    #expect(Self.reason(own, dp, .dpAuthentication) == .noIdentity)
    let two = try Self.changed(own, .dpAuthentication) { $0.extensions.registeredIDs += $0.extensions.registeredIDs }
    #expect(Self.reason(own, two, .dpAuthentication) == .noIdentity)
    let tls = try Self.changed(own, .dpTLS) { $0.extensions.hostNames = [] }
    #expect(Self.reason(own, tls, .dpTLS) == .noIdentity)
  }

  @Test("issuer's name and key identifier are those of the certificate above") func links() throws {
    let own = try PrivateCircle(.p256)
    let name = try Self.changed(own, .euicc) { $0.issuer = PrivateCircle.ciName }
    #expect(Self.reason(own, name, .euicc) == .notIssuedByNext)
    let key = try Self.changed(own, .euicc) {
      $0.extensions.authorityKeyIdentifier = KeyIdentifier(of: own.ci.key.publicKey)
    }
    #expect(Self.reason(own, key, .euicc) == .notIssuedByNext)
    let none = try Self.changed(own, .euicc) { $0.extensions.authorityKeyIdentifier = nil }
    #expect(Self.reason(own, none, .euicc) == .notIssuedByNext)
    let top = try Self.changed(own, .eum) { $0.extensions.authorityKeyIdentifier = nil }
    #expect(Self.reason(own, top, .eum) == .unknownRoot(nil))
  }

  @Test("a point off the curve, a compressed one and one at infinity are refused", arguments: Curve.allCases)
  func points(curve: Curve) throws {
    let own = try PrivateCircle(curve)
    let point = own.euicc.publicKey.point
    var off = point
    off[64] ^= 1
    let compressed = [point[64] & 1 == 0 ? 0x02 : 0x03] + point[1...32]
    let other: Curve = curve == .p256 ? .brainpoolP256r1 : .p256
    for info in [
      Forgery.keyInfo(curve, point: off), Forgery.keyInfo(curve, point: compressed),
      Forgery.keyInfo(curve, point: [0]), Forgery.keyInfo(other, point: point),
      Forgery.keyInfo(curve, point: [UInt8](repeating: 0, count: 65)), Forgery.keyInfo(curve, point: []),
    ] {
      try Self.refusesToRead(own, .euicc) { $0.keyInfo = info }
    }
  }

  @Test("RFC 5480 §2.1.1: explicit curve parameters, other curves and other kinds of keys are refused")
  func algorithms() throws {
    let own = try PrivateCircle(.p256)
    func info(_ algorithm: String, _ parameters: [UInt8]) -> [UInt8] {
      var writer = TLVWriter()
      writer.write(.sequence) { writer in
        writer.write(.sequence) { writer in
          writer.write(.objectIdentifier, OID(algorithm))
          writer.append(encoded: parameters)
        }
        writer.write(.bitString, bytes: [0] + own.euicc.publicKey.point)
      }
      return writer.bytes
    }
    var explicit = TLVWriter()
    explicit.write(.sequence) { $0.write(.integer, 1) }
    var other = TLVWriter()
    other.write(.objectIdentifier, OID("1.3.132.0.34"))
    var p256 = TLVWriter()
    p256.write(.objectIdentifier, OID("1.2.840.10045.3.1.7"))
    let cases = [
      info("1.2.840.10045.2.1", explicit.bytes), info("1.2.840.10045.2.1", other.bytes),
      info("1.2.840.10045.2.1", []), info("1.2.840.10045.2.1", [0x05, 0x00]),
      info("1.2.840.113549.1.1.1", [0x05, 0x00]), info("1.2.840.10045.2.1", p256.bytes + [0x05, 0x00]),
    ]
    for info in cases { try Self.refusesToRead(own, .euicc) { $0.keyInfo = info } }
    try Self.refusesToRead(own, .euicc) { $0.keyInfo = info("1.2.840.10045.2.1", p256.bytes).dropLast() }
  }

  @Test("the signature's algorithm is ecdsa-with-SHA256 inside and outside, without parameters")
  func signatureAlgorithm() throws {
    let own = try PrivateCircle(.p256)
    let sha1 = Array(Forgery.ecdsaWithSHA256.dropLast(2)) + [0x01]
    let ecdsaSHA1: [UInt8] = [0x30, 0x09] + [0x06, 0x07] + sha1[4...].prefix(7)
    let sha384 = Array(Forgery.ecdsaWithSHA256.dropLast()) + [0x03]
    let withNull = [0x30, 0x0C] + Forgery.ecdsaWithSHA256[2...] + [0x05, 0x00]
    for algorithm in [ecdsaSHA1, sha384, withNull] {
      try Self.refusesToRead(own, .euicc) { $0.innerAlgorithm = algorithm }
      try Self.refusesToRead(own, .euicc) { $0.outerAlgorithm = algorithm }
      try Self.refusesToRead(own, .euicc) { ($0.innerAlgorithm, $0.outerAlgorithm) = (algorithm, algorithm) }
    }
  }

  @Test("what is not DER to the letter is refused, signed or not") func notDER() throws {
    let own = try PrivateCircle(.p256)
    try Self.refusesToRead(own, .euicc) { $0.version = [0x02, 0x01, 0x00] }
    try Self.refusesToRead(own, .euicc) { $0.version = [0x02, 0x02, 0x00, 0x02] }
    try Self.refusesToRead(own, .euicc) { $0.serialNumber = [0x00, 0x01] }
    try Self.refusesToRead(own, .euicc) { $0.serialNumber = [] }
    try Self.refusesToRead(own, .euicc) { $0.serialNumber = [UInt8](repeating: 1, count: 21) }
    try Self.refusesToRead(own, .euicc) { $0.uniqueIdentifiers = [0x81, 0x02, 0x00, 0x01] }
    // BOOLEAN FALSE written, and TRUE other than FF.
    for flag: [UInt8] in [[0x01, 0x01, 0x00], [0x01, 0x01, 0x01]] {
      try Self.refusesToRead(own, .euicc) { $0.more = [Forgery.extension("2.999.77", critical: flag, value: [5, 0])] }
    }
    try Self.refusesToRead(own, .euicc) {
      $0.extensions.basicConstraints = nil
      $0.more = [Forgery.extension("2.5.29.19", critical: Forgery.critical, value: [0x30, 0x03, 0x01, 0x01, 0x00])]
    }
    // Lengths in more bytes than needed, of indefinite form, and data behind the end.
    let bytes = own.euicc.encoded
    let long = [0x30, 0x83, 0x00] + bytes[2...]
    let indefinite = [0x30, 0x80] + bytes[4...] + [0x00, 0x00]
    for bad in [Array(long), Array(indefinite), bytes + [0x00]] {
      #expect(throws: TLVError.self) { try Certificate(encoded: bad) }
    }
  }

  @Test("extensions that contradict themselves are refused") func malformedExtensions() throws {
    let own = try PrivateCircle(.p256)
    let cases: [(String, String)] = [
      ("2.5.29.14", "0413" + String(repeating: "00", count: 19)), ("2.5.29.14", "0500"),
      ("2.5.29.15", "03020700"), ("2.5.29.15", "0301"), ("2.5.29.15", "0304070000FF"),
      ("2.5.29.19", "3003020100"), ("2.5.29.19", "30060101FF0201FF"), ("2.5.29.19", "30040101FF00"),
      ("2.5.29.30", "3000"), ("2.5.29.30", "3002A000"), ("2.5.29.30", "300AA1083006820461626364"),
      ("2.5.29.30", "300AA0083006820461626364"),
      ("2.5.29.17", "3003820100"), ("2.5.29.17", "30028200"), ("2.5.29.17", "3003880180"),
      ("2.5.29.32", "300E30050603883705300506038837053000"), ("2.5.29.32", "300A" + "3003060188" + "3003060188"),
      ("2.5.29.35", "3003800100"), ("2.5.29.37", "3002060100"), ("2.5.29.37", "30"),
    ]
    for (oid, hex) in cases {
      #expect(throws: TLVError.self, "\(oid) \(hex)") {
        try Self.changed(own, .operatorTLS) { forgery in
          forgery.extensions = CertificateExtensions()
          forgery.more = [Forgery.extension(oid, value: try [UInt8](hex: hex))]
        }
      }
    }
  }
}
