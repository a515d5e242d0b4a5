import Bytes
import CircleOfTrust
import EUICC
import Identifiers
import Keys
import SGP22
import TLV
import TestSupport
import Testing

@Suite("Common mutual authentication, the eUICC's side") struct CommonMutualAuthenticationTests {
  private func failure(
    _ card: TestCard, _ request: ES10b.AuthenticateServer.Request
  ) throws -> AuthenticateErrorCode? {
    try card.call(ES10b.AuthenticateServer.self, request).failure?.errorCode
  }

  @Test("SGP.22 §5.7.13: the eUICC signs for a server that authenticated itself", arguments: Curve.allCases)
  func success(curve: Curve) throws {
    let world = try TestCircle(curve)
    let personalisation = try world.personalisation()
    let card = try TestCard(personalisation)
    let request = try TestServer(world).authenticateServerRequest(card.challenge())
    let ok = try #require(try card.call(ES10b.AuthenticateServer.self, request).success)
    let signed = ok.euiccSigned1
    #expect(signed.value.transactionId == request.serverSigned1.value.transactionId)
    #expect(signed.value.serverChallenge == request.serverSigned1.value.serverChallenge)
    #expect(signed.value.serverAddress == TestCircle.address)
    #expect(signed.value.ctxParams1 == request.ctxParams1)
    let circle = Circle(roots: [world.root.certificate])
    let euicc = try circle.verify([ok.euiccCertificate, ok.eumCertificate], as: .euicc, at: TestCircle.start)
    #expect(euicc.eid == personalisation.eid)
    #expect(euicc.publicKey.verifies(ok.euiccSignature1, over: signed.encoded))
  }

  @Test("§5.7.13: an SM-DS is authenticated too") func discovery() throws {
    let world = try TestCircle()
    let card = try TestCard(world.personalisation())
    let server = try TestServer(world)
    let party = try world.issue(.dsAuthentication(world.oid))
    let request = try server.authenticateServerRequest(card.challenge(), by: party)
    let ok = try #require(try card.call(ES10b.AuthenticateServer.self, request).success)
    // It cannot bind a profile.
    let prepare = try server.prepareDownloadRequest(after: ok)
    #expect(
      try card.call(ES10b.PrepareDownload.self, prepare).failure?.errorCode == .noSessionContext)
  }

  @Test("§5.7.7: a challenge is fresh each time and serves once") func challenges() throws {
    let world = try TestCircle()
    let card = try TestCard(world.personalisation())
    let server = try TestServer(world)
    let first = try card.challenge()
    let second = try card.challenge()
    #expect(first != second)
    #expect(try failure(card, server.authenticateServerRequest(first)) == .euiccChallengeMismatch)
    // The failure used the second one up.
    #expect(try failure(card, server.authenticateServerRequest(second)) == .noSessionContext)
    let request = try server.authenticateServerRequest(card.challenge())
    #expect(try card.call(ES10b.AuthenticateServer.self, request).success != nil)
    #expect(try failure(card, request) == .noSessionContext)
  }

  @Test("a challenge does not outlive the power") func power() throws {
    let world = try TestCircle()
    let card = try TestCard(world.personalisation())
    let request = try TestServer(world).authenticateServerRequest(card.challenge())
    try card.powerOn()
    #expect(try failure(card, request) == .noSessionContext)
  }

  @Test("§5.7.13: a wrong signature, also over a re-encoded structure, is invalidSignature") func signature() throws {
    let world = try TestCircle()
    let card = try TestCard(world.personalisation())
    var server = try TestServer(world)
    server.corruptsSignature1 = true
    #expect(try failure(card, server.authenticateServerRequest(card.challenge())) == .invalidSignature)
    server.corruptsSignature1 = false
    var request = try server.authenticateServerRequest(card.challenge())
    request.serverSignature1 = []
    #expect(try failure(card, request) == .invalidSignature)
    // A field of a later version counts: it is signed as it came.
    request = try server.authenticateServerRequest(card.challenge())
    var writer = TLVWriter()
    writer.write(.sequence) { writer in
      request.serverSigned1.value.encodeFields(to: &writer)
      writer.write(0xA5, bytes: [])
    }
    request.serverSigned1 = try Verbatim(TLVElement(writer.bytes))
    #expect(try failure(card, request) == .invalidSignature)
    request = try server.authenticateServerRequest(card.challenge())
    writer = TLVWriter()
    writer.write(.sequence) { writer in
      request.serverSigned1.value.encodeFields(to: &writer)
      writer.write(0xA5, bytes: [])
    }
    request.serverSigned1 = try Verbatim(TLVElement(writer.bytes))
    request.serverSignature1 = try server.auth.key.sign(writer.bytes)
    #expect(try card.call(ES10b.AuthenticateServer.self, request).success != nil)
  }

  @Test("§5.7.13: certificates of other roles, of another issuer or self-made are refused") func certificates() throws {
    let world = try TestCircle()
    let other = try TestCircle(seed: "other")
    let card = try TestCard(world.personalisation())
    let server = try TestServer(world)
    for profile: CertificateProfile in [
      .dpProfileBinding(world.oid), .dpTLS(world.oid, hosts: [TestCircle.address]), .operatorTLS,
    ] {
      let party = try world.issue(profile)
      #expect(
        try failure(card, server.authenticateServerRequest(card.challenge(), by: party)) == .invalidCertificate,
        "\(profile)")
    }
    let eid = try #require(try card.call(ES10c.GetEID.self, .init())).eidValue
    let euicc = try world.issue(.euicc(eid))
    #expect(try failure(card, server.authenticateServerRequest(card.challenge(), by: euicc)) == .ciPKUnknown)
    let stranger = try other.issue(.dpAuthentication(world.oid))
    #expect(try failure(card, server.authenticateServerRequest(card.challenge(), by: stranger)) == .ciPKUnknown)
    // The right certificate with another's key.
    let thief = TestCircle.Party(certificate: server.auth.certificate, key: stranger.key)
    #expect(try failure(card, server.authenticateServerRequest(card.challenge(), by: thief)) == .invalidSignature)
  }

  @Test("§5.7.13: a CI key under which the eUICC has no certificate is ciPKUnknown") func issuers() throws {
    let world = try TestCircle()
    let card = try TestCard(world.personalisation())
    let unknown = try #require(KeyIdentifier([UInt8](repeating: 9, count: 20)))
    let request = try TestServer(world).authenticateServerRequest(card.challenge(), ciPKId: unknown)
    #expect(try failure(card, request) == .ciPKUnknown)
    var free = try TestServer(world).authenticateServerRequest(card.challenge())
    free.euiccCiPKIdToBeUsed = nil
    #expect(try card.call(ES10b.AuthenticateServer.self, free).success != nil)
  }

  @Test("an eUICC with identities on both curves answers under the one that is asked for") func bothCurves() throws {
    let nist = try TestCircle(.p256)
    let brainpool = try TestCircle(.brainpoolP256r1, seed: "brainpool")
    var personalisation = try nist.personalisation()
    let key = Personalisation.key(seed: Array("card".utf8), curve: .brainpoolP256r1)
    personalisation.identities.append(try brainpool.identity(personalisation.eid, key: key))
    personalisation.roots.append(brainpool.root.certificate)
    let card = try TestCard(personalisation)
    let info = try card.call(ES10b.GetEUICCInfo1.self, .init())
    #expect(info.euiccCiPKIdListForSigning == [nist.ciPKId, brainpool.ciPKId])
    #expect(info.euiccCiPKIdListForVerification == [nist.ciPKId, brainpool.ciPKId])
    for world in [nist, brainpool] {
      let server = try TestServer(world)
      let ok = try server.authenticate(card)
      #expect(ok.euiccCertificate.publicKey.curve == world.curve)
      let iccid = try ICCID("89000000000000000\(world.curve == .p256 ? "14" : "22")")
      #expect(try server.download(server.contents(iccid), into: card).success != nil)
    }
  }

  @Test("no clock: a certificate that ended before the latest time that was signed is refused") func time() throws {
    let world = try TestCircle()
    let card = try TestCard(world.personalisation())
    let server = try TestServer(world)
    let day = Duration.seconds(86_400)
    let old = try world.issue(
      .dpAuthentication(world.oid), validity: Validity(from: TestCircle.start - day - day, days: 1))
    #expect(try failure(card, server.authenticateServerRequest(card.challenge(), by: old)) == .invalidCertificate)
    let short = try world.issue(
      .dpAuthentication(world.oid), validity: Validity(from: TestCircle.start - day, days: 30))
    #expect(
      try card.call(
        ES10b.AuthenticateServer.self, server.authenticateServerRequest(card.challenge(), by: short)
      ).success != nil)
    // A certificate that begins a year later proves that a year has passed, once its owner has signed with it.
    let later = try world.issue(
      .dpAuthentication(world.oid), validity: Validity(from: TestCircle.start + .seconds(31_536_000), days: 30))
    let thief = TestCircle.Party(certificate: later.certificate, key: old.key)
    #expect(try failure(card, server.authenticateServerRequest(card.challenge(), by: thief)) == .invalidSignature)
    #expect(
      try card.call(
        ES10b.AuthenticateServer.self, server.authenticateServerRequest(card.challenge(), by: short)
      ).success != nil)
    #expect(
      try card.call(
        ES10b.AuthenticateServer.self, server.authenticateServerRequest(card.challenge(), by: later)
      ).success != nil)
    try card.powerOn()
    #expect(try failure(card, server.authenticateServerRequest(card.challenge(), by: short)) == .invalidCertificate)
  }

  @Test("§5.7.12: a revoked server is refused; lists are verified and survive") func revocation() throws {
    let world = try TestCircle()
    let other = try TestCircle(seed: "other")
    let card = try TestCard(world.personalisation())
    let server = try TestServer(world)
    func load(_ list: RevocationList) throws -> ES10b.LoadCRL.Response {
      try card.call(ES10b.LoadCRL.self, ES10b.LoadCRL.Request(crl: list.encoded))
    }
    func list(_ authority: Authority, _ number: Int, _ revoked: [SerialNumber: Instant]) throws -> RevocationList {
      try authority.revocationList(
        number: number, revoked: revoked, thisUpdate: TestCircle.start, nextUpdate: TestCircle.start + .seconds(60))
    }
    #expect(try load(list(other.root, 1, [:])).failure == .verificationKeyNotFound)
    #expect(try load(list(world.root, 2, [server.auth.certificate.serialNumber: TestCircle.start])).success != nil)
    var tampered = try list(world.root, 3, [:]).encoded
    tampered[tampered.count - 1] ^= 1
    let answer = try card.call(ES10b.LoadCRL.self, ES10b.LoadCRL.Request(crl: tampered))
    #expect(answer.failure == .invalidSignature || answer.failure == .invalidCRLFormat)
    #expect(try load(list(world.root, 1, [:])).failure == .fresherCrlAlreadyLoaded)
    #expect(
      try card.call(ES10b.LoadCRL.self, ES10b.LoadCRL.Request(crl: [0x30, 0x00])).failure == .invalidCRLFormat)
    try card.powerOn()
    #expect(try failure(card, server.authenticateServerRequest(card.challenge())) == .invalidCertificate)
    let good = try world.issue(.dpAuthentication(world.oid))
    #expect(
      try card.call(
        ES10b.AuthenticateServer.self, server.authenticateServerRequest(card.challenge(), by: good)
      ).success != nil)
  }
}
