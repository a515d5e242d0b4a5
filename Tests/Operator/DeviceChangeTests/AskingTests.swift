import Bytes
import DeviceChange
import Identifiers
import ProfileMove
import SGP22
import Stations
import Store
import TestStores
import Testing

@Suite("D2: somebody outside the operator asks for a move") struct AskingTests {
  private func request(_ counter: Counter, word: String = "A", isOldAtHand: Bool = true) throws -> MoveStart.Request {
    let wanted = try counter.request(isOldAtHand: isOldAtHand)
    return MoveStart.Request(
      iccid: wanted.iccid, oldEID: wanted.oldEID, newEID: wanted.newEID, isOldAtHand: isOldAtHand,
      word: Secret(Array(String(repeating: word, count: 32).utf8)))
  }

  @Test(
    "505: who asks gets a ticket for each device, and the same ones again; anybody else learns nothing", .overEveryStore
  )
  func tickets() throws {
    let counter = try Counter()
    let answer = try counter.ask(MoveStart.self, request(counter)).get()
    #expect(try counter.ask(MoveStart.self, request(counter)).get() == answer)
    #expect(try counter.ask(MoveStart.self, request(counter, word: "B")) == .failure(.moveUnderWay))
    let move = try #require(try counter.desk.moves().first)
    #expect(try counter.desk.moves().count == 1)
    #expect(try counter.desk.ticket(.old, of: move) == answer.oldTicket)
    #expect(try counter.desk.ticket(.new, of: move) == answer.newTicket)
  }

  @Test("what the operator's own people began is told to nobody outside; a profile of nobody's does not move")
  func foreign() throws {
    let counter = try Counter()
    _ = try counter.start(counter.request())
    #expect(try counter.ask(MoveStart.self, request(counter)) == .failure(.moveUnderWay))
    counter.subscriber = nil
    #expect(try counter.ask(MoveStart.self, request(counter)) == .failure(.moveProfileUnknown))
  }

  @Test("ours: what somebody outside says of the old device is no proof that it takes part") func unproven() throws {
    let counter = try Counter()
    counter.others.contactChange = counter.now - .seconds(3600)
    _ = try counter.ask(MoveStart.self, request(counter)).get()
    let move = try #require(try counter.desk.moves().first)
    try counter.agree(move)
    #expect(try counter.desk.move(move.id).risk == 80)
    #expect(counter.others.log.isEmpty)
  }

  @Test("D4: a ticket takes the move back before its point of no return, and not after it", .overEveryStore)
  func cancelled() throws {
    let counter = try Counter()
    let tickets = try counter.ask(MoveStart.self, request(counter)).get()
    _ = try counter.ask(MoveCancel.self, .init(ticket: tickets.oldTicket)).get()
    _ = try counter.ask(MoveCancel.self, .init(ticket: tickets.newTicket)).get()
    try counter.settle()
    let move = try #require(try counter.desk.moves().first)
    #expect(move.state == .cancelled && move.ending == "the person at the old device cancelled it")
    #expect(try counter.ask(MoveCancel.self, .init(ticket: tickets.newTicket)).get().isOver)
    let next = try counter.start(counter.request(1))
    try counter.agree(next)
    counter.others.standings[try #require(try counter.desk.move(next.id).newICCID)] = .enabled
    counter.others.standings[next.iccid] = .disabled
    try counter.settle()
    #expect(try counter.desk.move(next.id).state == .moved)
    let ticket = try counter.desk.ticket(.new, of: next)
    #expect(try counter.ask(MoveCancel.self, .init(ticket: ticket)) == .failure(.moveOver))
  }

  @Test("a device that asks how things stand leaves nothing in the record") func polling() throws {
    let counter = try Counter()
    let move = try counter.start(counter.request())
    try counter.settle()
    let before = try counter.desk.history(of: move.id).count
    for _ in 0..<10 { _ = try counter.status(move, .new) }
    #expect(try counter.desk.history(of: move.id).count == before)
    // What a person does is written down.
    #expect(try counter.give(Secret(Array("0".utf8)), move) == .failure(.movePersonRefused))
    #expect(try counter.desk.history(of: move.id).count > before)
  }

  @Test("a request that is cut off or changed at any byte is refused, and no move begins") func hostile() throws {
    let counter = try Counter()
    let body = JSONBinding.encode(try request(counter))
    for place in stride(from: 0, to: body.count, by: 2) {
      for altered in [Array(body[..<place]), body[..<place] + [body[place] ^ 0x11] + body[(place + 1)...]] {
        let reply = counter.post(MoveStart.path, Array(altered))
        #expect([200, 400, 415].contains(reply.status))
      }
    }
    // A digit of a number, or a letter of the word, makes another whole request: a move at most for each profile.
    #expect(try counter.desk.moves(limit: 1000).allSatisfy { $0.state == .underWay })
    #expect(try counter.desk.moves(limit: 1000).count <= 1)
  }
}
