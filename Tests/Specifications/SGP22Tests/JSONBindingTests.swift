import Bytes
import Identifiers
import JSON
import SGP22
import TLV
import Testing

@Suite("SGP.22 §6.5: the JSON binding") struct JSONBindingTests {
  private func check<Message: JSONMessage & Equatable>(_ message: Message) throws {
    let header = JSONBinding.RequestHeader(functionRequesterIdentifier: "op", functionCallIdentifier: "7")
    let body = JSONBinding.encode(message, header: header)
    let read = try JSONBinding.decode(Message.self, from: body)
    #expect(read.request == message)
    #expect(read.header == header)
    #expect(try JSONBinding.decode(Message.self, from: JSONBinding.encode(message)).header == nil)
    for end in body.indices.dropLast() {
      #expect(throws: JSONError.self) { try JSONBinding.decode(Message.self, from: Array(body[..<end])) }
    }
    for index in body.indices {
      var changed = body
      changed[index] ^= 0x01
      _ = try? JSONBinding.decode(Message.self, from: changed)
    }
  }

  @Test("ES9+ and ES11 requests") func es9plus() throws {
    let transactionId = try Samples.transactionId()
    try check(try Samples.initiateAuthenticationRequest())
    try check(
      ES9Plus.AuthenticateClient.Request(
        transactionId: transactionId, authenticateServerResponse: Verbatim(try Samples.authenticateServerResponse())))
    try check(
      ES9Plus.GetBoundProfilePackage.Request(
        transactionId: transactionId, prepareDownloadResponse: Verbatim(try Samples.prepareDownloadResponse())))
    try check(
      ES9Plus.CancelSession.Request(
        transactionId: transactionId, cancelSessionResponse: Verbatim(try Samples.cancelSessionResponse())))
    try check(
      ES9Plus.HandleNotification.Request(
        pendingNotification: .otherSignedNotification(Verbatim(try Samples.otherNotification()))))
  }

  @Test("ES2+ and ES12 requests") func es2plus() throws {
    let iccid = try Samples.iccid()
    let eid = try EID("89049032123451234512345678901235")
    try check(ES2Plus.DownloadOrder.Request(eid: eid, iccid: iccid, profileType: "type"))
    try check(ES2Plus.DownloadOrder.Response(iccid: iccid))
    try check(
      ES2Plus.ConfirmOrder.Request(
        iccid: iccid, eid: eid, matchingId: "", confirmationCode: Secret(Array("1234".utf8)),
        smdsAddress: "ds.example", releaseFlag: true))
    try check(ES2Plus.ConfirmOrder.Response(eid: eid, matchingId: "A-1", smdpAddress: "dp.example"))
    try check(
      ES2Plus.CancelOrder.Request(
        iccid: iccid, eid: eid, matchingId: "A", finalProfileStatusIndicator: .unavailable))
    try check(ES2Plus.ReleaseProfile.Request(iccid: iccid))
    try check(
      ES2Plus.HandleDownloadProgressInfo.Request(
        eid: eid, iccid: iccid, profileType: "type", timestamp: Instant(seconds: 1_800_000_000),
        notificationPoint: .bppInstallation, notificationPointStatus: .failed(.insufficientMemory), resultData: [1]))
    try check(
      ES12.RegisterEvent.Request(
        eid: eid, rspServerAddress: "dp.example", eventId: "E-1", forwardingIndicator: false))
    try check(ES12.DeleteEvent.Request(eid: eid, eventId: "E-1"))
  }

  @Test("§6.5.1.4: answers carry the status; a refusal its codes") func answers() throws {
    let response = ES11.AuthenticateClient.Response(
      transactionId: try Samples.transactionId(),
      eventEntries: [ES11.AuthenticateClient.EventEntries(eventId: "E", rspServerAddress: "dp.example")])
    let success = JSONBinding.encode(.success(response))
    #expect(
      String(decoding: success, as: UTF8.self)
        == #"{"header":{"functionExecutionStatus":{"status":"Executed-Success"}},"transactionId":"010203","#
        + #""eventEntries":[{"eventId":"E","rspServerAddress":"dp.example"}]}"#)
    #expect(try JSONBinding.decodeAnswer(ES11.AuthenticateClient.Response.self, from: success) == .success(response))

    let failure = JSONBinding.encode(Result<NoFields, Refusal>.failure(.smdpAddressRefused))
    #expect(
      String(decoding: failure, as: UTF8.self)
        == #"{"header":{"functionExecutionStatus":{"status":"Failed","#
        + #""statusCodeData":{"subjectCode":"8.8.1","reasonCode":"3.8"}}}}"#)
    let read = try JSONBinding.decodeAnswer(NoFields.self, from: failure)
    #expect(read == .failure(.smdpAddressRefused))
    if case .failure(let refusal) = read { #expect(refusal.meaning == Refusal.smdpAddressRefused.meaning) }
  }

  @Test("§6.5.2: a 19-digit ICCID is written with a filler and read with and without") func iccid() throws {
    let request = ES2Plus.ReleaseProfile.Request(iccid: try Samples.iccid())
    #expect(request.json["iccid"] == .string("8900010000000000018F"))
    var json = JSONObject()
    json.set("iccid", "8900010000000000018")
    #expect(try ES2Plus.ReleaseProfile.Request(json: json) == request)
  }

  @Test("§5.3.1: an order without ICCID and without profile type is refused") func emptyOrder() {
    #expect(throws: JSONError.missing("profileType")) { try ES2Plus.DownloadOrder.Request(json: JSONObject()) }
  }

  @Test("a signature without its header 5F37 is refused") func signatureHeader() throws {
    var json = try Samples.initiateAuthenticationResponse().json
    json.set("serverSignature1", base64: Samples.signature)
    #expect(throws: JSONError.self) { try ES9Plus.InitiateAuthentication.Response(json: json) }
  }

  @Test("a body beyond the limit is refused before it is read") func limit() {
    let body = [UInt8](repeating: 0x20, count: JSONBinding.bodyLimit + 1)
    #expect(throws: JSONError.self) { try JSONBinding.decode(NoFields.self, from: body) }
  }

  @Test("§6.2: X-Admin-Protocol") func adminProtocol() {
    #expect(AdminProtocol("gsma/rsp/v2.2.2")?.version == VersionType(2, 2, 2))
    #expect(AdminProtocol.current.description == "gsma/rsp/v2.5.0")
    for bad in ["gsma/rsp/v2.2", "gsma/rsp/2.2.2", "", "gsma/rsp/v2.2.x", "gsma/rsp/v2.2.2.2", "gsma/rsp/v300.0.0"] {
      #expect(AdminProtocol(bad) == nil)
    }
  }

  @Test("§5.2.6: every refusal has codes, a clause and a sentence for a person") func catalogue() {
    #expect(Set(Refusal.all).count == Refusal.all.count)
    for refusal in Refusal.all {
      #expect(refusal.meaning.hasPrefix("§"))
      #expect(refusal.advice.hasSuffix("."))
    }
    #expect(Refusal(subject: "9.9", reason: "9.9").advice.hasSuffix("."))
  }

  @Test("§6.6: refusals have the function's own number in the ASN.1 binding") func errorCodes() {
    #expect(ES9Plus.AuthenticateClient.ErrorCode(.matchingIdRefused) == .matchingIdRefused)
    #expect(ES9Plus.AuthenticateClient.ErrorCode(.rootSmdsFailed) == .undefinedError)
    #expect(ES9Plus.GetBoundProfilePackage.ErrorCode.confirmationCodeRefused.refusal == .confirmationCodeRefused)
    #expect(ES9Plus.CancelSession.outcome(.failure(.transactionUnknown)) == .error(.invalidTransactionId))
  }
}
