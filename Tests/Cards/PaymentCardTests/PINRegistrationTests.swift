import APDU
import Bytes
import CardTerminal
import Keys
import OfflineCard
import SecureElement
import SecureMessages
import TestScheme
import Testing

@Suite("B2: PIN registration (Figs 4 and 6)") struct PINRegistrationTests {
  let scheme: TestScheme

  init() throws { scheme = try TestScheme() }

  private func wrong() throws -> SettingNumber { try SettingNumber("00000000") }

  private func begin(_ dialogue: CardDialogue, pin: String = TestScheme.pin) throws -> UsageRecord {
    try dialogue.begin(.call, pin: PIN(pin), limit: .greatest, at: TestScheme.start, random: scheme.random).claimedBody
  }

  @Test("a PIN is registered with the setting number, and survives the power") func registered() throws {
    let card = try scheme.card()
    let dialogue = try scheme.open(card, scheme.terminal())
    #expect(try begin(dialogue).number == 1)
  }

  @Test("a PIN entered into a card without one counts as a mismatch") func withoutPIN() throws {
    let card = try scheme.card(hasPIN: false)
    let dialogue = try scheme.open(card, scheme.terminal())
    #expect(throws: CardProblem.mismatch(triesLeft: 2)) { try begin(dialogue) }
  }

  @Test("a PIN is changed by the same registration, which also ends a block") func changed() throws {
    let card = try scheme.card()
    var dialogue = try scheme.open(card, scheme.terminal())
    for left in [2, 1, 0] {
      #expect(throws: CardProblem.mismatch(triesLeft: left)) { try begin(dialogue, pin: "0000") }
    }
    #expect(throws: CardProblem.blocked) { try begin(dialogue) }
    try dialogue.beginRegistration()
    try dialogue.check(SettingNumber(TestScheme.settingNumber))
    try dialogue.register(PIN("123456"))
    dialogue = try scheme.open(card, scheme.terminal())
    #expect(throws: CardProblem.mismatch(triesLeft: 2)) { try begin(dialogue) }
    #expect(try begin(dialogue, pin: "123456").number == 1)
  }

  @Test("without the right setting number no PIN is taken; without the notice no setting number is") func order() throws
  {
    let card = try scheme.card()
    let dialogue = try scheme.open(card, scheme.terminal())
    #expect(throws: CardProblem.refused(.conditionsOfUse)) {
      try dialogue.check(SettingNumber(TestScheme.settingNumber))
    }
    #expect(throws: CardProblem.refused(.conditionsOfUse)) { try dialogue.register(PIN("0000")) }
    try dialogue.beginRegistration()
    #expect(throws: CardProblem.refused(.conditionsOfUse)) { try dialogue.register(PIN("0000")) }
    #expect(throws: CardProblem.mismatch(triesLeft: 2)) { try dialogue.check(wrong()) }
    #expect(throws: CardProblem.refused(.conditionsOfUse)) { try dialogue.register(PIN("0000")) }
  }

  @Test("paragraph 0013: three wrong setting numbers, across terminals and power cuts, make the card unusable for good")
  func misuse() throws {
    let card = try scheme.card()
    for (number, expected) in [CardProblem.mismatch(triesLeft: 2), .mismatch(triesLeft: 1), .unusable].enumerated() {
      let dialogue = try scheme.open(card, scheme.terminal("1000000\(number)"))
      try dialogue.beginRegistration()
      #expect(throws: expected) { try dialogue.check(wrong()) }
      card.link.powerOff()
    }
    #expect(throws: CardProblem.unusable) { try scheme.open(card, scheme.terminal()) }
  }

  @Test("a card whose issuer did not want that is blocked for registration, and serves with its PIN") func blocked()
    throws
  {
    let card = try scheme.card(diesOfMisuse: false)
    var dialogue = try scheme.open(card, scheme.terminal())
    try dialogue.beginRegistration()
    for left in [2, 1, 0] { #expect(throws: CardProblem.mismatch(triesLeft: left)) { try dialogue.check(wrong()) } }
    #expect(throws: CardProblem.blocked) { try dialogue.check(SettingNumber(TestScheme.settingNumber)) }
    #expect(try !dialogue.reportMisuse())
    dialogue = try scheme.open(card, scheme.terminal())
    #expect(try begin(dialogue).number == 1)
  }

  @Test(
    "paragraph 0013: a terminal whose user does not know the registration number lets the card make itself unusable")
  func reported() throws {
    let card = try scheme.card()
    let dialogue = try scheme.open(card, scheme.terminal())
    #expect(throws: CardProblem.refused(.conditionsOfUse)) { try dialogue.send(.makeUnusable) }
    try dialogue.beginRegistration()
    #expect(try dialogue.reportMisuse())
    #expect(throws: CardProblem.unusable) { try scheme.open(card, scheme.terminal()) }
  }

  @Test("a try is spent before anything is compared: cutting power cannot win it back") func counters() throws {
    for isPIN in [true, false] {
      let log = PowerCutLog(VolatileLog())
      let card = try scheme.card(diesOfMisuse: false, on: log)
      for left in [2, 1, 0] {
        let dialogue = try scheme.open(card, scheme.terminal())
        if !isPIN { try dialogue.beginRegistration() }
        log.cut(atWrite: 1, .afterWrite)
        #expect(throws: CardProblem.self) {
          if isPIN { _ = try begin(dialogue, pin: "0000") } else { try dialogue.check(wrong()) }
        }
        card.link.powerOff()
        _ = left
      }
      let dialogue = try scheme.open(card, scheme.terminal())
      if isPIN {
        #expect(throws: CardProblem.blocked) { try begin(dialogue) }
      } else {
        try dialogue.beginRegistration()
        #expect(throws: CardProblem.blocked) { try dialogue.check(SettingNumber(TestScheme.settingNumber)) }
      }
    }
  }

  @Test("the right number with the power cut after the try was spent: it is spent") func spentFirst() throws {
    for isPIN in [true, false] {
      let log = PowerCutLog(VolatileLog())
      let card = try scheme.card(on: log)
      func present(_ dialogue: CardDialogue, isRight: Bool) throws {
        if isPIN { return _ = try begin(dialogue, pin: isRight ? TestScheme.pin : "0000") }
        try dialogue.check(isRight ? SettingNumber(TestScheme.settingNumber) : wrong())
      }
      func open() throws -> CardDialogue {
        let dialogue = try scheme.open(card, scheme.terminal())
        if !isPIN { try dialogue.beginRegistration() }
        return dialogue
      }
      let dialogue = try open()
      log.cut(atWrite: 1, .afterWrite)
      #expect(throws: CardProblem.self) { try present(dialogue, isRight: true) }
      card.link.powerOff()
      #expect(throws: CardProblem.mismatch(triesLeft: 1)) { try present(open(), isRight: false) }
    }
  }

  @Test("paragraph 0013: power cut at the third wrong setting number does not save the card") func misuseCut() throws {
    let log = PowerCutLog(VolatileLog())
    let card = try scheme.card(on: log)
    for left in [2, 1, 0] {
      let dialogue = try scheme.open(card, scheme.terminal())
      try dialogue.beginRegistration()
      if left == 0 { log.cut(atWrite: 1, .afterWrite) }
      #expect(throws: CardProblem.self) { try dialogue.check(wrong()) }
      card.link.powerOff()
    }
    let dialogue = try scheme.open(card, scheme.terminal())
    try dialogue.beginRegistration()
    #expect(throws: CardProblem.unusable) { try dialogue.check(SettingNumber(TestScheme.settingNumber)) }
    #expect(throws: CardProblem.unusable) { try scheme.open(card, scheme.terminal()) }
  }

  @Test("'unusable', said from outside the link, is not the card's word") func outsideWord() throws {
    let card = try scheme.card()
    let listener = Listener(card)
    let dialogue = try CardDialogue.open(
      listener, as: scheme.terminal(), at: TestScheme.start, random: scheme.random)
    try dialogue.beginRegistration()
    for status in [StatusWord.cardUnusable, .conditionsOfUse] {
      listener.answer = Response([], status)
      #expect(throws: CardProblem.brokenOff(status)) { try dialogue.reportMisuse() }
    }
  }

  @Test("ST answers this card's X in this link: one of another link, terminal or R is refused") func signature() throws
  {
    let card = try scheme.card(hasPIN: false)
    let terminal = try scheme.terminal()
    let old = try scheme.open(card, terminal)
    let receiver = try old.card.card.party
    func prepared() throws -> CardDialogue {
      let dialogue = try scheme.open(card, terminal)
      try dialogue.beginRegistration()
      try dialogue.check(SettingNumber(TestScheme.settingNumber))
      return dialogue
    }
    let pin = try PIN("0000")
    var dialogue = try prepared()
    let otherX = try Signed(
      PINRegistration(r: dialogue.r, pin: pin), by: terminal.holder, to: receiver, answering: old.x)
    #expect(throws: CardProblem.refused(.securityStatus)) { try dialogue.send(.setPIN, otherX.encoded) }
    dialogue = try prepared()
    let otherR = try Signed(
      PINRegistration(r: old.r, pin: pin), by: terminal.holder, to: receiver, answering: dialogue.x)
    #expect(throws: CardProblem.refused(.securityStatus)) { try dialogue.send(.setPIN, otherR.encoded) }
    dialogue = try prepared()
    let other = try Signed(
      PINRegistration(r: dialogue.r, pin: pin), by: scheme.terminal("00000002").holder, to: receiver,
      answering: dialogue.x)
    #expect(throws: CardProblem.refused(.securityStatus)) { try dialogue.send(.setPIN, other.encoded) }
    #expect(throws: CardProblem.mismatch(triesLeft: 2)) { try begin(dialogue, pin: "0000") }
  }
}
