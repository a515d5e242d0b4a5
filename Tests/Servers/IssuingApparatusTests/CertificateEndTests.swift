import Bytes
import ContentManagement
import DataProvidingApparatus
import Identifiers
import IssuingApparatus
import Keys
import MutualAgreement
import SecureMessages
import TestStores
import Testing
import UserApparatus
import World

/// How one certificate comes to its end while the others hold on.
enum CertificateEnd: String, CaseIterable, Sendable {
  case expiredRC, revokedRC, supersededRC, expiredIRC, revokedIRC, expiredDPR, revokedDPR

  /// The refusal of the party that verifies it as somebody else's.
  var refusal: AgreementRefusal {
    switch self {
    case .expiredRC, .expiredIRC, .expiredDPR: .notAuthentic
    case .revokedRC, .supersededRC, .revokedIRC, .revokedDPR: .revoked
    }
  }

  var isProviders: Bool { self == .expiredDPR || self == .revokedDPR }
  var isIssuers: Bool { self == .expiredIRC || self == .revokedIRC }

  private static let day: Duration = .seconds(86_400)

  /// A pair in which everything was ready, and then this one certificate ended; with a wish from before, that nobody got.
  func pair(_ way: AgreementWay) throws -> (pair: Pair, wish: Signed<StoringWish>) {
    let pair = try Pair(way) { world in
      switch self {
      case .expiredRC: world.registrationTerm = Self.day
      case .expiredIRC:
        _ = try world.addIssuer("bank")
        world.now = world.now + RegistrarBook.registrationTerm - Self.day
      case .expiredDPR:
        _ = try world.addProvider("bus", domain: Pair.domain)
        world.now = world.now + RegistrarBook.registrationTerm - Self.day
      default: break
      }
    }
    let wish = try Signed<StoringWish>(encoded: #require(try pair.lastWish()))
    let world = pair.world
    switch self {
    case .expiredRC, .expiredIRC, .expiredDPR: world.now = world.now + Self.day + .seconds(60)
    case .revokedRC: try pair.issuing.revoke(pair.card.name, now: world.now)
    case .supersededRC: try pair.register()
    case .revokedIRC: try world.issuerRegistrar.book.revoke(pair.issuer, now: world.now)
    case .revokedDPR: try world.dataRegistrar.book.revoke(pair.provider, now: world.now)
    }
    try world.deliver()
    return (pair, wish)
  }
}

@Suite("C: RC, IRC and DPR, each alone: expired, revoked or superseded") struct CertificateEndTests {
  private func refusal(_ answer: [UInt8]) -> AgreementRefusal? { try? Refused(encoded: answer).reason }

  private func isEmpty(_ pair: Pair) throws -> Bool {
    try pair.shown() == nil && pair.issuing.book().isEmpty && pair.providing.book().isEmpty
  }

  @Test(
    "steps 21, 31, 41: whom the card asks refuses, or passes on that the other one does",
    arguments: AgreementWay.allCases, CertificateEnd.allCases)
  func door(_ way: AgreementWay, _ end: CertificateEnd) throws {
    let (pair, wish) = try end.pair(way)
    let answer = try pair.world.net.peers(of: pair.card.name.user).send(wish.encoded, to: pair.door)
    // The issuer knows the one RC of its card by heart.
    let isOwn = end == .supersededRC && way == .throughIssuer
    #expect(refusal(answer) == (isOwn ? .notAuthentic : end.refusal))
    #expect(try isEmpty(pair))
  }

  @Test(
    "steps 23, 33: who is asked for SA refuses by itself, whatever the one that asks has let pass",
    arguments: [AgreementWay.throughIssuer, .throughProvider], CertificateEnd.allCases)
  func second(_ way: AgreementWay, _ end: CertificateEnd) throws {
    let (pair, wish) = try end.pair(way)
    let world = pair.world
    let provider = try #require(world.providers[pair.provider]).holder
    let (asking, asked) = try way == .throughIssuer ? (pair.issuing.holder, pair.provider) : (provider, pair.issuer)
    let sar = try Signed(
      StoringAuthorisationRequest(
        nonce: Challenge(random: world.random), .store, on: pair.card.name, Pair.item(1).sdi, basis: .wish(wish)),
      by: asking, to: asked, term: Term(serial: 99, notBefore: world.now, notAfter: world.now + .seconds(60)))
    let answer = refusal(try world.net.peers(of: asking.party).send(sar.encoded, to: asked))
    if end.isIssuers, way == .throughProvider {
      // The issuer does not judge its own IRC: the provider, whom the card asked, has refused before (`door`).
      #expect(answer == nil)
      return
    }
    let isOwn = end == .supersededRC && asked == pair.issuer
    #expect(answer == (isOwn ? .notAuthentic : end.refusal))
    #expect(try isEmpty(pair))
  }

  @Test(
    "52: the user apparatus takes no RC or IRC from the card whose time is over", arguments: CertificateEnd.allCases)
  func terminal(_ end: CertificateEnd) throws {
    let (pair, _) = try end.pair(.throughProvider)
    let isOver = end == .expiredRC || end == .expiredIRC
    pair.world.net.clear()
    if isOver {
      #expect(throws: UserApparatusError.notRegistered) { try pair.ask(.store) }
      #expect(pair.world.net.passages.isEmpty)
    } else {
      #expect(try pair.card.terminal.registration(at: pair.world.now).issuer == pair.issuer)
    }
  }

  @Test(
    "C4, C6, C7: a card takes authorised management from a provider whose DPR ended, even if nobody told the provider",
    arguments: [AgreementWay.providerAlone, .certifiedProvider, .certifiedData],
    [CertificateEnd.expiredDPR, .revokedDPR])
  func card(_ way: AgreementWay, _ end: CertificateEnd) throws {
    let (pair, _) = try end.pair(way)
    let world = pair.world
    try pair.card.terminal.contact(pair.issuer, now: world.now, random: world.random)
    // The provider forgets the list, or has the time when its DPR held.
    let store = try #require(world.providers[pair.provider]).store
    _ = try store.transaction { try $0.execute("DELETE FROM revocation_list") }
    if end == .expiredDPR { world.now = world.now + .seconds(-86_400) }
    #expect(throws: UserApparatusError.card(.conditionsOfUse)) { try pair.ask(.store) }
    #expect(try pair.shown() == nil)
  }

  @Test(
    "steps 12, 62: nobody whose registration ended gets a domain on a card, or data certified",
    arguments: [CertificateEnd.expiredDPR, .revokedDPR])
  func noDomain(_ end: CertificateEnd) throws {
    let (pair, _) = try end.pair(.certifiedData)
    let world = pair.world
    let other = try world.card(ICCID("89490200001000000020"), of: pair.issuer)
    try other.terminal.register(with: pair.issuer, user: "another", now: world.now, random: world.random)
    #expect(throws: UserApparatusError.refused(end.refusal)) {
      try other.terminal.admit(pair.provider, now: world.now, random: world.random)
    }
    try pair.providing.offer(Pair.item(3))
    #expect(throws: end.refusal) { try pair.providing.certify(Pair.file, version: 3, now: world.now) }
  }

  @Test(
    "an issuer's report of content is refused once its IRC ended", arguments: [CertificateEnd.expiredIRC, .revokedIRC])
  func report(_ end: CertificateEnd) throws {
    let (pair, _) = try end.pair(.throughProvider)
    let world = pair.world
    let report = ContentReport(
      card: pair.card.name, domain: Pair.domain, confirmations: 500, contents: [.init(Pair.file, version: 1)],
      receipts: [])
    let issuer = try pair.issuing.holder
    let message = try Signed(
      report, by: issuer, to: pair.provider,
      term: Term(serial: 99, notBefore: world.now, notAfter: world.now + .seconds(60)))
    #expect(refusal(try world.net.peers(of: pair.issuer).send(message.encoded, to: pair.provider)) == end.refusal)
    #expect(try pair.providing.book().isEmpty)
  }

  @Test("C1: a card that is registered anew has one RC: providers hear of it, and refuse the one before it")
  func superseded() throws {
    let pair = try Pair(.providerAlone)
    let world = pair.world
    let wish = try #require(try pair.lastWish())
    // The provider does not hear of it at once.
    world.net.fate = { [provider = pair.provider] _, _, to in to == provider ? .lost : .arrives }
    try pair.register()
    try world.deliver()
    world.net.fate = { _, _, _ in .arrives }
    world.now = world.now + .seconds(3600)
    try world.deliver()
    #expect(refusal(try world.net.peers(of: pair.card.name.user).send(wish, to: pair.provider)) == .revoked)
    #expect(try isEmpty(pair))
    // The new one serves, and an RC of another issuer for the card changes nothing.
    let name = try world.addIssuer("other")
    let other = try #require(world.issuers[name]).desk
    try pair.providing.agree(with: other.irc, now: world.now)
    let rc = RegistrationCertificate(
      card: pair.card.name, userKey: other.holder.key.publicKey, user: [], issuerDomain: Pair.domain)
    let foreign = try Signed(
      rc, by: other.holder, term: Term(serial: 5000, notBefore: world.now, notAfter: world.now + .seconds(60)))
    _ = try Taken(encoded: world.net.peers(of: other.holder.party).send(foreign.encoded, to: pair.provider))
    #expect(throws: UserApparatusError.refused(.revoked)) { try pair.card.terminal.resume() }
    #expect(try pair.card.terminal.pending().isEmpty)
    try pair.ask(.store, 2)
    #expect(try pair.versions() == ([2], [2]))
  }
}
