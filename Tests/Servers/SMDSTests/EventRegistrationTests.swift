import CircleOfTrust
import Identifiers
import SGP22
import SMDS
import Stations
import TestStores
import Testing
import Transport

@Suite("SGP.22 §5.9 ES12", .overEveryStore) struct EventRegistrationTests {
  private let server: TestServer
  private let card: TestCard

  init() throws {
    server = try TestServer()
    card = try TestCard(server.circle)
  }

  @Test("§5.9.1, §5.9.2: what is registered is told to its eUICC until it is deleted") func life() throws {
    _ = try server.register(card.eid).get()
    #expect(try server.discover(card).get() == ["EVENT@smdp.example.com"])
    _ = try server.delete(card.eid).get()
    #expect(try server.discover(card).get() == [])
  }

  @Test("§5.9.1: a second event of the same name for the EID is refused with 8.9.5/3.3; another eUICC may have one")
  func duplicate() throws {
    _ = try server.register(card.eid).get()
    #expect(throws: Refusal.eventAlreadyRegistered) { try server.register(card.eid, call: "other").get() }
    let other = try TestCard(server.circle, number: 1)
    _ = try server.register(other.eid, call: "third").get()
    #expect(try server.discover(card).get().count == 1)
  }

  @Test("§5.2.3: the same call again gets the same answer; with other content it is refused with 1.1/3.3")
  func idempotence() throws {
    _ = try server.register(card.eid, call: "1").get()
    _ = try server.register(card.eid, call: "1").get()
    #expect(throws: Refusal.callIdentifierReused) { try server.register(card.eid, "OTHER", call: "1").get() }
    _ = try server.delete(card.eid, call: "2").get()
    _ = try server.delete(card.eid, call: "2").get()
    #expect(try server.discover(card).get() == [])
  }

  @Test("§5.9.2: an unknown event, and one of another SM-DP+, are refused with 8.9.5/3.9 and stay") func foreign()
    throws
  {
    #expect(throws: Refusal.eventUnknown) { try server.delete(card.eid).get() }
    _ = try server.register(card.eid).get()
    var message = server.message(
      ES12.DeleteEvent.self, .init(eid: card.eid, eventId: "EVENT"), header: server.header("9", as: "2.999.11"))
    message.peerCertificate = try server.circle.smdpPlus("2.999.11")
    #expect(throws: Refusal.eventUnknown) { try server.answer(ES12.DeleteEvent.self, to: message).get() }
    #expect(try server.discover(card).get().count == 1)
  }

  @Test("§5.2.6: who shows no certificate, another's, an expired or foreign one is refused with 1.1/1.1")
  func requester() throws {
    let ended = Validity(notBefore: TestCircle.now - .seconds(20), notAfter: TestCircle.now - .seconds(10))
    let foreign = try TestCircle(seed: "another circle").smdpPlus("2.999.10")
    let (client, _) = try server.circle.issue(.operatorTLS)
    for certificate in [
      nil, try server.circle.smdpPlus("2.999.11"), try server.circle.smdpPlus("2.999.10", validity: ended),
      [0x30, 0x00], client.encoded, foreign, card.certificate.encoded,
    ] {
      var message = server.registration(card.eid)
      message.peerCertificate = certificate
      #expect(throws: Refusal.requesterUnknown) { try server.answer(ES12.RegisterEvent.self, to: message).get() }
    }
    #expect(try server.discover(card).get() == [])
  }

  @Test("§5.2.6: a call without header is refused with 1.3.1/2.2") func header() throws {
    let message = server.message(
      ES12.DeleteEvent.self, .init(eid: card.eid, eventId: "EVENT"), certificate: server.certificate)
    #expect(throws: Refusal.elementMissing) { try server.answer(ES12.DeleteEvent.self, to: message).get() }
  }

  @Test("§4.1, §4.1.1: an address that is no host name, or an EventID that is no MatchingID, is refused with 1.3.1/2.1")
  func format() throws {
    for (event, address) in [("EVENT", "no host"), ("EVENT", ""), ("", "a.example"), ("../x", "a.example")] {
      #expect(throws: Refusal.formatInvalid) {
        try server.register(card.eid, event, at: address, call: "\(event)\(address).").get()
      }
    }
    _ = try server.register(card.eid, at: "localhost:8443").get()
    #expect(try server.discover(card).get() == ["EVENT@localhost:8443"])
  }

  @Test("no more events wait for one eUICC than one answer tells") func limit() throws {
    let server = try TestServer { $0.eventsPerEUICC = 3 }
    let card = try TestCard(server.circle)
    for number in 1...3 { _ = try server.register(card.eid, "E\(number)", call: "\(number)").get() }
    #expect(throws: Refusal.providerUnavailable) { try server.register(card.eid, "E4", call: "4").get() }
    _ = try server.delete(card.eid, "E2", call: "5").get()
    _ = try server.register(card.eid, "E5", call: "6").get()
    #expect(try server.discover(card).get().map { $0.prefix(2) } == ["E1", "E3", "E5"])
  }

  @Test("an event that nobody deletes ends, and its name is free again") func expiry() throws {
    let server = try TestServer { $0.eventLifetime = .seconds(1000) }
    let card = try TestCard(server.circle)
    _ = try server.register(card.eid).get()
    server.clock.advance(by: .seconds(999))
    #expect(try server.discover(card).get().count == 1)
    server.clock.advance(by: .seconds(1))
    #expect(try server.discover(card).get() == [])
    #expect(throws: Refusal.eventUnknown) { try server.discover(card, "EVENT").get() }
    _ = try server.register(card.eid, at: "other.example", call: "2").get()
    #expect(try server.discover(card).get() == ["EVENT@other.example"])
    server.clock.advance(by: .seconds(86_400 * 8))
    #expect(try server.desk.sweep(given: Given(now: server.clock.now, random: server.circle.random)) >= 3)
  }
}
