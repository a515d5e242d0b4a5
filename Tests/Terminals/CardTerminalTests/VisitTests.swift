import CardTerminal
import Identifiers
import Keys
import OfflineCard
import SecureElement
import SecureMessages
import Store
import TestScheme
import Testing
import Transport

@Suite("B2, B3: what a person sees and does at a terminal") struct VisitTests {
  let scheme: TestScheme
  let terminal: TestTerminal

  init() throws {
    scheme = try TestScheme()
    terminal = try TestTerminal(scheme)
  }

  @Test("Fig 4: the screens of a PIN registration, in the document's order") func registration() throws {
    let card = try scheme.card(hasPIN: false)
    let person = TestPerson(.register, .digits("0000000001"), .digits("12345678"), .digits("4711"))
    #expect(try terminal.visit(card.link, person, TestService()) == .pinRegistered)
    #expect(
      person.screens == [.enterPIN, .dialRegistrationNumber, .dialSettingNumber, .dialPIN, .pinRegistered])
    #expect(Screen.dialSettingNumber.japaneseText == "設定番号をダイヤルしてください")
  }

  @Test("Fig 5: PIN, service, log entry") func service() throws {
    let card = try scheme.card()
    let person = TestPerson(.digits("0000"), .digits("4711"))
    let service = TestService(10, 20)
    guard case .served(let record) = try terminal.visit(card.link, person, service) else {
      Issue.record("no service")
      return
    }
    #expect((record.amount.units, record.isEnd, service.given) == (20, true, 2))
    #expect(person.screens.contains(.wrongNumber(triesLeft: 2)))
    #expect(try terminal.memory.waiting().map(\.claimedBody) == [record])
  }

  @Test("paragraph 0011: the registration number of another user, three times: the card is returned, or dies")
  func registrationNumber() throws {
    for dies in [true, false] {
      let card = try scheme.card(diesOfMisuse: dies, hasPIN: false)
      let wrong = Entry.digits("0000000002")
      let person = TestPerson(.register, wrong, wrong, wrong, .digits("0000000001"))
      let outcome = try terminal.visit(card.link, person, TestService())
      #expect(outcome == .returned(dies ? .card(.unusable) : .tooManyTries))
      #expect(!person.screens.contains(.dialSettingNumber), "nobody comes to the setting number without it")
    }
  }

  @Test("paragraph 0014: three wrong PINs, and the card is returned; the fourth, elsewhere, is not even compared")
  func pin() throws {
    let card = try scheme.card()
    let wrong = Entry.digits("0000")
    #expect(
      try terminal.visit(card.link, TestPerson(wrong, wrong, wrong), TestService()) == .returned(.tooManyTries))
    let other = try TestTerminal(scheme)
    #expect(
      try other.visit(card.link, TestPerson(.digits("4711")), TestService()) == .returned(.card(.blocked)))
  }

  @Test("what is no PIN spends no try of the card") func noPIN() throws {
    let card = try scheme.card()
    _ = try terminal.visit(card.link, TestPerson(.digits("1"), .digits("123456789"), .leave), TestService())
    let person = TestPerson(.digits("0000"))
    _ = try terminal.visit(card.link, person, TestService())
    #expect(person.screens.contains(.wrongNumber(triesLeft: 2)))
  }

  @Test("the card is pulled early: the last signed tick is in the log, and nothing more was given") func pulled() throws
  {
    let card = try scheme.card()
    let service = TestService(10, 20, 30)
    service.before = { if $0 == 2 { card.link.powerOff() } }
    guard case .served(let record) = try terminal.visit(card.link, TestPerson(.digits("4711")), service) else {
      Issue.record("no service")
      return
    }
    #expect((record.amount.units, record.isEnd, service.given) == (20, false, 2))
    #expect(try terminal.memory.waiting().map(\.claimedBody.amount.units) == [20])
  }

  @Test("power loss of the terminal around every record: what was given is in the log, exactly") func powerLoss() throws
  {
    struct Dark: Error {}
    for commit in 0..<8 {
      for point in [CommitPoint.before, .after] {
        let terminal = try TestTerminal(scheme)
        let card = try scheme.card()
        let count = Counter()
        terminal.store.onCommit { reached in
          if reached == .before { count.value += 1 }
          if count.value > commit, reached == point { throw Dark() }
        }
        let service = TestService(10, 20, 30)
        _ = try? terminal.visit(card.link, TestPerson(.digits("4711")), service)
        terminal.store.onCommit(nil)
        let logged = try terminal.memory.waiting().first?.claimedBody.amount.units ?? 0
        // Power may go between the record and what it pays for: then a unit is paid and not given, never the reverse.
        #expect(logged >= service.given * 10)
        #expect(logged <= (service.given + 1) * 10)
      }
    }
  }

  @Test("B5: a barred card is returned before anybody is asked for a PIN") func barred() throws {
    let card = try scheme.card()
    try terminal.hear(at: terminal.clock, terminal.update(0, 1, add: ["9000000000000001"]))
    let person = TestPerson(.digits("4711"))
    #expect(try terminal.visit(card.link, person, TestService()) == .returned(.barred))
    #expect(!person.screens.contains(.enterPIN))
  }

  @Test("off-line limits of the terminal: days, memory and amount") func limits() throws {
    let card = try scheme.card()
    func visit(_ charges: TestService = TestService(10)) throws -> Terminal.Outcome {
      try terminal.visit(card.link, TestPerson(.digits("4711")), charges)
    }
    // Within the seven days by its clock; but that may have lost a minute in them.
    terminal.clock = TestScheme.start + .seconds(7 * 86_400 - 30)
    #expect(try visit() == .returned(.outOfService(.silence(days: 7))))
    terminal.clock = TestScheme.start
    #expect(try visit() == .returned(.outOfService(.calendar(.turnedBack))), "also a visit that came to nothing counts")
    try terminal.hear(at: terminal.clock)
    terminal.limits.services = 1
    guard case .served = try visit() else {
      Issue.record("the log has room for one")
      return
    }
    #expect(try visit() == .returned(.outOfService(.memoryFull)))
    terminal.limits.services = 10
    terminal.limits.stored = try #require(Amount(25))
    guard case .served(let record) = try visit(TestService(15)) else {
      Issue.record("there is room for 15")
      return
    }
    #expect(record.limit.units == 15, "10 of 25 are in the log")
    #expect(try visit() == .returned(.outOfService(.amountReached)))
  }

  @Test("a call is charged by begun intervals, and cut before it exceeds what may be billed") func call() throws {
    final class Line: CallService.Line {
      var seconds = 0
      func connect() -> Bool { true }
      func talk(seconds: Int) -> Bool {
        self.seconds += seconds
        return self.seconds < 1000
      }
    }
    let line = Line()
    let card = try scheme.card(limits: TestScheme.limits(35))
    let call = CallService(over: line, price: try #require(Amount(10)), seconds: 60)
    guard case .served(let record) = try terminal.visit(card.link, TestPerson(.digits("4711")), call) else {
      Issue.record("no call")
      return
    }
    #expect((record.amount.units, line.seconds) == (30, 180))
  }

  @Test("a vending machine gives its article once it is paid, and not when the card refuses") func vending() throws {
    let card = try scheme.card()
    for price in [120, 100_000] {
      var delivered = 0
      let machine = VendingService(select: { _ in Amount(price) }, deliver: { delivered += 1 })
      guard case .served(let record) = try terminal.visit(card.link, TestPerson(.digits("4711")), machine) else {
        Issue.record("no sale")
        return
      }
      #expect(record.amount.units == (price == 120 ? 120 : 0))
      #expect(delivered == (price == 120 ? 1 : 0))
      #expect(record.service == .vending)
    }
  }
}

final class Counter: @unchecked Sendable { var value = 0 }
