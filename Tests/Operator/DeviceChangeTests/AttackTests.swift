import AuC
import Bytes
import DeviceChange
import Identifiers
import Keys
import ProfileMove
import SGP22
import Store
import TestStores
import Testing
import World

/// The real authentication centre behind a line that loses, doubles and delays what goes over it.
private final class BadLine: SubscriberKeys, @unchecked Sendable {
  enum Trouble { case none, lost, doubled, answerLost }
  struct Silence: Error {}

  var trouble = Trouble.none
  private(set) var commits = 0
  private let keys: MovedKeys

  init(_ keys: MovedKeys) { self.keys = keys }

  func prepare(_ profile: MovedProfile, for move: String, now: Instant) throws {
    try keys.prepare(profile, for: move, now: now)
  }

  func commit(_ move: String, of imsi: IMSI, now: Instant) throws {
    if trouble == .lost { throw Silence() }
    try keys.commit(move, of: imsi, now: now)
    commits += 1
    if trouble == .doubled { try keys.commit(move, of: imsi, now: now) }
    if trouble == .answerLost { throw Silence() }
  }

  func abandon(_ move: String, of imsi: IMSI, now: Instant) throws { try keys.abandon(move, of: imsi, now: now) }
  func bar(_ imsi: IMSI, _ isBarred: Bool, now: Instant) throws { try keys.bar(imsi, isBarred, now: now) }
}

@Suite("D: attacks on a move") struct AttackTests {
  private let counter: Counter
  private let centre: AuC.Desk
  private let line: BadLine
  private let move: Move
  private let old: ICCID

  /// A move at the point where the old profile is disabled and the keys are to change.
  init() throws {
    counter = try Counter()
    let store = try StoreKind.current.make()
    try store.migrate([EventRecord.schema, SubscriberTable.schema])
    let random = SystemRandomSource.shared
    centre = AuC.Desk(store: store, vault: try KeyVault(current: Secret(random.bytes(32))))
    line = BadLine(MovedKeys(centre, random: random))
    counter.keys = line
    let request = try counter.request()
    old = request.iccid
    let credentials = try AuC.Credentials(
      k: Secret(random.bytes(16)), algorithm: .milenage(opc: Secret(random.bytes(16))))
    try centre.add([AuC.Subscriber(imsi: request.imsi, credentials: credentials)], now: counter.now, random: random)
    move = try counter.start(request)
    try counter.agree(move)
    counter.others.standings[try #require(try counter.desk.move(move.id).newICCID)] = .enabled
    try counter.settle()
  }

  /// The versions of the subscriber's keys that the centre holds: which is in force, which wait.
  private func keys() throws -> [SubscriberTable.State] { try centre.summary(of: move.imsi).keys.map(\.state) }

  private func disableOld() { counter.others.standings[old] = .disabled }

  @Test("the AuC's update is lost: nothing has changed, nobody can cancel meanwhile, and it is asked for again")
  func commitLost() throws {
    line.trouble = .lost
    disableOld()
    try counter.settle()
    #expect(try counter.desk.move(move.id).state == .underWay)
    #expect(try keys().contains(.prepared))
    try? counter.desk.cancel(move.id, because: "the answer is late", now: counter.now)
    try counter.settle()
    line.trouble = .none
    try counter.settle(within: .seconds(7200))
    #expect(line.commits <= 1)
    let end = try counter.desk.move(move.id).state
    // One of both, whole: moved with the new keys, or cancelled with none that wait.
    #expect(end == .moved || end == .cancelled)
    #expect(try !keys().contains(.prepared))
  }

  @Test("the AuC's update comes twice: the second changes nothing") func commitTwice() throws {
    line.trouble = .doubled
    disableOld()
    try counter.settle()
    #expect(try counter.desk.move(move.id).state == .moved)
    #expect(try keys().filter { $0 == .active }.count == 1)
    #expect(try !keys().contains(.prepared))
  }

  @Test("the AuC has changed and its answer is late: a cancellation meanwhile does not give the old profile back")
  func commitLate() throws {
    line.trouble = .answerLost
    disableOld()
    try counter.settle()
    #expect(try counter.desk.move(move.id).state == .underWay)
    try? counter.desk.cancel(move.id, because: "the answer is late", now: counter.now)
    try counter.settle()
    line.trouble = .none
    try counter.settle(within: .seconds(7200))
    // The new keys are in force, and so the move is finished.
    #expect(try counter.desk.move(move.id).state == .moved)
    #expect(try counter.status(move, .old).wish == .deleted)
  }

  @Test("a device that says its old profile is gone, by whatever means, is not what a move goes by")
  func forgedDeletion() throws {
    // Before the change of keys nobody is asked to delete, and the SM-DP+'s word that it is gone makes it no less disabled.
    #expect(try counter.status(move, .old).wish == .disabled)
    #expect(line.commits == 0)
    disableOld()
    try counter.settle()
    #expect(try counter.desk.move(move.id).state == .moved)
    // The old device asks on and on and claims nothing else can be done: the profile stays to be deleted.
    for _ in 0..<3 {
      #expect(try counter.status(move, .old).wish == .deleted)
      try counter.settle(within: .seconds(3600))
    }
    #expect(try counter.desk.move(move.id).deletedAt == nil)
    counter.others.standings[old] = .deleted
    try counter.settle(within: .seconds(2 * 86_400))
    #expect(try counter.desk.move(move.id).deletedAt != nil)
  }

  @Test("the person's code, consent and backup, played again when the move is over or in another, do nothing")
  func replayedApproval() throws {
    let code = try #require(counter.others.code)
    disableOld()
    try counter.settle()
    #expect(try counter.desk.move(move.id).state == .moved)
    #expect(try counter.give(code, move) == .failure(.moveNotAsked))
    let ticket = try counter.desk.ticket(.old, of: move)
    #expect(try counter.ask(MoveConsent.self, .init(ticket: ticket, consents: false)) == .failure(.moveNotAsked))
    #expect(try counter.ask(MoveBackup.self, .init(ticket: ticket, answer: [1])) == .failure(.moveNotAsked))
    // The next move of the same subscriber has another code.
    let next = try counter.start(counter.request(to: 0))
    try counter.settle()
    #expect(try counter.give(code, next) == .failure(.movePersonRefused))
    #expect(try counter.desk.move(next.id).personAt == nil)
  }
}
