import APDU
import Bytes
import CircleOfTrust
import EUICC
import Identifiers
import Keys
import SGP22
import TLV
import TestSupport
import Testing

@Suite("Preparing and giving up a download, the eUICC's side") struct ProfileDownloadTests {
  private func failure(_ card: TestCard, _ request: ES10b.PrepareDownload.Request) throws -> DownloadErrorCode? {
    try card.call(ES10b.PrepareDownload.self, request).failure?.errorCode
  }

  @Test("SGP.22 §5.7.5: the eUICC signs a fresh one-time key", arguments: Curve.allCases) func success(curve: Curve)
    throws
  {
    let world = try TestCircle(curve)
    let card = try TestCard(world.personalisation())
    let server = try TestServer(world)
    let ok = try server.authenticate(card)
    let hashCc = [UInt8](repeating: 3, count: 32)
    let request = try server.prepareDownloadRequest(after: ok, ccRequired: true, hashCc: hashCc)
    let answer = try #require(try card.call(ES10b.PrepareDownload.self, request).success)
    #expect(answer.euiccSigned2.value.hashCc == hashCc)
    #expect(answer.euiccSigned2.value.transactionId == server.transactionId)
    #expect(throws: Never.self) { try PublicKey(curve, point: answer.euiccSigned2.value.euiccOtpk) }
    let toBeSigned = answer.euiccSigned2.toBeSigned(with: request.smdpSignature2)
    #expect(ok.euiccCertificate.publicKey.verifies(answer.euiccSignature2, over: toBeSigned))
  }

  @Test("§5.7.5: without an authenticated server there is no session context") func noSession() throws {
    let world = try TestCircle()
    let card = try TestCard(world.personalisation())
    let server = try TestServer(world)
    let ok = try server.authenticate(card)
    let request = try server.prepareDownloadRequest(after: ok)
    try card.powerOn()
    #expect(try failure(card, request) == .noSessionContext)
    _ = try card.challenge()
    #expect(try failure(card, request) == .noSessionContext)
  }

  @Test("§5.7.5: CERT.DPpb of another role, another SM-DP+ or another issuer is invalidCertificate") func certificates()
    throws
  {
    let world = try TestCircle()
    let stranger = try TestCircle(seed: "stranger")
    let card = try TestCard(world.personalisation())
    let server = try TestServer(world)
    let ok = try server.authenticate(card)
    let otherOid = try #require(OID("2.999.11"))
    let parties = [
      server.auth, try world.issue(.dpProfileBinding(otherOid)), try stranger.issue(.dpProfileBinding(world.oid)),
    ]
    for party in parties {
      #expect(try failure(card, server.prepareDownloadRequest(after: ok, by: party)) == .invalidCertificate)
    }
    #expect(try failure(card, server.prepareDownloadRequest(after: ok)) == nil)
  }

  @Test("§5.7.5: two certificates of one SM-DP+ under different issuers do not go together") func twoIssuers() throws {
    let first = try TestCircle()
    let second = try TestCircle(seed: "second")
    var personalisation = try first.personalisation()
    personalisation.roots.append(second.root.certificate)
    let card = try TestCard(personalisation)
    let server = try TestServer(first)
    let ok = try server.authenticate(card)
    let party = try second.issue(.dpProfileBinding(first.oid))
    #expect(try failure(card, server.prepareDownloadRequest(after: ok, by: party)) == .invalidCertificate)
  }

  @Test("§5.7.5: a wrong signature, a signature of another session and a wrong transaction are refused") func signed()
    throws
  {
    let world = try TestCircle()
    let card = try TestCard(world.personalisation())
    var server = try TestServer(world)
    let former = try server.authenticate(card)
    let ok = try server.authenticate(card)
    #expect(try failure(card, server.prepareDownloadRequest(after: former)) == .invalidSignature)
    let other = TransactionId([9])
    #expect(
      try failure(card, server.prepareDownloadRequest(after: ok, transactionId: other)) == .invalidTransactionId)
    server.corruptsSignature2 = true
    #expect(try failure(card, server.prepareDownloadRequest(after: ok)) == .invalidSignature)
  }

  @Test("§5.7.5: a confirmation code that is required must be there") func confirmationCode() throws {
    let world = try TestCircle()
    let card = try TestCard(world.personalisation())
    let server = try TestServer(world)
    let ok = try server.authenticate(card)
    #expect(try failure(card, server.prepareDownloadRequest(after: ok, ccRequired: true)) == .undefinedError)
    let request = try server.prepareDownloadRequest(after: ok, hashCc: [UInt8](repeating: 1, count: 32))
    // One that nobody asked for is not signed.
    #expect(try card.call(ES10b.PrepareDownload.self, request).success?.euiccSigned2.value.hashCc == nil)
  }

  @Test("§5.7.5: a one-time key is used again for the same SM-DP+ alone, and survives the power") func oneTimeKeys()
    throws
  {
    let world = try TestCircle()
    let card = try TestCard(world.personalisation())
    let server = try TestServer(world)
    let otpk = try server.prepare(card)
    try card.powerOn()
    #expect(try server.prepare(card, bppEuiccOtpk: otpk) == otpk)
    #expect(try server.prepare(card) != otpk)
    var foreign = otpk
    foreign[10] ^= 1
    #expect(try server.prepare(card, bppEuiccOtpk: foreign) != foreign)
    var thief = try TestServer(TestCircle(seed: "circle"))
    thief.transactionId = server.transactionId
    let otherOid = try #require(OID("2.999.77"))
    let auth = try world.issue(.dpAuthentication(otherOid))
    let binding = try world.issue(.dpProfileBinding(otherOid))
    let request = try server.authenticateServerRequest(card.challenge(), by: auth)
    let ok = try #require(try card.call(ES10b.AuthenticateServer.self, request).success)
    let prepare = try server.prepareDownloadRequest(after: ok, by: binding, bppEuiccOtpk: otpk)
    let answer = try #require(try card.call(ES10b.PrepareDownload.self, prepare).success)
    #expect(answer.euiccSigned2.value.euiccOtpk != otpk)
  }

  @Test("§5.7.14: the eUICC signs why a session ends; after that there is none") func cancel() throws {
    let world = try TestCircle()
    let card = try TestCard(world.personalisation())
    let server = try TestServer(world)
    let transactionId = try #require(server.transactionId)
    let request = ES10b.CancelSession.Request(transactionId: transactionId, reason: .postponed)
    #expect(try card.call(ES10b.CancelSession.self, request).failure == .invalidTransactionId)
    let ok = try server.authenticate(card)
    let other = ES10b.CancelSession.Request(transactionId: try #require(TransactionId([1])), reason: .timeout)
    #expect(try card.call(ES10b.CancelSession.self, other).failure == .invalidTransactionId)
    let answer = try #require(try card.call(ES10b.CancelSession.self, request).success)
    let signed = answer.euiccCancelSessionSigned
    #expect(
      signed.value == EuiccCancelSessionSigned(transactionId: transactionId, smdpOid: world.oid, reason: .postponed))
    #expect(ok.euiccCertificate.publicKey.verifies(answer.euiccCancelSessionSignature, over: signed.encoded))
    #expect(try card.call(ES10b.CancelSession.self, request).failure == .invalidTransactionId)
    #expect(try failure(card, server.prepareDownloadRequest(after: ok)) == .noSessionContext)
  }

  @Test("§5.7.14: a session is cancelled in the middle of its package too; nothing of the package stays")
  func cancelWhileLoading() throws {
    let world = try TestCircle()
    let card = try TestCard(world.personalisation())
    let server = try TestServer(world)
    let iccid = try ICCID("8900000000000000014")
    let otpk = try server.prepare(card)
    let eid = try card.call(ES10c.GetEID.self, .init()).eidValue
    let package = try server.bind(server.contents(iccid), to: otpk, eid: eid)
    for piece in package.segments.dropLast() { #expect(try card.storeData(piece).status == .ok) }
    let transactionId = try #require(server.transactionId)
    let request = ES10b.CancelSession.Request(transactionId: transactionId, reason: .loadBppExecutionError)
    #expect(try card.call(ES10b.CancelSession.self, request).success != nil)
    #expect(try card.storeData(package.segments[package.segments.count - 1]).status == .referencedDataNotFound)
    #expect(try card.profiles().isEmpty)
    #expect(try card.notifications().isEmpty)
  }
}
