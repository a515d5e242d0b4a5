import Bytes
import CircleOfTrust
import Identifiers
import Keys
import LPA
import SGP22
import TLV
import TestSupport
import Testing
import Transport

/// SGP.22 v3.1 §3.11: the old device's eUICC and LPA, with a server that is played here.
@Suite("Device change and profile recovery, the old device's side") struct DeviceChangeTests {
  private static let iccid = "8900000000000000014"

  /// A card with a profile of ours, and its server.
  private func installed(enabled: Bool = false) throws -> (TestCard, TestServer, ICCID) {
    let world = try TestCircle()
    let card = try TestCard(world.personalisation())
    let server = try TestServer(world)
    let iccid = try ICCID(Self.iccid)
    #expect(try server.download(server.contents(iccid), into: card).success != nil)
    if enabled {
      let request = ES10c.EnableProfile.Request(profileIdentifier: .iccid(iccid), refreshFlag: false)
      #expect(try card.call(ES10c.EnableProfile.self, request).result == .ok)
    }
    return (card, server, iccid)
  }

  private var device: DeviceInfo { DeviceInfo(tac: [0x35, 0x29, 0x06, 0x11]) }

  private func authenticate(
    _ card: TestCard, _ server: TestServer, _ context: CtxParams1
  ) throws -> ES10b.AuthenticateServer.Response {
    var request = try server.authenticateServerRequest(card.challenge())
    request.ctxParams1 = context
    return try card.call(ES10b.AuthenticateServer.self, request)
  }

  private func change(_ iccid: ICCID) -> CtxParams1 {
    .ctxParamsForDeviceChange(CtxParamsForDeviceChange(iccid: iccid, deviceInfo: device))
  }

  private func word4(
    _ server: TestServer, after ok: AuthenticateResponseOk, ccRequired: Bool = false, code: String? = nil,
    by key: PrivateKey? = nil, transactionId: TransactionId? = nil
  ) throws -> ServerWord<SmdpSigned4> {
    let signed = Verbatim(
      SmdpSigned4(
        transactionId: try transactionId ?? #require(server.transactionId), ccRequiredFlag: ccRequired,
        activationCodeForProfileRecovery: code), tag: .sequence)
    return ServerWord(signed, signature: try (key ?? server.auth.key).sign(signed.toBeSigned(with: ok.euiccSignature1)))
  }

  private func word5(
    _ server: TestServer, after ok: PrepareDeviceChangeResponseOk, _ data: DeviceChangeData?, by key: PrivateKey? = nil
  ) throws -> ServerWord<SmdpSigned5> {
    let signed = Verbatim(
      SmdpSigned5(transactionId: try #require(server.transactionId), deviceChangeData: data), tag: .sequence)
    return ServerWord(signed, signature: try (key ?? server.auth.key).sign(signed.toBeSigned(with: ok.euiccSignature3)))
  }

  private func prepare(
    _ card: TestCard, _ word: ServerWord<SmdpSigned4>, hashCc: [UInt8]? = nil
  ) throws -> ES10b.PrepareDeviceChange.Response {
    try card.call(
      ES10b.PrepareDeviceChange.self,
      .init(smdpSigned4: word.signed, smdpSignature4: word.signature, hashCc: hashCc))
  }

  private func verify(
    _ card: TestCard, _ word: ServerWord<SmdpSigned5>
  ) throws -> ES10b.VerifyDeviceChange.Response {
    try card.call(ES10b.VerifyDeviceChange.self, .deviceChangeConfirmation(word))
  }

  private func profiles(_ card: TestCard) throws -> [ICCID?] {
    try #require(try card.call(ES10c.GetProfilesInfo.self, .init(tagList: [0x5A])).success).map(\.iccid)
  }

  // MARK: The eUICC

  @Test("v3.1 §5.7.13: a profile that is not here is handed on by nobody: invalidIccid; the eUICC says what it can do")
  func unknownProfile() throws {
    let (card, server, iccid) = try installed()
    let other = try authenticate(card, server, change(ICCID("8900000000000000022")))
    #expect(other.failure?.errorCode == .invalidIccid)
    let ok = try #require(try authenticate(card, server, change(iccid)).success)
    #expect(ok.euiccSigned1.value.ctxParams1 == change(iccid))
    #expect(ok.euiccSigned1.value.euiccInfo2.rspCapability.contains(.deviceChangeSupport))
  }

  @Test("v3.1 §5.7.27, §5.7.28: the eUICC signs the person's wish, and gives the activation code; the profile stays")
  func handedOn() throws {
    let (card, server, iccid) = try installed(enabled: true)
    let ok = try #require(try authenticate(card, server, change(iccid)).success)
    let hashCc = [UInt8](repeating: 3, count: 32)
    let word = try word4(server, after: ok, ccRequired: true)
    #expect(try prepare(card, word).failure?.errorCode == .undefinedError)
    let prepared = try #require(try prepare(card, word, hashCc: hashCc).success)
    #expect(prepared.euiccSigned3.value.hashCc == hashCc)
    let toBeSigned = prepared.euiccSigned3.toBeSigned(with: word.signature)
    #expect(ok.euiccCertificate.publicKey.verifies(prepared.euiccSignature3, over: toBeSigned))
    let data = DeviceChangeData(iccid: iccid, activationCodeForDc: "LPA:1$smdp.example$NEW")
    let confirmation = try word5(server, after: prepared, data)
    #expect(try verify(card, confirmation) == .ok(data))
    #expect(try profiles(card) == [iccid])
    // The session is over.
    #expect(try verify(card, confirmation) == .error(.noSession))
  }

  @Test("the server's words count with its own key, in their session, about the profile that was meant")
  func wrongWords() throws {
    let (card, server, iccid) = try installed()
    let other = try #require(TransactionId([1, 2]))
    let ok = try #require(try authenticate(card, server, change(iccid)).success)
    #expect(
      try prepare(card, word4(server, after: ok, by: server.binding.key)).failure?.errorCode == .invalidSignature)
    #expect(
      try prepare(card, word4(server, after: ok, transactionId: other)).failure?.errorCode == .invalidTransactionId)
    let prepared = try #require(try prepare(card, word4(server, after: ok)).success)
    let data = DeviceChangeData(iccid: iccid, activationCodeForDc: "LPA:1$smdp.example$NEW", deleteOldProfile: true)
    #expect(try verify(card, word5(server, after: prepared, data, by: server.binding.key)) == .error(.invalidSignature))
    var foreign = data
    foreign.iccid = try ICCID("8900000000000000022")
    #expect(try verify(card, word5(server, after: prepared, foreign)) == .error(.invalidData))
    #expect(try profiles(card) == [iccid])
    // A download is no device change.
    let download = try server.authenticate(card)
    #expect(try prepare(card, word4(server, after: download)).failure?.errorCode == .noSessionContext)
  }

  @Test("changed in any byte, or cut off, VerifyDeviceChange deletes nothing; whole it does, with its notification")
  func hostile() throws {
    let (card, server, iccid) = try installed()
    let ok = try #require(try authenticate(card, server, change(iccid)).success)
    let request = ES10b.PrepareDeviceChange.Request(
      smdpSigned4: try word4(server, after: ok).signed, smdpSignature4: try word4(server, after: ok).signature)
    for index in request.encoded.indices {
      var bytes = request.encoded
      bytes[index] ^= 0x01
      let response = try card.storeData(bytes)
      guard response.status.isSuccess, let answer = try? ES10b.PrepareDeviceChange.Response(encoded: response.data)
      else { continue }
      #expect(answer.success == nil, "byte \(index)")
    }
    let prepared = try #require(try card.call(ES10b.PrepareDeviceChange.self, request).success)
    let data = DeviceChangeData(
      iccid: iccid, activationCodeForDc: "LPA:1$smdp.example$NEW", deleteOldProfile: true, profileRecoverySupport: true)
    let confirmation = ES10b.VerifyDeviceChange.Request.deviceChangeConfirmation(
      try word5(server, after: prepared, data)
    ).encoded
    let before = card.memory.map.snapshot
    for index in confirmation.indices {
      var bytes = confirmation
      bytes[index] ^= 0x01
      _ = try card.storeData(bytes)
      _ = try card.storeData(Array(confirmation[..<index]))
    }
    #expect(card.memory.map.snapshot == before)
    #expect(try ES10b.VerifyDeviceChange.Response(encoded: card.storeData(confirmation).data) == .ok(data))
    #expect(try profiles(card).isEmpty)
    let events = try #require(try card.call(ES10b.ListNotification.self, .init()).success)
    #expect(events.last?.iccid == iccid)
  }

  // MARK: The LPA

  /// An SM-DP+ of others that wants the old profile deleted first, and gives it back where the new device fails.
  private final class ServerThatDeletesFirst {
    let server: TestServer
    let tests: DeviceChangeTests
    var deletes = true
    var ccRequired = true
    private(set) var calls: [String] = []
    private(set) var hashCc: [UInt8]?
    private var ok: AuthenticateResponseOk?

    init(_ server: TestServer, _ tests: DeviceChangeTests) { (self.server, self.tests) = (server, tests) }

    func answer(_ call: ServerCall) throws -> [UInt8] {
      let transaction = try #require(server.transactionId)
      calls.append(String(call.path.split(separator: "/").last ?? ""))
      switch call.path {
      case ES9Plus.InitiateAuthentication.path:
        let request = try JSONBinding.decode(ES9Plus.InitiateAuthentication.Request.self, from: call.body).request
        let authenticate = try server.authenticateServerRequest(request.euiccChallenge)
        return JSONBinding.encode(
          .success(
            ES9Plus.InitiateAuthentication.Response(
              transactionId: transaction, serverSigned1: authenticate.serverSigned1,
              serverSignature1: authenticate.serverSignature1, euiccCiPKIdToBeUsed: server.world.ciPKId,
              serverCertificate: server.auth.certificate)))
      case ES9Plus.AuthenticateClient.path:
        let request = try JSONBinding.decode(ES9Plus.AuthenticateClient.Request.self, from: call.body).request
        let ok = try #require(request.authenticateServerResponse.value.success)
        self.ok = ok
        var code: String?
        if case .ctxParamsForProfileRecovery = ok.euiccSigned1.value.ctxParams1 { code = "LPA:1$smdp.example$AGAIN" }
        let word = try tests.word4(server, after: ok, ccRequired: code == nil && ccRequired, code: code)
        return JSONBinding.encode(
          .success(
            ES9Plus.AuthenticateClientForDeviceChange.Response(
              transactionId: transaction, smdpSigned4: word.signed, smdpSignature4: word.signature,
              serviceProviderMessageForDc: "You go to a new telephone.")))
      case ES9Plus.ConfirmDeviceChange.path:
        let request = try JSONBinding.decode(ES9Plus.ConfirmDeviceChange.Request.self, from: call.body).request
        let prepared = try #require(request.prepareDeviceChangeResponse.value.success)
        hashCc = prepared.euiccSigned3.value.hashCc
        let data = DeviceChangeData(
          iccid: try ICCID(DeviceChangeTests.iccid), activationCodeForDc: "LPA:1$smdp.example$NEW",
          deleteOldProfile: deletes, profileRecoverySupport: true)
        return JSONBinding.encode(
          .success(
            ES9Plus.ConfirmDeviceChange.Response(
              transactionId: transaction, word: try tests.word5(server, after: prepared, data))))
      default: return JSONBinding.encode(.success(NoFields()))
      }
    }
  }

  private func run<P: Procedure>(
    _ procedure: P, _ card: TestCard, _ server: ServerThatDeletesFirst, _ decision: Decision = .reject,
    asked: (Question) -> Void = { _ in }
  ) throws -> P.Outcome {
    var procedure = procedure
    var answer = Answer.begin
    while true {
      switch try procedure.next(answer) {
      case .card(let bytes): answer = .card(try card.storeData(bytes).data)
      case .server(let call): answer = .server(status: 200, body: try server.answer(call))
      case .ask(let question):
        asked(question)
        answer = .person(decision)
      case .done(let outcome): return outcome
      }
    }
  }

  private func description(_ iccid: ICCID) -> StoreMetadataRequest {
    StoreMetadataRequest(iccid: iccid, serviceProviderName: "Test operator", profileName: "Test profile")
  }

  @Test(
    "v3.1 §3.11.1: towards a server that deletes first, the LPA disables and deletes after the person has confirmed")
  func deletesFirst() throws {
    let (card, server, iccid) = try installed(enabled: true)
    let standIn = ServerThatDeletesFirst(server, self)
    let address = try #require(FQDN(TestCircle.address))
    let procedure = DeviceHandover(description(iccid), at: address, to: nil, device: device)
    let code = Secret(Array("1234".utf8))
    var messages: [String?] = []
    let outcome = try run(procedure, card, standIn, .accept(confirmationCode: code)) { question in
      #expect(question.confirmationCodeRequired)
      if case .handingOn(let message) = question.purpose { messages.append(message) }
    }
    #expect(messages == ["You go to a new telephone."])
    #expect(outcome.activationCode == "LPA:1$smdp.example$NEW" && outcome.isDeleted)
    #expect(outcome.recoveryAddress == address)
    #expect(standIn.calls == ["initiateAuthentication", "authenticateClient", "confirmDeviceChange"])
    #expect(standIn.hashCc == ConfirmationCode.hashCc(code, transactionId: try #require(server.transactionId)))
    #expect(try profiles(card).isEmpty)
  }

  @Test(
    "v3.1 §3.11.2: profile recovery is the undo: the old device gets an activation code that the eUICC has verified")
  func recovered() throws {
    let (card, server, iccid) = try installed()
    let standIn = ServerThatDeletesFirst(server, self)
    standIn.ccRequired = false
    let address = try #require(FQDN(TestCircle.address))
    let gone = try run(
      DeviceHandover(description(iccid), at: address, to: nil, device: device), card, standIn,
      .accept(confirmationCode: nil))
    let from = try #require(gone.recoveryAddress)
    let code = try run(ProfileRecovery(iccid, at: from, device: device), card, standIn)
    #expect(code.description == "LPA:1$smdp.example$AGAIN")
    #expect(try server.download(server.contents(iccid), into: card).success != nil)
    #expect(try profiles(card) == [iccid])
  }

  @Test("who does not confirm hands nothing on: the eUICC signs the cancellation, and the profile stays")
  func rejected() throws {
    let (card, server, iccid) = try installed()
    let standIn = ServerThatDeletesFirst(server, self)
    let procedure = DeviceHandover(
      description(iccid), at: try #require(FQDN(TestCircle.address)), to: nil, device: device)
    #expect(throws: Problem.cancelled(.endUserRejection)) { try run(procedure, card, standIn) }
    #expect(standIn.calls.last == "cancelSession")
    #expect(try profiles(card) == [iccid])
  }

  @Test("a server of ours does not delete: the profile stays until its move says otherwise") func keeps() throws {
    let (card, server, iccid) = try installed(enabled: true)
    let standIn = ServerThatDeletesFirst(server, self)
    (standIn.deletes, standIn.ccRequired) = (false, false)
    let procedure = DeviceHandover(
      description(iccid), at: try #require(FQDN(TestCircle.address)), to: nil, device: device)
    let outcome = try run(procedure, card, standIn, .accept(confirmationCode: nil))
    #expect(!outcome.isDeleted && outcome.recoveryAddress == nil)
    #expect(try profiles(card) == [iccid])
  }
}
