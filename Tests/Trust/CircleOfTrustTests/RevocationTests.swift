import Bytes
import CircleOfTrust
import Identifiers
import Keys
import TLV
import Testing

@Suite("SGP.22 §4.5.2.1.1: revocation lists") struct RevocationTests {
  private static let now = PrivateCircle.now
  private static let day = Duration.seconds(86_400)

  private static func list(
    _ authority: Authority, _ number: Int = 1, revoked: [Certificate] = [], part: RevocationList.Part? = nil,
    thisUpdate: Instant = now - .seconds(60), nextUpdate: Instant = now + day
  ) throws -> RevocationList {
    let entries = revoked.map { ($0.serialNumber, now - .seconds(120)) }
    return try authority.revocationList(
      number: number, revoked: Dictionary(uniqueKeysWithValues: entries), part: part, thisUpdate: thisUpdate,
      nextUpdate: nextUpdate)
  }

  private static func reason(_ circle: Circle, _ chain: [Certificate], _ role: Role) -> ChainError? {
    do {
      _ = try circle.verify(chain, as: role, at: now)
      return nil
    } catch { return error }
  }

  @Test("an SM-DP+ and an EUM that the CI revokes are refused, with everybody below", arguments: Curve.allCases)
  func revoked(curve: Curve) throws {
    let own = try PrivateCircle(curve)
    let dp = own.chain(.dpAuthentication)
    var circle = own.circle
    try circle.load(Self.list(own.ci, revoked: [dp[0], own.eum.certificate]), at: Self.now)
    let date = Self.now - .seconds(120)
    #expect(Self.reason(circle, dp, .dpAuthentication)?.reason == .revoked(date))
    #expect(Self.reason(circle, own.chain(.eum), .eum)?.reason == .revoked(date))
    let euicc = Self.reason(circle, own.chain(.euicc), .euicc)
    #expect(euicc?.reason == .revoked(date))
    #expect(euicc?.certificate == .eum)
    #expect(Self.reason(circle, own.chain(.dpProfileBinding), .dpProfileBinding) == nil)
    // The circle it was copied from has loaded nothing.
    #expect(Self.reason(own.circle, dp, .dpAuthentication) == nil)
  }

  @Test("an eUICC that its EUM revokes is refused, and no other CI's or EUM's certificate of that number")
  func euicc() throws {
    let own = try PrivateCircle(.p256)
    var circle = own.circle
    try circle.load(Self.list(own.eum, revoked: [own.euicc]), issuedBy: own.eum.certificate, at: Self.now)
    let error = Self.reason(circle, own.chain(.euicc), .euicc)
    #expect(error?.reason == .revoked(Self.now - .seconds(120)))
    #expect(error?.certificate == .euicc)
    // The CI revokes the same number: that is about its own certificates.
    var other = own.circle
    try other.load(Self.list(own.ci, revoked: [own.euicc]), at: Self.now)
    #expect(Self.reason(other, own.chain(.euicc), .euicc) == nil)
  }

  @Test("an EUM that was already verified is refused once it is revoked: what is remembered does not keep it alive")
  func remembered() throws {
    let own = try PrivateCircle(.p256)
    var circle = own.circle
    for _ in 0..<3 { #expect(Self.reason(circle, own.chain(.euicc), .euicc) == nil) }
    try circle.load(Self.list(own.ci, revoked: [own.eum.certificate]), at: Self.now)
    #expect(Self.reason(circle, own.chain(.euicc), .euicc) != nil)
  }

  @Test("LoadCRL: a list is refused unless its issuer is known, allowed to, and has signed it") func loading() throws {
    let own = try PrivateCircle(.p256)
    let foreign = try PrivateCircle(.p256, seed: "foreign")
    var circle = own.circle
    let foreignKey = KeyIdentifier(of: foreign.ci.key.publicKey)
    #expect(throws: RevocationError.unknownIssuer(foreignKey)) {
      try circle.load(Self.list(foreign.ci), at: Self.now)
    }
    let eumKey = KeyIdentifier(of: own.eum.key.publicKey)
    #expect(throws: RevocationError.unknownIssuer(eumKey)) { try circle.load(Self.list(own.eum), at: Self.now) }
    #expect(throws: RevocationError.self) {
      try circle.load(Self.list(foreign.eum), issuedBy: foreign.eum.certificate, at: Self.now)
    }
    // Every changed byte.
    let bytes = try Self.list(own.ci, revoked: [own.euicc]).encoded
    for offset in bytes.indices {
      var changed = bytes
      changed[offset] ^= 1
      guard let list = try? RevocationList(encoded: changed) else { continue }
      #expect(throws: RevocationError.self, "byte \(offset)") { try circle.load(list, at: Self.now) }
    }
    #expect(circle.revocationLists.isEmpty)
    for length in 0..<bytes.count {
      #expect(throws: TLVError.self) { try RevocationList(encoded: bytes.prefix(length)) }
    }
  }

  @Test("RFC 5280 §6.3.3: an EUM without cRLSign can neither make a list nor have one loaded") func mayNot() throws {
    let own = try PrivateCircle(.p256)
    let key = PrivateKey(.p256, random: own.random)
    let plain = try own.ci.issue(
      .eum(organization: "Plain", eins: ["8900"]), named: "Plain", to: key.publicKey,
      validity: PrivateCircle.validity, random: own.random)
    let authority = try Authority(certificate: plain, key: key)
    #expect(throws: AuthorityError.mayNotRevoke) { try Self.list(authority) }
    // Made by means of a certificate of the same name and key that allows it.
    let allowed = try Authority(
      certificate: own.ci.issue(
        .eum(organization: "Plain", eins: ["8900"], signsRevocationLists: true), named: "Plain", to: key.publicKey,
        validity: PrivateCircle.validity, random: own.random), key: key)
    var circle = own.circle
    #expect(throws: RevocationError.issuerMayNot) {
      try circle.load(Self.list(allowed), issuedBy: plain, at: Self.now)
    }
    try circle.load(Self.list(allowed), issuedBy: allowed.certificate, at: Self.now)
  }

  @Test("an older list never replaces a newer one; the same one may come again") func freshness() throws {
    let own = try PrivateCircle(.p256)
    var circle = own.circle
    let dp = own.chain(.dpAuthentication)
    try circle.load(Self.list(own.ci, 300, revoked: dp), at: Self.now)
    for number in [1, 255, 299] {
      #expect(throws: RevocationError.fresherLoaded) { try circle.load(Self.list(own.ci, number), at: Self.now) }
    }
    try circle.load(Self.list(own.ci, 300, revoked: dp), at: Self.now)
    #expect(circle.revocationLists.count == 1)
    try circle.load(Self.list(own.ci, 65_536), at: Self.now)
    #expect(Self.reason(circle, dp, .dpAuthentication) == nil)
  }

  @Test("a list of the future or of the past is not loaded, unless there is no clock") func times() throws {
    let own = try PrivateCircle(.p256)
    var circle = own.circle
    let future = try Self.list(own.ci, thisUpdate: Self.now + .seconds(10))
    #expect(throws: RevocationError.notYetIssued(Self.now + .seconds(10))) { try circle.load(future, at: Self.now) }
    let past = try Self.list(own.ci, thisUpdate: Self.now - Self.day, nextUpdate: Self.now - .seconds(1))
    #expect(throws: RevocationError.outdated(Self.now - .seconds(1))) { try circle.load(past, at: Self.now) }
    try circle.load(past, at: nil)
    _ = try circle.verify(own.chain(.euicc), as: .euicc, at: nil)
  }

  @Test("once a list is outdated nobody knows who is revoked: refused, unless the party has chosen otherwise")
  func outdated() throws {
    let own = try PrivateCircle(.p256)
    var circle = own.circle
    let dp = own.chain(.dpAuthentication)
    let end = Self.now + .seconds(10)
    try circle.load(Self.list(own.ci, revoked: dp, nextUpdate: end), at: Self.now)
    let later = end + .seconds(1)
    let error = #expect(throws: ChainError.self) {
      try circle.verify(own.chain(.dpProfileBinding), as: .dpProfileBinding, at: later)
    }
    #expect(error?.reason == .outdatedRevocations(end))
    circle.refusesOutdatedRevocations = false
    _ = try circle.verify(own.chain(.dpProfileBinding), as: .dpProfileBinding, at: later)
    #expect(throws: ChainError.self) { try circle.verify(dp, as: .dpAuthentication, at: later) }
  }

  @Test("SGP.22 §4.5.2.1.1: a divided list is loaded part by part, and the missing parts are named") func parts() throws
  {
    let own = try PrivateCircle(.p256)
    var circle = own.circle
    let dp = own.chain(.dpAuthentication)
    let tls = own.chain(.dpTLS)
    func part(_ number: Int, _ list: Int, _ revoked: [Certificate]) throws -> RevocationList {
      try Self.list(own.ci, list, revoked: revoked, part: RevocationList.Part(number, of: 3))
    }
    #expect(try circle.load(part(2, 1, dp), at: Self.now) == [1, 3])
    #expect(try circle.load(part(1, 1, []), at: Self.now) == [3])
    #expect(try circle.load(part(3, 1, tls), at: Self.now) == [])
    for (chain, role) in [(dp, Role.dpAuthentication), (tls, .dpTLS)] {
      #expect(Self.reason(circle, chain, role) != nil)
    }
    // A newer part replaces its predecessor alone.
    #expect(try circle.load(part(3, 2, []), at: Self.now) == [])
    #expect(Self.reason(circle, tls, .dpTLS) == nil)
    #expect(Self.reason(circle, dp, .dpAuthentication) != nil)
    #expect(circle.revocationLists.count == 3)
    // A whole list replaces all parts.
    #expect(throws: RevocationError.fresherLoaded) { try circle.load(Self.list(own.ci, 1), at: Self.now) }
    try circle.load(Self.list(own.ci, 3, revoked: tls), at: Self.now)
    #expect(circle.revocationLists.count == 1)
  }

  @Test("the first part of a new list does not make the old one forgotten, the last one does") func redivided() throws {
    let own = try PrivateCircle(.p256)
    var circle = own.circle
    let dp = own.chain(.dpAuthentication)
    try circle.load(Self.list(own.ci, 1, revoked: dp), at: Self.now)
    try circle.load(Self.list(own.ci, 2, part: RevocationList.Part(1, of: 2)), at: Self.now)
    #expect(Self.reason(circle, dp, .dpAuthentication) != nil)
    try circle.load(Self.list(own.ci, 2, part: RevocationList.Part(2, of: 2)), at: Self.now)
    #expect(Self.reason(circle, dp, .dpAuthentication) == nil)
    #expect(circle.revocationLists.count == 2)
  }

  @Test("an old division that is complete, loaded again, does not push out the first part of the new one")
  func oldDivisionAgain() throws {
    let own = try PrivateCircle(.p256)
    var circle = own.circle
    let dp = own.chain(.dpAuthentication)
    func part(_ number: Int, of total: Int, _ list: Int, _ revoked: [Certificate] = []) throws -> RevocationList {
      try Self.list(own.ci, list, revoked: revoked, part: RevocationList.Part(number, of: total))
    }
    for number in 1...2 { try circle.load(part(number, of: 2, 1), at: Self.now) }
    #expect(try circle.load(part(1, of: 3, 2, dp), at: Self.now) == [2, 3])
    try circle.load(part(2, of: 2, 1), at: Self.now)
    #expect(Self.reason(circle, dp, .dpAuthentication) != nil)
    // Kept and loaded again one by one, as a card does at its next start.
    var again = own.circle
    for list in circle.revocationLists { try again.load(list, at: nil) }
    #expect(Set(again.revocationLists) == Set(circle.revocationLists))
  }

  @Test("there is no part 0, none beyond the total, and no list of a million parts") func partNumbers() {
    for (number, total) in [(0, 2), (3, 2), (1, 0), (-1, -1), (1, 1_000_000)] {
      #expect(RevocationList.Part(number, of: total) == nil)
    }
  }

  @Test("lists for several distribution points stand side by side") func distributionPoints() throws {
    let own = try PrivateCircle(.p256)
    var circle = own.circle
    let dp = own.chain(.dpAuthentication)
    let plain = try Self.list(own.ci, 5)
    try circle.load(plain, at: Self.now)
    let other = try Self.rewritten(own, number: 1, revoked: dp[0].serialNumber) { writer in
      let scope = try [UInt8](hex: "3010A00EA00C860A" + "687474703A2F2F782F79".prefix(20))
      writer.append(encoded: Forgery.extension("2.5.29.28", critical: Forgery.critical, value: scope))
    }
    try circle.load(other, at: Self.now)
    #expect(circle.revocationLists.count == 2)
    #expect(Self.reason(circle, dp, .dpAuthentication) != nil)
  }

  @Test("RFC 5280 §5.2: delta and indirect lists, and unknown critical extensions, are refused") func strange() throws {
    let own = try PrivateCircle(.p256)
    let cases: [(String, String)] = [
      ("2.5.29.27", "020101"), ("2.5.29.28", "30038401FF"), ("2.999.1", "0500"),
    ]
    for (oid, hex) in cases {
      #expect(throws: TLVError.self, "\(oid)") {
        try Self.rewritten(own, number: 1, revoked: own.euicc.serialNumber) { writer in
          let value = try [UInt8](hex: hex)
          writer.append(encoded: Forgery.extension(oid, critical: Forgery.critical, value: value))
        }
      }
    }
    // Without its number a list could not be told from an older one.
    #expect(throws: TLVError.self) {
      try Self.rewritten(own, number: nil, revoked: own.euicc.serialNumber) { _ in }
    }
    // An entry of another issuer's certificate (certificateIssuer, critical).
    let foreignEntry = Forgery.extension("2.5.29.29", critical: Forgery.critical, value: [0x30, 0x00])
    #expect(throws: TLVError.self) {
      try Self.rewritten(own, number: 1, revoked: own.euicc.serialNumber, entry: foreignEntry) { _ in }
    }
    let reason = Forgery.extension("2.5.29.21", value: [0x0A, 0x01, 0x01])
    let expiry = Forgery.extension("2.23.146.1.2.0.1", value: Array([0x17, 0x0D] + "330101000000Z".utf8))
    let list = try Self.rewritten(own, number: 1, revoked: own.euicc.serialNumber, entry: reason + expiry) { _ in }
    #expect(list.revoked[own.euicc.serialNumber] != nil)
  }

  /// A list of the CI with extensions of the test's own.
  private static func rewritten(
    _ own: PrivateCircle, number: Int?, revoked: SerialNumber, entry: [UInt8] = [],
    _ more: (inout TLVWriter) throws -> Void
  ) throws -> RevocationList {
    let time = Array([0x17, 0x0D] + "260101000000Z".utf8)
    var extensions = TLVWriter()
    var keyIdentifier = TLVWriter()
    keyIdentifier.write(.sequence) { $0.write(0x80, bytes: own.ci.certificate.subjectKeyIdentifier?.bytes ?? []) }
    extensions.append(encoded: Forgery.extension("2.5.29.35", value: keyIdentifier.bytes))
    if let number { extensions.append(encoded: Forgery.extension("2.5.29.20", value: [0x02, 0x01, UInt8(number)])) }
    try more(&extensions)
    var body = TLVWriter()
    body.write(.sequence) { writer in
      writer.write(.integer, 1)
      writer.append(encoded: Forgery.ecdsaWithSHA256)
      writer.write(own.ci.certificate.subject)
      writer.append(encoded: time)
      writer.write(.sequence) { writer in
        writer.write(.sequence) { writer in
          writer.write(.integer, revoked)
          writer.append(encoded: time)
          if !entry.isEmpty { writer.write(.sequence, bytes: entry) }
        }
      }
      writer.write(0xA0) { $0.write(.sequence, bytes: extensions.bytes) }
    }
    return try RevocationList(encoded: Forgery.sign(body.bytes, by: own.ci.key))
  }
}

@Suite("Signatures remembered") struct SignatureCacheTests {
  @Test("only good ones, under the key that made them, and no more than there is room for") func bounded() throws {
    let own = try PrivateCircle(.p256)
    let foreign = PrivateKey(.p256, random: own.random).publicKey
    let cache = SignatureCache(capacity: 2)
    let certificates = [own.eum.certificate] + own.others.values.prefix(3)
    for _ in 0..<2 { #expect(!cache.isSigned(certificates[0], by: foreign)) }
    #expect(cache.count == 0)
    for certificate in certificates { #expect(cache.isSigned(certificate, by: own.ci.key.publicKey)) }
    #expect(cache.count == 2)
    #expect(!cache.isSigned(certificates[3], by: foreign))
    for certificate in certificates { #expect(cache.isSigned(certificate, by: own.ci.key.publicKey)) }
  }
}
