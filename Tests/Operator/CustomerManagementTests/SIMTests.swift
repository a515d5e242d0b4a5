import CustomerManagement
import Identifiers
import Store
import TestStores
import Testing

@Suite("The stock of SIMs", .overEveryStore) struct SIMTests {
  private let now = Fixture.now

  @Test("A SIM is taken, given back, put into use and retired; each may be repeated") func life() throws {
    let fixture = try Fixture()
    try fixture.stock(3)
    let desk = fixture.desk
    let id = try desk.subscribe(fixture.customer, now: now)
    let first = try desk.takeSIM(for: "A", profileType: "t", subscription: id, now: now)
    #expect(try desk.takeSIM(for: "A", profileType: "t", subscription: id, now: now) == first)
    try desk.giveBackSIM(of: "A", now: now)
    try desk.giveBackSIM(of: "A", now: now)
    #expect(try desk.sim(first.iccid).state == .free)
    let second = try desk.takeSIM(for: "B", profileType: "t", iccid: Fixture.iccid(1), subscription: id, now: now)
    #expect(second.iccid == (try Fixture.iccid(1)))
    #expect(try desk.putSIMIntoUse(of: "B", now: now) == nil)
    #expect(try desk.subscription(id).state == .active)
    _ = try desk.takeSIM(for: "C", profileType: "t", subscription: id, now: now)
    let former = try desk.putSIMIntoUse(of: "C", now: now)
    #expect(former?.iccid == second.iccid)
    #expect(try desk.putSIMIntoUse(of: "C", now: now)?.iccid == second.iccid)
    #expect(try desk.sim(second.iccid).state == .retired)
    #expect(throws: CustomerError.self) { try desk.giveBackSIM(of: "C", now: now) }
    #expect(try desk.end(id, now: now)?.iccid == first.iccid)
  }

  @Test("D2: a profile that has moved has another ICCID; IMSI, subscription and number stay. It may be repeated")
  func moved() throws {
    let fixture = try Fixture()
    try fixture.stock(2)
    let desk = fixture.desk
    let id = try desk.subscribe(fixture.customer, now: now)
    let old = try desk.takeSIM(for: "A", profileType: "t", subscription: id, now: now)
    let new = try ICCID("8988211999999999999")
    // One that is not in use has not moved.
    try desk.enter(new, inPlaceOf: old.iccid, now: now)
    #expect(try desk.sim(old.iccid).state == .taken)
    _ = try desk.putSIMIntoUse(of: "A", now: now)
    for _ in 0..<2 { try desk.enter(new, inPlaceOf: old.iccid, now: now) }
    #expect(try desk.subscription(id).iccid == new && desk.subscription(id).imsi == old.imsi)
    #expect(throws: CustomerError.self) { try desk.sim(old.iccid) }
    #expect(try fixture.store.read { try desk.imsi(of: new, in: $0) } == old.imsi)
    #expect(try fixture.store.read { try desk.imsi(of: old.iccid, in: $0) } == nil)
  }

  @Test("What is not free is not taken; an ICCID or IMSI comes into stock once") func refusals() throws {
    let fixture = try Fixture()
    try fixture.stock(1)
    _ = try fixture.desk.takeSIM(for: "A", profileType: "t", subscription: nil, now: now)
    #expect(throws: CustomerError.self) {
      try fixture.desk.takeSIM(for: "B", profileType: "t", subscription: nil, now: now)
    }
    #expect(throws: CustomerError.self) {
      try fixture.desk.takeSIM(for: "B", profileType: "t", iccid: Fixture.iccid(0), subscription: nil, now: now)
    }
    #expect(throws: CustomerError.knownSIM(try Fixture.iccid(0))) { try fixture.stock(2) }
    #expect(try fixture.desk.sims().count == 1)
  }

  @Test("Nobody without approved credit gets a subscription, and its life has an order") func subscriptions() throws {
    let fixture = try Fixture()
    let desk = fixture.desk
    let bob = try desk.add(Subscriber.Particulars(name: "Bob"), now: now)
    #expect(throws: CustomerError.self) { try desk.subscribe(bob, now: now) }
    #expect(
      try desk.checkCredit(ofSubscriber: bob, amount: 5000_00, by: LocalCreditRules(), now: now)
        == .refused("more than 100000 is given to nobody"))
    #expect(throws: CustomerError.self) { try desk.subscribe(bob, now: now) }
    let id = try desk.subscribe(fixture.customer, now: now)
    #expect(throws: CustomerError.self) { try desk.suspend(id, now: now) }
    try desk.end(id, now: now)
    #expect(throws: CustomerError.self) { try desk.end(id, now: now) }
    #expect(throws: CustomerError.unknownSubscriber(99)) { try desk.history(ofSubscriber: 99) }
    #expect(try desk.history(ofSubscriber: bob).map(\.event.name) == ["Subscriber", "CreditCheck"])
  }

  @Test("Particulars are checked once", arguments: ["", "a\nb", String(repeating: "x", count: 201)])
  func particulars(name: String) {
    #expect(throws: CustomerError.self) { try Subscriber.Particulars(name: name) }
    #expect(throws: CustomerError.self) { try Subscriber.Particulars(name: "n", birthDate: "1980-02-31") }
    #expect(throws: Never.self) { try Subscriber.Particulars(name: "n", birthDate: "1980-02-29") }
  }
}
