import Bytes
import Identifiers
import JSON
import Keys
import ProfilePackage
import SGP22
import SMDPPlus
import Store
import TLV
import TestStores
import TestSupport
import Testing
import Transport

@Suite("SGP.22 §5.3 ES2+", .overEveryStore)
struct ES2PlusTests {
  private static let certificate: [UInt8] = [1, 2, 3]
  private static let otherCertificate: [UInt8] = [4, 5, 6]
  private let server: TestServer

  init() throws {
    server = try TestServer(
      requesters: Requesters([
        .init(
          identifier: "operator", fingerprints: [sha256(Self.certificate)], callback: "es2.operator.example.com"),
        .init(identifier: "other", fingerprints: [sha256(Self.otherCertificate)]),
      ]))
    for number in 0..<3 { try server.insert(Fixture.order(number, state: .available, matchingId: nil)) }
  }

  private func call<Function: ServerFunction>(
    _ function: Function.Type, _ request: Function.Request, identifier: String? = nil,
    as requester: String = "operator",
    certificate: [UInt8]? = nil
  ) throws -> Function.Response {
    let header = JSONBinding.RequestHeader(
      functionRequesterIdentifier: requester,
      functionCallIdentifier: identifier ?? SystemRandomSource.shared.bytes(8).hex)
    return try server.call(
      function, request, header: header,
      certificate: certificate ?? (requester == "other" ? Self.otherCertificate : Self.certificate)
    ).get()
  }

  private func order(_ number: Int = 0, eid: EID? = nil) throws {
    _ = try call(ES2Plus.DownloadOrder.self, .init(eid: eid, iccid: Fixture.iccid(number)))
  }

  private func confirm(
    _ number: Int = 0, eid: EID? = nil, matchingId: String? = nil, code: String? = nil, smds: String? = nil,
    release: Bool = true
  ) throws -> ES2Plus.ConfirmOrder.Response {
    try call(
      ES2Plus.ConfirmOrder.self,
      .init(
        iccid: Fixture.iccid(number), eid: eid, matchingId: matchingId,
        confirmationCode: code.map { Secret(Array($0.utf8)) }, smdsAddress: smds, releaseFlag: release))
  }

  @Test("§3.1.1: an order is placed, confirmed, released, downloaded; the operator is told each step")
  func path() throws {
    try order()
    #expect(try server.order().state == .allocated)
    #expect(try server.order().owner == "operator")
    let confirmed = try confirm(code: "4711", release: false)
    #expect(try server.order().state == .confirmed)
    #expect(confirmed.smdpAddress == Fixture.address)
    #expect(MatchingId(confirmed.matchingId)?.text.utf8.count == 23)
    _ = try call(ES2Plus.ReleaseProfile.self, .init(iccid: Fixture.iccid(0)))
    let card = try TestCard(.nist)
    let download = try server.download(card, matchingId: confirmed.matchingId, code: "4711")
    server.notify(
      try card.result(
        download.transactionId, iccid: Fixture.iccid(0), number: 1, oid: nil, server.success()))
    let told = try told()
    #expect(told.map(\.notificationPoint) == [.eligibilityAndRetryLimitCheck, .bppDownload, .bppInstallation])
    #expect(told.allSatisfy { $0.notificationPointStatus == .executedSuccess && $0.eid == card.eid })
  }

  /// What the operator is told, oldest first.
  private func told() throws -> [ES2Plus.HandleDownloadProgressInfo.Request] {
    try server.store.transaction { transaction in
      var told: [ES2Plus.HandleDownloadProgressInfo.Request] = []
      while let item = try Outbox.claim(
        kinds: [Errand.Kind.handleDownloadProgressInfo.rawValue], limit: 1, lease: .seconds(1), now: Fixture.now,
        in: transaction
      ).first {
        let errand = try Errand(encoded: item.payload)
        #expect(errand.address == "es2.operator.example.com")
        told.append(try JSONBinding.decode(from: errand.body).request)
        try Outbox.taken(item, in: transaction)
      }
      return told
    }
  }

  @Test("§5.3.5, §5.3.3: a failed installation is told with its element, and the profile may be taken out of use")
  func notInstalled() throws {
    try order()
    let confirmed = try confirm(release: true)
    let card = try TestCard(.nist)
    let download = try server.download(card, matchingId: confirmed.matchingId)
    let response = EUICCResponse([PEStatus(.badValues, identification: 3)], isAborted: true)
    let result = ErrorResult(
      bppCommandId: .loadProfileElements, errorReason: .installFailedDueToPEProcessingError,
      simaResponse: response.encoded)
    server.notify(
      try card.result(download.transactionId, iccid: Fixture.iccid(0), number: 1, oid: nil, .errorResult(result)))
    #expect(try server.order().state == .error)
    guard case .failed(let refusal)? = try told().last?.notificationPointStatus else {
      Issue.record("no failure was told")
      return
    }
    #expect(refusal == .euiccFailed && refusal.message?.contains("bad-values in element 3") == true)
    _ = try call(
      ES2Plus.CancelOrder.self, .init(iccid: Fixture.iccid(0), finalProfileStatusIndicator: .unavailable))
    #expect(try server.order().state == .unavailable)
  }

  @Test("§5.3.1: any profile of a type is taken from stock, each once")
  func stock() throws {
    var taken: Set<ICCID> = []
    for _ in 0..<3 { taken.insert(try call(ES2Plus.DownloadOrder.self, .init(profileType: "test")).iccid) }
    #expect(taken.count == 3)
    #expect(throws: Refusal.profileTypeExhausted) { try call(ES2Plus.DownloadOrder.self, .init(profileType: "test")) }
    #expect(throws: Refusal.profileTypeUnknown) { try call(ES2Plus.DownloadOrder.self, .init(profileType: "none")) }
  }

  @Test("§5.3.1: what DownloadOrder refuses")
  func downloadOrder() throws {
    #expect(throws: Refusal.iccidUnknown) { try order(9) }
    try order()
    #expect(throws: Refusal.iccidUnavailable) { try order() }
    #expect(throws: Refusal.profileNotAllowed) {
      try call(ES2Plus.DownloadOrder.self, .init(iccid: Fixture.iccid(0)), as: "other")
    }
    #expect(throws: Refusal.profileTypeMismatch) {
      try call(ES2Plus.DownloadOrder.self, .init(iccid: Fixture.iccid(1), profileType: "none"))
    }
    var theirs = Fixture.order(5, state: .available, matchingId: nil)
    (theirs.owner, theirs.profileType) = ("other", "gold")
    try server.insert(theirs)
    #expect(throws: Refusal.profileTypeNotAllowed) { try call(ES2Plus.DownloadOrder.self, .init(profileType: "gold")) }
    #expect(throws: Refusal.profileNotAllowed) { try order(5) }
  }

  @Test("§5.3.2: what ConfirmOrder refuses")
  func confirmOrder() throws {
    #expect(throws: Refusal.iccidUnknown) { try confirm(9) }
    #expect(throws: Refusal.iccidUnavailable) { try confirm() }
    try order(0, eid: Fixture.eid)
    #expect(try server.order().state == .linked)
    let other = try EID(prefix: "890490321234512345123456789099")
    #expect(throws: Refusal.eidAssociationInvalid) { try confirm(eid: other) }
    #expect(throws: Refusal.formatInvalid) { try confirm(matchingId: "../x") }
    #expect(throws: Refusal.formatInvalid) { try confirm(smds: "not a host") }
    _ = try confirm(eid: Fixture.eid, matchingId: "MINE")
    #expect(throws: Refusal.iccidUnavailable) { try confirm() }
    try order(1)
    #expect(throws: Refusal.matchingIdConflict) { try confirm(1, matchingId: "MINE") }
    #expect(throws: Refusal.eidMissing) { try confirm(1, matchingId: "") }
    #expect(throws: Refusal.eidMissing) { try confirm(1, smds: "smds.example.com") }
    #expect(try confirm(1, eid: Fixture.eid, matchingId: "").matchingId.isEmpty)
  }

  @Test("§5.3.3: an order is taken back, as stock or for good; then its token opens nothing")
  func cancelOrder() throws {
    try order(0, eid: Fixture.eid)
    _ = try confirm(matchingId: "MINE", code: "1")
    func cancel(
      _ status: ES2Plus.CancelOrder.FinalProfileStatusIndicator, eid: EID? = nil, matchingId: String? = nil
    ) throws {
      _ = try call(
        ES2Plus.CancelOrder.self,
        .init(iccid: Fixture.iccid(0), eid: eid, matchingId: matchingId, finalProfileStatusIndicator: status))
    }
    let other = try EID(prefix: "890490321234512345123456789099")
    #expect(throws: Refusal.eidAssociationInvalid) { try cancel(.available, eid: other) }
    #expect(throws: Refusal.matchingIdAssociationInvalid) { try cancel(.available, matchingId: "YOURS") }
    try cancel(.available, eid: Fixture.eid, matchingId: "MINE")
    let stock = try server.order()
    #expect(stock.state == .available)
    #expect(stock.matchingId == nil && stock.eid == nil && stock.terms == OrderTerms())
    #expect(throws: Refusal.profileTransitionInvalid) { try cancel(.available) }
    #expect(throws: Refusal.matchingIdRefused) { try server.authenticate(TestCard(.nist), matchingId: "MINE").get() }
    try order()
    try cancel(.unavailable)
    #expect(try server.order().state == .unavailable)
    #expect(throws: Refusal.iccidUnavailable) { try order() }
  }

  @Test("§5.3.3, §3.1.6: an order that ended in an error is taken back, as stock or for good")
  func cancelFailed() throws {
    for (number, status) in [ES2Plus.CancelOrder.FinalProfileStatusIndicator.available, .unavailable].enumerated() {
      try order(number)
      let code = try confirm(number, matchingId: "M\(number)", code: "4711").matchingId
      for _ in 0..<5 {
        #expect(throws: Refusal.self) { try server.download(TestCard(.nist), matchingId: code, code: "0000") }
      }
      #expect(try server.order(number).state == .error)
      _ = try call(
        ES2Plus.CancelOrder.self, .init(iccid: Fixture.iccid(number), finalProfileStatusIndicator: status))
      #expect(try server.order(number).state == (status == .available ? .available : .unavailable))
      #expect(throws: Refusal.matchingIdRefused) { try server.authenticate(TestCard(.nist), matchingId: code).get() }
    }
  }

  @Test("§5.3.3, §5.3.4: a profile that was given to an eUICC is neither cancelled nor released")
  func late() throws {
    try order()
    #expect(throws: Refusal.profileTransitionInvalid) {
      try call(ES2Plus.ReleaseProfile.self, .init(iccid: Fixture.iccid(0)))
    }
    _ = try confirm(matchingId: "MINE")
    try server.download(TestCard(.nist), matchingId: "MINE")
    #expect(throws: Refusal.iccidUnavailable) {
      try call(
        ES2Plus.CancelOrder.self,
        .init(iccid: Fixture.iccid(0), finalProfileStatusIndicator: .available))
    }
    #expect(throws: Refusal.profileTransitionInvalid) {
      try call(ES2Plus.ReleaseProfile.self, .init(iccid: Fixture.iccid(0)))
    }
  }

  @Test("§5.2.6: a requester is who its certificate says it is: else 1.1/1.1")
  func requester() throws {
    let request = ES2Plus.ReleaseProfile.Request(iccid: Fixture.iccid(0))
    for (name, certificate) in [
      ("operator", Self.otherCertificate), ("other", Self.certificate), ("operator", [9]), ("nobody", Self.certificate),
    ] {
      #expect(throws: Refusal.requesterUnknown) {
        try call(ES2Plus.ReleaseProfile.self, request, as: name, certificate: certificate)
      }
    }
    let header = JSONBinding.RequestHeader(functionRequesterIdentifier: "operator", functionCallIdentifier: "1")
    #expect(throws: Refusal.requesterUnknown) {
      try server.call(ES2Plus.ReleaseProfile.self, request, header: header).get()
    }
    #expect(throws: Refusal.elementMissing) {
      try server.call(ES2Plus.ReleaseProfile.self, request, certificate: Self.certificate).get()
    }
  }

  @Test("§5.2.6: a text with U+0000 in header or body is refused as what cannot be read; nothing is noted of it")
  func nullCharacters() throws {
    let request = ES2Plus.DownloadOrder.Request(profileType: "test")
    for (caller, type) in [("a\0", "test"), ("a", "te\0st")] {
      let header = JSONBinding.RequestHeader(functionRequesterIdentifier: "operator", functionCallIdentifier: caller)
      #expect(throws: Refusal.formatInvalid, "\(type)") {
        try server.call(
          ES2Plus.DownloadOrder.self, .init(profileType: type), header: header, certificate: Self.certificate
        ).get()
      }
    }
    let noted = try server.store.read { try $0.query("SELECT identifier FROM function_call").count }
    #expect(noted == 0)
    _ = try call(ES2Plus.DownloadOrder.self, request, identifier: "a")
  }

  @Test("§5.2.6: the same call gets the same answer, a refusal too; the same identifier with other content is refused")
  func idempotence() throws {
    let request = ES2Plus.DownloadOrder.Request(profileType: "test")
    let first = try call(ES2Plus.DownloadOrder.self, request, identifier: "a")
    #expect(try call(ES2Plus.DownloadOrder.self, request, identifier: "a") == first)
    #expect(throws: Refusal.callIdentifierReused) {
      try call(ES2Plus.DownloadOrder.self, .init(iccid: Fixture.iccid(2)), identifier: "a")
    }
    #expect(throws: Refusal.callIdentifierReused) {
      try call(ES2Plus.ReleaseProfile.self, .init(iccid: first.iccid), identifier: "a")
    }
    // Identifiers are each operator's own.
    #expect(try call(ES2Plus.DownloadOrder.self, request, identifier: "a", as: "other") != first)
    #expect(throws: Refusal.iccidUnavailable) {
      try call(ES2Plus.DownloadOrder.self, .init(iccid: first.iccid), identifier: "b")
    }
    _ = try call(
      ES2Plus.CancelOrder.self, .init(iccid: first.iccid, finalProfileStatusIndicator: .available), identifier: "c")
    #expect(throws: Refusal.iccidUnavailable) {
      try call(ES2Plus.DownloadOrder.self, .init(iccid: first.iccid), identifier: "b")
    }
  }

  @Test("§5.2.6: a ConfirmOrder that comes again with another confirmation code is refused, and none is remembered")
  func idempotenceOfCodes() throws {
    try order()
    func confirm(_ code: String?) throws -> ES2Plus.ConfirmOrder.Response {
      try call(
        ES2Plus.ConfirmOrder.self,
        .init(
          iccid: Fixture.iccid(0), matchingId: "MINE", confirmationCode: code.map { Secret(Array($0.utf8)) },
          releaseFlag: true), identifier: "a")
    }
    let first = try confirm("4711")
    #expect(try confirm("4711") == first)
    for other in ["4712", nil] { #expect(throws: Refusal.callIdentifierReused) { try confirm(other) } }
    // Codes of four digits: a digest of the request would tell which it was.
    let header = JSONBinding.RequestHeader(functionRequesterIdentifier: "operator", functionCallIdentifier: "a")
    let body = server.message(
      ES2Plus.ConfirmOrder.self,
      .init(
        iccid: Fixture.iccid(0), matchingId: "MINE", confirmationCode: Secret(Array("4711".utf8)), releaseFlag: true),
      header: header
    ).body
    let digests = try server.store.read { reader in
      try reader.query("SELECT digest FROM function_call").map { try $0(0, as: [UInt8].self) }
    }
    #expect(digests.count == 2 && !digests.contains(sha256(Array(ES2Plus.ConfirmOrder.path.utf8) + body)))
    let terms = try server.order().terms.encoded
    #expect(!contains(terms, sha256(Array("4711".utf8))) && contains(terms, [0x80, 69, 1]))
  }

  private func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
    (0...max(0, bytes.count - part.count)).contains { bytes[$0...].starts(with: part) }
  }

  @Test("§3.6: a released order with an SM-DS is registered there, and withdrawn when it is used or cancelled")
  func events() throws {
    func errands() throws -> [Errand.Kind] {
      try server.store.read { try Outbox.pending(in: $0) }.compactMap { Errand.Kind(rawValue: $0.kind) }
        .filter { $0 != .handleDownloadProgressInfo }
    }
    try order(0, eid: Fixture.eid)
    _ = try confirm(matchingId: "MINE", smds: "smds.example.com", release: false)
    #expect(try errands() == [])
    _ = try call(ES2Plus.ReleaseProfile.self, .init(iccid: Fixture.iccid(0)))
    #expect(try errands() == [.registerEvent])
    let card = try TestCard(.nist)
    let download = try server.download(card, matchingId: "MINE")
    #expect(try errands() == [.registerEvent])
    server.notify(
      try card.result(download.transactionId, iccid: Fixture.iccid(0), number: 1, oid: nil, server.success()))
    #expect(try errands() == [.registerEvent, .deleteEvent])
    try order(1, eid: Fixture.eid)
    _ = try confirm(1, smds: "smds.example.com")
    _ = try call(
      ES2Plus.CancelOrder.self, .init(iccid: Fixture.iccid(1), finalProfileStatusIndicator: .available))
    #expect(try errands() == [.registerEvent, .deleteEvent, .registerEvent, .deleteEvent])
  }

  @Test("A confirmation code stands neither in the record nor in the order")
  func masked() throws {
    #expect(throws: Refusal.iccidUnavailable) { try confirm(code: "early-4711") }
    try order()
    _ = try confirm(code: "secret-4711")
    var broken = server.message(
      ES2Plus.ConfirmOrder.self,
      .init(iccid: Fixture.iccid(0), confirmationCode: Secret(Array("broken-4711".utf8)), releaseFlag: true))
    broken.body.removeLast()
    _ = server.route.respond(to: broken)
    let record = try server.store.read { try EventRecord.entries(after: 0, limit: 100, in: $0) }
    for entry in record {
      guard case .exchange(let received, _) = entry.event.body else { continue }
      #expect(!String(decoding: received, as: UTF8.self).contains("4711"))
    }
    #expect(try server.order().terms.confirmationHash != nil)
  }
}
