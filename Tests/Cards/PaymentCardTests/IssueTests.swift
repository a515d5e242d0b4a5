import APDU
import Bytes
import CardIssuer
import CardTerminal
import Identifiers
import Keys
import OfflineCard
import SecureElement
import SecureMessages
import TLV
import TestScheme
import Testing

@Suite("B1: issue") struct IssueTests {
  let scheme: TestScheme

  init() throws { scheme = try TestScheme() }

  private func issue(_ key: PublicKey, by issuer: Issuer? = nil) throws -> CardIssue {
    let limits = try #require(TestScheme.limits())
    let order = Issuer.CardOrder(
      card: try CardNumber("9000000000000001"), registration: try RegistrationNumber("0000000001"), limits: limits,
      diesOfMisuse: true)
    return try (issuer ?? scheme.issuer).issue(
      order, key: key, settingNumber: SettingNumber(TestScheme.settingNumber), term: scheme.term,
      random: scheme.random)
  }

  @Test("a card is issued once; then neither a key nor another issue is taken") func once() throws {
    let card = try scheme.card()
    let writer = try CardWriter(card.link)
    let before = card.contents
    #expect(throws: CardWriterError.self) { try writer.makeKey() }
    #expect(throws: CardWriterError.self) { try writer.write(issue(scheme.terminal().holder.key.publicKey)) }
    #expect(card.contents == before)
  }

  @Test("paragraph 0010: a setting number that SA2 does not cover is not taken") func settingNumber() throws {
    let card = try TestCard(VolatileLog())
    let writer = try CardWriter(card.link)
    let right = try issue(writer.makeKey())
    let wrong = CardIssue(
      scheme: right.scheme, certificate: right.certificate, settingNumber: try SettingNumber("87654321"),
      salt: right.salt)
    #expect(throws: CardWriterError.self) { try writer.write(wrong) }
    try writer.write(right)
  }

  @Test("a certificate for another key, or signed by another issuer, is not taken") func certificate() throws {
    let card = try TestCard(VolatileLog())
    let writer = try CardWriter(card.link)
    let former = try issue(writer.makeKey())
    let key = try writer.makeKey()
    #expect(throws: CardWriterError.self) { try writer.write(former) }
    let stranger = try issue(key, by: TestScheme("stranger").issuer)
    let mixed = CardIssue(
      scheme: scheme.issuer.scheme, certificate: stranger.certificate, settingNumber: stranger.settingNumber,
      salt: stranger.salt)
    #expect(throws: CardWriterError.self) { try writer.write(mixed) }
    try writer.write(issue(key))
  }

  @Test("a card that was not issued has no link and no service") func blank() throws {
    let card = try TestCard(VolatileLog())
    #expect(throws: CardProblem.refused(.conditionsOfUse)) { try scheme.open(card, scheme.terminal()) }
  }

  @Test("power cut in the issue, at every 97th byte: the card is blank or issued, and never another") func tears()
    throws
  {
    for write in 1...2 {
      for byte in stride(from: 0, through: 2400, by: 97) {
        let log = PowerCutLog(VolatileLog())
        let card = try TestCard(log)
        let writer = try CardWriter(card.link)
        log.cut(atWrite: write, .afterBytes(byte))
        do { try writer.write(issue(writer.makeKey())) } catch {
          card.link.powerOff()
          let again = try CardWriter(card.link)
          if let key = try? again.makeKey() { try again.write(issue(key)) }
        }
        card.link.powerOff()
        _ = try scheme.open(card, scheme.terminal())
      }
    }
  }

  @Test("nothing that the card stores shows the setting number, the PIN or the key") func atRest() throws {
    let card = try scheme.card()
    let bytes = card.contents.values.flatMap { $0 }
    for secret in [TestScheme.settingNumber, TestScheme.pin] {
      let digits = Array(secret.utf8)
      #expect(!(0...bytes.count - digits.count).contains { bytes[$0..<$0 + digits.count].elementsEqual(digits) })
    }
  }
}
