import Bytes
import Identifiers
import Keys
import SMDPPlus
import Store
import TestStores
import Testing

@Suite(.overEveryStore) struct OrderBookTests {
  private let store: any Store
  private let now = Instant(seconds: 1_000)

  init() throws {
    store = try StoreKind.current.make([EventRecord.schema, OrderBook.schema])
  }

  private func insert(_ order: Order) throws {
    try store.transaction { try OrderBook.insert(order, because: "test", now: now, in: $0) }
  }

  @Test("An order comes back as it was put in")
  func roundTrip() throws {
    var order = Fixture.order()
    order.eid = Fixture.eid
    order.expiry = Instant(seconds: 9)
    order.terms = OrderTerms(
      confirmationHash: Fixture.hash("1"), attemptsAllowed: 3, codeAttemptsAllowed: 2, smdsAddress: ".",
      bindsToFirst: true)
    order.personalData = [1, 2, 3]
    try insert(order)
    try store.read { reader in
      let (byNumber, byToken) = (
        try OrderBook.order(order.iccid, in: reader), try OrderBook.order(matchingId: "TOKEN", in: reader)
      )
      #expect(byNumber == order)
      #expect(byToken == order)
    }
  }

  @Test("ICCID and token are each one order's, and the complaint names which is taken")
  func duplicates() throws {
    try insert(Fixture.order())
    #expect(throws: StoreError.duplicate("iccid")) { try insert(Fixture.order()) }
    #expect(throws: StoreError.duplicate("matchingId")) { try insert(Fixture.order(1)) }
    try insert(Fixture.order(1, matchingId: "OTHER"))
    // The empty token is the default SM-DP+'s and everybody's.
    try insert(Fixture.order(2, matchingId: ""))
    try insert(Fixture.order(3, matchingId: ""))
  }

  @Test("A change is written over the version it was decided on, or not at all")
  func versions() throws {
    try insert(Fixture.order())
    let old = try #require(try store.read { try OrderBook.order(Fixture.iccid(0), in: $0) })
    var new = old
    try new.move(to: .downloaded)
    try store.transaction { try OrderBook.update(old, to: new, because: "one", now: now, in: $0) }
    #expect(throws: StoreError.conflict) {
      try store.transaction { try OrderBook.update(old, to: new, because: "two", now: now, in: $0) }
    }
    let stored = try #require(try store.read { try OrderBook.order(Fixture.iccid(0), in: $0) })
    #expect(stored.state == .downloaded)
    let history = try store.read { try EventRecord.entries(correlation: Fixture.iccid(0).digits, in: $0) }
    #expect(history.map(\.event.body) == [.text("released: test"), .text("released → downloaded: one")])
  }

  @Test("SGP.22 §3.1.2: an eUICC's oldest order with an empty token is found by EID, released ones first")
  func defaultOrder() throws {
    for (number, state) in [Order.State.installed, .confirmed, .released, .released].enumerated() {
      var order = Fixture.order(number, state: state, matchingId: "")
      order.eid = Fixture.eid
      try insert(order)
    }
    let found = try store.read { try OrderBook.defaultOrder(for: Fixture.eid, in: $0) }
    #expect(found?.iccid == Fixture.iccid(2))
    #expect(try store.read { try OrderBook.order(matchingId: "", in: $0) } == nil)
  }

  @Test("Stock is taken by type, from one's own and from nobody's")
  func stock() throws {
    for (number, owner) in ["other", "", "me"].enumerated() {
      var order = Fixture.order(number, state: .available, matchingId: nil)
      order.owner = owner
      try insert(order)
    }
    try store.read { reader in
      let mine = try OrderBook.available(profileType: "test", owner: "me", in: reader)
      let theirs = try OrderBook.available(profileType: "test", owner: "other", in: reader)
      let none = try OrderBook.available(profileType: "unknown", owner: "me", in: reader)
      #expect(mine?.iccid == Fixture.iccid(1))
      #expect(theirs?.iccid == Fixture.iccid(0))
      #expect(none == nil)
    }
  }

  @Test("A ready-made package is kept once")
  func packages() throws {
    func keep(_ package: [UInt8]) throws -> [UInt8] {
      try store.transaction {
        try OrderBook.keep(package: package, in: Fixture.vault, random: SystemRandomSource.shared, $0)
      }
    }
    let hash = try keep([1, 2])
    #expect(try keep([1, 2]) == hash)
    #expect(try store.read { try OrderBook.package(hash, in: Fixture.vault, $0) } == [1, 2])
    var order = Fixture.order()
    order.source = .package(sha256([3]))
    #expect(throws: StoreError.self) { try insert(order) }
    order.source = .package(hash)
    try insert(order)
  }

  @Test("Personal data open for their own order alone, and print as nothing")
  func personalData() throws {
    let vault = try KeyVault(current: Secret([UInt8](repeating: 1, count: 32)))
    let data = PersonalValues(["k": "00112233", "imsi": "001010123456789"])
    let wrapped = try data.wrapped(for: Fixture.iccid(0), in: vault, random: SystemRandomSource.shared)
    #expect(try PersonalValues(wrapped: wrapped, for: Fixture.iccid(0), in: vault) == data)
    #expect(throws: KeyError.self) { try PersonalValues(wrapped: wrapped, for: Fixture.iccid(1), in: vault) }
    #expect("\(data)" == "‹redacted›")
  }
}
