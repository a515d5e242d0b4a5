import Foundation
import Identifiers
import SecureElement
import SGP02
import SubscriberTransfer
import Testing
import World

@Suite("The World: change of operator across two SM-SRs, with everybody who takes part")
struct MeshChangeSimulationTests {
  typealias Story = OperatorChangeStory

  @Test(
    "E3, in calm weather: the subscriber goes to the other operator, and the eUICC to the other SM-SR or not",
    arguments: [true, false])
  func calm(changesManager: Bool) throws {
    var plan = Story.Plan()
    plan.changesManager = changesManager
    let story = try Story(plan)
    let cost = try story.play()
    print("change of operator: \(cost)")
    #expect(try story.outcome?.isDone == true)
    #expect(try story.donorRules == nil)
  }

  @Test("E4: a donor that is not let go, and a network without keys, leave everything as it was, POL2 too")
  func refusals() throws {
    var locked = Story.Plan()
    locked.contract.lockedUntil = Instant(seconds: 1_900_000_000)
    var keyless = Story.Plan()
    keyless.hasKeys = false
    for (reason, plan) in [("runs until", locked), ("no keys", keyless)] {
      let story = try Story(plan)
      _ = try story.play()
      let outcome = try #require(try story.outcome)
      #expect(!outcome.isDone && outcome.reason?.contains(reason) == true, "\(outcome)")
      // A profile whose rights were given and came back must stay; one that was never given is as it was.
      #expect(try story.donorRules == (reason == "no keys" ? .disablingNotAllowed : []))
    }
  }

  @Test("a crash of any party before and after its durable writes, and power cuts of the card: all end alike")
  func crashes() throws {
    let cost = try Story().play()
    var faults: [Story.Fault] = []
    for (number, writes) in cost.writes.enumerated() where writes > 0 {
      for write in 1...writes { faults += Fuse.Moment.allCases.map { .party(number, write: write, $0) } }
    }
    // All of them take minutes: each run takes one in so many of the servers', `make long` all.
    let step = ProcessInfo.processInfo.environment["SIMURGH_CRASHES"] == "all" ? 1 : 41
    print("\(faults.count) points of a crash, every \(step). is played: \(cost)")
    var played = stride(from: 0, to: faults.count, by: step).map { faults[$0] }
    for write in 1...cost.card { played += [.afterBytes(20), .afterWrite].map { .card(write: write, $0) } }
    for fault in played {
      do {
        let story = try Story(fault: fault)
        _ = try story.play()
        #expect(try story.outcome?.isDone == true, "\(fault)")
      } catch { Issue.record("\(fault): \(error)") }
    }
  }

  @Test("seeds of weather, radio, crashes and contracts: never two enabled, never none, and in the end all agree")
  func seeds() throws {
    let environment = ProcessInfo.processInfo.environment
    func story(_ seed: UInt64) throws -> Story {
      var plan = Story.Plan()
      plan.changesManager = seed % 3 != 0
      plan.hasKeys = seed % 7 != 0
      if seed % 11 == 0 { plan.contract.refusal = "a bill is open" }
      return try Story(plan, seed: seed)
    }
    if let seed = environment["SIMURGH_SEED"].flatMap(UInt64.init) {
      let story = try story(seed)
      defer { print(story.simulation.timeline.trace.joined(separator: "\n")) }
      _ = try story.play()
      return
    }
    let count = environment["SIMURGH_SEEDS"].flatMap(UInt64.init) ?? 16
    var done = 0
    let start = ContinuousClock.now
    for seed in 1...count {
      do {
        let story = try story(seed)
        _ = try story.play()
        if try story.outcome?.isDone == true { done += 1 }
      } catch { Issue.record("\(error)") }
    }
    print("changes of operator with everybody: \(done) of \(count) done in \(ContinuousClock.now - start)")
    #expect(done > count / 4)
  }
}
