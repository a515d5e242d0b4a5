import CustomerManagement
import Foundation
import Identifiers
import Store
import Synchronization
import TestStores
import Testing

@Suite("Telephone numbers", .overEveryStore) struct NumberTests {
  private let now = Fixture.now

  @Test("E.164 §6.2: 5 to 15 digits that do not begin with 0") func form() throws {
    #expect(try TelephoneNumber("+4915550000000").digits == "4915550000000")
    for text in ["", "+", "1234", "0123456", "+49 1555", "1234567890123456", "٤٩١٥٥٥"] {
      #expect(throws: CustomerError.self) { try TelephoneNumber(text) }
    }
  }

  @Test("Offered, refused, never offered to the same applicant again, but to another") func refusal() throws {
    let fixture = try Fixture()
    try fixture.pool(2)
    let (desk, ada) = (fixture.desk, fixture.customer)
    let bob = try Fixture.customer(desk, "Bob")
    #expect(try desk.offer(of: "p", to: ada, now: now) == [Fixture.number(0)])
    try desk.refuse(Fixture.number(0), by: ada, now: now)
    #expect(try desk.offer(of: "p", to: ada, now: now) == [Fixture.number(1)])
    #expect(throws: CustomerError.poolExhausted("p")) { try desk.offer(of: "p", to: ada, now: now) }
    #expect(try desk.offer(2, of: "p", to: bob, now: now) == [Fixture.number(0)])
    #expect(throws: CustomerError.numberNotHeld(try Fixture.number(1))) {
      try desk.refuse(Fixture.number(1), by: bob, now: now)
    }
  }

  @Test("An offer and a reservation end by themselves; a quarantine too") func times() throws {
    let fixture = try Fixture()
    try fixture.pool(1)
    let (desk, ada) = (fixture.desk, fixture.customer)
    let bob = try Fixture.customer(desk, "Bob")
    let number = try Fixture.number(0)
    _ = try desk.offer(of: "p", to: ada, now: now)
    #expect(throws: CustomerError.self) { try desk.reserve(number, for: bob, now: now + .seconds(9)) }
    try desk.reserve(number, for: bob, now: now + .seconds(10))
    #expect(throws: CustomerError.numberNotHeld(number)) {
      try desk.subscribe(bob, number: number, now: now + .seconds(110))
    }
    try desk.reserve(number, for: ada, now: now + .seconds(110))
    let id = try desk.subscribe(ada, number: number, now: now + .seconds(120))
    #expect(try desk.subscription(id).number == number)
    #expect(throws: CustomerError.self) { try desk.reserve(number, for: bob, now: now + .seconds(9999)) }
    try desk.end(id, now: now + .seconds(200))
    #expect(try desk.number(number, now: now + .seconds(1199)).state == .quarantined)
    #expect(throws: CustomerError.poolExhausted("p")) { try desk.offer(of: "p", to: bob, now: now + .seconds(1199)) }
    #expect(try desk.pools(now: now + .seconds(1200)).first?.counts == [.free: 1])
    #expect(try desk.offer(of: "p", to: bob, now: now + .seconds(1200)) == [number])
  }

  @Test("The schema itself forbids a second holder, and a subscription with two numbers") func schema() throws {
    let fixture = try Fixture()
    try fixture.pool(2)
    let number = try Fixture.number(0)
    try fixture.desk.reserve(number, for: fixture.customer, now: now)
    let id = try fixture.desk.subscribe(fixture.customer, number: number, now: now)
    for sql: StaticString in [
      "UPDATE telephone_number SET subscriber = NULL WHERE state = 3", "UPDATE telephone_number SET state = 0",
      "INSERT INTO telephone_number (number, pool, state) VALUES ('4915550000000', 'p', 0)",
      "UPDATE telephone_number SET state = 3, subscriber = 1, subscription = 1 WHERE number = '4915550000001'",
    ] {
      #expect(throws: StoreError.self) { try fixture.store.transaction { try $0.execute(sql) } }
    }
    #expect(id == 1)
  }

  @Test("A pool takes all of a range or nothing, and no number is in two pools") func ranges() throws {
    let fixture = try Fixture()
    try fixture.pool(10)
    try fixture.desk.make(NumberPool(name: "q"), now: now)
    #expect(throws: CustomerError.numberTaken(try Fixture.number(9))) {
      try fixture.desk.add(numbers: 5, from: Fixture.number(9), to: "q", now: now)
    }
    #expect(try fixture.desk.pools(now: now).map { $0.counts[.free] ?? 0 } == [10, 0])
    #expect(throws: CustomerError.self) {
      try fixture.desk.add(numbers: 2, from: TelephoneNumber("99999"), to: "q", now: now)
    }
    #expect(throws: CustomerError.self) {
      try fixture.desk.add(numbers: .max, from: Fixture.number(20), to: "q", now: now)
    }
  }

  @Test("Many desks at once, whatever they do: every number has one holder, and what was promised is kept")
  func concurrency() throws {
    let fixture = try Fixture()
    try fixture.pool(8, quarantine: .zero)
    let customers = try (0..<4).map { try Fixture.customer(fixture.desk, "c\($0)") }
    /// Who holds what by the answers that desks gave: taking counts up, giving back counts down.
    let held = Mutex<[TelephoneNumber: Int]>([:])
    let broken = Mutex<[String]>([])
    DispatchQueue.concurrentPerform(iterations: 4) { worker in
      var dice = SystemRandomNumberGenerator()
      let me = customers[worker]
      for _ in 0..<60 {
        do {
          guard let number = try fixture.desk.offer(of: "p", to: me, now: now).first else { continue }
          let others = held.withLock { held in
            held[number, default: 0] += 1
            return held[number] ?? 0
          }
          if others != 1 { broken.withLock { $0.append("\(number) has \(others) holders") } }
          try fixture.desk.reserve(number, for: me, now: now)
          if Bool.random(using: &dice) {
            let id = try fixture.desk.subscribe(me, number: number, now: now)
            // Counted down before it is given back: from then on others may have it.
            held.withLock { $0[number, default: 0] -= 1 }
            try fixture.desk.end(id, now: now)
          } else {
            held.withLock { $0[number, default: 0] -= 1 }
            try fixture.desk.release(number, now: now)
          }
        } catch CustomerError.poolExhausted {
          continue
        } catch StoreError.conflict {
          continue
        } catch {
          broken.withLock { $0.append("\(error)") }
        }
      }
    }
    #expect(broken.withLock { $0 } == [])
    #expect(try fixture.desk.pools(now: now).first?.counts == [.free: 8])
  }
}
