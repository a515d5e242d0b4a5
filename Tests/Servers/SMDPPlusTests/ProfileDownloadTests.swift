import Bytes
import Identifiers
import Keys
import SGP22
import SMDPPlus
import Store
import TLV
import TestStores
import TestSupport
import Testing

@Suite("SGP.22 §3.1.3: profile download", .overEveryStore)
struct ProfileDownloadTests {
  @Test("An order becomes an installed profile", arguments: [Curve.p256, .brainpoolP256r1], [true, false])
  func path(curve: Curve, isReadyMade: Bool) throws {
    try path(curve == .p256 ? .nist : .brainpool, isReadyMade: isReadyMade)
  }

  @Test(
    "An order becomes an installed profile in GSMA's test circle (SGP.26)",
    .enabled(if: Vectors.exist, Vectors.missing), arguments: SGP26.allCases)
  func published(set: SGP26) throws { try path(TestParties(set), isReadyMade: false) }

  private func path(_ set: TestParties, isReadyMade: Bool) throws {
    let (server, card) = (try TestServer(set), try TestCard(set))
    var order = Fixture.order()
    let readyMade = [UInt8](repeating: 0x77, count: 5_000)
    if isReadyMade {
      order.source = .package(try server.keep(package: readyMade))
    }
    try server.insert(order)
    let got = try server.download(card)
    #expect(got.metadata == order.metadata)
    #expect(got.package.starts(with: isReadyMade ? readyMade : Array("\(order.iccid) 001010123456780 ".utf8)))
    #expect(
      try ConfigureISDPRequest(encoded: got.configuration).dpProprietaryData?.value.dpOid == server.credentials.oid)
    #expect(try server.order().state == .downloaded)
    #expect(try server.order().eid == card.eid)
    server.notify(
      try card.result(
        got.transactionId, iccid: order.iccid, number: 1, oid: server.credentials.oid, server.success()))
    #expect(try server.order().state == .installed)
    for (number, (event, state)) in [
      (NotificationEvent.notificationEnable, Order.State.enabled), (.notificationDisable, .disabled),
      (.notificationDelete, .deleted),
    ].enumerated() {
      server.notify(try card.notification(event, iccid: order.iccid, number: 2 + number))
      #expect(try server.order().state == state)
    }
  }

  @Test("An order whose last try was never reported keeps no bound package") func lastTry() throws {
    let (server, card) = (try TestServer(), try TestCard(.nist))
    var order = Fixture.order()
    order.terms.attemptsAllowed = 1
    try server.insert(order)
    func kept() throws -> Int {
      try server.store.read { try $0.query("SELECT iccid FROM bound_profile").count }
    }
    try server.download(card)
    #expect(try kept() == 1)
    #expect(throws: Refusal.downloadRetriesExceeded) { try server.download(card) }
    #expect(try server.order().state == .error)
    #expect(try kept() == 0)
  }

  // MARK: Confirmation code

  private func confirmed(attempts: Int = 3) throws -> (TestServer, TestCard) {
    let (server, card) = (try TestServer(), try TestCard(.nist))
    var order = Fixture.order()
    order.terms.confirmationHash = Fixture.hash("4711")
    order.terms.codeAttemptsAllowed = attempts
    try server.insert(order)
    return (server, card)
  }

  @Test("§5.6.2: a missing confirmation code is refused with 8.2.7/2.2 and costs no try")
  func codeMissing() throws {
    let (server, card) = try confirmed()
    #expect(try server.authenticate(card).get().prepareDownloadRequest.smdpSigned2.value.ccRequiredFlag)
    #expect(throws: Refusal.confirmationCodeMissing) { try server.download(card) }
    #expect(try server.order().codeAttempts == 0)
    try server.download(card, code: "4711")
  }

  @Test("§5.6.2: a wrong code is refused with 8.2.7/3.8, the last one with 8.2.7/6.4, and the count outlives a restart")
  func codeRefused() throws {
    let (server, card) = try confirmed()
    for _ in 0..<2 { #expect(throws: Refusal.confirmationCodeRefused) { try server.download(card, code: "0000") } }
    let restarted = try TestServer(store: server.store)
    #expect(throws: Refusal.confirmationCodeRetriesExceeded) { try restarted.download(card, code: "0000") }
    #expect(try server.order().state == .error)
    #expect(throws: Refusal.downloadRetriesExceeded) { try restarted.download(card, code: "4711") }
  }

  @Test("§5.6.2: by what is recorded of a download with a confirmation code nobody can try codes")
  func recordedCode() throws {
    let (server, card) = try confirmed()
    let offer = try server.authenticate(card).get()
    let otpk = PrivateKey(.p256, random: SystemRandomSource.shared).publicKey
    let request = try card.prepare(offer, otpk: otpk, code: "4711")
    _ = try server.call(ES9Plus.GetBoundProfilePackage.self, request).get()
    let event = try #require(
      try server.record(offer.transactionId.description).first { $0.name == ES9Plus.GetBoundProfilePackage.path })
    guard case .exchange(let received, _) = event.body, case .ok(let sent) = request.prepareDownloadResponse.value
    else {
      Issue.record("nothing is recorded")
      return
    }
    let recorded: ES9Plus.GetBoundProfilePackage.Request = try JSONBinding.decode(from: received).request
    guard case .ok(let kept) = recorded.prepareDownloadResponse.value else {
      Issue.record("the record has another answer")
      return
    }
    #expect(kept.euiccSigned2.value.euiccOtpk == sent.euiccSigned2.value.euiccOtpk)
    #expect(kept.euiccSigned2.value.hashCc != sent.euiccSigned2.value.hashCc)
    #expect(kept.euiccSignature2 != sent.euiccSignature2)
  }

  @Test("A wrong code's request, repeated, counts once; the right code still opens")
  func codeRepeated() throws {
    let (server, card) = try confirmed()
    let offer = try server.authenticate(card).get()
    let otpk = PrivateKey(.p256, random: SystemRandomSource.shared).publicKey
    let request = try card.prepare(offer, otpk: otpk, code: "0000")
    for _ in 0..<3 {
      #expect(throws: Refusal.confirmationCodeRefused) {
        try server.call(ES9Plus.GetBoundProfilePackage.self, request).get()
      }
    }
    #expect(try server.order().codeAttempts == 1)
    try server.download(card, code: "4711")
  }

  @Test("Neither the code's hash nor any other secret stands in the record")
  func codeMasked() throws {
    let (server, card) = try confirmed()
    let offer = try server.authenticate(card).get()
    let request = try card.prepare(
      offer, otpk: PrivateKey(.p256, random: SystemRandomSource.shared).publicKey, code: "4711")
    _ = try server.call(ES9Plus.GetBoundProfilePackage.self, request).get()
    guard case .ok(let ok) = request.prepareDownloadResponse.value else { return }
    let hashCc = try #require(ok.euiccSigned2.value.hashCc)
    let bodies = try server.record(offer.transactionId.description).map { "\($0.body)" }
    let recorded = try server.record(offer.transactionId.description).compactMap { event -> [UInt8]? in
      if case .exchange(let received, _) = event.body, event.name == ES9Plus.GetBoundProfilePackage.path {
        received
      } else {
        nil
      }
    }
    #expect(bodies.count == 3)
    let masked: (header: JSONBinding.RequestHeader?, request: ES9Plus.GetBoundProfilePackage.Request) =
      try JSONBinding.decode(from: try #require(recorded.first))
    #expect(masked.request != request)
    #expect(!masked.request.prepareDownloadResponse.encoded.contains(hashCc))
  }

  // MARK: Retry

  @Test("§3.1.3.1: a retry with the same one-time key gets the package that was bound before, in the new session")
  func retrySameKey() throws {
    let (server, card) = (try TestServer(), try TestCard(.nist))
    try server.insert(Fixture.order())
    let otsk = PrivateKey(.p256, random: SystemRandomSource.shared)
    let first = try server.download(card, otsk: otsk)
    let offer = try server.authenticate(card).get()
    #expect(offer.prepareDownloadRequest.smdpSigned2.value.bppEuiccOtpk == otsk.publicKey.point)
    #expect(offer.transactionId != first.transactionId)
    let request = try card.prepare(offer, otpk: otsk.publicKey)
    let answer = try server.call(ES9Plus.GetBoundProfilePackage.self, request).get().boundProfilePackage
    let opened = try card.open(answer, otsk: otsk, transactionId: offer.transactionId, dpPb: server.dpPb)
    #expect(opened.package == first.package)
    // The answer was lost: the same request once more.
    let again = try server.call(ES9Plus.GetBoundProfilePackage.self, request).get().boundProfilePackage
    #expect(again.value.sequenceOf86 == answer.value.sequenceOf86)
    #expect(
      again.value.initialiseSecureChannelRequest.value.smdpOtpk
        == answer.value.initialiseSecureChannelRequest.value.smdpOtpk)
  }

  @Test("§3.1.3.1: a retry with a new one-time key is bound anew, or refused with 8.2/3.7 where that is not wanted")
  func retryNewKey() throws {
    for allows in [true, false] {
      let server = try TestServer { $0.allowsNewBinding = allows }
      let card = try TestCard(.nist)
      try server.insert(Fixture.order())
      try server.download(card)
      if allows {
        try server.download(card)
      } else {
        #expect(throws: Refusal.rebindingRefused) { try server.download(card) }
      }
    }
  }

  @Test("Another eUICC does not get a package that one eUICC has got: 8.1.1/3.8")
  func otherCard() throws {
    let (server, card) = (try TestServer(), try TestCard(.nist))
    try server.insert(Fixture.order())
    var offerEarlier = try server.order()
    try server.download(card)
    let stored = try server.order()
    offerEarlier = stored
    offerEarlier.eid = try EID(prefix: "890490321234512345123456789099")
    try server.store.transaction {
      try OrderBook.update(stored, to: offerEarlier, because: "test", now: Fixture.now, in: $0)
    }
    #expect(throws: Refusal.eidMismatch) { try server.download(card) }
  }

  // MARK: Verification

  @Test(
    "§5.6.2: a wrong signature is refused with 8.1/6.1, another session in it with 8.10.1/3.9, a bad key with 8.1/6.1")
  func verification() throws {
    let (server, card) = (try TestServer(), try TestCard(.nist))
    try server.insert(Fixture.order())
    let otpk = PrivateKey(.p256, random: SystemRandomSource.shared).publicKey
    func call(_ request: ES9Plus.GetBoundProfilePackage.Request) throws {
      _ = try server.call(ES9Plus.GetBoundProfilePackage.self, request).get()
    }
    var forger = card
    forger.key = PrivateKey(.p256, random: SystemRandomSource.shared)
    #expect(throws: Refusal.euiccSignatureInvalid) {
      try call(forger.prepare(server.authenticate(card).get(), otpk: otpk))
    }
    #expect(throws: Refusal.transactionUnknown) {
      try call(
        card.prepare(server.authenticate(card).get(), otpk: otpk, transactionId: server.initiate(card).transactionId))
    }
    // The answer to one offer is no answer to another: smdpSignature2 is signed too.
    let (one, two) = (try server.authenticate(card).get(), try server.authenticate(card).get())
    let spliced = ES9Plus.GetBoundProfilePackage.Request(
      transactionId: two.transactionId,
      prepareDownloadResponse: try card.prepare(one, otpk: otpk).prepareDownloadResponse)
    #expect(throws: Refusal.euiccSignatureInvalid) { try call(spliced) }
    let brainpool = PrivateKey(.brainpoolP256r1, random: SystemRandomSource.shared).publicKey
    #expect(throws: Refusal.euiccSignatureInvalid) {
      try call(card.prepare(server.authenticate(card).get(), otpk: brainpool))
    }
    #expect(try server.order().state == .released)
  }

  @Test("§5.6.2: a session that is not authenticated, or has got its package, gets none")
  func order() throws {
    let (server, card) = (try TestServer(), try TestCard(.nist))
    try server.insert(Fixture.order())
    let offer = try server.authenticate(card).get()
    let otsk = PrivateKey(.p256, random: SystemRandomSource.shared)
    let early = ES9Plus.GetBoundProfilePackage.Request(
      transactionId: try server.initiate(card).transactionId,
      prepareDownloadResponse: try card.prepare(offer, otpk: otsk.publicKey).prepareDownloadResponse)
    #expect(throws: Refusal.transactionUnknown) { try server.call(ES9Plus.GetBoundProfilePackage.self, early).get() }
    _ = try server.call(ES9Plus.GetBoundProfilePackage.self, card.prepare(offer, otpk: otsk.publicKey)).get()
    #expect(throws: Refusal.transactionUnknown) {
      try server.call(ES9Plus.GetBoundProfilePackage.self, card.prepare(offer, otpk: otsk.publicKey)).get()
    }
  }

  @Test("A package that cannot be made is our failure: 1.2/4.2, the detail in the record alone")
  func noPackage() throws {
    let (server, card) = (try TestServer(), try TestCard(.nist))
    var order = Fixture.order()
    order.source = .template("lost")
    try server.insert(order)
    let offer = try server.authenticate(card).get()
    #expect(throws: Refusal.providerFailed) {
      try server.call(
        ES9Plus.GetBoundProfilePackage.self,
        card.prepare(offer, otpk: PrivateKey(.p256, random: SystemRandomSource.shared).publicKey)
      ).get()
    }
    let details = try server.record(offer.transactionId.description).map(\.body)
    #expect(
      details.contains(
        .text("\(order.iccid): the package cannot be made: there is no template \"lost\"")))
    #expect(try server.order().state == .released)
  }
}
