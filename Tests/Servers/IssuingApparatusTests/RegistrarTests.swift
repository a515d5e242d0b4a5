import Bytes
import GlobalPlatform
import Identifiers
import Keys
import MutualAgreement
import SecureMessages
import TestStores
import Testing
import World

@Suite("C5, C6 (51, 52, 61): registrars", .overEveryStore) struct RegistrarTests {
  @Test(
    "a party is registered under an approved name, with the proof of its key, once; a domain's name is one provider's")
  func applications() throws {
    let world = try AgreementWorld(makeStore: { try StoreKind.current.make() })
    let term = Term(serial: 1, notBefore: world.now, notAfter: world.now + .seconds(60))
    func apply(
      _ party: Party, _ key: PrivateKey, signing: PrivateKey? = nil, _ domain: AID?, to registrar: Party
    ) throws -> [UInt8] {
      let application = RegistrationApplication(key: key.publicKey, domain: domain)
      return try world.net.peers(of: party).send(
        Signed(application, by: KeyHolder(party, key: signing ?? key), to: registrar, term: term).encoded,
        to: registrar)
    }
    func refusal(_ answer: [UInt8]) throws -> AgreementRefusal { try Refused(encoded: answer).reason }
    let (one, other) = (PrivateKey(.p256, random: world.random), PrivateKey(.p256, random: world.random))
    let (bank, bus) = (try Party.issuer("bank"), try Party.provider("bus"))
    let (issuers, data) = (world.issuerRoot.party, world.dataRoot.party)
    let domain = AID(literal: "A000000667020000")

    #expect(try refusal(apply(bank, one, nil, to: issuers)) == .notAuthentic, "not approved")
    try world.issuerRegistrar.book.approve(bank)
    #expect(try refusal(apply(bank, one, signing: other, nil, to: issuers)) == .notAuthentic, "another's key")
    #expect(try refusal(apply(bank, one, domain, to: issuers)) == .malformed)
    let irc = try apply(bank, one, nil, to: issuers)
    #expect(
      try Signed<IssuerRegistration>(encoded: irc).verified(from: world.issuerRoot, at: world.now).known
        == KnownParty(bank, key: one.publicKey))
    #expect(try apply(bank, one, nil, to: issuers) == irc, "the same application, the same answer")
    #expect(try refusal(apply(bank, other, nil, to: issuers)) == .nameTaken)

    try world.dataRegistrar.book.approve(bus)
    let registered = try RegisteredProvider(encoded: apply(bus, one, domain, to: data))
    #expect(try registered.dpr.verified(from: world.dataRoot, at: world.now).domain == domain)
    #expect(registered.certificate.isSigned(by: world.dataRoot.key))
    let tram = try Party.provider("tram")
    try world.dataRegistrar.book.approve(tram)
    #expect(try refusal(apply(tram, other, domain, to: data)) == .nameTaken)
    try world.dataRegistrar.book.revoke(bus, now: world.now)
    #expect(try refusal(apply(bus, one, domain, to: data)) == .revoked)
    #expect(try world.dataRegistrar.book.parties().map(\.isRevoked) == [true, false])
  }

  @Test("a registration whose time is half over is made anew on the same application, for the same key alone")
  func renewal() throws {
    let world = try AgreementWorld(makeStore: { try StoreKind.current.make() })
    let provider = try world.addProvider("bus", domain: Self.domain)
    let holder = try #require(world.providers[provider]).holder
    func apply(_ key: PrivateKey) throws -> [UInt8] {
      let application = RegistrationApplication(key: key.publicKey, domain: Self.domain)
      let term = Term(serial: 1, notBefore: world.now, notAfter: world.now + .seconds(60))
      return try world.net.peers(of: provider).send(
        Signed(application, by: KeyHolder(provider, key: key), to: world.dataRoot.party, term: term).encoded,
        to: world.dataRoot.party)
    }
    let first = try apply(holder.key)
    world.now = world.now + .seconds(364 * 86_400)
    #expect(try apply(holder.key) == first)
    world.now = world.now + .seconds(400 * 86_400)
    #expect(throws: SecureMessageError.self) {
      try RegisteredProvider(encoded: first).dpr.verified(from: world.dataRoot, at: world.now)
    }
    let stranger = try apply(PrivateKey(.p256, random: world.random))
    #expect(try Refused(encoded: stranger).reason == .nameTaken)
    let renewed = try RegisteredProvider(encoded: apply(holder.key))
    #expect(try renewed.dpr.verified(from: world.dataRoot, at: world.now).domain == Self.domain)
    try world.dataRegistrar.book.revoke(provider, now: world.now)
    world.now = world.now + .seconds(400 * 86_400)
    #expect(try Refused(encoded: apply(holder.key)).reason == .revoked)
  }

  private static let domain = AID(literal: "A000000667020000")
}
