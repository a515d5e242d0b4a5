import Bytes
import CardIssuer
import CardTerminal
import Keys
import OfflineCard
import PaymentCard
import SecureElement
import TestScheme
import Testing

@Suite("What a payment card wraps") struct RotationTests {
  @Test("after a rotation the card serves with its key, setting number and PIN without the former master key")
  func rotation() throws {
    let scheme = try TestScheme()
    let log = VolatileLog()
    _ = try scheme.card(on: log)
    let new = Secret([UInt8](repeating: 8, count: 32))
    #expect(throws: (any Error).self) { try scheme.open(TestCard(log, masterKey: new), scheme.terminal()) }
    let during = try KeyVault(current: new, former: [TestCard.masterKey])
    for _ in 0..<2 { try PaymentCard.rewrap(LogMemory(log), vault: during, random: scheme.random) }
    let card = try TestCard(log, masterKey: new)
    var dialogue = try scheme.open(card, scheme.terminal())
    try dialogue.beginRegistration()
    try dialogue.check(SettingNumber(TestScheme.settingNumber))
    card.link.powerOff()
    dialogue = try scheme.open(card, scheme.terminal())
    #expect(throws: CardProblem.mismatch(triesLeft: 2)) {
      try dialogue.begin(.call, pin: PIN("0000"), limit: .greatest, at: TestScheme.start, random: scheme.random)
    }
    let pin = try PIN(TestScheme.pin)
    let record = try dialogue.begin(.call, pin: pin, limit: .greatest, at: TestScheme.start, random: scheme.random)
    #expect(record.claimedBody.number == 1)
  }

  @Test("a card that was made and not issued keeps its key through a rotation") func unissued() throws {
    let scheme = try TestScheme()
    let log = VolatileLog()
    let made = try CardWriter(TestCard(log).link).makeKey()
    let new = Secret([UInt8](repeating: 8, count: 32))
    let during = try KeyVault(current: new, former: [TestCard.masterKey])
    try PaymentCard.rewrap(LogMemory(log), vault: during, random: scheme.random)
    #expect(try CardWriter(TestCard(log, masterKey: new).link).makeKey() == made)
  }
}
