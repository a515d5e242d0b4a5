import APDU
import Bytes
import Foundation
import Identifiers
import SGP22
import TLV
import TestSupport
import Testing
import Transport

import LPA

@Suite("The LPA as a device runs it", .enabled(if: Vectors.exist, Vectors.missing)) struct ClientTests {
  private static let address = "testsmdpplus1.example.com"
  private let recording: Recording
  private let card: RecordedCard
  private let server: RecordedServer
  private let person = ScriptedPerson()
  private let journal = Journal()
  private let transaction: TransactionId

  /// What a device kept, in order.
  private final class Journal {
    var records: [DownloadRecord?] = []
    var pauses: [Duration] = []
  }

  init() throws {
    recording = try Recording.read("es9plus-nist")
    card = RecordedCard(recording)
    server = RecordedServer(recording)
    transaction = try #require(TransactionId(hex: recording.calls[0].response.fields["transactionId"] ?? ""))
    card.result = try result(.successResult(SuccessResult(aid: AID([1, 2, 3, 4, 5]), simaResponse: [])))
  }

  private func result(_ final: ProfileInstallationResultData.FinalResult) throws -> [UInt8] {
    let data = ProfileInstallationResultData(
      transactionId: transaction,
      notificationMetadata: NotificationMetadata(
        seqNumber: 7, event: .notificationInstall, notificationAddress: Self.address, iccid: nil),
      smdpOid: nil, finalResult: final)
    return ProfileInstallationResult(
      profileInstallationResultData: Verbatim(data), euiccSignPIR: [UInt8](repeating: 1, count: 64)
    ).encoded
  }

  private func signedCancellation(_ reason: CancelSessionReason) throws -> [UInt8] {
    let signed = EuiccCancelSessionSigned(
      transactionId: transaction, smdpOid: try #require(OID("2.999.10")), reason: reason)
    return ES10b.CancelSession.Response.ok(
      CancelSessionResponseOk(
        euiccCancelSessionSigned: Verbatim(signed, tag: .sequence),
        euiccCancelSessionSignature: [UInt8](repeating: 2, count: 64))
    ).encoded
  }

  private func client(blockSize: Int = 120) throws -> Client {
    let journal = journal
    return Client(
      isdr: try ISDR(card, blockSize: blockSize), servers: server, person: person,
      device: DeviceInfo(tac: [0x35, 0x29, 0x06, 0x11]), pause: { journal.pauses.append($0) },
      journal: { journal.records.append($0) })
  }

  private func code() throws -> ActivationCode { try ActivationCode("LPA:1$\(Self.address)$TS48V5") }

  private func problem<R>(_ body: () throws(Problem) -> R) -> Problem? {
    do {
      _ = try body()
      return nil
    } catch { return error }
  }

  // MARK: Going well

  @Test("§3.1.3 and §5.7.2: a download over APDUs, in blocks of the size that was asked for", arguments: [1, 120, 255])
  func download(blockSize: Int) throws {
    // One byte a block is too small for 256 blocks: the LPA says so, and nothing is installed.
    if blockSize == 1 {
      #expect(problem { () throws(Problem) in try client(orNil: blockSize)?.download(activation()) } != nil)
      return
    }
    let outcome = try client(blockSize: blockSize).download(code())
    #expect(outcome.notification.seqNumber == 7)
    #expect(card.longestBlock == blockSize)
    #expect(server.functions == ["initiateAuthentication", "authenticateClient", "getBoundProfilePackage"])
    #expect(server.requests.allSatisfy { $0.host == Self.address && $0.headers["x-admin-protocol"] != nil })
    #expect(person.questions.map(\.metadata.iccid) == [outcome.iccid])
    let bar = person.shown.map { Double($0.done) / Double($0.total) }
    #expect(zip(bar, bar.dropFirst()).allSatisfy { $0 <= $1 })
    #expect(bar.allSatisfy { (0...1).contains($0) })
  }

  private func client(orNil blockSize: Int) -> Client? { try? client(blockSize: blockSize) }
  private func activation() throws(Problem) -> ActivationCode {
    do { return try code() } catch { throw .noServer }
  }

  @Test("the record is kept before each step that binds somebody, and forgotten at the end") func record() throws {
    _ = try client().download(code())
    let stages = journal.records.map(\.?.stage)
    #expect(stages.count == 3)
    #expect(stages[0] == .inSession(transactionId: transaction.bytes))
    guard case .installing(let bytes, let metadata)? = stages[1] else { return #expect(Bool(false), "\(stages)") }
    #expect(bytes == transaction.bytes)
    #expect(try StoreMetadataRequest(encoded: metadata) == person.questions[0].metadata)
    #expect(stages[2] == nil)
    let kept = try #require(journal.records[1])
    #expect(try JSONDecoder().decode(DownloadRecord.self, from: JSONEncoder().encode(kept)) == kept)
  }

  @Test("a server that nobody has met leaves no record that a later download would trip over") func neverMet() throws {
    server.fates["initiateAuthentication"] = Array(repeating: .lost(.unreachable), count: 8)
    let client = try client()
    let code = try code()
    guard case .link? = problem({ () throws(Problem) in try client.download(code) }) else {
      return #expect(Bool(false), "no problem")
    }
    #expect(journal.records.isEmpty)
  }

  // MARK: Servers that fail

  @Test("a lost answer is asked for again with the same request, later and later") func retry() throws {
    server.fates["authenticateClient"] = [.lost(.broken), .status(503)]
    _ = try client().download(code())
    #expect(
      server.functions == [
        "initiateAuthentication", "authenticateClient", "authenticateClient", "authenticateClient",
        "getBoundProfilePackage",
      ])
    #expect(Set(server.requests[1...3].map(\.body)).count == 1)
    #expect(journal.pauses == Array(Course<ProfileDownload>.backOff.prefix(2)))
  }

  @Test("a server that stays away: the session is given up at the eUICC, and the record stays for later")
  func lost() throws {
    server.fates["getBoundProfilePackage"] = [.lost(.broken), .lost(.broken), .lost(.broken), .lost(.unreachable)]
    card.answers[0xBF41] = [try signedCancellation(.timeout)]
    let client = try client()
    let code = try code()
    guard case .link(let error)? = problem({ () throws(Problem) in try client.download(code) }) else {
      return #expect(Bool(false), "no problem")
    }
    #expect(error.kind == .unreachable)
    #expect(card.tags.last == 0xBF41)
    #expect(server.functions.last == "cancelSession")
    #expect(journal.records.last??.stage == .inSession(transactionId: transaction.bytes))
  }

  @Test("a server that is not trusted is not asked twice") func untrusted() throws {
    server.fates["initiateAuthentication"] = [.lost(.untrusted)]
    let client = try client()
    let code = try code()
    guard case .link(let error)? = problem({ () throws(Problem) in try client.download(code) }) else {
      return #expect(Bool(false), "no problem")
    }
    #expect(error.kind == .untrusted)
    #expect(server.requests.count == 1)
    #expect(journal.pauses.isEmpty)
  }

  @Test("§3.1.3: a package that cannot be read ends the session with 'Load BPP execution error'")
  func unreadablePackage() throws {
    server.fates["getBoundProfilePackage"] = [
      .body(
        Array(
          #"{"header":{"functionExecutionStatus":{"status":"Executed-Success"}},"transactionId":"00","boundProfilePackage":"vzYA"}"#
            .utf8))
    ]
    card.answers[0xBF41] = [try signedCancellation(.loadBppExecutionError)]
    let client = try client()
    let code = try code()
    guard case .serverMalformed? = problem({ () throws(Problem) in try client.download(code) }) else {
      return #expect(Bool(false), "taken")
    }
    let request = try ES10b.CancelSession.Request(encoded: try #require(card.objects.last))
    #expect(request.reason == .loadBppExecutionError)
    #expect(server.functions.last == "cancelSession")
    #expect(!card.tags.contains(0xBF36))
  }

  @Test("§3.1.3: a package of another profile than was consented to is not installed ('Metadata mismatch')")
  func otherMetadata() throws {
    let offered = try StoreMetadataRequest(encoded: recording.bytes(1, "profileMetadata"))
    var changed = offered
    changed.profileName = "Something else"
    let text = try #require(recording.calls[1].response.fields["profileMetadata"])
    guard case .server(_, let body) = try recording.answer(1) else { return }
    // JSON writes "/" as "\/" or plainly.
    let swapped = String(decoding: body, as: UTF8.self).replacing("\\/", with: "/")
      .replacing(text, with: Data(changed.encoded).base64EncodedString())
    server.fates["authenticateClient"] = [.body(Array(swapped.utf8))]
    card.answers[0xBF41] = [try signedCancellation(.metadataMismatch)]
    let client = try client()
    let code = try code()
    let ended = problem { () throws(Problem) in try client.download(code) }
    #expect(ended == .otherMetadata(try #require(FQDN(Self.address))))
    let request = try ES10b.CancelSession.Request(encoded: try #require(card.objects.last))
    #expect(request.reason == .metadataMismatch)
    #expect(!card.tags.contains(0xBF36))
  }

  /// The record that a rejection leaves of which the server could not be told.
  private func rejectedInSilence() throws -> DownloadRecord {
    person.decision = .reject
    server.fates["cancelSession"] = [.lost(.broken), .lost(.broken), .lost(.broken), .lost(.broken)]
    card.answers[0xBF41] = [try signedCancellation(.endUserRejection)]
    let client = try client()
    let code = try code()
    #expect(problem { () throws(Problem) in try client.download(code) } == .cancelled(.endUserRejection))
    return try #require(journal.records.last ?? nil)
  }

  @Test("§3.0.2: who rejects is told so; what the eUICC signed is kept until the server takes it")
  func rejection() throws {
    let record = try rejectedInSilence()
    #expect(
      record.stage
        == .cancelled(transactionId: transaction.bytes, response: try signedCancellation(.endUserRejection)))
    let first = try #require(server.requests.last)
    let (shown, sent) = (card.tags.count, server.requests.count)
    // Still away: kept. Then there again: told in the same words, and forgotten.
    server.fates["cancelSession"] = [
      .status(500), .body(JSONBinding.encode(Result<_, Refusal>.success(NoFields()))),
    ]
    let client = try client()
    let address = try #require(FQDN(Self.address))
    #expect(
      problem { () throws(Problem) in try client.resume(record) } == .serverFailed(address, status: 500))
    #expect(journal.records.last == .some(record))
    #expect(problem { () throws(Problem) in try client.resume(record) } == .cancelled(.endUserRejection))
    #expect(journal.records.last == .some(nil))
    #expect(server.requests.dropFirst(sent).map(\.body) == [first.body, first.body])
    #expect(!card.tags.dropFirst(shown).contains { $0 == 0xBF41 || $0 == 0xBF38 })
  }

  @Test("§3.0.2: where the server has forgotten the session its order is open, and the person is asked again")
  func rejectionTooLate() throws {
    let record = try rejectedInSilence()
    server.fates["cancelSession"] = [
      .body(
        JSONBinding.encode(Result<NoFields, Refusal>.failure(Refusal(subject: "8.10.1", reason: "3.9"))))
    ]
    person.decision = .accept(confirmationCode: nil)
    card.startAnew()
    guard case .downloaded = try client().resume(record) else { return #expect(Bool(false), "not downloaded") }
    #expect(person.questions.count == 2)
    #expect(journal.records.last == .some(nil))
  }

  // MARK: Cards that fail

  @Test("a card without ISD-R is refused when it is opened") func noISDR() throws {
    final class Plain: CardLink {
      func reset() throws(LinkError) -> [UInt8] { [] }
      func transmit(_ command: Command) throws(LinkError) -> Response {
        command.ins == 0x70 ? Response([1]) : Response([], .fileNotFound)
      }
    }
    #expect(throws: Problem.cardStatus(.fileNotFound)) { try ISDR(Plain()) }
  }

  @Test("a card that is taken out while it installs leaves a record that says so") func cardTakenOut() throws {
    card.breaksAt = 0xA3
    let client = try client()
    let code = try code()
    guard case .link? = problem({ () throws(Problem) in try client.download(code) }) else {
      return #expect(Bool(false), "no problem")
    }
    guard case .installing? = journal.records.last??.stage else { return #expect(Bool(false), "no record") }
  }

  // MARK: Taking up

  /// The record that a download leaves when the card is taken out while it installs.
  private func interrupted() throws -> DownloadRecord {
    card.breaksAt = 0xA3
    let client = try client()
    let code = try code()
    _ = problem { () throws(Problem) in try client.download(code) }
    card.breaksAt = nil
    return try #require(journal.records.last ?? nil)
  }

  @Test("after a restart, a profile whose installation the eUICC reports is not downloaded again")
  func installedAllTheSame() throws {
    let record = try interrupted()
    let pending = PendingNotification.profileInstallationResult(try Verbatim(TLVElement(card.result)))
    card.answers[0xBF2B] = [ES10b.RetrieveNotificationsList.Response.ok([pending]).encoded]
    let asked = server.requests.count
    let metadata = person.questions[0].metadata
    #expect(try client().resume(record) == .alreadyInstalled(metadata.iccid, metadata))
    #expect(server.requests.count == asked)
    #expect(journal.records.last == .some(nil))
  }

  @Test("after a restart, a profile whose report is delivered already is found by its ICCID") func reportDelivered()
    throws
  {
    let record = try interrupted()
    let metadata = person.questions[0].metadata
    var profile = ProfileInfo()
    profile.iccid = metadata.iccid
    card.answers[0xBF2B] = [ES10b.RetrieveNotificationsList.Response.ok([]).encoded]
    card.answers[0xBF2D] = [ES10c.GetProfilesInfo.Response.ok([profile]).encoded]
    #expect(try client().resume(record) == .alreadyInstalled(metadata.iccid, metadata))
  }

  @Test("after a restart, an installation that the eUICC reports as failed is told, and not tried blindly again")
  func failedAllTheSame() throws {
    let record = try interrupted()
    let failed = try result(
      .errorResult(ErrorResult(bppCommandId: .loadProfileElements, errorReason: .installFailedDueToInterruption)))
    let pending = PendingNotification.profileInstallationResult(try Verbatim(TLVElement(failed)))
    card.answers[0xBF2B] = [ES10b.RetrieveNotificationsList.Response.ok([pending]).encoded]
    let client = try client()
    #expect(
      problem { () throws(Problem) in try client.resume(record) }
        == .notInstalled(.loadProfileElements, .installFailedDueToInterruption, simaResponse: nil))
  }

  @Test(
    "after a restart, a session that both sides may know is given up and the profile downloaded anew",
    arguments: [true, false])
  func anew(eUICCRemembers: Bool) throws {
    let record = try interrupted()
    card.answers[0xBF2B] = [ES10b.RetrieveNotificationsList.Response.ok([]).encoded]
    card.answers[0xBF2D] = [ES10c.GetProfilesInfo.Response.ok([]).encoded]
    card.answers[0xBF41] = [
      eUICCRemembers
        ? try signedCancellation(.timeout) : ES10b.CancelSession.Response.error(.invalidTransactionId).encoded
    ]
    // The server has forgotten, or cannot be reached: neither stops the new download.
    server.fates["cancelSession"] = [.lost(.broken), .lost(.broken), .lost(.broken), .lost(.broken)]
    card.startAnew()
    let asked = server.requests.count
    guard case .downloaded = try client().resume(record) else { return #expect(Bool(false), "not downloaded") }
    let functions = server.functions.dropFirst(asked)
    #expect(functions.contains("cancelSession") == eUICCRemembers)
    #expect(functions.suffix(3) == ["initiateAuthentication", "authenticateClient", "getBoundProfilePackage"])
    #expect(journal.records.last == .some(nil))
  }

  @Test("a record that is damaged is forgotten") func damaged() throws {
    let record = try JSONDecoder().decode(
      DownloadRecord.self,
      from: Data(
        (#"{"address":"not a name","matchingId":"","confirmationCodeRequired":false,"#
          + #""stage":{"inSession":{"transactionId":[1]}}}"#).utf8))
    let client = try client()
    #expect(problem { () throws(Problem) in try client.resume(record) } == .recordDamaged)
    #expect(journal.records.last == .some(nil))
  }

  // MARK: Discovery

  @Test("§3.6.2: events are asked of the root SM-DS that the eUICC names") func discovery() throws {
    card.answers[0xBF3C] = [
      ES10a.GetEuiccConfiguredAddresses.Response(defaultDpAddress: nil, rootDsAddress: Self.address).encoded
    ]
    guard case .server(_, let body) = try recording.answer(0) else { return }
    let events = ES11.AuthenticateClient.Response(
      transactionId: transaction,
      eventEntries: [
        .init(eventId: "EVENT-1", rspServerAddress: "smdp.example.com"),
        .init(eventId: "EVENT-2", rspServerAddress: "no host name"),
      ])
    server.fates["initiateAuthentication"] = [.body(body)]
    server.fates["authenticateClient"] = [.body(JSONBinding.encode(Result<_, Refusal>.success(events)))]
    let found = try client().discover()
    #expect(found.map(\.eventId) == ["EVENT-1"])
    #expect(server.requests.map(\.path).allSatisfy { $0.hasPrefix("/gsma/rsp2/es9plus/") })
  }
}
