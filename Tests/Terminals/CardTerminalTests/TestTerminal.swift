import Bytes
import CardTerminal
import Identifiers
import Keys
import OfflineCard
import SecureMessages
import Store
import StoreSQLite
import TestScheme
import Transport

/// A terminal over a store in memory, with a clock that a test turns.
final class TestTerminal {
  let scheme: TestScheme
  let identity: TerminalIdentity
  let store: SQLiteStore
  let memory: TerminalMemory
  var clock = TestScheme.start
  var limits: RiskLimits
  private let centreKey: PrivateKey

  init(_ scheme: TestScheme, isSet: Bool = true) throws {
    self.scheme = scheme
    identity = try scheme.terminal()
    store = try SQLiteStore.inMemory()
    memory = try TerminalMemory(store, clock: TestScheme.start)
    centreKey = PrivateKey(.p256, random: scheme.random)
    limits = RiskLimits(perService: .greatest, stored: .greatest, services: 100, days: 7)
    if isSet { _ = try hear(at: clock) }
  }

  /// The charging centre tells the time, and perhaps a change of the black list.
  @discardableResult
  func hear(
    at now: Instant, _ update: Signed<BlackListUpdate>? = nil, signedWith key: PrivateKey? = nil,
    answering challenge: Challenge? = nil
  ) throws -> Bool {
    let request = try memory.newsRequest(by: identity, random: scheme.random)
    let centre = try scheme.issuer.certifyCentre(key: centreKey.publicKey, term: scheme.term)
    let news = try Signed(
      News(now: now, blackList: update), by: KeyHolder(scheme.issuer.scheme.centre, key: key ?? centreKey),
      to: identity.holder.party, answering: challenge ?? request.challenge)
    return try memory.take(
      CentreAnswer(centre: centre, answer: news).encoded, to: request, by: identity, clock: clock)
  }

  func update(_ from: Int, _ to: Int, add: [String] = [], remove: [String] = []) throws -> Signed<BlackListUpdate> {
    try scheme.issuer.sign(
      BlackListUpdate(
        from: from, to: to, added: add.map { try CardNumber($0) }, removed: remove.map { try CardNumber($0) }),
      term: Term(serial: to, notBefore: scheme.term.notBefore, notAfter: scheme.term.notAfter))
  }

  func visit(_ card: any CardLink, _ person: TestPerson, _ service: any ServiceProvider) throws -> Terminal.Outcome {
    try Terminal(identity, memory: memory, limits: limits, clock: { self.clock }, random: scheme.random)
      .visit(card, by: person, for: service)
  }
}

/// Somebody who does what a test says.
final class TestPerson: Person {
  private var entries: [Entry]
  private(set) var screens: [Screen] = []

  init(_ entries: Entry...) { self.entries = entries }

  func see(_ screen: Screen) { screens.append(screen) }

  func answer(_ screen: Screen) -> Entry {
    screens.append(screen)
    return entries.isEmpty ? .leave : entries.removeFirst()
  }
}

/// A service whose charges a test gives, and which notes what was given for them.
final class TestService: ServiceProvider {
  let kind = ServiceKind.call
  private var charges: [Int]
  private(set) var given = 0
  /// Happens before the charge with this place.
  var before: (Int) -> Void = { _ in }

  init(_ charges: Int...) { self.charges = charges }

  func choose(limit: Amount) -> Bool { true }

  func nextCharge() -> Amount? {
    guard !charges.isEmpty else { return nil }
    before(given)
    return Amount(charges.removeFirst())
  }

  func paid() { given += 1 }
}
