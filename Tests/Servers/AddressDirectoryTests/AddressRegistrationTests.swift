import AddressDirectory
import AddressLookup
import CircleOfTrust
import Identifiers
import SGP22
import TLV
import TestStores
import TestSupport
import Testing

@Suite("D, E: the directory keeps which server is there for which eUICC", .overEveryStore)
struct AddressRegistrationTests {
  private let directory: TestDirectory

  init() throws { directory = try TestDirectory() }

  @Test("EID → manager; EID and operator → provider; without the operator only where there is one") func lookup() throws
  {
    #expect(throws: Refusal.addressUnknown) { try directory.ask().get() }
    #expect(throws: Refusal.addressUnknown) { try directory.ask(nil).get() }
    _ = try directory.register(directory.manager, call: "1").get()
    let manager = try directory.find()
    #expect(manager.server == directory.manager.oid)
    #expect(manager.host.description == "sr1.example.com")
    // The manager is no provider.
    #expect(throws: Refusal.addressUnknown) { try directory.ask(nil).get() }
    let (one, two) = (
      AddressedService.provider(TestDirectory.operator1), AddressedService.provider(TestDirectory.operator2)
    )
    _ = try directory.register(directory.provider, one, at: "dp.example.com:8443", call: "2").get()
    #expect(try directory.find(nil).host.description == "dp.example.com:8443")
    _ = try directory.register(directory.provider, two, at: "dp.example.com", call: "3").get()
    #expect(throws: Refusal.providersSeveral) { try directory.ask(nil).get() }
    #expect(try directory.find(two).service == two)
    #expect(try directory.find(one).host.port == 8443)
  }

  @Test("a server registers only a name of its certificate, for a service of its role and an operator of its own")
  func foreign() throws {
    let other = AddressedService.provider(.known("00103"))
    for (server, service, host) in [
      (directory.manager, AddressedService.manager, "sr2.example.com"),
      (directory.manager, .provider(TestDirectory.operator1), "sr1.example.com"),
      (directory.provider, .manager, "dp.example.com"), (directory.provider, other, "dp.example.com"),
    ] {
      #expect(throws: Refusal.addressForeign) {
        try directory.register(server, service, at: host, call: "\(service)\(host)").get()
      }
    }
    #expect(throws: Refusal.formatInvalid) { try directory.register(directory.manager, at: "no host").get() }
    let entries = try directory.store.read { try AddressTable.entries(of: directory.eid, at: TestCircle.start, in: $0) }
    #expect(entries == [])
  }

  @Test("who shows no certificate, another's, a revoked one, or one of another role is unknown") func requester() throws
  {
    var stranger = directory.manager
    stranger.name = "2.999.32"
    #expect(throws: Refusal.requesterUnknown) { try directory.register(stranger).get() }
    var message = directory.message(
      RegisterAddress.self, .init(eid: directory.eid, service: .manager, host: "sr1.example.com"),
      by: directory.manager)
    message.peerCertificate = nil
    #expect(throws: Refusal.requesterUnknown) { try directory.answer(RegisterAddress.self, to: message).get() }
    let ds = try TestDirectory.server(directory.circle, "2.999.20") { .dsTLS($0, hosts: ["sr1.example.com"]) }
    #expect(throws: Refusal.requesterUnknown) { try directory.register(ds).get() }
    var circle = directory.trust.circle
    try circle.load(
      directory.circle.root.revocationList(
        number: 1, revoked: [directory.manager.party.certificate.serialNumber: TestCircle.start],
        thisUpdate: TestCircle.start, nextUpdate: TestCircle.start + .seconds(86_400)), at: TestCircle.start)
    directory.trust.circle = circle
    #expect(throws: Refusal.requesterUnknown) { try directory.register(directory.manager).get() }
  }

  @Test("another server takes the place only when the one before it hands over, and not before it registers itself")
  func handOver() throws {
    _ = try directory.register(directory.manager, call: "1").get()
    func take(_ call: String) throws -> Result<NoFields, Refusal> {
      try directory.register(directory.otherManager, at: "sr2.example.com", call: call)
    }
    #expect(throws: Refusal.addressTaken) { try take("2").get() }
    #expect(throws: Refusal.addressUnknown) {
      try directory.handOver(directory.otherManager, to: directory.otherManager, call: "3").get()
    }
    _ = try directory.handOver(directory.manager, to: directory.otherManager, call: "4").get()
    #expect(try directory.find().server == directory.manager.oid)
    _ = try take("5").get()
    #expect(try directory.find().server == directory.otherManager.oid)
    // The right to take it was for once, and the former manager has none left.
    #expect(throws: Refusal.addressTaken) { try directory.register(directory.manager, call: "6").get() }
    #expect(throws: Refusal.addressUnknown) { try directory.withdraw(directory.manager, call: "7").get() }
    _ = try directory.withdraw(directory.otherManager, call: "8").get()
    #expect(throws: Refusal.addressUnknown) { try directory.ask().get() }
  }

  @Test("who registers again, having changed its mind, takes the successor's right back") func changedMind() throws {
    _ = try directory.register(directory.manager, call: "1").get()
    _ = try directory.handOver(directory.manager, to: directory.otherManager, call: "2").get()
    _ = try directory.register(directory.manager, call: "3").get()
    #expect(throws: Refusal.addressTaken) {
      try directory.register(directory.otherManager, at: "sr2.example.com", call: "4").get()
    }
  }

  @Test("an entry that is not renewed ends, and the place is free; answers never hold longer than their entry")
  func lifetime() throws {
    let directory = try TestDirectory {
      ($0.entryLifetime, $0.answerLifetime) = (.seconds(1000), .seconds(600))
    }
    _ = try directory.register(directory.manager, call: "1").get()
    #expect(try directory.find().expiry == TestCircle.start + .seconds(600))
    directory.clock.advance(by: .seconds(900))
    #expect(try directory.find().expiry == TestCircle.start + .seconds(1000))
    _ = try directory.register(directory.manager, call: "2").get()
    directory.clock.advance(by: .seconds(999))
    #expect(try directory.find().server == directory.manager.oid)
    directory.clock.advance(by: .seconds(1))
    #expect(throws: Refusal.addressUnknown) { try directory.ask().get() }
    _ = try directory.register(directory.otherManager, at: "sr2.example.com", call: "3").get()
    #expect(try directory.find().server == directory.otherManager.oid)
    directory.clock.advance(by: .seconds(2000))
    #expect(try directory.desk.sweep(given: .init(now: directory.clock.now, random: directory.circle.random)) == 1)
  }

  @Test("the same call again gets the same answer and changes nothing") func idempotence() throws {
    _ = try directory.register(directory.manager, call: "1").get()
    _ = try directory.handOver(directory.manager, to: directory.otherManager, call: "2").get()
    _ = try directory.register(directory.otherManager, at: "sr2.example.com", call: "1").get()
    // The network delivers the first registration once more.
    _ = try directory.register(directory.manager, call: "1").get()
    #expect(try directory.find().server == directory.otherManager.oid)
    #expect(throws: Refusal.callIdentifierReused) {
      try directory.register(directory.manager, at: "sr1.example.com:1", call: "1").get()
    }
  }

  @Test("every message, cut at every byte or changed, gets a specified refusal and changes no entry") func mutations()
    throws
  {
    _ = try directory.register(directory.manager, call: "1").get()
    let messages = [
      directory.message(FindAddress.self, .init(eid: directory.eid, service: .manager)),
      directory.message(
        RegisterAddress.self, .init(eid: directory.eid, service: .manager, host: "sr2.example.com"),
        by: directory.otherManager, call: "2"),
      directory.message(
        HandOverAddress.self, .init(eid: directory.eid, service: .manager, successor: directory.otherManager.oid),
        by: directory.otherManager, call: "3"),
      directory.message(
        WithdrawAddress.self, .init(eid: directory.eid, service: .manager), by: directory.otherManager, call: "4"),
    ]
    var dice = Dice(7)
    for message in messages {
      for position in message.body.indices {
        var (cut, changed) = (message, message)
        cut.body = Array(message.body.prefix(position))
        changed.body[position] = UInt8(dice.roll(256))
        for message in [cut, changed] {
          let reply = directory.route.respond(to: message)
          #expect(reply.status == 200)
          if case .failure(let refusal) = try JSONBinding.decodeAnswer(NoFields.self, from: reply.body) {
            #expect(refusal != .providerFailed)
          }
        }
      }
    }
    #expect(try directory.find().server == directory.manager.oid)
  }
}
