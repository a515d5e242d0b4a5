import APDU
import Bytes
import Identifiers
import Keys
import MutualAgreement
import SecureMessages
import TLV
import Testing
import Transport
import UserApparatus
import World

/// A user apparatus that answers as it likes.
private struct LyingTerminal {
  let pair: Pair
  /// The card that it plays the commands to.
  let card: AgreementCard

  /// The message that `wish` sends, which nobody gets.
  func keptBack(to party: Party, _ wish: () throws -> Void) throws -> [UInt8] {
    pair.world.net.clear()
    pair.world.net.fate = { _, _, to in to == party ? .lost : .arrives }
    try? wish()
    pair.world.net.fate = { _, _, _ in .arrives }
    return try #require(pair.world.net.passages.last { $0.receiver == party }).message
  }

  /// Plays the errand that `wish` begins; `lie` says what is answered to the commands of a step. The last answer.
  func run(
    _ wish: [UInt8], to party: Party, _ lie: (ErrandStep, [[UInt8]]) -> [[UInt8]]
  ) throws -> [UInt8] {
    let peers = pair.world.net.peers(of: pair.card.name.user)
    let channel = TerminalChannel(card.link)
    var answer = try peers.send(wish, to: party)
    while let step = try? ErrandStep(encoded: answer) {
      let answers = try step.commands.map { try channel.send(Command(bytes: $0)).bytes }
      let round = ErrandRound(ticket: step.ticket, number: step.number, answers: lie(step, answers))
      answer = try peers.send(round.encoded, to: party)
    }
    return answer
  }
}

@Suite("C: the user alone: an apparatus that lies about its card") struct LyingTerminalTests {
  @Test("C1 (12): a status word that no card authenticated registers nothing", arguments: [0x6110, 0x9100, 0x9000])
  func noCard(_ status: UInt16) throws {
    let pair = try Pair(.throughProvider, isReady: false)
    let terminal = LyingTerminal(pair: pair, card: pair.card)
    let wish = try terminal.keptBack(to: pair.issuer) { try pair.register() }
    _ = try terminal.run(wish, to: pair.issuer) { _, _ in [status.bigEndianBytes] }
    #expect(try pair.issuing.cards().map(\.isRegistered) == [false])
  }

  @Test("C1 (12): another card of the same issuer does not answer for the one that is named")
  func otherCard() throws {
    let pair = try Pair(.throughProvider, isReady: false)
    let own = try pair.world.card(ICCID("89490200001000000020"), of: pair.issuer)
    let terminal = LyingTerminal(pair: pair, card: own)
    let wish = try terminal.keptBack(to: pair.issuer) { try pair.register() }
    let answer = try terminal.run(wish, to: pair.issuer) { $1 }
    #expect(try Refused(encoded: answer).reason == .otherCard)
    #expect(try pair.issuing.cards().allSatisfy { !$0.isRegistered })
  }

  @Test("C: another card does not stand for one whose content the books tell", arguments: AgreementWay.allCases)
  func otherContent(_ way: AgreementWay) throws {
    let pair = try Pair(way)
    try pair.ask(.store)
    let own = try pair.world.card(ICCID("89490200001000000020"), of: pair.issuer)
    let terminal = LyingTerminal(pair: pair, card: own)
    let contact = try terminal.keptBack(to: pair.issuer) {
      try pair.card.terminal.contact(pair.issuer, now: pair.world.now, random: pair.world.random)
    }
    #expect(try Refused(encoded: terminal.run(contact, to: pair.issuer) { $1 }).reason == .otherCard)
    #expect(try pair.versions() == ([1], [1]))
  }

  @Test("C1: who names a card without having it does not keep its user out")
  func strangersWish() throws {
    let pair = try Pair(.throughProvider, isReady: false)
    let stranger = PrivateUser(pair)
    #expect((try? ErrandStep(encoded: stranger.wish(pair, "somebody else"))) != nil)
    try pair.register()
    #expect(try pair.issuing.cards().map(\.user) == ["a user"])
    #expect(try Refused(encoded: stranger.wish(pair, "somebody else")).reason == .nameTaken)
  }

  @Test("a domain is the provider's own when the card took all of its keys, and not before")
  func answersKeptBack() throws {
    let pair = try Pair(.throughProvider, isReady: false)
    try pair.register()
    let terminal = LyingTerminal(pair: pair, card: pair.card)
    let wish = try terminal.keptBack(to: pair.provider) {
      try pair.card.terminal.admit(pair.provider, now: pair.world.now, random: pair.world.random)
    }
    try pair.world.deliver()
    let answer = try terminal.run(wish, to: pair.provider) { step, answers in
      step.number > 1 && answers.count == 2 ? [answers[0]] : answers
    }
    #expect(try Refused(encoded: answer).reason == .malformed)
    #expect(throws: UserApparatusError.refused(.noDomain)) { try pair.ask(.store) }
    try pair.card.terminal.resume()
    try pair.world.deliver()
    #expect(try pair.shown() != nil)
  }

  @Test("C: a card that is said to have nothing to say leaves the books as they are", arguments: AgreementWay.allCases)
  func silentCard(_ way: AgreementWay) throws {
    let pair = try Pair(way)
    try pair.ask(.store)
    let before = "\(try pair.issuing.book()) \(try pair.providing.book())"
    let terminal = LyingTerminal(pair: pair, card: pair.card)
    for party in [pair.issuer, pair.provider] {
      let wish = try terminal.keptBack(to: party) {
        try pair.card.terminal.contact(party, now: pair.world.now, random: pair.world.random)
      }
      pair.world.net.clear()
      let answer = try terminal.run(wish, to: party) { _, _ in [[0x6A, 0x82]] }
      #expect(try ErrandDone(encoded: answer).status == 0x6A82)
      try pair.world.deliver()
      #expect(!pair.world.net.passages.contains { MessageKind.of($0.message) == .signed(ContentReport.messageType) })
    }
    #expect("\(try pair.issuing.book()) \(try pair.providing.book())" == before)
  }
}

/// Somebody with a key of his own.
private struct PrivateUser {
  let key: PrivateKey
  init(_ pair: Pair) { key = PrivateKey(.p256, random: pair.world.random) }

  /// The answer to a wish to be registered as the user of the pair's card.
  func wish(_ pair: Pair, _ name: String) throws -> [UInt8] {
    let (card, world) = (pair.card.name, pair.world)
    let wish = try Signed(
      RegistrationWish(card: card, userKey: key.publicKey, user: name), by: KeyHolder(card.user, key: key),
      to: pair.issuer,
      term: Term(
        serial: Int(world.random.bytes(2)[0]) + 1000 + Int(world.random.bytes(1)[0]) * 256, notBefore: world.now,
        notAfter: world.now + .seconds(60)))
    return try world.net.peers(of: card.user).send(wish.encoded, to: pair.issuer)
  }
}
