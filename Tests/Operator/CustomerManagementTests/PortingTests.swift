import CustomerManagement
import Identifiers
import Testing
import TestStores

@Suite("Numbers that move with the subscriber", .overEveryStore) struct PortingTests {
  static let now = Fixture.now

  /// A donor whose subscriber has a number in use, and a receiver with a subscription without one.
  private func operators() throws -> (donor: Fixture, receiver: Fixture, number: TelephoneNumber, from: Int, to: Int) {
    let (donor, receiver) = (try Fixture(), try Fixture())
    try donor.pool(3)
    let number = try Fixture.number(0)
    try donor.desk.reserve(number, for: donor.customer, now: Self.now)
    let from = try donor.desk.subscribe(donor.customer, number: number, now: Self.now)
    return (donor, receiver, number, from, try receiver.desk.subscribe(receiver.customer, now: Self.now))
  }

  @Test("the number leaves the donor's books when it comes into the receiver's, and nobody else gets it") func moves()
    throws
  {
    let (donor, receiver, number, from, to) = try operators()
    for _ in 0..<2 {
      try donor.desk.beginPortOut("c1", number, to: "receiver", now: Self.now)
      try receiver.desk.beginPortIn("c1", number, from: "donor", to: to, now: Self.now)
    }
    #expect(try donor.desk.subscription(from).number == number && receiver.desk.subscription(to).number == nil)
    for _ in 0..<2 {
      try receiver.desk.completePortIn("c1", now: Self.now)
      try donor.desk.completePortOut("c1", now: Self.now)
    }
    #expect(try donor.desk.subscription(from).number == nil && receiver.desk.subscription(to).number == number)
    // It is the other operator's for good: not free after any quarantine, and not released by hand.
    let late = Self.now + .seconds(100 * 365 * 86_400)
    #expect(try donor.desk.number(number, now: late).state == .quarantined)
    #expect(throws: CustomerError.self) { try donor.desk.reserve(number, for: donor.customer, now: late) }
    #expect(throws: CustomerError.self) { try donor.desk.takeBackPorting("c1", .portOut, now: Self.now) }
  }

  @Test("what was agreed on is taken back on either side, as often as one likes, and leaves the number where it was")
  func takenBack() throws {
    let (donor, receiver, number, from, to) = try operators()
    try receiver.desk.takeBackPorting("c1", .portIn, now: Self.now)
    try donor.desk.beginPortOut("c1", number, to: "receiver", now: Self.now)
    try receiver.desk.beginPortIn("c1", number, from: "donor", to: to, now: Self.now)
    #expect(throws: CustomerError.self) { try donor.desk.beginPortOut("c2", number, to: "third", now: Self.now) }
    for _ in 0..<2 {
      try receiver.desk.takeBackPorting("c1", .portIn, now: Self.now)
      try donor.desk.takeBackPorting("c1", .portOut, now: Self.now)
    }
    #expect(try donor.desk.subscription(from).number == number && receiver.desk.subscription(to).number == nil)
    #expect(throws: CustomerError.self) { try receiver.desk.completePortIn("c1", now: Self.now) }
    #expect(throws: CustomerError.self) { try donor.desk.completePortOut("c1", now: Self.now) }
    // The next change of the same number is another one.
    try donor.desk.beginPortOut("c2", number, to: "third", now: Self.now)
  }

  @Test("a number comes home to the operator that it once left") func home() throws {
    let (donor, receiver, number, from, to) = try operators()
    try donor.desk.beginPortOut("c1", number, to: "receiver", now: Self.now)
    try receiver.desk.beginPortIn("c1", number, from: "donor", to: to, now: Self.now)
    try receiver.desk.completePortIn("c1", now: Self.now)
    try donor.desk.completePortOut("c1", now: Self.now)
    try receiver.desk.beginPortOut("c2", number, to: "donor", now: Self.now)
    try donor.desk.beginPortIn("c2", number, from: "receiver", to: from, now: Self.now)
    try donor.desk.completePortIn("c2", now: Self.now)
    try receiver.desk.completePortOut("c2", now: Self.now)
    #expect(try donor.desk.subscription(from).number == number && receiver.desk.subscription(to).number == nil)
  }
}
