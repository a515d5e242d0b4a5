import Bytes
import Foundation
import Identifiers
import SGP22
import TLV
import TestSupport
import Testing

import LPA

@Suite("SGP.22 §3.1.3: profile download, the LPA's column", .enabled(if: Vectors.exist, Vectors.missing))
struct ProfileDownloadTests {
  private let device = DeviceInfo(tac: [0x35, 0x29, 0x06, 0x11])
  private let address = "testsmdpplus1.example.com"

  /// Plays the recording up to the first step that `stop` wants to see.
  private func play(
    _ recording: Recording, _ download: inout ProfileDownload, decision: Decision = .accept(confirmationCode: nil),
    until stop: (Step<ProfileDownload.Outcome>) throws -> Bool
  ) throws -> Step<ProfileDownload.Outcome> {
    var step = try download.next(.begin)
    var call = 0
    while try !stop(step) {
      switch step {
      case .card(let object): step = try download.next(recording.card(object))
      case .server(let request):
        #expect(request.path == recording.calls[call].path)
        step = try download.next(recording.answer(call))
        call += 1
      case .ask: step = try download.next(.person(decision))
      case .done: return step
      }
    }
    return step
  }

  private func result(_ final: ProfileInstallationResultData.FinalResult) throws -> [UInt8] {
    let data = ProfileInstallationResultData(
      transactionId: try #require(TransactionId([1])),
      notificationMetadata: NotificationMetadata(
        seqNumber: 7, event: .notificationInstall, notificationAddress: address, iccid: nil),
      smdpOid: nil, finalResult: final)
    return ProfileInstallationResult(
      profileInstallationResultData: Verbatim(data), euiccSignPIR: [UInt8](repeating: 1, count: 64)
    ).encoded
  }

  @Test(
    "a recorded download runs through: what each side signed goes on in its own bytes",
    arguments: ["nist", "brainpool"])
  func recorded(curve: String) throws {
    let recording = try Recording.read("es9plus-\(curve)")
    var download = ProfileDownload(try ActivationCode("1$\(address)$TS48V5"), device: device)
    var bodies: [String] = []
    var pieces = 0
    var step = try play(recording, &download) { step in
      if case .server(let call) = step { bodies.append(String(decoding: call.body, as: UTF8.self)) }
      if case .card(let object) = step { return TLVReader(object).nextTag == 0xBF36 }
      return false
    }
    for (call, name) in [(1, "authenticateServerResponse"), (2, "prepareDownloadResponse")] {
      let text = Data(try recording.bytes(call, name)).base64EncodedString()
      #expect(bodies[call].replacing("\\/", with: "/").contains(text))
    }
    // §2.5.5: the pieces together are the package.
    var package: [UInt8] = []
    let success = try result(.successResult(SuccessResult(aid: AID([1, 2, 3, 4, 5]), simaResponse: [])))
    let whole = try recording.bytes(2, "boundProfilePackage")
    while case .card(let piece) = step {
      package += piece
      pieces += 1
      step = try download.next(.card(package.count == whole.count ? success : []))
    }
    #expect(package == whole)
    #expect(pieces > 10)
    guard case .done(let outcome) = step else { return #expect(Bool(false), "the download did not end") }
    #expect(outcome.notification.seqNumber == 7)
    #expect(download.progress.done == download.progress.total)
  }

  @Test("§3.0.1: a server that signs another address is refused") func otherAddress() throws {
    let recording = try Recording.read("es9plus-nist")
    var download = ProfileDownload(try ActivationCode("1$smdp.example.org$TS48V5"), device: device)
    let server = FQDN("smdp.example.org")
    #expect(throws: Problem.otherServer(try #require(server), signed: address)) {
      _ = try play(recording, &download) { _ in false }
    }
  }

  @Test("§3.1.3: a server with another OID than the activation code's is refused") func otherOid() throws {
    let recording = try Recording.read("es9plus-nist")
    var download = ProfileDownload(try ActivationCode("1$\(address)$TS48V5$1.2.3"), device: device)
    #expect(throws: Problem.otherOID(try #require(FQDN(address)))) {
      _ = try play(recording, &download) { _ in false }
    }
  }

  @Test(
    "§3.0.2: whoever does not accept cancels the session with the reason, before the eUICC is prepared",
    arguments: [(Decision.reject, CancelSessionReason.endUserRejection), (.postpone, .postponed), (.timeout, .timeout)])
  func cancelled(decision: Decision, reason: CancelSessionReason) throws {
    let recording = try Recording.read("es9plus-nist")
    var download = ProfileDownload(try ActivationCode("1$\(address)$TS48V5"), device: device)
    let step = try play(recording, &download, decision: decision) { step in
      if case .card(let object) = step { return TLVReader(object).nextTag == 0xBF41 }
      return false
    }
    guard case .card(let object) = step else { return #expect(Bool(false), "no cancellation") }
    let request = try ES10b.CancelSession.Request(encoded: object)
    #expect(request.reason == reason)
    #expect(request.transactionId == download.transactionId)
    // An eUICC that knows the session no more ends it as well.
    #expect(throws: Problem.cancelled(reason)) {
      _ = try download.next(.card(ES10b.CancelSession.Response.error(.invalidTransactionId).encoded))
    }
  }

  @Test(
    "§2.9.2.1: where the eUICC's table says consentRequired the person is asked about the rule expressly",
    arguments: [true, false])
  func consentRequired(isRequired: Bool) throws {
    let recording = try Recording.read("es9plus-nist")
    var metadata = try StoreMetadataRequest(encoded: recording.bytes(1, "profileMetadata"))
    metadata.profileOwner = OperatorID(mccMnc: [0x00, 0xF1, 0x10])
    metadata.profilePolicyRules = [.ppr1, .ppr2]
    guard case .server(let status, let body) = try recording.answer(1) else { return }
    let text = try #require(recording.calls[1].response.fields["profileMetadata"])
    let swapped = String(decoding: body, as: UTF8.self).replacing("\\/", with: "/")
      .replacing(text, with: Data(metadata.encoded).base64EncodedString())
    var download = ProfileDownload(try ActivationCode("1$\(address)$TS48V5"), device: device)
    _ = try play(recording, &download) { step in
      if case .server(let call) = step { return call.path == recording.calls[1].path }
      return false
    }
    guard case .card(let object) = try download.next(.server(status: status, body: Array(swapped.utf8))) else {
      return #expect(Bool(false), "the table is not asked for")
    }
    #expect(TLVReader(object).nextTag == 0xBF43)
    let everybody = OperatorID(mccMnc: [0xEE, 0xEE, 0xEE], gid1: [], gid2: [])
    let table: RulesAuthorisationTable = [
      .init(pprIds: [.ppr1], allowedOperators: [everybody]),
      .init(pprIds: [.ppr2], allowedOperators: [everybody], pprFlags: isRequired ? [.consentRequired] : []),
    ]
    let step = try download.next(.card(ES10b.GetRAT.Response(rat: table).encoded))
    guard case .ask(let question) = step else { return #expect(Bool(false), "nobody is asked: \(step)") }
    #expect(question.policyRules == [.ppr1, .ppr2])
    #expect(question.rulesToConsentTo == (isRequired ? [.ppr2] : []))
  }

  @Test("§5.7.6: an installation that fails ends at once, with the command and the reason") func failure() throws {
    let recording = try Recording.read("es9plus-nist")
    var download = ProfileDownload(try ActivationCode("1$\(address)$TS48V5"), device: device)
    _ = try play(recording, &download) { step in
      if case .card(let object) = step { return TLVReader(object).nextTag == 0xBF36 }
      return false
    }
    let failed = try result(.errorResult(ErrorResult(bppCommandId: .storeMetadata, errorReason: .pprNotAllowed)))
    #expect(throws: Problem.notInstalled(.storeMetadata, .pprNotAllowed, simaResponse: nil)) {
      _ = try download.next(.card(failed))
    }
  }

  @Test("answers of another kind, and answers that are none, end the procedure") func malformed() throws {
    var download = ProfileDownload(try ActivationCode("1$\(address)$X"), device: device)
    _ = try download.next(.begin)
    #expect(throws: Problem.outOfTurn) { _ = try download.next(.server(status: 200, body: [])) }
    #expect(throws: Problem.self) { _ = try download.next(.card([0xBF, 0x20, 0x05])) }
  }
}
