import Bytes
import DeviceChange
import Identifiers
import Keys
import ProfileMove
import SGP22
import Store
import TestStores
import Testing

@Suite("D2: request, person, consent and risk of a move") struct RequestTests {
  @Test("505: the same request twice is one move; another one for the same profile is refused", .overEveryStore)
  func twice() throws {
    let counter = try Counter()
    let move = try counter.start(counter.request())
    #expect(try counter.start(counter.request()).id == move.id)
    #expect(throws: MoveError.self) { try counter.start(counter.request(to: 0)) }
    #expect(try counter.desk.moves().count == 1)
    #expect(throws: MoveError.self) {
      try MoveRequest(iccid: move.iccid, imsi: move.imsi, oldEID: move.oldEID, newEID: move.oldEID)
    }
    try counter.desk.cancel(move.id, because: "test", now: counter.now)
    try counter.settle()
    #expect(try counter.desk.move(move.id).state == .cancelled)
    #expect(try counter.start(counter.request(to: 0)).id != move.id)
  }

  @Test("510: the code is for one move; wrong codes are counted durably, and the third ends the move")
  func codes() throws {
    let counter = try Counter()
    let move = try counter.start(counter.request())
    try counter.settle()
    let code = try #require(counter.others.code)
    #expect(code.bytes.count == 6)
    let other = try counter.start(counter.request(1))
    try counter.settle()
    #expect(counter.others.code != code)
    // The approval of one move, played again in another.
    #expect(try counter.give(code, other) == .failure(.movePersonRefused))
    #expect(try counter.desk.move(other.id).codeTries == 1)
    for _ in 0..<3 {
      #expect(try counter.give(Secret(Array("0".utf8)), move) == .failure(.movePersonRefused))
    }
    #expect(try counter.give(code, move) == .failure(.moveNotAsked))
    try counter.settle()
    #expect(try counter.desk.move(move.id).state == .failed)
    #expect(counter.others.log.isEmpty)
    // Nobody takes a move up that is over.
    #expect(try counter.give(code, move) == .failure(.moveNotAsked))
  }

  @Test("510: the key in the person's device does as well as the code, for one move alone; a wrong signature counts")
  func deviceKey() throws {
    let counter = try Counter()
    let key = PrivateKey(.p256, random: SystemRandomSource.shared)
    let move = try counter.start(counter.request())
    try counter.settle()
    let ticket = try counter.desk.ticket(.old, of: move)
    func give(_ key: PrivateKey, over text: String) throws -> Result<MoveStatus.Response, Refusal> {
      let signature = try key.sign(MovePerson.approval(of: text))
      return try counter.ask(MovePerson.self, .init(ticket: ticket, proof: .signature(signature)))
    }
    // Nobody has told the operator of a key.
    #expect(try give(key, over: ticket) == .failure(.movePersonRefused))
    try counter.desk.keep(key.publicKey, of: move.imsi, now: counter.now)
    // What was signed for the other device, or for another move.
    let other = try counter.desk.ticket(.new, of: move)
    #expect(try give(key, over: other) == .failure(.movePersonRefused))
    #expect(try counter.desk.move(move.id).codeTries == 2)
    _ = try give(key, over: ticket).get()
    _ = try give(key, over: ticket).get()
    try counter.settle()
    #expect(try counter.desk.act(of: move.id)?.step == "Consent")
    let second = try counter.start(counter.request(1))
    try counter.settle()
    try counter.desk.keep(key.publicKey, of: second.imsi, now: counter.now)
    try counter.desk.keep(nil, of: second.imsi, now: counter.now)
    let signature = try key.sign(MovePerson.approval(of: counter.desk.ticket(.old, of: second)))
    #expect(
      try counter.ask(
        MovePerson.self, .init(ticket: counter.desk.ticket(.old, of: second), proof: .signature(signature)))
        == .failure(.movePersonRefused))
  }

  @Test("a ticket names one device of one move; any other says that no move is known") func tickets() throws {
    let counter = try Counter()
    let move = try counter.start(counter.request())
    let ticket = try counter.desk.ticket(.old, of: move)
    let wrong =
      ["", "-", "--", "\(move.id)-3-X", "\(move.id)-2-\(ticket.suffix(16))", "AAAAAAAAAAAA-1-\(ticket.suffix(16))"]
      + ticket.indices.map { index in
        var changed = ticket
        changed.replaceSubrange(index...index, with: ticket[index] == "7" ? "8" : "7")
        return changed
      }
    for ticket in wrong {
      #expect(try counter.ask(MoveStatus.self, .init(ticket: ticket)) == .failure(.moveUnknown), "\(ticket)")
    }
    #expect(try counter.ask(MoveStatus.self, .init(ticket: ticket)).get().wish == .nothing)
  }

  @Test("both persons consent before anything is prepared; one who does not ends the move", .overEveryStore)
  func consents() throws {
    let counter = try Counter()
    let move = try counter.start(counter.request())
    try counter.settle()
    _ = try counter.give(#require(counter.others.code), move).get()
    try counter.settle()
    #expect(try counter.status(move, .old).wish == .consent)
    try counter.consent(move, .new)
    try counter.settle()
    #expect(counter.others.log.isEmpty)
    #expect(try counter.status(move, .new).wish == .nothing)
    try counter.consent(move, .old, false)
    // The first word stands.
    let ticket = try counter.desk.ticket(.old, of: move)
    #expect(try counter.ask(MoveConsent.self, .init(ticket: ticket, consents: true)) == .failure(.moveNotAsked))
    try counter.settle()
    #expect(try counter.desk.move(move.id).state == .failed)
    #expect(try counter.status(move, .old).sentence.contains("works as before"))
    #expect(counter.others.log.isEmpty)
  }

  @Test("nobody does their part in time: the move ends by itself, and nothing was done") func expiry() throws {
    let counter = try Counter()
    let move = try counter.start(counter.request())
    try counter.settle(within: .seconds(2 * 86_400))
    #expect(try counter.desk.move(move.id).state == .failed)
    #expect(counter.others.log.isEmpty)
  }

  @Test("a risky move rests while the subscriber may object, and a second person approves it")
  func risk() throws {
    let counter = try Counter()
    counter.others.contactChange = counter.now - .seconds(3600)
    let move = try counter.start(counter.request(isOldAtHand: false))
    try counter.agree(move)
    #expect(try counter.desk.move(move.id).risk == 80)
    let rests = try #require(try counter.desk.move(move.id).quietUntil)
    #expect(counter.others.notices.last == .objection(until: rests))
    #expect(counter.others.log.isEmpty)
    try counter.settle(within: .seconds(5 * 3600))
    #expect(try counter.desk.act(of: move.id)?.step == "SecondApproval")
    #expect(counter.others.log.isEmpty)
    try counter.desk.approve(move.id, true, by: "clerk 2", now: counter.now)
    // Approved is approved; nobody turns it afterwards.
    #expect(throws: MoveError.self) { try counter.desk.approve(move.id, false, by: "clerk 3", now: counter.now) }
    try counter.settle()
    #expect(counter.others.log == ["prepare", "order"])
  }

  @Test("the subscriber objects while a risky move rests: it is taken back") func objection() throws {
    let counter = try Counter()
    counter.others.contactChange = counter.now
    let move = try counter.start(counter.request(isOldAtHand: false))
    try counter.agree(move)
    try counter.desk.cancel(move.id, because: "the subscriber objects", now: counter.now)
    try counter.settle()
    #expect(try counter.desk.move(move.id).state == .cancelled)
    #expect(try counter.desk.move(move.id).ending == "the subscriber objects")
  }

  @Test("an approval that nobody waits for, of a move without risk, is refused") func needlessApproval() throws {
    let counter = try Counter()
    let move = try counter.start(counter.request())
    #expect(throws: MoveError.self) { try counter.desk.approve(move.id, true, by: "clerk", now: counter.now) }
    try counter.agree(move)
    #expect(try counter.desk.move(move.id).risk == 0)
    #expect(throws: MoveError.self) { try counter.desk.approve(move.id, true, by: "clerk", now: counter.now) }
    #expect(counter.others.log == ["prepare", "order"])
  }

  @Test("545: the new profile has the same IMSI, the new eUICC and keys of its own, the same at each try")
  func newProfile() throws {
    let counter = try Counter()
    let move = try counter.start(counter.request())
    try counter.agree(move)
    let ordered = try #require(counter.others.ordered)
    #expect((ordered.imsi, ordered.eid, ordered.replaces) == (move.imsi, move.newEID, move.iccid))
    #expect(ordered.k.bytes.count == 16 && ordered.k != ordered.opc)
    #expect(try counter.status(move, .new).wish == .install)
    #expect(try counter.status(move, .old).wish == .nothing)
  }

  @Test("570: installed, the old profile disabled, then the keys, then it is deleted; each as its eUICC has signed")
  func order() throws {
    let counter = try Counter()
    let move = try counter.start(counter.request())
    try counter.agree(move)
    let new = try #require(try counter.desk.move(move.id).newICCID)
    counter.others.standings[new] = .enabled
    try counter.settle()
    #expect(!counter.others.log.contains("commit"))
    #expect(try counter.status(move, .old).wish == .disabled)
    counter.others.standings[move.iccid] = .disabled
    try counter.settle()
    #expect(counter.others.log == ["prepare", "order", "commit", "books"])
    #expect(try counter.desk.move(move.id).state == .moved)
    #expect(try counter.status(move, .old).wish == .deleted)
    #expect(try counter.status(move, .new).wish == .enabled)
    // Too late to go back.
    #expect(throws: MoveError.self) { try counter.desk.cancel(move.id, because: "test", now: counter.now) }
    #expect(try counter.desk.move(move.id).deletedAt == nil)
    counter.others.standings[move.iccid] = .deleted
    try counter.settle(within: .seconds(86_400))
    #expect(try counter.desk.move(move.id).deletedAt != nil)
    #expect(try counter.desk.act(of: move.id)?.state == .done)
  }

  @Test("D4: an old device that does not answer is waited for no longer than agreed; its profile is dead by its keys")
  func grace() throws {
    let counter = try Counter()
    let move = try counter.start(counter.request())
    try counter.agree(move)
    counter.others.standings[try #require(try counter.desk.move(move.id).newICCID)] = .installed
    try counter.settle(within: .seconds(600))
    #expect(try counter.desk.move(move.id).state == .underWay)
    try counter.settle(within: .seconds(600))
    #expect(try counter.desk.move(move.id).state == .moved)
  }

  @Test("D4: an installation that fails, or a new profile that its user deletes, leaves the old one as it was")
  func notInstalled() throws {
    for standing in [ProfileStanding.failed("no room"), .deleted] {
      let counter = try Counter()
      let move = try counter.start(counter.request())
      try counter.agree(move)
      counter.others.standings[try #require(try counter.desk.move(move.id).newICCID)] = standing
      try counter.settle()
      #expect(try counter.desk.move(move.id).state == .failed)
      #expect(counter.others.log == ["prepare", "order", "cancel", "abandon"])
      #expect(try counter.status(move, .new).wish == .deleted)
    }
  }

  @Test("no code, ticket or key is in the event record or readable in the store") func secrets() throws {
    let counter = try Counter()
    let move = try counter.start(counter.request())
    try counter.agree(move)
    let code = try #require(counter.others.code)
    let keys = try #require(counter.others.ordered)
    let planted =
      try [code.bytes, keys.k.bytes, keys.opc.bytes, Array(keys.k.bytes.hex.utf8)]
      + Move.Device.allCases.map { Array(try counter.desk.ticket($0, of: move).utf8) }
    for entry in try counter.desk.history(of: move.id) {
      let recorded: [UInt8] =
        switch entry.event.body {
        case .text(let text): Array(text.utf8)
        case .bytes(let bytes): bytes
        case .exchange(let received, let sent): received + sent
        }
      for secret in planted { #expect(!recorded.contains(secret), "\(entry.event.name)") }
    }
  }
}
