import Bytes
import CircleOfTrust
import Identifiers
import Keys
import SGP22
import SMDPPlus
import Store
import TLV
import TestSupport
import Testing

@Suite("SGP.22 §5.6.1 ES9+.InitiateAuthentication")
struct InitiateAuthenticationTests {
  private let server: TestServer
  private let card: TestCard

  init() throws { (server, card) = (try TestServer(), try TestCard(.nist)) }

  private func call(
    _ card: TestCard, address: String = Fixture.address, challenge: [UInt8]? = nil
  ) throws -> Result<ES9Plus.InitiateAuthentication.Response, Refusal> {
    try server.call(
      ES9Plus.InitiateAuthentication.self,
      .init(
        euiccChallenge: challenge ?? SystemRandomSource.shared.bytes(16), smdpAddress: address,
        euiccInfo1: card.euiccInfo1))
  }

  @Test("§5.6.1: the answer is signed over the eUICC's challenge and a new one of the server")
  func answer() throws {
    let challenge = SystemRandomSource.shared.bytes(16)
    let answer = try call(card, challenge: challenge).get()
    let signed = answer.serverSigned1.value
    #expect(signed.euiccChallenge == challenge)
    #expect(signed.serverAddress == Fixture.address)
    #expect(signed.transactionId == answer.transactionId)
    #expect(answer.serverCertificate.publicKey.verifies(answer.serverSignature1, over: answer.serverSigned1.encoded))
    #expect(answer.euiccCiPKIdToBeUsed == card.issuer)
    let other = try call(card).get()
    #expect(other.transactionId != answer.transactionId)
    #expect(other.serverSigned1.value.serverChallenge != signed.serverChallenge)
  }

  @Test("§5.6.1: a foreign address is refused with 8.8.1/3.8; case and port do not matter")
  func address() throws {
    #expect(throws: Refusal.smdpAddressRefused) { try call(card, address: "other.example.com").get() }
    #expect(throws: Refusal.smdpAddressRefused) { try call(card, address: "../\(Fixture.address)").get() }
    _ = try call(card, address: "SMDP.Example.com").get()
    _ = try call(card, address: "smdp.example.com:8443").get()
  }

  @Test("§5.6.1: an eUICC below version 2 is refused with 8.8.3/3.1; 2.2 and 3.0 are served")
  func version() throws {
    var card = card
    card.svn = VersionType(1, 1, 0)
    #expect(throws: Refusal.svnUnsupported) { try call(card).get() }
    for version in [VersionType(2, 2, 0), VersionType(3, 0, 0)] {
      card.svn = version
      _ = try call(card).get()
    }
  }

  @Test("§5.6.1: an eUICC that verifies under foreign issuers alone is refused with 8.8.4/3.7")
  func verification() throws {
    var card = card
    card.issuer = try #require(KeyIdentifier([UInt8](repeating: 9, count: 20)))
    #expect(throws: Refusal.noServerCertificate) { try call(card).get() }
  }

  @Test("§5.6.1: an eUICC that signs under foreign issuers alone is refused with 8.8.2/3.1")
  func signing() throws {
    let foreign = try #require(KeyIdentifier([UInt8](repeating: 9, count: 20)))
    let info = EUICCInfo1(
      svn: card.svn, euiccCiPKIdListForVerification: [foreign, card.issuer], euiccCiPKIdListForSigning: [foreign])
    let request = ES9Plus.InitiateAuthentication.Request(
      euiccChallenge: SystemRandomSource.shared.bytes(16), smdpAddress: Fixture.address, euiccInfo1: info)
    #expect(throws: Refusal.noCommonPublicKeyIdentifier) {
      try server.call(ES9Plus.InitiateAuthentication.self, request).get()
    }
  }

  @Test("The same request gets the same answer; another one with the same challenge is a replay")
  func challenge() throws {
    let challenge = SystemRandomSource.shared.bytes(16)
    let first = try call(card, challenge: challenge).get()
    #expect(try call(card, challenge: challenge).get() == first)
    #expect(throws: Refusal.formatInvalid) { try call(card, address: "SMDP.example.com", challenge: challenge).get() }
  }
}

@Suite("SGP.22 §5.6.3 ES9+.AuthenticateClient")
struct AuthenticateClientTests {
  private let server: TestServer
  private let card: TestCard

  init() throws {
    (server, card) = (try TestServer(), try TestCard(.nist))
    try server.insert(Fixture.order())
  }

  private func call(_ request: ES9Plus.AuthenticateClient.Request) throws -> ES9Plus.AuthenticateClient.Response {
    try server.call(ES9Plus.AuthenticateClient.self, request).get()
  }

  @Test("§5.6.3: the offer bears the profile's description and a signature over the eUICC's")
  func offer() throws {
    let request = try card.authenticate(to: server.initiate(card), matchingId: "TOKEN")
    let offer = try call(request)
    guard case .ok(let ok) = request.authenticateServerResponse.value else { return }
    #expect(offer.profileMetadata.encoded == Fixture.order().metadata)
    let prepare = offer.prepareDownloadRequest
    #expect(!prepare.smdpSigned2.value.ccRequiredFlag)
    #expect(prepare.smdpSigned2.value.bppEuiccOtpk == nil)
    #expect(
      prepare.smdpCertificate.publicKey.verifies(
        prepare.smdpSignature2, over: prepare.smdpSigned2.toBeSigned(with: ok.euiccSignature1)))
    #expect(try server.order().attempts == 1)
  }

  @Test("The same request gets the same answer and counts once")
  func repetition() throws {
    let request = try card.authenticate(to: server.initiate(card), matchingId: "TOKEN")
    #expect(try call(request) == call(request))
    #expect(try server.order().attempts == 1)
  }

  @Test("§5.6.3: an unknown or expired session is refused with 8.10.1/3.9")
  func unknownTransaction() throws {
    let request = try card.authenticate(to: server.initiate(card), matchingId: "TOKEN")
    let other = ES9Plus.AuthenticateClient.Request(
      transactionId: try #require(TransactionId([1, 2, 3])),
      authenticateServerResponse: request.authenticateServerResponse)
    #expect(throws: Refusal.transactionUnknown) { try call(other) }
    server.clock.advance(by: .seconds(901))
    #expect(throws: Refusal.transactionUnknown) { try call(request) }
  }

  @Test("§5.6.3: a wrong signature or challenge is refused with 8.1/6.1, another session's with 8.10.1/3.9")
  func signatures() throws {
    let foreign = PrivateKey(.p256, random: SystemRandomSource.shared)
    #expect(throws: Refusal.euiccSignatureInvalid) {
      try call(card.authenticate(to: server.initiate(card), matchingId: "TOKEN", key: foreign))
    }
    #expect(throws: Refusal.euiccSignatureInvalid) {
      try call(
        card.authenticate(
          to: server.initiate(card), matchingId: "TOKEN", serverChallenge: [UInt8](repeating: 0, count: 16)))
    }
    #expect(throws: Refusal.transactionUnknown) {
      try call(
        card.authenticate(
          to: server.initiate(card), matchingId: "TOKEN", transactionId: server.initiate(card).transactionId))
    }
    #expect(try server.order().attempts == 0)
  }

  @Test("After a refusal the session is over: the same request is refused in the same words, a better one is late")
  func over() throws {
    let answer = try server.initiate(card)
    let bad = try card.authenticate(to: answer, matchingId: "WRONG")
    for _ in 0..<2 { #expect(throws: Refusal.matchingIdRefused) { try call(bad) } }
    #expect(throws: Refusal.transactionUnknown) { try call(card.authenticate(to: answer, matchingId: "TOKEN")) }
  }

  @Test("§5.6.3: a broken EUM certificate is refused with 8.1.2/6.1, a broken eUICC certificate with 8.1.3/6.1")
  func certificates() throws {
    var other = card
    other.eum = try broken(card.eum)
    #expect(throws: Refusal.eumCertificateInvalid) {
      try call(other.authenticate(to: server.initiate(card), matchingId: "TOKEN"))
    }
    other = card
    other.certificate = try broken(card.certificate)
    #expect(throws: Refusal.euiccCertificateInvalid) {
      try call(other.authenticate(to: server.initiate(card), matchingId: "TOKEN"))
    }
    other = card
    // An SM-DP+ plays eUICC.
    other.certificate = try TestParties.nist.dpAuth
    other.key = try TestParties.nist.dpAuthKey
    #expect(throws: Refusal.euiccCertificateInvalid) {
      try call(other.authenticate(to: server.initiate(card), matchingId: "TOKEN"))
    }
  }

  /// The certificate with the last bit of its signature changed.
  private func broken(_ certificate: Certificate) throws -> Certificate {
    var bytes = certificate.encoded
    bytes[bytes.count - 1] ^= 1
    return try Certificate(encoded: bytes)
  }

  @Test("§5.6.3: an expired EUM certificate is refused with 8.1.2/6.3")
  func expired() throws {
    server.clock.advance(by: .seconds(40 * 365 * 86_400))
    #expect(throws: Refusal.eumCertificateExpired) {
      try call(card.authenticate(to: server.initiate(card), matchingId: "TOKEN"))
    }
  }

  @Test("§5.6.3: a chain of another circle is refused with 8.11.1/3.9")
  func foreignCircle() throws {
    var foreign = try TestCard(.brainpool)
    foreign.issuer = card.issuer
    #expect(throws: Refusal.ciPublicKeyUnknown) {
      try call(foreign.authenticate(to: server.initiate(card), matchingId: "TOKEN"))
    }
  }

  @Test(
    "§5.6.3: a MatchingID that names no order is refused with 8.2.6/3.8",
    arguments: ["WRONG", "../TOKEN", "token", "TOKEN ", "", nil])
  func matchingId(token: String?) throws {
    #expect(throws: Refusal.matchingIdRefused) { try server.authenticate(card, matchingId: token).get() }
  }

  @Test(
    "§5.6.3: what an order's state allows",
    arguments: [
      (Order.State.available, Refusal.matchingIdRefused), (.allocated, .profileNotReleased),
      (.linked, .profileNotReleased), (.confirmed, .profileNotReleased), (.installed, .matchingIdRefused),
      (.enabled, .matchingIdRefused), (.disabled, .matchingIdRefused), (.deleted, .matchingIdRefused),
      (.error, .matchingIdRefused), (.unavailable, .matchingIdRefused),
    ])
  func states(state: Order.State, refusal: Refusal) throws {
    try server.insert(Fixture.order(1, state: state, matchingId: "OTHER"))
    #expect(throws: refusal) { try server.authenticate(card, matchingId: "OTHER").get() }
  }

  @Test("§5.6.3: an order for another eUICC is refused with 8.1.1/3.8, whatever its state")
  func eid() throws {
    var order = Fixture.order(1, state: .confirmed, matchingId: "OTHER")
    order.eid = try EID(prefix: "890490321234512345123456789099")
    try server.insert(order)
    #expect(throws: Refusal.eidMismatch) { try server.authenticate(card, matchingId: "OTHER").get() }
  }

  @Test("§3.1.2: without a MatchingID the order that waits for the EID is found")
  func defaultOrder() throws {
    var order = Fixture.order(1, matchingId: "")
    order.eid = card.eid
    try server.insert(order)
    #expect(try server.authenticate(card, matchingId: nil).get().profileMetadata.encoded == order.metadata)
    #expect(try server.authenticate(card, matchingId: "").get().profileMetadata.encoded == order.metadata)
  }

  @Test("§5.6.3: an expired order is refused with 8.8.5/4.10, then and later, and ends in an error")
  func orderExpiry() throws {
    var order = Fixture.order(1, matchingId: "OTHER")
    order.expiry = Fixture.now + .seconds(60)
    try server.insert(order)
    _ = try server.authenticate(card, matchingId: "OTHER").get()
    server.clock.advance(by: .seconds(60))
    for _ in 0..<2 {
      #expect(throws: Refusal.downloadOrderExpired) { try server.authenticate(card, matchingId: "OTHER").get() }
      #expect(try server.order(1).state == .error)
    }
  }

  @Test("§5.6.3: more downloads than are allowed are refused with 8.8.5/6.4, also by a server that was restarted")
  func attempts() throws {
    var order = Fixture.order(1, matchingId: "OTHER")
    order.terms.attemptsAllowed = 2
    try server.insert(order)
    for _ in 0..<2 { _ = try server.authenticate(card, matchingId: "OTHER").get() }
    let restarted = try TestServer(store: server.store)
    for _ in 0..<2 {
      #expect(throws: Refusal.downloadRetriesExceeded) { try restarted.authenticate(card, matchingId: "OTHER").get() }
      #expect(try server.order(1).state == .error)
    }
  }

  @Test("§5.6.3: an eUICC without room is refused with 8.1/4.8, one that forbids the policy rules with 8.2.5/4.3")
  func eligibility() throws {
    var full = card
    full.freeMemory = 100
    #expect(throws: Refusal.insufficientMemory) { try server.authenticate(full).get() }
    var order = Fixture.order(1, matchingId: "OTHER")
    var metadata = Fixture.metadata(1)
    metadata.profilePolicyRules = [.ppr1]
    order.metadata = metadata.encoded
    try server.insert(order)
    var strict = card
    strict.forbidden = [.ppr1]
    #expect(throws: Refusal.noEligibleProfile) { try server.authenticate(strict, matchingId: "OTHER").get() }
    _ = try server.authenticate(card, matchingId: "OTHER").get()
  }

  @Test("An order that binds to its first eUICC is nobody else's, even before the package is given")
  func bindsToFirst() throws {
    var order = Fixture.order(1, matchingId: "OTHER")
    order.terms.bindsToFirst = true
    try server.insert(order)
    _ = try server.authenticate(card, matchingId: "OTHER").get()
    #expect(try server.order(1).eid == card.eid)
  }

  @Test("§5.6.3: an eUICC that refused the server ends the session")
  func eUICCError() throws {
    let answer = try server.initiate(card)
    let request = ES9Plus.AuthenticateClient.Request(
      transactionId: answer.transactionId,
      authenticateServerResponse: Verbatim(
        .error(.init(transactionId: answer.transactionId, errorCode: .ciPKUnknown))))
    #expect(throws: Refusal.euiccSignatureInvalid) { try call(request) }
    let details = try server.record(answer.transactionId.description).map(\.body)
    #expect(details.contains(.text("the eUICC refused the server: ciPKUnknown")))
  }
}
