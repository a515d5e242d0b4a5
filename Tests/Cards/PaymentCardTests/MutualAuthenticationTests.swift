import APDU
import Bytes
import CardTerminal
import Identifiers
import Keys
import OfflineCard
import SecureElement
import SecureMessages
import TestScheme
import Testing
import Transport

@Suite("B4, B7: terminal and card authenticate each other, the terminal first") struct MutualAuthenticationTests {
  let scheme: TestScheme

  init() throws { scheme = try TestScheme() }

  @Test("a card of the scheme and a terminal of the scheme get on") func success() throws {
    let dialogue = try scheme.open(scheme.card(), scheme.terminal())
    #expect(dialogue.card.card.text == "9000000000000001")
    #expect(dialogue.card.registration.text == "0000000001")
  }

  @Test("a terminal that the issuer did not certify learns nothing of the card, not even its number") func forged()
    throws
  {
    let card = try scheme.card()
    let stranger = try TestScheme("stranger")
    let forged = try TerminalIdentity(
      scheme: stranger.issuer.scheme, certificate: stranger.terminal().certificate,
      key: PrivateKey(.p256, random: SeededRandomSource(seed: [1])), unchecked: ())
    for identity in [try stranger.terminal(), forged] {
      #expect(throws: CardProblem.refused(.securityStatus)) { try scheme.open(card, identity) }
    }
    let listener = Listener(card)
    #expect(throws: CardProblem.self) {
      try CardDialogue.open(listener, as: stranger.terminal(), at: TestScheme.start, random: scheme.random)
    }
    #expect(!listener.heard(Array("9000000000000001".utf8)))
    #expect(!listener.heard(Array("0000000001".utf8)))
  }

  @Test("a genuine certificate without its key is no terminal") func withoutKey() throws {
    let certificate = try scheme.terminal().certificate
    let thief = try TerminalIdentity(
      scheme: scheme.issuer.scheme, certificate: certificate, key: PrivateKey(.p256, random: scheme.random),
      unchecked: ())
    let card = try scheme.card()
    #expect(throws: CardProblem.refused(.securityStatus)) { try scheme.open(card, thief) }
  }

  @Test("a terminal whose certificate ended before a time that the card has proof of is refused") func endedTerminal()
    throws
  {
    let card = try scheme.card()
    let day: Duration = .seconds(86_400)
    let old = try scheme.terminal(
      "00000002", term: Term(serial: 2, notBefore: TestScheme.start - day, notAfter: TestScheme.start))
    _ = try scheme.open(card, old)
    // A later terminal teaches the card what time it is at least.
    let new = try scheme.terminal(
      "00000003", term: Term(serial: 3, notBefore: TestScheme.start + day, notAfter: TestScheme.start + day + day))
    _ = try scheme.open(card, new, at: TestScheme.start + day)
    #expect(throws: CardProblem.refused(.securityStatus)) { try scheme.open(card, old) }
  }

  @Test("who listens to a whole visit hears neither numbers nor PIN nor certificate") func listening() throws {
    let card = try scheme.card(hasPIN: false)
    let listener = Listener(card)
    let dialogue = try CardDialogue.open(
      listener, as: scheme.terminal(), at: TestScheme.start, random: scheme.random)
    try dialogue.beginRegistration()
    try dialogue.check(SettingNumber(TestScheme.settingNumber))
    try dialogue.register(PIN(TestScheme.pin))
    for secret in ["9000000000000001", "0000000001", TestScheme.settingNumber, TestScheme.pin] {
      #expect(!listener.heard(Array(secret.utf8)), "\(secret)")
    }
    #expect(listener.heard(Array("terminal:00000001".utf8)), "the listener does hear the line")
  }

  @Test("a recorded visit played to the card again is refused at its first signature") func replay() throws {
    let card = try scheme.card()
    let listener = Listener(card)
    let dialogue = try CardDialogue.open(
      listener, as: scheme.terminal(), at: TestScheme.start, random: scheme.random)
    _ = try dialogue.begin(
      .call, pin: PIN(TestScheme.pin), limit: .greatest, at: TestScheme.start, random: scheme.random)
    let before = card.contents
    card.link.powerOff()
    var statuses: [StatusWord] = []
    for command in listener.commands { statuses.append(try card.link.transmit(command).status) }
    #expect(statuses.contains(.securityStatus))
    #expect(card.contents == before, "and nothing has changed")
  }

  @Test("X serves once, whatever comes of it") func challengeOnce() throws {
    let card = try scheme.card()
    let listener = Listener(card)
    _ = try CardDialogue.open(listener, as: scheme.terminal(), at: TestScheme.start, random: scheme.random)
    let opening = listener.commands.suffix(while: { $0.ins == CardCommand.openLink.rawValue })
    var answer = Response()
    for command in opening { answer = try card.link.transmit(command) }
    #expect(answer.status == .conditionsOfUse)
  }

  @Test("a terminal whose R is predicted: what the card answered to that R elsewhere opens no link there")
  func predicted()
    throws
  {
    let card = try scheme.card()
    let identity = try scheme.terminal()
    // A thief has the card for a moment, and a genuine terminal whose next numbers he knows.
    let listener = Listener(card)
    _ = try CardDialogue.open(
      listener, as: identity, at: TestScheme.start, random: SeededRandomSource(seed: Array("predicted".utf8)))
    card.link.powerOff()
    // R alone again, and R together with the key of the agreement: the terminal signs X anew, and nothing fits.
    for random in [scheme.random, SeededRandomSource(seed: Array("predicted".utf8))] {
      #expect(throws: CardProblem.self) {
        try CardDialogue.open(Recorded(listener.answers), as: identity, at: TestScheme.start, random: random)
      }
    }
  }

  @Test("nothing that belongs inside the link is done before a terminal has opened it") func unauthenticated() throws {
    let card = try scheme.card()
    let before = card.contents
    _ = try card.link.transmit(Command(cla: 0, ins: 0xA4, p1: 4, p2: 0, data: AID.paymentCard.bytes))
    for command in CardCommand.allCases where ![.makeKey, .takeIssue, .getChallenge, .openLink].contains(command) {
      for data in [[], [0x02, 0x01, 0x01]] as [[UInt8]] {
        let answer = try card.link.transmit(
          Command(cla: CardCommand.cla, ins: command.rawValue, p1: 0, p2: 0, data: data, le: 256))
        #expect(answer.status == .conditionsOfUse, "\(command)")
        #expect(answer.data.isEmpty)
      }
    }
    #expect(card.contents == before)
  }

  @Test("challenges never repeat") func fresh() throws {
    let card = try scheme.card()
    _ = try card.link.transmit(Command(cla: 0, ins: 0xA4, p1: 4, p2: 0, data: AID.paymentCard.bytes))
    let challenges = try (0..<50).map { _ in
      try card.link.transmit(Command(cla: 0x80, ins: 0x84, p1: 0, p2: 0, le: 256)).data
    }
    #expect(Set(challenges).count == 50)
  }

  @Test("every fifth bit of the terminal's hello changed: refused, and no link") func mutations() throws {
    let card = try scheme.card()
    let listener = Listener(card)
    _ = try CardDialogue.open(listener, as: scheme.terminal(), at: TestScheme.start, random: scheme.random)
    let hello = listener.commands.filter { $0.ins == CardCommand.openLink.rawValue }.flatMap(\.data)
    for index in stride(from: 0, to: hello.count * 8, by: 5) {
      var changed = hello
      changed[index / 8] ^= 1 << UInt8(index % 8)
      _ = try card.link.transmit(Command(cla: 0x80, ins: 0x84, p1: 0, p2: 0, le: 256))
      let answer = try card.link.transmit(Command(cla: 0x80, ins: 0x82, p1: 0, p2: 0, data: changed))
      #expect([.securityStatus, .wrongData].contains(answer.status), "bit \(index): \(answer.status)")
    }
  }

  @Test("every command inside the link, sent outside it, is refused") func outside() throws {
    let card = try scheme.card()
    _ = try card.link.transmit(Command(cla: 0, ins: 0xA4, p1: 4, p2: 0, data: AID.paymentCard.bytes))
    let before: [CardCommand] = [.makeKey, .takeIssue, .getChallenge, .openLink]
    for command in CardCommand.allCases where !before.contains(command) {
      let answer = try card.link.transmit(Command(cla: 0x80, ins: command.rawValue, p1: 0, p2: 0, data: [1, 2, 3]))
      #expect(answer.status == .conditionsOfUse)
    }
  }

  @Test("a sealed message changed, doubled or under another command ends the link") func tampering() throws {
    let card = try scheme.card()
    for change in 0..<3 {
      let listener = Listener(card)
      let dialogue = try CardDialogue.open(
        listener, as: scheme.terminal(), at: TestScheme.start, random: scheme.random)
      listener.change = { command in
        var command = command
        if change == 0 { command.data[0] ^= 1 }
        if change == 1 { command.ins = CardCommand.makeUnusable.rawValue }
        if change == 2 { _ = try? card.link.transmit(command) }
        return command
      }
      #expect(throws: CardProblem.brokenOff(.securityStatus)) { try dialogue.beginRegistration() }
      listener.change = nil
      #expect(throws: CardProblem.self) { try dialogue.check(SettingNumber(TestScheme.settingNumber)) }
    }
  }
}

/// A line on which somebody listens, and may change what passes.
final class Listener: CardLink {
  private let card: TestCard
  private(set) var commands: [Command] = []
  private(set) var answers: [Response] = []
  private var line: [UInt8] = []
  var change: ((Command) -> Command)?
  /// What somebody on the line answers in place of the card.
  var answer: Response?

  init(_ card: TestCard) { self.card = card }

  func heard(_ bytes: [UInt8]) -> Bool {
    guard line.count >= bytes.count else { return false }
    return (0...line.count - bytes.count).contains { line[$0..<$0 + bytes.count].elementsEqual(bytes) }
  }

  func transmit(_ command: Command) throws(LinkError) -> Response {
    let command = change?(command) ?? command
    commands.append(command)
    line += command.data
    if let answer { return answer }
    let answer = try card.link.transmit(command)
    line += answer.data
    answers.append(answer)
    return answer
  }

  func reset() throws(LinkError) -> [UInt8] { try card.link.reset() }
}

extension Array {
  func suffix(while holds: (Element) -> Bool) -> ArraySlice<Element> {
    let end = lastIndex(where: holds) ?? endIndex
    let start = self[..<end].lastIndex { !holds($0) } ?? startIndex
    return self[start...end].dropFirst()
  }
}

/// Answers what a card answered before, whatever is asked.
private final class Recorded: CardLink {
  private var answers: [Response]

  init(_ answers: [Response]) { self.answers = answers }

  func transmit(_ command: Command) throws(LinkError) -> Response {
    guard !answers.isEmpty else { throw LinkError(.broken, "nothing more was recorded") }
    return answers.removeFirst()
  }

  func reset() throws(LinkError) -> [UInt8] { [] }
}
