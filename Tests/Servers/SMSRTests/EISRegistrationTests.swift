import Bytes
import CircleOfTrust
import Identifiers
import Keys
import SGP02
import SGP22
import SMSR
import SecureMessages
import Store
import TLV
import TestStores
import TestSupport
import Testing

@Suite("SGP.02 §5.2.1 ES1.RegisterEIS", .overEveryStore) struct EISRegistrationTests {
  private let manager: TestManager

  init() throws { manager = try TestManager() }

  @Test("§5.2.1, §5.5.1: what the maker signed is in the books; each operator sees its own profiles, and no keys")
  func registration() throws {
    let request = try manager.registration()
    _ = try manager.register(request).get()
    let eis = try manager.call(ES4.GetEIS.self, .init(eid: manager.eid), by: manager.receiver, "1").get().eis
    #expect(eis.profiles == [manager.profiles[2]])
    #expect(eis.smsrId == "2.999.31")
    let maker = try EumSignedInfo.maker(manager.circle.eum.key.publicKey)
    // Whoever gets the EIS verifies the eUICC itself, down to the maker.
    let info = try eis.eumSignedInfo.verified(from: maker, at: TestCircle.start)
    #expect(info.eid == manager.eid)
    #expect(info.agreementCertificate(signedBy: maker.key)?.eid == manager.eid)
    #expect(throws: Refusal.eisRegistered) { try manager.register(call: "2").get() }
    // The same call again is the same answer.
    _ = try manager.register(request).get()
  }

  @Test("the management keys are wrapped at rest, and in no record") func keys() throws {
    _ = try manager.register().get()
    let rows = try manager.store.read { try $0.query("SELECT kic, kid FROM sr_key_set") }
    let stored: [[UInt8]] = try rows.flatMap { [try $0(0), try $0(1)] }
    #expect(stored.count == 2)
    let clear = [manager.keySet.kic.bytes.hex, manager.keySet.kid.bytes.hex]
    let events = try manager.store.read { try $0.query("SELECT body, answer, text FROM event") }
    for row in events {
      let text = "\(String(decoding: try row(0, as: [UInt8]?.self) ?? [], as: UTF8.self))"
      for key in clear { #expect(!text.contains(key)) }
    }
    for key in clear { for wrapped in stored { #expect(!wrapped.hex.contains(key)) } }
  }

  @Test("another signer, another maker's range, a certificate of another eUICC or maker, keys of another eUICC")
  func forged() throws {
    let stranger = PrivateKey(.p256, random: manager.circle.random)
    let other = try EID("89001012012341234012345678901224")
    let twin = try EID("89049032123451234512345678901332")
    var wrong: [(inout TestManager.Registration) -> Void] = [
      { $0.signer = stranger }, { $0.eumId = "another" }, { $0.ecasd = [] },
      { $0.receiver = KnownParty($0.receiver.party, key: stranger.publicKey) },
      { $0.profiles[0].state = .enabled }, { $0.profiles[1].fallbackAttribute = true },
      { $0.profiles[1].iccid = $0.profiles[0].iccid }, { $0.profiles[1].isdpAid = $0.profiles[0].isdpAid },
    ]
    let (theirs, forged) = (try manager.ecasd(other), try manager.ecasd(by: stranger))
    wrong.append { ($0.eid, $0.ecasd) = (other, theirs) }
    wrong.append { $0.ecasd = forged }
    wrong.append { draft in
      let set = draft.keySet
      draft.keySet = ManagementKeySet(eid: twin, version: 1, kic: set.kic, kid: set.kid)
    }
    for (index, change) in wrong.enumerated() {
      let request = try manager.registration(change)
      #expect(throws: Refusal.eisUnverified, "\(index)") { try manager.register(request, call: "\(index)").get() }
    }
    #expect(throws: Refusal.eidUnknown) {
      try manager.call(ES4.GetEIS.self, .init(eid: manager.eid), by: manager.donor, "1").get()
    }
  }

  @Test("a revoked maker registers nothing, from the next call on; operators and strangers never do") func circle()
    throws
  {
    #expect(throws: Refusal.requesterUnknown) { try manager.register(by: manager.donor).get() }
    let posing = TestManager.Caller(name: "maker", certificate: manager.donor.certificate)
    #expect(throws: Refusal.requesterUnknown) { try manager.register(by: posing).get() }
    var circle = manager.trust.circle
    try circle.load(
      manager.circle.root.revocationList(
        number: 1, revoked: [manager.circle.eum.certificate.serialNumber: TestCircle.start],
        thisUpdate: TestCircle.start, nextUpdate: TestCircle.start + .seconds(86_400)), at: TestCircle.start)
    manager.trust.circle = circle
    #expect(throws: Refusal.eisUnverified) { try manager.register().get() }
  }

  @Test("a registration cut at every few bytes or changed is refused, and enters nothing") func mutations() throws {
    let message = manager.message(ES1.RegisterEIS.self, try manager.registration(), by: manager.maker, "1")
    var dice = Dice(5)
    for position in stride(from: 0, to: message.body.count, by: 37) {
      var cut = message
      cut.body = Array(message.body.prefix(position))
      let reply = manager.route.respond(to: cut)
      #expect(reply.status == 200)
      guard case .failure(let refusal) = try JSONBinding.decodeAnswer(NoFields.self, from: reply.body) else {
        Issue.record("taken when cut at \(position)")
        continue
      }
      #expect(refusal != .providerFailed)
      var changed = message
      changed.body[position] = UInt8(dice.roll(256))
      _ = manager.route.respond(to: changed)
    }
    let keys = try manager.store.read { try $0.query("SELECT eid FROM sr_key_set") }
    // What was changed in a field that is not signed may be taken; whose eUICC it is may not.
    #expect(try keys.allSatisfy { try $0(0) == manager.eid })
  }
}
