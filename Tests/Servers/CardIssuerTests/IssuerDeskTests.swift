import Bytes
import CardIssuer
import CardTerminal
import Identifiers
import Keys
import OfflineCard
import SecureElement
import SecureMessages
import Store
import TestScheme
import TestStores
import Testing

@Suite("B1, B5: the issuer's desk", .overEveryStore) struct IssuerDeskTests {
  let scheme: TestScheme
  let store: any Store
  let desk: CardIssuer.Desk
  let terms: Desk.Terms
  let now = TestScheme.start

  init() throws {
    scheme = try TestScheme()
    store = try StoreKind.current.make()
    desk = try Desk(store: store, issuer: scheme.issuer)
    terms = Desk.Terms(limits: try #require(TestScheme.limits()), diesOfMisuse: true, days: 100)
  }

  private func make(replacing lost: CardNumber? = nil) throws -> (card: TestCard, letter: Letter) {
    let card = try TestCard(VolatileLog())
    let letter = try desk.issue(
      with: CardWriter(card.link), replacing: lost, on: terms, now: now, random: scheme.random)
    return (card, letter)
  }

  @Test("a batch: each card has numbers of its own, and its letter the numbers that register a PIN") func batch() throws
  {
    var users: Set<RegistrationNumber> = []
    for _ in 0..<5 {
      let (card, letter) = try make()
      users.insert(letter.registration)
      let dialogue = try scheme.open(card, scheme.terminal())
      #expect(dialogue.card.card == letter.card)
      #expect(dialogue.card.registration == letter.registration)
      try dialogue.beginRegistration()
      try dialogue.check(letter.settingNumber)
      #expect(letter.text.contains(String(decoding: letter.settingNumber.digits.bytes, as: UTF8.self)))
      #expect(letter.text.contains(letter.registration.text))
    }
    #expect(users.count == 5)
    #expect(try desk.cards().map(\.state) == Array(repeating: .issued, count: 5))
  }

  @Test("a writer that fails leaves a number that is never given again") func failed() throws {
    let (used, _) = try make()
    #expect(throws: CardWriterError.self) {
      try desk.issue(with: CardWriter(used.link), on: terms, now: now, random: scheme.random)
    }
    let (_, letter) = try make()
    #expect(try desk.cards().map(\.state) == [.issued, .writing, .issued])
    #expect(letter.card.text.hasSuffix("3"))
  }

  @Test("re-issue: the lost card is barred, its user keeps the registration number, and it is replaced once")
  func reissue() throws {
    let (_, first) = try make()
    let (card, second) = try make(replacing: first.card)
    #expect(second.registration == first.registration)
    #expect(second.settingNumber != first.settingNumber)
    #expect(try scheme.open(card, scheme.terminal()).card.card == second.card)
    #expect(try desk.cards(of: first.registration).map(\.state) == [.barred, .issued])
    #expect(try desk.cards(of: first.registration).last?.replaces == first.card)
    #expect(throws: IssuerError.replacedBefore(first.card)) { try make(replacing: first.card) }
    #expect(throws: IssuerError.self) { try make(replacing: CardNumber("9999999999999999")) }
  }

  @Test("the black list: a version for each change, from the one before and whole; expired cards leave it")
  func blackList() throws {
    let cards = try (0..<3).map { _ in try make().letter.card }
    #expect(try desk.publishBlackList(now: now).isEmpty, "nothing has changed")
    try desk.bar(cards[0], now: now)
    try desk.bar(cards[0], now: now)
    #expect(throws: IssuerError.self) { try desk.bar(CardNumber("9999999999999999"), now: now) }
    let first = try desk.publishBlackList(now: now)
    #expect(first.map(\.claimedBody) == [BlackListUpdate(from: 0, to: 1, added: [cards[0]], removed: [])])
    try desk.bar(cards[2], now: now)
    let second = try desk.publishBlackList(now: now)
    #expect(second.map(\.claimedBody.from) == [1, 0])
    #expect(second.map(\.claimedBody.added) == [[cards[2]], [cards[0], cards[2]]])
    for update in first + second {
      #expect(try update.verified(from: scheme.issuer.scheme.issuer, at: now).to == update.claimedTerm?.serial)
    }
    let later = now + .seconds(101 * 86_400)
    let third = try desk.publishBlackList(now: later)
    #expect(third.map(\.claimedBody.removed) == [[cards[0], cards[2]], []])
    // The process stopped between signing and publishing: the same is there again, byte for byte.
    #expect(try desk.publishBlackList(now: later).map(\.encoded) == third.map(\.encoded))
  }

  @Test("each certificate of a terminal has a serial number of its own") func terminals() throws {
    let key = PrivateKey(.p256, random: scheme.random).publicKey
    let number = try TerminalNumber("00000007")
    let serials = try (0..<3).map { _ in
      try desk.certify(number, key: key, days: 90, now: now).claimedTerm?.serial
    }
    #expect(serials == [1, 2, 3])
  }

  @Test("the books hold no setting number") func secrecy() throws {
    let (_, letter) = try make()
    let rows = try store.read { try $0.query("SELECT * FROM issued_card") }
    let digits = String(decoding: letter.settingNumber.digits.bytes, as: UTF8.self)
    #expect(!"\(rows)".contains(digits))
  }
}
