import CardTerminal
import Identifiers
import Keys
import OfflineCard
import SecureMessages
import TestScheme
import Testing

@Suite("B6: calendar and black list of a terminal that is off line for days") struct CalendarTests {
  let scheme: TestScheme
  let start = TestScheme.start
  let day: Duration = .seconds(86_400)

  init() throws { scheme = try TestScheme() }

  @Test("a terminal that never heard the centre serves nobody") func neverSet() throws {
    let terminal = try TestTerminal(scheme, isSet: false)
    let outcome = try terminal.visit(scheme.card().link, TestPerson(.digits("4711")), TestService(1))
    #expect(outcome == .returned(.outOfService(.calendar(.neverSet))))
  }

  @Test("the calendar is the centre's time, carried on by the clock; drift grows with silence") func drift() throws {
    let terminal = try TestTerminal(scheme, isSet: false)
    terminal.clock = start - .seconds(5000)
    try terminal.hear(at: start)
    let calendar = try terminal.memory.calendar()
    #expect(try calendar.time(clock: terminal.clock + day) == start + day)
    #expect(calendar.uncertainty(clock: terminal.clock + day) == .milliseconds(8640))
    #expect(calendar.silence(clock: terminal.clock + day) == day)
  }

  @Test(
    "a clock that is turned back is not believed, whether a card is expired or not, until the centre has told the time")
  func turnedBack() throws {
    let terminal = try TestTerminal(scheme)
    let card = try scheme.card(term: Term(serial: 1, notBefore: start - day, notAfter: start + day))
    terminal.clock = start + day + day
    #expect(
      try terminal.visit(card.link, TestPerson(.digits("4711")), TestService(1)) == .returned(.card(.expired)))
    terminal.clock = start
    #expect(
      try terminal.visit(card.link, TestPerson(.digits("4711")), TestService(1))
        == .returned(.outOfService(.calendar(.turnedBack))))
    try terminal.hear(at: start)
    guard case .served = try terminal.visit(card.link, TestPerson(.digits("4711")), TestService(1)) else {
      Issue.record("the centre has told the time")
      return
    }
  }

  @Test("a card that may have expired, as far as the calendar can tell, is returned") func uncertain() throws {
    let terminal = try TestTerminal(scheme)
    terminal.clock = start + day
    // A day of silence is 8.64 seconds of doubt.
    for (left, isServed) in [(20, true), (5, false)] {
      let term = Term(serial: 1, notBefore: start - day, notAfter: start + day + .seconds(left))
      let card = try scheme.card(isServed ? "9000000000000020" : "9000000000000005", term: term)
      let outcome = try terminal.visit(card.link, TestPerson(.digits("4711")), TestService(1))
      #expect((outcome == .returned(.card(.expired))) != isServed)
    }
  }

  @Test("a change of the black list whose time is over is passed over; the time that came with it counts")
  func endedUpdate() throws {
    let terminal = try TestTerminal(scheme)
    let ended = try scheme.issuer.sign(
      BlackListUpdate(from: 0, to: 1, added: [], removed: []),
      term: Term(serial: 1, notBefore: start - day, notAfter: start))
    #expect(try !terminal.hear(at: start + day, ended), "there is no more to ask for")
    #expect(try terminal.memory.blackListVersion() == 0)
    #expect(try terminal.memory.calendar().time(clock: terminal.clock) == start + day)
  }

  @Test("an old answer of the centre, or somebody else's, does not set the calendar") func news() throws {
    let terminal = try TestTerminal(scheme)
    #expect(throws: SecureMessageError.notFresh) {
      try terminal.hear(at: start - day, answering: Challenge(random: scheme.random))
    }
    #expect(throws: SecureMessageError.wrongSignature) {
      try terminal.hear(at: start - day, signedWith: PrivateKey(.p256, random: scheme.random))
    }
    #expect(try terminal.memory.calendar().time(clock: start) == start)
  }

  @Test("the black list grows by changes, each on the version before; a gap or an older one is refused")
  func blackList() throws {
    let terminal = try TestTerminal(scheme)
    let (one, two) = ("9000000000000001", "9000000000000002")
    #expect(try terminal.hear(at: start, terminal.update(0, 3, add: [one])))
    #expect(throws: BlackListError.self) { try terminal.hear(at: start, terminal.update(4, 5, add: [two])) }
    #expect(throws: BlackListError.self) { try terminal.hear(at: start, terminal.update(0, 2)) }
    #expect(throws: BlackListError.self) { try terminal.hear(at: start, terminal.update(0, 3)) }
    try terminal.hear(at: start, terminal.update(3, 4, add: [two], remove: [one]))
    #expect(try terminal.memory.blackListVersion() == 4)
    #expect(try !terminal.memory.isBarred(CardNumber(one)))
    #expect(try terminal.memory.isBarred(CardNumber(two)))
    try terminal.hear(at: start, terminal.update(0, 9, add: [one]))
    #expect(try !terminal.memory.isBarred(CardNumber(two)), "a whole list replaces everything")
  }

  @Test("a black list that the issuer did not sign is not taken, nor the time that came with it") func forged() throws {
    let terminal = try TestTerminal(scheme)
    let stranger = try TestTerminal(TestScheme("stranger"))
    #expect(throws: SecureMessageError.self) {
      try terminal.hear(at: start + day, stranger.update(0, 1, add: ["9000000000000001"]))
    }
    #expect(try terminal.memory.blackListVersion() == 0)
    #expect(try terminal.memory.calendar().time(clock: start) == start)
  }
}
