import Foundation
import Testing
import World

@Suite("The World: handsets registered, repaired and changed in all weathers, whoever crashes")
struct RegistrationSimulationTests {
  @Test("in calm weather the handset is registered, and the network takes it") func calm() throws {
    #expect(try RegistrationStory().play() == 1)
  }

  @Test(
    "seeds of weather, crashes and power cuts: a number is one registration's or free, and the network takes exactly one"
  )
  func seeds() throws {
    let environment = ProcessInfo.processInfo.environment
    if let seed = environment["SIMURGH_SEED"].flatMap(UInt64.init) {
      let story = try RegistrationStory(seed: seed)
      defer { print(story.simulation.timeline.trace.joined(separator: "\n")) }
      _ = try story.play()
      return
    }
    let count = environment["SIMURGH_SEEDS"].flatMap(UInt64.init) ?? 40
    var registered = 0
    for seed in 1...count {
      do { registered += try RegistrationStory(seed: seed).play() } catch { Issue.record("\(error)") }
    }
    print("simulated registrations: \(registered) of \(4 * count) customers have a number")
    // The storms are such that many customers get a number, and some find that none is left.
    #expect(registered > Int(count) && registered < 4 * Int(count))
  }

  @Test("same seed, same trace") func sameSeed() throws {
    func trace(_ seed: UInt64) throws -> [String] {
      let story = try RegistrationStory(seed: seed)
      _ = try? story.play()
      return story.simulation.timeline.trace
    }
    #expect(try trace(7) == trace(7))
    #expect(try trace(7) != trace(8))
  }
}
