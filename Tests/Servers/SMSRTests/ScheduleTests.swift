import Bytes
import Identifiers
import SGP02
import SGP22
import SMSR
import TestSupport
import Testing

/// Concurrent enabling, disabling and deleting by two operators, over a network that loses, doubles, delays and reorders
/// packets and answers: each seed is a schedule.
@Suite("E4: the data races of remote provisioning, as schedules") struct ScheduleTests {
  /// What an operator wants, under one call identifier, until it knows how it went.
  private struct Wish {
    enum Function: Int { case enable, disable, delete, audit }
    let function: Function
    let number: Int
    let call: String
    var outcome: Result<Void, Refusal>?
  }

  private struct Course {
    let manager: TestManager
    var euicc: TestEUICC
    var dice: Dice
    var wishes: [Wish] = []
    /// What is on its way, and what was: it may come again.
    var packets: [[UInt8]] = []
    var answers: [[UInt8]] = []

    init(seed: UInt64) throws {
      manager = try TestManager()
      _ = try manager.register().get()
      (euicc, dice) = (try manager.euicc, Dice(seed))
    }

    mutating func ask(_ index: Int) throws {
      let wish = wishes[index]
      let (caller, target) = (wish.number == 2 ? manager.receiver : manager.donor, manager.target(wish.number))
      let answer: Result<Void, Refusal> =
        switch wish.function {
        case .enable: try manager.call(ES4.EnableProfile.self, target, by: caller, wish.call).map { _ in }
        case .disable: try manager.call(ES4.DisableProfile.self, target, by: caller, wish.call).map { _ in }
        case .delete: try manager.call(ES4.DeleteProfile.self, target, by: caller, wish.call).map { _ in }
        case .audit: try manager.call(ES4.AuditEIS.self, .init(eid: manager.eid), by: caller, wish.call).map { _ in }
        }
      if case .failure(.functionUnderWay) = answer { return }
      // What was said once is said again.
      if let former = wish.outcome {
        #expect((try? former.get()) == nil ? (try? answer.get()) == nil : (try? answer.get()) != nil)
      }
      wishes[index].outcome = answer
    }

    mutating func send() throws {
      packets += try manager.desk.packetsDue(given: manager.given).map(\.packet)
    }

    /// One packet, perhaps an old one, reaches the eUICC; its answer may be lost.
    mutating func deliver(losses: Int) throws {
      guard !packets.isEmpty else { return }
      let packet = packets[dice.roll(packets.count)]
      guard dice.roll(100) >= losses, let answer = try euicc.receive(packet) else { return }
      answers.append(answer)
    }

    mutating func hear() throws {
      guard !answers.isEmpty else { return }
      try manager.desk.receive(answers[dice.roll(answers.count)], from: manager.eid, given: manager.given)
    }

    /// The eUICC's notification reaches the SM-SR, perhaps.
    mutating func tell() throws {
      guard dice.roll(2) == 0, let told = try euicc.notification() else { return }
      try manager.desk.receive(notification: told, from: manager.eid, given: manager.given)
    }

    mutating func step() throws {
      switch dice.roll(10) {
      case 0 where wishes.count < 8:
        let function = Wish.Function(rawValue: dice.roll(4)) ?? .audit
        wishes.append(Wish(function: function, number: dice.roll(3), call: "call \(wishes.count)"))
        try ask(wishes.count - 1)
      case 0, 1: if !wishes.isEmpty { try ask(dice.roll(wishes.count)) }
      case 2: manager.clock.advance(by: .seconds(Int64(dice.roll(120))))
      case 3, 4: try send()
      case 5, 6, 7: try deliver(losses: 30)
      case 8: try tell()
      default: try hear()
      }
    }

    func check(_ seed: UInt64) throws {
      #expect(euicc.isdps.filter { $0.state == .enabled }.count == 1, "seed \(seed): the eUICC has no network, or two")
      let books = try manager.books()
      #expect(books.filter { $0.state == .enabled }.count <= 1, "seed \(seed)")
      #expect(books.contains { $0.fallbackAttribute }, "seed \(seed): no last resort")
    }
  }

  @Test("never two enabled, never none; in the end every call is answered, and books and eUICC agree", arguments: 0..<8)
  func schedules(part: Int) throws {
    for seed in UInt64(part * 25)..<UInt64(part * 25 + 25) {
      var course = try Course(seed: seed)
      for _ in 0..<120 {
        try course.step()
        try course.check(seed)
      }
      // The weather clears: everything that is under way comes to its end.
      for _ in 0..<60 {
        try course.send()
        if let packet = course.packets.last, let answer = try course.euicc.receive(packet) {
          try course.manager.desk.receive(answer, from: course.manager.eid, given: course.manager.given)
        }
        if let told = try course.euicc.notification() {
          try course.manager.desk.receive(
            notification: told, from: course.manager.eid, given: course.manager.given)
        }
        for index in course.wishes.indices { try course.ask(index) }
        course.manager.clock.advance(by: .seconds(3600))
      }
      #expect(course.wishes.allSatisfy { $0.outcome != nil }, "seed \(seed)")
      let books = try course.manager.books()
      #expect(books.map(\.isdpAid) == course.euicc.isdps.map(\.aid), "seed \(seed)")
      #expect(
        books.map { $0.state == .enabled } == course.euicc.isdps.map { $0.state == .enabled }, "seed \(seed)")
      try course.check(seed)
    }
  }
}
