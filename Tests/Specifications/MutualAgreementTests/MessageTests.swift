import Bytes
import GlobalPlatform
import Identifiers
import Keys
import MutualAgreement
import SecureMessages
import TLV
import Testing

/// One message of each type, by parties made here.
struct Samples {
  static let now = Instant(seconds: 1_800_000_000)
  static let term = Term(serial: 7, notBefore: now, notAfter: now + .seconds(600))
  let random = SeededRandomSource(seed: [6])
  let registrar, issuer, provider, user: KeyHolder
  let card: CardName
  let sdi: StoringDataInformation

  init() throws {
    let random = random
    func holder(_ party: Party) -> KeyHolder { KeyHolder(party, key: PrivateKey(.p256, random: random)) }
    card = try CardName(issuer: [0x89, 0x49], number: [0x00, 0x01, 0x02, 0x03])
    registrar = holder(try .issuerRegistrar("one"))
    issuer = holder(try .issuer("bank"))
    provider = holder(try .provider("bus"))
    user = holder(card.user)
    var sdi = StoringDataInformation(loadFile: AID(literal: "A00000066701"), version: 2)
    (sdi.module, sdi.application) = (AID(literal: "A0000006670101"), AID(literal: "A000000667010101"))
    (sdi.size, sdi.hash, sdi.isReplacing) = (300, sha256([1]), true)
    self.sdi = sdi
  }

  func registration() throws -> Registration {
    let rc = RegistrationCertificate(
      card: card, userKey: user.key.publicKey, user: sha256([2]), issuerDomain: AID(literal: "A000000151000000"))
    return Registration(
      rc: try Signed(rc, by: issuer, term: Self.term),
      irc: try Signed(IssuerRegistration(issuer.known), by: registrar, term: Self.term))
  }

  /// Every message, encoded.
  func all() throws -> [(name: String, bytes: [UInt8], read: ([UInt8]) throws -> [UInt8])] {
    func message<Message: TLVMessage>(_ message: Message) -> (String, [UInt8], ([UInt8]) throws -> [UInt8]) {
      ("\(Message.self)", message.encoded, { try Message(encoded: $0).encoded })
    }
    func signed<Body: LastingBody>(
      _ body: Body, _ by: KeyHolder
    ) throws -> (String, [UInt8], ([UInt8]) throws -> [UInt8]) {
      message(try Signed(body, by: by, term: Self.term))
    }
    let registration = try registration()
    let wish = try Signed(
      StoringWish(.store, sdi, of: provider.party, registration: registration), by: user, to: provider.party,
      term: Self.term)
    let nonce = Challenge(random: random)
    var list = RevocationList()
    (list.parties, list.cards, list.data) = ([provider.party], [card], [.init(sdi.loadFile, through: 1)])
    let revocation = try Signed(list, by: registrar, term: Self.term)
    let sa = StoringAuthorisation(
      .store, on: card, counter: 4, request: sha256([3]), sdi, domain: AID(literal: "A000000667020000"),
      tokens: [[1], [2], [3]], data: [9])
    let handover = DomainHandover(
      card: card, domain: AID(literal: "A000000667020000"), way: .certifiedData,
      issuerDomain: AID(literal: "A000000151000000"),
      keys: Secret([UInt8](repeating: 1, count: 48)), mandated: AID(literal: "A000000667040000"))
    return [
      try signed(RegistrationWish(card: card, userKey: user.key.publicKey, user: "a user"), user),
      message(registration), message(wish),
      try signed(
        StoringAuthorisationRequest(nonce: nonce, .store, on: card, sdi, basis: .wish(wish)), provider),
      try signed(
        StoringAuthorisationRequest(nonce: nonce, .delete, on: card, sdi, basis: .revocation(revocation)), issuer),
      message(try Signed(sa, by: issuer, to: provider.party, answering: nonce)), message(revocation),
      try signed(ProviderRegistration(provider.known, domain: AID(literal: "A000000667020000")), registrar),
      try signed(RegistrationApplication(key: provider.key.publicKey, domain: nil), provider),
      try signed(AdmissionWish(provider: provider.party, registration: registration), user),
      try signed(ContactWish(registration: registration), user), try signed(handover, issuer),
      try signed(StandingConsent(to: provider.party, isGiven: true, quota: 4096), issuer),
      try signed(
        ContentReport(
          card: card, domain: AID(literal: "A000000667020000"), confirmations: 3,
          contents: [.init(sdi.loadFile, version: 2)], receipts: [[0]]), issuer),
      try signed(DataSubmission(sdi, data: [1, 2]), provider),
      try signed(
        DataCertificate(sdi, registrarDomain: AID(literal: "A000000667040000"), signature: [1]), registrar),
      message(ErrandRound(ticket: [1], number: 2, answers: [[0x90, 0x00]])),
      message(ErrandStep(ticket: [1], number: 2, commands: [[0x80]])),
      message(ErrandDone(ticket: [1], status: 0x9000)), message(Taken()),
      message(CatalogueRequest(issuer: issuer.party)),
      message(
        Catalogue(items: [.init(title: "Bus ticket", loadFile: sdi.loadFile, version: 2, size: 300, price: 250)])),
      message(Refused(.noRoom)),
    ]
  }
}

@Suite("C: messages of the data storing system") struct MessageTests {
  @Test("every message reads back as it was written, and says of what kind it is") func roundTrip() throws {
    for (name, bytes, read) in try Samples().all() {
      #expect(try read(bytes) == bytes, "\(name)")
      #expect(MessageKind.of(bytes) != nil, "\(name)")
    }
  }

  @Test("a message that is cut anywhere, or goes on, is refused") func truncation() throws {
    for (name, bytes, read) in try Samples().all() {
      for count in 0..<bytes.count {
        #expect(throws: TLVError.self, "\(name) cut at \(count)") { try read(Array(bytes.prefix(count))) }
      }
      #expect(throws: TLVError.self, "\(name)") { try read(bytes + [0]) }
    }
  }

  @Test("51, 52: RC is believed with an IRC of the registrar alone, while both hold") func registration() throws {
    let samples = try Samples()
    let registration = try samples.registration()
    #expect(try registration.verified(by: samples.registrar.known, at: Samples.now).rc.card == samples.card)
    let other = KnownParty(samples.registrar.party, key: samples.issuer.key.publicKey)
    #expect(throws: SecureMessageError.wrongSignature) { try registration.verified(by: other, at: Samples.now) }
    #expect(throws: SecureMessageError.notValidNow) {
      try registration.verified(by: samples.registrar.known, at: Samples.now + .seconds(601))
    }
    // An RC under another issuer's IRC.
    let false1 = Registration(
      rc: registration.rc,
      irc: try Signed(IssuerRegistration(samples.provider.known), by: samples.registrar, term: Samples.term))
    #expect(throws: SecureMessageError.self) { try false1.verified(by: samples.registrar.known, at: Samples.now) }
  }

  @Test("SA's tokens are for these data, this card, this domain, these numbers and this order alone") func tokens()
    throws
  {
    let samples = try Samples()
    let (domain, actor) = (AID(literal: "A000000667020000"), AID(literal: "A000000151000000"))
    func agreed(
      _ operation: ContentOperation = .store, _ change: (inout StoringDataInformation) -> Void = { _ in },
      card: CardName? = nil, domain: AID = domain, actor: AID = actor, counter: Int = 4
    ) -> AgreedContent {
      var sdi = samples.sdi
      change(&sdi)
      return AgreedContent(
        operation, sdi, on: card ?? samples.card, domain: domain, actor: actor, counter: counter)
    }
    let key = samples.issuer.key
    let tokens = try #require(try agreed().tokens(by: key))
    #expect(tokens.count == 3)
    #expect(agreed().isAllowed(by: tokens, of: key.publicKey))
    let others = [
      agreed(.delete), agreed(.store) { $0.hash = sha256([9]) }, agreed(.store) { $0.size = 301 },
      agreed(.store) { $0.isReplacing = false }, agreed(.store) { $0.loadFile = domain },
      agreed(.store) { $0.application = domain }, agreed(card: try CardName(issuer: [0x89, 0x49], number: [1])),
      agreed(domain: actor), agreed(actor: domain), agreed(counter: 5),
    ]
    for (index, other) in others.enumerated() {
      #expect(!other.isAllowed(by: tokens, of: key.publicKey), "other \(index)")
    }
    #expect(!agreed().isAllowed(by: tokens, of: samples.provider.key.publicKey))
    #expect(!agreed().isAllowed(by: tokens.reversed(), of: key.publicKey))
    #expect(!agreed().isAllowed(by: [], of: key.publicKey))
    #expect(try agreed(.store) { $0.hash = nil }.tokens(by: key) == nil)
  }

  @Test("a card's name has bounds, and reads back from its text") func names() throws {
    let card = try CardName(issuer: [0x89], number: [UInt8](repeating: 0xAB, count: 16))
    #expect(try CardName("\(card)") == card)
    for bad in ["", "89", "-01", "89-", "89-0g", "89-01-02", String(repeating: "AA", count: 17) + "-01"] {
      #expect(throws: (any Error).self, "\(bad)") { try CardName(bad) }
    }
    #expect(throws: (any Error).self) {
      try CardName(issuer: [UInt8](repeating: 1, count: 16), number: [UInt8](repeating: 1, count: 13))
    }
  }
}
