import Bytes
import DeviceChange
import Identifiers
import ProfileMove
import SGP22
import Testing

@Suite("D2: what a move takes along (525 to 550)") struct BackupTests {
  private func agreed(_ counter: Counter, isOldAtHand: Bool = true) throws -> Move {
    counter.others.backupRequest = [0x30, 0x00]
    let move = try counter.start(counter.request(isOldAtHand: isOldAtHand))
    try counter.agree(move)
    return move
  }

  private func bring(
    _ answer: [UInt8], _ move: Move, _ counter: Counter, _ device: Move.Device = .old
  ) throws -> Result<MoveStatus.Response, Refusal> {
    try counter.ask(MoveBackup.self, .init(ticket: counter.desk.ticket(device, of: move), answer: answer))
  }

  @Test("525 to 545: the old device alone is asked for a backup; the first one stands, and the provider gets it")
  func asked() throws {
    let counter = try Counter()
    let move = try agreed(counter)
    #expect(counter.others.log.isEmpty)
    let status = try counter.status(move, .old)
    #expect(status.wish == .backUp && status.backupRequest == [0x30, 0x00])
    #expect(try counter.status(move, .new).wish == .nothing)
    #expect(try bring([1, 2, 3], move, counter, .new) == .failure(.moveNotAsked))
    _ = try bring([1, 2, 3], move, counter).get()
    // Its answer was lost.
    #expect(try bring([1, 2, 3], move, counter).get().wish == .nothing)
    #expect(try bring([1, 2, 4], move, counter) == .failure(.moveNotAsked))
    try counter.settle()
    #expect(counter.others.ordered?.backup == [1, 2, 3])
    #expect(counter.others.log == ["prepare", "order"])
  }

  @Test("a backup that does not come, or cannot be asked for, is not waited for; that nothing came along is told")
  func absent() throws {
    let late = try Counter()
    let move = try agreed(late)
    try late.settle(within: .seconds(960))
    #expect(late.others.log == ["prepare", "order"])
    #expect(try late.desk.movedData(move.id).leftOut == ["everything: the old device brought no backup in time"])
    #expect(try late.status(move, .new).sentence.contains("Not taken along: everything"))
    #expect(try bring([1], move, late) == .failure(.moveNotAsked))
    let lost = try Counter()
    let other = try agreed(lost, isOldAtHand: false)
    #expect(lost.others.log == ["prepare", "order"])
    #expect(try lost.desk.movedData(other.id).leftOut == ["everything: the old device does not take part"])
  }

  @Test("550: parts that the provider refuses are told on both devices; the backup is forgotten when the move is over")
  func refusedParts() throws {
    let counter = try Counter()
    counter.others.leftOut = [LeftOut("contacts", "the new profile has no such file")]
    let move = try agreed(counter)
    _ = try bring([1, 2, 3], move, counter).get()
    try counter.settle()
    for device in Move.Device.allCases {
      #expect(
        try counter.status(move, device).sentence.hasSuffix(
          "Not taken along: contacts: the new profile has no such file."))
    }
    try counter.desk.cancel(move.id, because: "test", now: counter.now)
    try counter.settle()
    let kept: Int? = try counter.store.read {
      try $0.first("SELECT count(*) FROM move_backup WHERE answer IS NOT NULL")?(0)
    }
    #expect(kept == 0)
  }

  @Test("K is not asked for by a move: the new profile has its own") func keys() throws {
    let request = try Counter().request()
    #expect(throws: MoveError.self) {
      try MoveRequest(
        iccid: request.iccid, imsi: request.imsi, oldEID: request.oldEID, newEID: request.newEID, parts: .all)
    }
  }
}
