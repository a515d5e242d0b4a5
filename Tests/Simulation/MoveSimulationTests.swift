import DeviceChange
import Foundation
import SecureElement
import Testing
import World

@Suite("D: a profile moves in all weathers, whoever crashes") struct MoveSimulationTests {
  @Test("D2, 505 to 575: in calm weather the profile moves; one card at a time can authenticate, all the while")
  func calm() throws {
    let outcome = try MoveStory().play()
    #expect(outcome.state == .moved)
    #expect(outcome.trials > 15)
    #expect(outcome.leftOut == [])
  }

  @Test("D2 (535 to 550): phone book and messages arrive as they were let go; what the person keeps back is listed")
  func inPart() throws {
    let some = try MoveStory(Self.plan { $0.allowed = .messages }).play()
    #expect(some.leftOut.map { $0.prefix { $0 != ":" } } == ["contacts", "preferences", "applications"])
    // By choice of who asks, nothing is left out of it.
    #expect(try MoveStory(Self.plan { $0.parts = .contacts }).play().leftOut == [])
    #expect(try MoveStory(Self.plan { $0.parts = [] }).play().leftOut == [])
  }

  private static func plan(_ change: (inout MoveStory.Plan) -> Void) -> MoveStory.Plan {
    var plan = MoveStory.Plan()
    change(&plan)
    return plan
  }

  @Test(
    "D4: cancelled at any step up to the change of keys, everything is undone; after it, it is too late",
    arguments: MoveSteps.plan.steps.map(\.name))
  func cancelled(step: String) throws {
    let outcome = try MoveStory(Self.plan { $0.cancelledAt = step }).play()
    let isTooLate = ["CommitKeys", "KeepBooks", "TellMoved", "DeleteOld"].contains(step)
    #expect(outcome.state == (isTooLate ? .moved : .cancelled), "\(step): \(outcome.ending ?? "")")
  }

  @Test("D2 (510): a person who does not know the code, or does not consent at one device, moves nothing")
  func persons() throws {
    #expect(try MoveStory(Self.plan { $0.wrongCodes = 3 }).play().state == .failed)
    #expect(try MoveStory(Self.plan { $0.wrongCodes = 2 }).play().state == .moved)
    #expect(try MoveStory(Self.plan { $0.declines = .old }).play().state == .failed)
    #expect(try MoveStory(Self.plan { $0.declines = .new }).play().state == .failed)
  }

  @Test(
    "D4: an old device that was off line all the while: its profile is dead, and is deleted when it comes back")
  func offLine() throws {
    let outcome = try MoveStory(Self.plan { ($0.isOldAtHand, $0.wrongCodes) = (false, 1) }).play()
    #expect(outcome.state == .moved)
    let denied = Self.plan { ($0.isOldAtHand, $0.wrongCodes, $0.approves) = (false, 1, false) }
    #expect(try MoveStory(denied).play().state == .failed)
  }

  @Test(
    "a crash before and after every durable write of every party: it moves, and one card can authenticate throughout")
  func everyWrite() throws {
    let faults = try MoveStory.faults(in: MoveStory().play())
    #expect(faults.count > 100)
    var trials = 0
    for fault in faults {
      do {
        let outcome = try MoveStory(fault: fault).play()
        #expect(outcome.state == .moved, "\(fault)")
        trials += outcome.trials
      } catch { Issue.record("\(fault): \(error)") }
    }
    print("moves with one crash each: \(faults.count), both cards tried \(trials) times")
  }

  @Test("the same where the move is cancelled at its last moment: everything is undone") func everyWriteCancelled()
    throws
  {
    let plan = Self.plan { $0.cancelledAt = "DisableOld" }
    for fault in try MoveStory.faults(in: MoveStory(plan).play()) {
      do {
        let state = try MoveStory(plan, fault: fault).play().state
        // Whoever crashes, the wish may come too late.
        #expect(state == .cancelled || state == .moved, "\(fault)")
      } catch { Issue.record("\(fault): \(error)") }
    }
  }

  @Test("seeds of weather, crashes, persons and cancellations: moved whole or not at all") func seeds() throws {
    let environment = ProcessInfo.processInfo.environment
    if let seed = environment["SIMURGH_SEED"].flatMap(UInt64.init) {
      let story = try MoveStory(seed: seed)
      defer { print(story.simulation.timeline.trace.joined(separator: "\n")) }
      _ = try story.play()
      return
    }
    let count = environment["SIMURGH_SEEDS"].flatMap(UInt64.init) ?? 150
    var ends: [String: Int] = [:]
    for seed in 1...count {
      do { ends["\(try MoveStory(seed: seed).play().state)", default: 0] += 1 } catch { Issue.record("\(error)") }
    }
    print("simulated moves: \(ends.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", "))")
    #expect(ends["moved", default: 0] > count / 4)
  }
}
