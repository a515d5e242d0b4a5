import Bytes
import CircleOfTrust
import Identifiers
import Keys
import SGP02
import SGP22
import SMDP
import Store
import TestStores
import TestSupport
import Testing
import Transport

@Suite("SGP.02 §5.3.2 ES2.DownloadProfile", .overEveryStore) struct DownloadProfileTests {
  @Test("an order begins one download, and the same call again is the same one") func begun() throws {
    let provider = try TestProvider()
    let order = try provider.order()
    for _ in 0..<3 { #expect(try provider.call(order) == .failure(.functionUnderWay)) }
    #expect(try provider.downloads() == 1)
    let profile = try #require(try provider.desk.profiles().first)
    #expect(profile.iccid == provider.iccid && profile.mno == "mno" && profile.eid == provider.eid)
    #expect(profile.act?.step == "createISDP" && profile.act?.state == .forward)
    #expect(try provider.desk.nextDue() == provider.given.now)
  }

  @Test("a profile that is on its way to one eUICC goes to no other: in two it would be a clone") func clone() throws {
    let provider = try TestProvider()
    #expect(try provider.call(provider.order()) == .failure(.functionUnderWay))
    let second = try EID(prefix: "890490320000000000000000000000")
    let order = try provider.order(for: second, credentials: provider.credentials(of: second))
    #expect(try provider.call(order, "2") == .failure(.profileStateWrong))
    #expect(try provider.call(order, "1") == .failure(.callIdentifierReused))
    #expect(try provider.downloads() == 1)
  }

  @Test("another operator's profile is as unknown as one that does not exist, and so is one for another eUICC")
  func foreign() throws {
    let provider = try TestProvider()
    #expect(try provider.call(provider.order(), by: provider.other) == .failure(.profileUnknown))
    let unknown = try provider.order(ICCID("8988211000000000026"))
    #expect(try provider.call(unknown, "2") == .failure(.profileUnknown))
    let second = try EID(prefix: "890490320000000000000000000000")
    #expect(try provider.call(provider.order(for: second), "3") == .failure(.profileUnknown))
    let stranger = TestProvider.Caller(
      name: "mno", certificate: try provider.circle.issue(.operatorTLS).certificate.encoded)
    #expect(try provider.call(provider.order(), by: stranger, "4") == .failure(.requesterUnknown))
    #expect(try provider.downloads() == 0)
  }

  @Test("an eUICC of a foreign or a revoked maker, or with another's certificate, gets no profile") func unverified()
    throws
  {
    let provider = try TestProvider()
    let stranger = try TestCircle(seed: "elsewhere").eum
    let order = try provider.order(credentials: provider.credentials(by: stranger))
    #expect(try provider.call(order, "1") == .failure(.euiccNotVerified))
    // The right name, a key that another maker signed.
    #expect(
      try provider.call(provider.order(credentials: provider.credentials(signedWith: stranger.key)), "2")
        == .failure(.euiccNotVerified))
    let list = try provider.circle.root.revocationList(
      number: 1, revoked: [provider.circle.eum.certificate.serialNumber: TestCircle.start],
      thisUpdate: TestCircle.start, nextUpdate: TestCircle.start + .seconds(86_400))
    var circle = provider.trust.circle
    try circle.load(list, at: TestCircle.start)
    provider.trust.circle = circle
    #expect(try provider.call(provider.order(), "3") == .failure(.euiccNotVerified))
    #expect(try provider.downloads() == 0)
  }

  @Test("packages are wrapped at rest, for their own place, and come under another master key") func wrapped() throws {
    let former = Secret([UInt8](repeating: 7, count: 32))
    let provider = try TestProvider(vault: KeyVault(current: former))
    func kept() throws -> [UInt8] {
      try #require(try provider.store.read { try $0.first("SELECT package FROM dp_profile")?(0, as: [UInt8].self) })
    }
    let secret = Array("subscriber's key".utf8)
    #expect(try !kept().indices.contains { try Array(kept()[$0...].prefix(secret.count)) == secret })
    let next = try KeyVault(current: Secret([UInt8](repeating: 8, count: 32)), former: [former])
    let desk = try provider.rekeyed(next)
    #expect(try desk.rewrap(random: SystemRandomSource.shared) == 1)
    #expect(try desk.rewrap(random: SystemRandomSource.shared) == 0)
    #expect(
      try next.unwrap(kept(), context: "dp_profile/\(provider.iccid)").bytes == provider.package)
    #expect(throws: (any Error).self) { try next.unwrap(kept(), context: "dp_profile/8988211000000000026") }
  }

  @Test(
    "an order that is cut at any byte is refused, one that is changed at any byte is answered; nothing else happens")
  func hostile() throws {
    let provider = try TestProvider()
    let message = provider.message(try provider.order(), by: provider.mno, "1")
    for count in message.body.indices {
      var cut = message
      cut.body = Array(message.body.prefix(count))
      let reply = provider.route.respond(to: cut)
      let answer: Result<NoFields, Refusal> = try JSONBinding.decodeAnswer(from: reply.body)
      #expect(
        reply.status == 200 && answer != .success(NoFields()) && answer != .failure(.functionUnderWay), "\(count)")
    }
    #expect(try provider.downloads() == 0)
    // Of all that is changed at most one order is good: what it says of the profile and the eUICC is signed or in stock.
    for index in message.body.indices {
      var changed = message
      changed.body[index] ^= 0x01
      let reply = provider.route.respond(to: changed)
      #expect(reply.status == 200)
      _ = try JSONBinding.decodeAnswer(NoFields.self, from: reply.body)
    }
    #expect(try provider.downloads() <= 1)
  }
}
