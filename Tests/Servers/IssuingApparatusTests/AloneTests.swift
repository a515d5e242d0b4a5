import Bytes
import ContentManagement
import DataProvidingApparatus
import GlobalPlatform
import Identifiers
import IssuingApparatus
import Keys
import MutualAgreement
import SecureMessages
import TLV
import TestStores
import Testing
import UserApparatus
import World

@Suite("C: neither issuer, provider nor user does anything alone") struct AloneTests {
  private func everything(_ pair: Pair) throws -> [String] {
    try [pair.issuing.book(), pair.providing.book()].map { lines in
      "\(lines.map { [$0.version.map(Int.init), $0.wanted] })"
    }
      + ["\(try pair.shown() ?? [])"]
  }

  @Test("the person is asked first, and without yes nothing is sent", arguments: AgreementWay.allCases)
  func person(_ way: AgreementWay) throws {
    let pair = try Pair(way)
    pair.world.net.clear()
    pair.card.person.agrees = false
    #expect(throws: UserApparatusError.declined) { try pair.ask(.store) }
    #expect(throws: UserApparatusError.declined) { try pair.ask(.delete) }
    #expect(throws: UserApparatusError.declined) { try pair.admit() }
    #expect(throws: UserApparatusError.declined) { try pair.register() }
    #expect(pair.world.net.passages.isEmpty)
  }

  @Test(
    "a party that does not answer: nothing happens, and the same wish is fulfilled when it answers again",
    arguments: [AgreementWay.throughIssuer, .throughProvider])
  func noAnswer(_ way: AgreementWay) throws {
    let pair = try Pair(way)
    let silent = way == .throughIssuer ? pair.provider : pair.issuer
    let before = try everything(pair)
    pair.world.net.fate = { _, _, receiver in receiver == silent ? .lost : .arrives }
    #expect(throws: UserApparatusError.refused(.noAnswer)) { try pair.ask(.store) }
    #expect(try everything(pair) == before)
    pair.world.net.fate = { _, _, _ in .arrives }
    try pair.card.terminal.resume()
    try pair.world.deliver()
    #expect(try pair.shown() != nil)
    #expect(try pair.versions() == ([1], [1]))
    #expect(try pair.card.terminal.pending().isEmpty)
  }

  @Test(
    "revoked by their registrar: the provider, the issuer, the data; by the issuer: the card. The next store fails",
    arguments: AgreementWay.allCases, ["provider", "issuer", "data", "card"])
  func revoked(_ way: AgreementWay, _ whom: String) throws {
    let pair = try Pair(way)
    let world = pair.world
    switch whom {
    case "provider": try world.dataRegistrar.book.revoke(pair.provider, now: world.now)
    case "issuer": try world.issuerRegistrar.book.revoke(pair.issuer, now: world.now)
    case "data": try world.dataRegistrar.book.revoke(.init(Pair.file, through: 1), now: world.now)
    default: try pair.issuing.revoke(pair.card.name, now: world.now)
    }
    try world.deliver()
    #expect(throws: UserApparatusError.refused(.revoked)) { try pair.ask(.store) }
    #expect(try pair.shown() == nil)
    #expect(try pair.issuing.book().isEmpty && pair.providing.book().isEmpty)
    // A newer version is not revoked with the older ones.
    if whom == "data" { try pair.ask(.store, 2) }
  }

  @Test(
    "what a stranger, or one under a false registrar, signs is refused, and what is signed is not changed",
    arguments: AgreementWay.allCases)
  func forged(_ way: AgreementWay) throws {
    let pair = try Pair(way)
    let (world, random) = (pair.world, pair.world.random)
    let (_, registration) = try pair.card.terminal.registration(at: world.now)
    let term = Term(serial: 99, notBefore: world.now, notAfter: world.now + .seconds(60))
    let stranger = PrivateKey(.p256, random: random)
    let falseRegistrar = KeyHolder(world.issuerRoot.party, key: stranger)
    let falseIssuer = KeyHolder(pair.issuer, key: stranger)
    let rc = RegistrationCertificate(
      card: pair.card.name, userKey: stranger.publicKey, user: [], issuerDomain: Pair.domain)
    let falseRegistration = Registration(
      rc: try Signed(rc, by: falseIssuer, term: term),
      irc: try Signed(IssuerRegistration(falseIssuer.known), by: falseRegistrar, term: term))
    func refusal(_ message: [UInt8], to party: Party) throws -> AgreementRefusal {
      let answer = try world.net.peers(of: pair.card.name.user).send(message, to: party)
      return try Refused(encoded: answer).reason
    }
    let user = KeyHolder(pair.card.name.user, key: stranger)
    let sdi = StoringDataInformation(loadFile: Pair.file, version: 1)
    let before = try everything(pair)
    for party in [pair.issuer, pair.provider] {
      for shown in [registration, falseRegistration] {
        let wish = StoringWish(.store, sdi, of: pair.provider, registration: shown)
        #expect(try refusal(Signed(wish, by: user, to: party, term: term).encoded, to: party) == .notAuthentic)
      }
      #expect(
        try refusal(Signed(RevocationList(), by: falseRegistrar, term: term).encoded, to: party) == .notAuthentic)
    }
    // The issuer's and the provider's roles, each by somebody with another key.
    let wish = try Signed(
      StoringWish(.store, sdi, of: pair.provider, registration: registration), by: user, to: pair.provider, term: term)
    let sar = StoringAuthorisationRequest(
      nonce: Challenge(random: random), .store, on: pair.card.name, sdi, basis: .wish(wish))
    let falseProvider = KeyHolder(pair.provider, key: stranger)
    #expect(
      try refusal(Signed(sar, by: falseProvider, to: pair.issuer, term: term).encoded, to: pair.issuer) == .notAuthentic
    )
    #expect(
      try refusal(Signed(sar, by: falseIssuer, to: pair.provider, term: term).encoded, to: pair.provider)
        == .notAuthentic)
    let report = ContentReport(
      card: pair.card.name, domain: Pair.domain, confirmations: 500, contents: [.init(Pair.file, version: 1)],
      receipts: [])
    #expect(
      try refusal(Signed(report, by: falseProvider, to: pair.issuer, term: term).encoded, to: pair.issuer)
        == .notAuthentic)
    #expect(
      try refusal(Signed(report, by: falseIssuer, to: pair.provider, term: term).encoded, to: pair.provider)
        == .notAuthentic)
    #expect(try everything(pair) == before)
  }

  @Test("nobody agrees with an issuer or a provider whom a false registrar registered") func falseRegistrars() throws {
    let pair = try Pair(.throughProvider)
    let (world, key) = (pair.world, PrivateKey(.p256, random: pair.world.random))
    let term = Term(serial: 1, notBefore: world.now, notAfter: world.now + .seconds(60))
    let (bank, bus) = (try Party.issuer("bank2"), try Party.provider("bus2"))
    let roots = [world.issuerRoot.party, world.dataRoot.party]
    // Under the registrar's own name with another key, and by the registrar whose word is for others.
    let registrars =
      roots.map { KeyHolder($0, key: key) } + [
        world.issuerRegistrar.book.holder, world.dataRegistrar.book.holder,
      ]
    let domain = AID(literal: "A000000667040000")
    for registrar in registrars {
      let irc = try Signed(
        IssuerRegistration(KnownParty(bank, key: key.publicKey)), by: registrar, term: term)
      let dpr = try Signed(
        ProviderRegistration(KnownParty(bus, key: key.publicKey), domain: domain), by: registrar, term: term)
      if registrar.known != world.issuerRoot {
        #expect(throws: SecureMessageError.self) { try pair.providing.agree(with: irc, now: world.now) }
      }
      if registrar.known != world.dataRoot {
        #expect(throws: SecureMessageError.self) {
          try pair.issuing.agree(with: dpr, way: .providerAlone, quota: 500, now: world.now)
        }
      }
    }
    #expect(try pair.issuing.agreements().count == 1)
  }

  @Test(
    "APD swapped after SA: other data under the agreed name do not get in, whatever their provider signs",
    arguments: AgreementWay.allCases)
  func swapped(_ way: AgreementWay) throws {
    let pair = try Pair(way)
    // The card is taken out when everything is agreed on, before anything is loaded.
    pair.card.link.cut(atCommand: 8)
    #expect(throws: UserApparatusError.self) { try pair.ask(.store) }
    pair.card.link.cut(atCommand: nil)
    #expect(try pair.providing.book().map(\.wanted) == [1])
    let other = DataPackage(
      module: Pair.module, version: 1,
      files: [.init(0x6F01, shortIdentifier: 1, content: [UInt8](repeating: 0x66, count: 600))])
    #expect(other.encoded.count == Pair.item(1).sdi.size)
    _ = try #require(pair.world.providers[pair.provider]).store.transaction {
      try $0.execute("UPDATE catalogue_item SET data = $1 WHERE version = 1", other.encoded)
    }
    if way == .throughIssuer {
      // The data came with SA: what was agreed on is what is stored.
      try pair.card.terminal.resume()
      #expect(try pair.shown() == Pair.package(1).files[0].content.prefix(256) + [])
    } else {
      #expect(throws: UserApparatusError.self) { try pair.card.terminal.resume() }
      #expect(try pair.shown() == nil)
      #expect(try pair.issuing.book().allSatisfy { $0.version == nil })
      #expect(try pair.providing.book().allSatisfy { $0.version == nil })
    }
  }

  @Test("a wish that issuer or provider made up, with a key of its own, authorises nothing")
  func withoutUser() throws {
    for way in [AgreementWay.throughIssuer, .throughProvider] {
      let pair = try Pair(way)
      let world = pair.world
      let provider = try #require(world.providers[pair.provider]).holder
      let (asking, asked) =
        way == .throughIssuer ? (try pair.issuing.holder, pair.provider) : (provider, pair.issuer)
      let (_, registration) = try pair.card.terminal.registration(at: world.now)
      let term = Term(serial: 99, notBefore: world.now, notAfter: world.now + .seconds(60))
      let sdi = Pair.item(1).sdi
      let wish = try Signed(
        StoringWish(.store, sdi, of: pair.provider, registration: registration),
        by: KeyHolder(pair.card.name.user, key: asking.key), to: asking.party, term: term)
      let sar = try Signed(
        StoringAuthorisationRequest(
          nonce: Challenge(random: world.random), .store, on: pair.card.name, sdi, basis: .wish(wish)),
        by: asking, to: asked, term: term)
      let answer = try world.net.peers(of: asking.party).send(sar.encoded, to: asked)
      #expect(try Refused(encoded: answer).reason == .notAuthentic, "\(way)")
      #expect(try pair.issuing.book().isEmpty && pair.providing.book().isEmpty)
    }
  }

  @Test("RC, IRC or DPR that are over authorise nothing", arguments: AgreementWay.allCases)
  func expired(_ way: AgreementWay) throws {
    let pair = try Pair(way)
    pair.world.now = pair.world.now + .seconds(3 * 365 * 86_400)
    // IRC and DPR end after two years: the terminal finds no registration that holds, and parties do not either.
    #expect(throws: UserApparatusError.notRegistered) { try pair.ask(.store) }
    #expect(try pair.shown() == nil)
    let early = try Pair(way)
    let wish = try #require(try early.lastWish())
    early.world.now = early.world.now + .seconds(3 * 365 * 86_400)
    let answer = try early.world.net.peers(of: early.card.name.user).send(wish, to: early.door)
    #expect(try Refused(encoded: answer).reason == .notAuthentic)
  }

  @Test("an SA for one request is refused for any other: replayed, for another card, SDI, version or operation")
  func replayed() throws {
    let pair = try Pair(.throughProvider)
    try pair.ask(.store)
    let passages = pair.world.net.passages
    let asked = try #require(
      passages.first { MessageKind.of($0.message) == .signed(StoringAuthorisationRequest.messageType) })
    let sar = try Signed<StoringAuthorisationRequest>(encoded: asked.message)
    let sa = try Signed<StoringAuthorisation>(encoded: try #require(asked.answer))
    let issuer = KnownParty(pair.issuer, key: try pair.issuing.irc.claimedBody.known.key)
    _ = try Authorisations.verified(sa, from: issuer, to: pair.provider, for: sar, actor: Pair.domain)
    let provider = try #require(pair.world.providers[pair.provider])
    let was = sar.claimedBody
    let other = try CardName(issuer: [1], number: [2])
    var newer = was.sdi
    newer.version = 2
    let term = Term(serial: 50, notBefore: pair.world.now, notAfter: pair.world.now + .seconds(60))
    func request(
      nonce: Challenge? = nil, _ operation: ContentOperation = .store, _ card: CardName? = nil,
      _ sdi: StoringDataInformation? = nil
    ) throws -> Signed<StoringAuthorisationRequest> {
      try Signed(
        StoringAuthorisationRequest(
          nonce: nonce ?? was.nonce, operation, on: card ?? was.card, sdi ?? was.sdi, basis: was.basis),
        by: provider.holder, to: pair.issuer, term: term)
    }
    for (index, wanted) in try [
      request(), request(nonce: Challenge(random: pair.world.random)), request(.delete), request(.store, other),
      request(.store, nil, newer),
    ].enumerated() {
      #expect(throws: (any Error).self, "request \(index)") {
        try Authorisations.verified(sa, from: issuer, to: pair.provider, for: wanted, actor: Pair.domain)
      }
    }
    // Nor for another domain that would use its tokens.
    #expect(throws: (any Error).self) {
      try Authorisations.verified(
        sa, from: issuer, to: pair.provider, for: sar, actor: AID(literal: "A000000667030000"))
    }
    // The same request gets the same answer, and no second authorisation.
    #expect(try pair.world.net.peers(of: pair.provider).send(asked.message, to: pair.issuer) == asked.answer)
  }

  @Test("the provider's room is the provider's: too much for the quota, or for an unknown card, is refused")
  func room() throws {
    for way in AgreementWay.allCases {
      let pair = try Pair(way, quota: 1500)
      let big = Pair.item(3, size: 3000)
      try pair.providing.offer(big)
      if way == .certifiedData { try pair.providing.certify(Pair.file, version: 3, now: pair.world.now) }
      #expect(throws: UserApparatusError.self, "\(way)") { try pair.ask(.store, 3) }
      #expect(try pair.shown() == nil)
      #expect(try pair.issuing.book().allSatisfy { $0.version == nil })
      try pair.ask(.store)
      #expect(try pair.versions() == ([1], [1]))
    }
  }

  @Test("a wish's number serves for one wish, and every message that is cut or changed is refused") func mutations()
    throws
  {
    let pair = try Pair(.throughProvider)
    pair.world.net.clear()
    try pair.ask(.store)
    let before = try everything(pair)
    for passage in pair.world.net.passages {
      for count in stride(from: 0, to: passage.message.count, by: 7) {
        for mask in [0x01, 0x80] as [UInt8] {
          var bytes = passage.message
          bytes[count] ^= mask
          let answer = try pair.world.net.peers(of: passage.sender).send(bytes, to: passage.receiver)
          #expect((try? Refused(encoded: answer)) != nil || (try? ErrandDone(encoded: answer)) != nil)
        }
        let cut = Array(passage.message.prefix(count))
        let answer = try pair.world.net.peers(of: passage.sender).send(cut, to: passage.receiver)
        #expect(try Refused(encoded: answer).reason != .failed)
      }
      if pair.world.net.passages.count > 4000 { break }
    }
    #expect(try everything(pair) == before)
  }
}
