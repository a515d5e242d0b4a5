import Bytes
import CardTerminal
import Charging
import Identifiers
import Keys
import OfflineCard
import SecureMessages
import Store
import TestScheme
import TestStores
import Testing

@Suite("B8: upload, exactly once", .overEveryStore) struct UploadTests {
  let centre: TestCentre

  init() throws { centre = try TestCentre() }

  @Test("what terminals logged is there once, the log is empty, and the cards are cleared") func uploaded() throws {
    let terminal = try centre.terminal()
    let card = try centre.scheme.card()
    try terminal.use(card, 10, 30)
    try terminal.use(card, 5, pulled: true)
    let receipts = try terminal.upload()
    #expect(receipts.map(\.accepted) == [2])
    #expect(try centre.total() == 35)
    #expect(try terminal.memory.waiting().isEmpty)
    // The next visit brings the card its clearance.
    try terminal.use(card, 1)
    let dialogue = try centre.scheme.open(card, terminal.identity)
    #expect(try dialogue.records().map(\.claimedBody.number) == [3])
  }

  @Test("an upload interrupted at every byte, and repeated: nothing lost, nothing twice") func interrupted() throws {
    let terminal = try centre.terminal()
    try terminal.use(centre.scheme.card(), 10, 30)
    let request = try #require(try terminal.memory.nextUpload(by: terminal.identity))
    for count in 0..<request.count {
      #expect(throws: ChargingRefusal.self) { try centre.desk.upload(Array(request.prefix(count)), now: centre.now) }
      #expect(try terminal.memory.nextUpload(by: terminal.identity) == request, "the same bytes go out again")
    }
    // The answer is lost at every byte.
    let answer = try centre.desk.upload(request, now: centre.now)
    for count in 0..<answer.count {
      #expect(throws: (any Error).self) {
        try terminal.memory.take(
          Array(answer.prefix(count)), for: request, by: terminal.identity, at: centre.now)
      }
      #expect(try terminal.memory.waiting().count == 1)
    }
    #expect(try centre.desk.upload(request, now: centre.now + .seconds(9)) == answer, "the stored receipt")
    _ = try terminal.memory.take(answer, for: request, by: terminal.identity, at: centre.now)
    _ = try terminal.memory.take(answer, for: request, by: terminal.identity, at: centre.now)
    #expect(try terminal.memory.nextUpload(by: terminal.identity) == nil)
    #expect(try centre.total() == 30)
  }

  @Test("every 13th bit of an upload turned over: refused, or the same receipt; never another amount") func mutations()
    throws
  {
    let terminal = try centre.terminal()
    try terminal.use(centre.scheme.card(), 10)
    let request = try #require(try terminal.memory.nextUpload(by: terminal.identity))
    for index in stride(from: 0, to: request.count * 8, by: 13) {
      var changed = request
      changed[index / 8] ^= 1 << UInt8(index % 8)
      #expect(throws: ChargingRefusal.self) { try centre.desk.upload(changed, now: centre.now) }
    }
    #expect(try centre.total() == 0)
  }

  @Test("the centre crashes before and after its commit: the terminal repeats, and it counts once") func crash() throws
  {
    struct Crash: Error {}
    for point in [CommitPoint.before, .after] {
      let terminal = try centre.terminal(point == .before ? "00000011" : "00000012")
      let card = try centre.scheme.card(point == .before ? "9000000000000011" : "9000000000000012")
      try terminal.use(card, 10)
      centre.store.onCommit { if $0 == point { throw Crash() } }
      #expect(throws: (any Error).self) { try terminal.upload() }
      centre.store.onCommit(nil)
      let before = try centre.total()
      #expect(try terminal.upload().map(\.accepted) == [1])
      #expect(try centre.total() == (point == .before ? 10 : before))
    }
    #expect(try centre.total() == 20)
  }

  @Test("a step that comes after its service was uploaded adds the difference, and no more") func laterStep() throws {
    let terminal = try centre.terminal()
    let card = try centre.scheme.card()
    let dialogue = try centre.scheme.open(card, terminal.identity)
    let start = try dialogue.begin(
      .call, pin: PIN(TestScheme.pin), limit: .greatest, at: centre.now, random: centre.scheme.random)
    let tick = try dialogue.step(
      after: start.claimedBody, amount: try #require(Amount(10)), at: centre.now, isEnd: false)
    try terminal.memory.keep(tick, of: dialogue.certificate, clock: centre.now)
    let request = try #require(try terminal.memory.nextUpload(by: terminal.identity))
    let end = try dialogue.step(after: tick.claimedBody, amount: try #require(Amount(25)), at: centre.now, isEnd: true)
    try terminal.memory.keep(end, of: dialogue.certificate, clock: centre.now)
    _ = try terminal.memory.take(
      centre.desk.upload(request, now: centre.now), for: request, by: terminal.identity, at: centre.now)
    #expect(try terminal.memory.waiting().map(\.claimedBody.step) == [2])
    #expect(try terminal.upload().map(\.accepted) == [1])
    #expect(try centre.total() == 25)
    // The earlier step again, from somebody else: it is known.
    let other = try centre.terminal("00000002")
    let again = try other.forge([dialogue.certificate], [tick, end, start])
    _ = try centre.desk.upload(again, now: centre.now)
    #expect(try centre.total() == 25)
    #expect(try centre.desk.fraudReport().isEmpty)
  }

  @Test("more than a batch goes out in several, in order; a gap or another content under a number is refused")
  func batches() throws {
    let terminal = try centre.terminal()
    let card = try centre.scheme.card()
    try terminal.use(card, 10)
    let dialogue = try centre.scheme.open(card, terminal.identity)
    let record = try #require(try terminal.memory.waiting().first)
    func refusal(_ batch: Int, _ records: [Signed<UsageRecord>]) throws -> ChargingRefusal? {
      do {
        _ = try centre.desk.upload(terminal.forge([dialogue.certificate], records, batch: batch), now: centre.now)
        return nil
      } catch let refusal as ChargingRefusal { return refusal }
    }
    #expect(try refusal(2, [record]) == .batchExpected(1))
    #expect(try refusal(1, [record]) == nil)
    #expect(try refusal(1, []) == .batchReused(1))
    #expect(try refusal(3, []) == .batchExpected(2))
  }

  @Test("a receipt of another batch, or by somebody who is not the centre, empties no log") func receipts() throws {
    let terminal = try centre.terminal()
    let card = try centre.scheme.card()
    try terminal.use(card, 10)
    let first = try #require(try terminal.memory.nextUpload(by: terminal.identity))
    let answer = try centre.desk.upload(first, now: centre.now)
    _ = try terminal.memory.take(answer, for: first, by: terminal.identity, at: centre.now)
    try terminal.use(card, 20)
    let second = try #require(try terminal.memory.nextUpload(by: terminal.identity))
    #expect(throws: SecureMessageError.notFresh) {
      try terminal.memory.take(answer, for: second, by: terminal.identity, at: centre.now)
    }
    let receipt = UploadReceipt(digest: sha256(second), accepted: 1, refused: 0, clearances: [])
    let genuine = try CentreAnswer<UploadReceipt>(encoded: answer)
    let thief = KeyHolder(centre.scheme.issuer.scheme.centre, key: PrivateKey(.p256, random: centre.scheme.random))
    let forged = try Signed(
      receipt, by: thief, to: terminal.identity.holder.party,
      term: Term(serial: 2, notBefore: centre.now, notAfter: centre.now))
    #expect(throws: SecureMessageError.wrongSignature) {
      try terminal.memory.take(
        CentreAnswer(centre: genuine.centre, answer: forged).encoded, for: second, by: terminal.identity,
        at: centre.now)
    }
    #expect(try terminal.memory.waiting().count == 1)
  }

  @Test("news: the time and the black list, each change or the whole") func news() throws {
    func publish(_ from: Int, _ to: Int, _ cards: [String]) throws {
      let update = BlackListUpdate(from: from, to: to, added: try cards.map { try CardNumber($0) }, removed: [])
      let term = Term(serial: to, notBefore: centre.scheme.term.notBefore, notAfter: centre.scheme.term.notAfter)
      try centre.desk.publish(centre.scheme.issuer.sign(update, term: term), now: centre.now)
    }
    let terminal = try centre.terminal()
    func listen() throws -> Int {
      var rounds = 0
      while true {
        let request = try terminal.memory.newsRequest(by: terminal.identity, random: centre.scheme.random)
        let answer = try centre.desk.news(request.encoded, now: centre.now + .seconds(5))
        rounds += 1
        if try !terminal.memory.take(answer, to: request, by: terminal.identity, clock: centre.now) { return rounds }
      }
    }
    #expect(try listen() == 1)
    #expect(try terminal.memory.calendar().time(clock: centre.now) == centre.now + .seconds(5))
    try publish(0, 1, ["9000000000000001"])
    #expect(try listen() == 2)
    try publish(1, 2, ["9000000000000002"])
    try publish(0, 2, ["9000000000000001", "9000000000000002"])
    try publish(2, 3, ["9000000000000003"])
    #expect(try listen() == 3)
    #expect(try terminal.memory.blackListVersion() == 3)
    #expect(try terminal.memory.isBarred(CardNumber("9000000000000003")))
    let stranger = try TestScheme("stranger")
    let update = BlackListUpdate(from: 3, to: 4, added: [], removed: [])
    #expect(throws: ChargingRefusal.foreignBlackList) {
      try centre.desk.publish(
        stranger.issuer.sign(update, term: Term(serial: 4, notBefore: centre.now, notAfter: centre.now)),
        now: centre.now)
    }
  }

  @Test("a card at its limit, whose terminals reported nothing, is reported by any other, and cleared") func atLimit()
    throws
  {
    let silent = try centre.terminal("00000001")
    let other = try centre.terminal("00000002")
    let card = try centre.scheme.card(limits: TestScheme.limits(100, 1000, services: 2))
    try silent.use(card, 10)
    try silent.use(card, 20)
    func visit() throws -> Terminal.Outcome {
      let request = try other.memory.newsRequest(by: other.identity, random: centre.scheme.random)
      _ = try other.memory.take(
        centre.desk.news(request.encoded, now: centre.now), to: request, by: other.identity, clock: centre.now)
      let limits = RiskLimits(perService: .greatest, stored: .greatest, services: 10, days: 7)
      return try Terminal(
        other.identity, memory: other.memory, limits: limits, clock: { centre.now }, random: centre.scheme.random
      ).visit(card.link, by: Caller(), for: VendingService(select: { _ in Amount(5) }, deliver: {}))
    }
    #expect(try visit() == .returned(.card(.limitReached)))
    #expect(try other.upload().map(\.accepted) == [2])
    guard case .served(let record) = try visit() else {
      Issue.record("the card is cleared")
      return
    }
    #expect(record.number == 3)
    try silent.upload()
    try other.upload()
    #expect(try centre.total() == 35)
    #expect(try centre.desk.fraudReport().isEmpty)
  }
}

/// Somebody who enters the right PIN.
final class Caller: Person {
  func see(_ screen: Screen) {}
  func answer(_ screen: Screen) -> Entry { .digits(TestScheme.pin) }
}
