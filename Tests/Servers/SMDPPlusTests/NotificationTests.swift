import Bytes
import Identifiers
import Keys
import ProfilePackage
import SGP22
import SMDPPlus
import Store
import TLV
import TestStores
import TestSupport
import Testing

@Suite("SGP.22 §3.5, §5.6.4: notifications", .overEveryStore)
struct NotificationTests {
  private let server: TestServer
  private let card: TestCard
  private let iccid = Fixture.iccid(0)

  init() throws {
    (server, card) = (try TestServer(), try TestCard(.nist))
    try server.insert(Fixture.order())
  }

  private func result(
    _ transactionId: TransactionId, _ final: ProfileInstallationResultData.FinalResult? = nil, number: Int = 1,
    iccid: ICCID? = nil, key: PrivateKey? = nil
  ) throws -> ES9Plus.HandleNotification.Request {
    try card.result(
      transactionId, iccid: iccid ?? self.iccid, number: number, oid: server.credentials.oid,
      final ?? server.success(), key: key)
  }

  private func failure(
    _ reason: ErrorReason, response: EUICCResponse? = nil
  ) -> ProfileInstallationResultData.FinalResult {
    .errorResult(
      ErrorResult(
        bppCommandId: .loadProfileElements, errorReason: reason, simaResponse: response.map(\.encoded)))
  }

  @Test("§3.1.3.3: a result that comes twice counts once")
  func twice() throws {
    let download = try server.download(card)
    let request = try result(download.transactionId)
    server.notify(request)
    let version = try server.order().state
    server.notify(request)
    #expect(version == .installed)
    #expect(try server.order().state == .installed)
  }

  @Test("A forged result, one for another profile or session, is acknowledged and changes nothing")
  func forged() throws {
    let download = try server.download(card)
    server.notify(try result(download.transactionId, key: PrivateKey(.p256, random: SystemRandomSource.shared)))
    server.notify(try result(download.transactionId, iccid: Fixture.iccid(1)))
    server.notify(try result(try #require(TransactionId([1]))))
    server.notify(try result(try server.authenticate(card).get().transactionId))
    #expect(try server.order().state == .downloaded)
    let refused = try server.record(iccid.digits).filter { $0.kind == .refused }.map(\.name)
    #expect(refused == ["8.1/6.1", "8.10.1/3.9", "8.10.1/3.9"])
    server.notify(try result(download.transactionId))
    #expect(try server.order().state == .installed)
  }

  @Test("A failed installation is recorded with the profile element that failed, by number and name")
  func failed() throws {
    let server = try TestServer()
    let package = try Fixture.readyMade(iccid)
    var order = Fixture.order()
    order.source = .package(try server.keep(package: package))
    try server.insert(order)
    let download = try server.download(card)
    #expect(download.package == package)
    let number = try #require(
      try Package(decoding: package).elements.first { $0.name == "akaParameter" }?.header?.identification)
    let response = EUICCResponse(
      [PEStatus(.badValues, identification: number, additionalInformation: 7)], isAborted: true, message: "no Milenage")
    server.notify(
      try card.result(
        download.transactionId, iccid: iccid, number: 1, oid: nil,
        failure(.installFailedDueToPEProcessingError, response: response)))
    #expect(try server.order().state == .error)
    let texts = try server.record(iccid.digits).map { "\($0.body)" }
    let expected =
      "not installed: loadProfileElements: installFailedDueToPEProcessingError; bad-values in element \(number) "
      + "(akaParameter), additional information 7; no Milenage"
    #expect(texts.contains { $0.contains(expected) }, "\(texts)")
  }

  @Test(
    "§3.1.3.3: a fault that may pass leaves the profile released, until its tries are used up",
    arguments: [
      (ErrorReason.installFailedDueToInterruption, Order.State.released),
      (.installFailedDueToInsufficientMemoryForProfile, .released), (.scp03tSecurityError, .released),
      (.installFailedDueToIccidAlreadyExistsOnEuicc, .error), (.pprNotAllowed, .error),
      (.installFailedDueToUnknownError, .error),
    ])
  func passing(reason: ErrorReason, state: Order.State) throws {
    let download = try server.download(card)
    server.notify(try result(download.transactionId, failure(reason)))
    #expect(try server.order().state == state)
    guard state == .released else { return }
    try server.download(card)
  }

  @Test("§3.5: what is older than the last notification that was heeded is history")
  func outOfOrder() throws {
    let download = try server.download(card)
    server.notify(try card.notification(.notificationEnable, iccid: iccid, number: 2))
    #expect(try server.order().state == .enabled)
    server.notify(try result(download.transactionId, number: 1))
    #expect(try server.order().state == .enabled)
    server.notify(try card.notification(.notificationDelete, iccid: iccid, number: 4))
    server.notify(try card.notification(.notificationDisable, iccid: iccid, number: 3))
    server.notify(try card.notification(.notificationDelete, iccid: iccid, number: 4))
    #expect(try server.order().state == .deleted)
  }

  @Test("A notification that another eUICC signed, or nobody, changes nothing")
  func foreign() throws {
    let download = try server.download(card)
    server.notify(try result(download.transactionId))
    let key = PrivateKey(.p256, random: SystemRandomSource.shared)
    server.notify(try card.notification(.notificationDelete, iccid: iccid, number: 2, key: key))
    server.notify(try card.notification(.notificationDelete, iccid: Fixture.iccid(1), number: 2))
    #expect(try server.order().state == .installed)
  }

  @Test("Bytes that are no notification are answered with status 400")
  func malformed() throws {
    var message = try server.message(
      ES9Plus.CancelSession.self,
      .init(transactionId: #require(TransactionId([1])), cancelSessionResponse: Verbatim(.error(.undefinedError))))
    message.path = ES9Plus.HandleNotification.path
    #expect(server.route.respond(to: message).status == 400)
  }
}

@Suite("SGP.22 §3.0.2, §5.6.5: cancelling a session", .overEveryStore)
struct SessionCancellationTests {
  private let server: TestServer
  private let card: TestCard

  init() throws {
    (server, card) = (try TestServer(), try TestCard(.nist))
    try server.insert(Fixture.order())
  }

  private func cancel(_ request: ES9Plus.CancelSession.Request) throws {
    _ = try server.call(ES9Plus.CancelSession.self, request).get()
  }

  @Test(
    "§5.6.5: a terminal reason ends the order, another one does not",
    arguments: [
      (CancelSessionReason.endUserRejection, Order.State.error), (.pprNotAllowed, .error), (.metadataMismatch, .error),
      (.loadBppExecutionError, .error), (.undefinedReason, .error), (.postponed, .released), (.timeout, .released),
    ])
  func reasons(reason: CancelSessionReason, state: Order.State) throws {
    let offer = try server.authenticate(card).get()
    let request = try card.cancel(offer.transactionId, oid: server.credentials.oid, reason)
    try cancel(request)
    #expect(try server.order().state == state)
    // Repeated, it is answered as before.
    try cancel(request)
    let other = try card.cancel(offer.transactionId, oid: server.credentials.oid, .timeout, key: card.key)
    #expect(throws: Refusal.transactionUnknown) { try cancel(other) }
    if state == .released { try server.download(card) }
  }

  @Test("§5.6.5: a delivered package can be cancelled too")
  func delivered() throws {
    let download = try server.download(card)
    try cancel(try card.cancel(download.transactionId, oid: server.credentials.oid, .loadBppExecutionError))
    #expect(try server.order().state == .error)
  }

  @Test("§5.6.5: a forged cancellation is refused with 8.1/6.1, a wrong OID with 8.8/3.10, and the session goes on")
  func forged() throws {
    let offer = try server.authenticate(card).get()
    let key = PrivateKey(.p256, random: SystemRandomSource.shared)
    #expect(throws: Refusal.euiccSignatureInvalid) {
      try cancel(card.cancel(offer.transactionId, oid: server.credentials.oid, .endUserRejection, key: key))
    }
    #expect(throws: Refusal.smdpOidInvalid) {
      try cancel(card.cancel(offer.transactionId, oid: #require(OID("2.999.99")), .endUserRejection))
    }
    let other = try server.authenticate(card).get()
    let spliced = ES9Plus.CancelSession.Request(
      transactionId: offer.transactionId,
      cancelSessionResponse: try card.cancel(other.transactionId, oid: server.credentials.oid, .endUserRejection)
        .cancelSessionResponse)
    #expect(throws: Refusal.transactionUnknown) { try cancel(spliced) }
    _ = try server.call(
      ES9Plus.GetBoundProfilePackage.self,
      card.prepare(offer, otpk: PrivateKey(.p256, random: SystemRandomSource.shared).publicKey)
    ).get()
  }

  @Test("§5.6.5: an unknown session, or one without an authenticated eUICC, is refused with 8.10.1/3.9")
  func unknown() throws {
    let transactionId = try server.initiate(card).transactionId
    #expect(throws: Refusal.transactionUnknown) {
      try cancel(card.cancel(transactionId, oid: server.credentials.oid, .timeout))
    }
    #expect(throws: Refusal.transactionUnknown) {
      try cancel(card.cancel(#require(TransactionId([9])), oid: server.credentials.oid, .timeout))
    }
  }
}
