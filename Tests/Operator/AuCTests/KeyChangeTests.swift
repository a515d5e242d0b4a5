import AuC
import Bytes
import Identifiers
import Keys
import Store
import Synchronization
import TestStores
import Testing

@Suite("A change of keys in two phases", .overEveryStore) struct KeyChangeTests {
  let lab: Laboratory
  let imsi: IMSI
  let change: ChangeID

  init() throws {
    lab = try Laboratory(seed: "key change")
    imsi = try Laboratory.imsi()
    change = try #require(ChangeID("order-1"))
  }

  private func vector() throws -> Quintuplet {
    try #require(try lab.desk.quintuplets(for: imsi, by: "MME", now: lab.now, random: lab.random).first)
  }

  private func prepare(_ credentials: Credentials, _ change: ChangeID, seq: UInt64 = 0) throws {
    let subscriber = try Subscriber(imsi: imsi, credentials: credentials, seq: seq)
    try lab.desk.prepare(subscriber, as: change, now: lab.now, random: lab.random)
  }

  private func commit(_ change: ChangeID) throws {
    try lab.desk.commit(change, of: imsi, now: lab.now, random: lab.random)
  }

  private func abandon(_ change: ChangeID) throws {
    try lab.desk.abandon(change, of: imsi, now: lab.now, random: lab.random)
  }

  private func usim(_ credentials: Credentials) throws -> USIM {
    USIM(algorithm: try credentials.makeAlgorithm(), numbers: SequenceNumberArray())
  }

  @Test("until the commit the old card is in and the new one out; after it the other way round, at the first challenge")
  func phases() throws {
    let (old, new) = (try lab.milenage(), try lab.milenage())
    var (oldCard, newCard) = (try lab.subscribe(imsi, old), try usim(new))
    _ = try lab.desk.quintuplets(for: imsi, by: "MME", count: 32, now: lab.now, random: lab.random)
    try prepare(new, change)
    #expect(try oldCard.takes(vector()))
    #expect(try newCard.authenticate(rand: vector().rand, autn: vector().autn) == .macFailure)
    try commit(change)
    let first = try vector()
    #expect(try oldCard.authenticate(rand: first.rand, autn: first.autn) == .macFailure)
    #expect(try newCard.takes(first))
    #expect(newCard.numbers.sqnMS.value == 1 << 5)
  }

  @Test("a new card with a small Δ is not failed by the old card's high sequence numbers") func delta() throws {
    _ = try lab.subscribe(imsi, lab.milenage(), seq: 1 << 40)
    let new = try lab.milenage()
    var card = try usim(new)
    try prepare(new, change)
    try commit(change)
    #expect(try card.takes(vector()))
  }

  @Test("prepare, commit and abandon can be repeated; each wrong order is refused and changes nothing") func repeated()
    throws
  {
    let (old, new, other) = (try lab.milenage(), try lab.milenage(), try lab.milenage())
    let second = try #require(ChangeID("order-2"))
    var oldCard = try lab.subscribe(imsi, old)
    #expect(throws: AuCError.unknownChange(imsi, change)) { try commit(change) }
    try abandon(change)
    try prepare(new, change)
    try prepare(new, change)
    #expect(throws: AuCError.changeDiffers(imsi, change)) { try prepare(other, change) }
    #expect(throws: AuCError.changePending(imsi, change)) { try prepare(other, second) }
    try abandon(change)
    try abandon(change)
    #expect(throws: AuCError.unknownChange(imsi, change)) { try commit(change) }
    #expect(try oldCard.takes(vector()))
    try prepare(new, change)
    try commit(change)
    var newCard = try usim(new)
    #expect(try newCard.takes(vector()))
    // The answer to the commit got lost and it comes again: nothing moves.
    try commit(change)
    try prepare(new, change)
    #expect(throws: AuCError.changeCommitted(imsi, change)) { try abandon(change) }
    #expect(try newCard.takes(vector()))
    try prepare(other, second)
    try commit(second)
    #expect(throws: AuCError.changeSuperseded(imsi, change)) { try commit(change) }
    #expect(throws: AuCError.changeSuperseded(imsi, change)) { try prepare(new, change) }
  }

  @Test("keys that come back go on after their last sequence number: none is used twice, and the card takes the next")
  func comingBack() throws {
    let (old, new) = (try lab.milenage(), try lab.milenage())
    let back = try #require(ChangeID("back"))
    var card = try lab.subscribe(imsi, old)
    for _ in 0..<9 { #expect(try card.takes(vector())) }
    try prepare(new, change)
    try commit(change)
    _ = try vector()
    try prepare(old, back)
    try commit(back)
    #expect(try card.takes(vector()))
    #expect(card.numbers.sqnMS.value >> 5 == 10)
  }

  @Test("a new subscriber's keys are out of use until they are committed") func newSubscriber() throws {
    let credentials = try lab.milenage()
    try prepare(credentials, change)
    #expect(try lab.desk.knows(imsi))
    #expect(throws: AuCError.notActive(imsi)) { try vector() }
    #expect(throws: AuCError.notActive(imsi)) { try lab.desk.triplets(for: imsi, random: lab.random) }
    try commit(change)
    var card = try usim(credentials)
    #expect(try card.takes(vector()))
    #expect(try lab.desk.summary(of: imsi).keys.map(\.state) == [.active])
    let next = try #require(ChangeID("next"))
    try prepare(lab.milenage(), next)
    try abandon(next)
    #expect(try lab.desk.summary(of: imsi).keys.map(\.change) == ["order-1"])
  }

  @Test("the schema itself knows at most one active and one prepared set of keys") func schema() throws {
    _ = try lab.subscribe(imsi, lab.milenage())
    try prepare(lab.milenage(), change)
    for statement in ["2", "1"] {
      #expect(throws: StoreError.self) {
        try lab.store.transaction { transaction in
          if statement == "2" {
            try transaction.execute("UPDATE auc_key SET state = 2 WHERE imsi = $1", imsi.digits)
          } else {
            try transaction.execute("UPDATE auc_key SET state = 1 WHERE imsi = $1", imsi.digits)
          }
        }
      }
    }
  }

  @Test("a power cut around the commit leaves one card in and the other out, and the repetition ends it")
  func powerCut()
    throws
  {
    struct PowerCut: Error {}
    for point in [CommitPoint.before, .after] {
      let lab = try Laboratory(seed: "cut \(point)")
      let (old, new) = (try lab.milenage(), try lab.milenage())
      var (oldCard, newCard) = (try lab.subscribe(imsi, old), try usim(new))
      let subscriber = try Subscriber(imsi: imsi, credentials: new)
      try lab.desk.prepare(subscriber, as: change, now: lab.now, random: lab.random)
      lab.store.onCommit { if $0 == point { throw PowerCut() } }
      #expect(throws: PowerCut.self) { try lab.desk.commit(change, of: imsi, now: lab.now, random: lab.random) }
      lab.store.onCommit(nil)
      let vector = try #require(
        try lab.desk.quintuplets(for: imsi, by: "MME", now: lab.now, random: lab.random).first)
      #expect(try oldCard.takes(vector) != newCard.takes(vector))
      try lab.desk.commit(change, of: imsi, now: lab.now, random: lab.random)
      let next = try #require(try lab.desk.quintuplets(for: imsi, by: "MME", now: lab.now, random: lab.random).first)
      #expect(try newCard.takes(next))
    }
  }

  @Test(
    "names of changes are printable and short", arguments: ["", "a b", "ä", "\n", String(repeating: "x", count: 65)])
  func names(_ text: String) { #expect(ChangeID(text) == nil) }
}
