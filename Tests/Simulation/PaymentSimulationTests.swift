import Foundation
import SecureElement
import Testing
import World

@Suite("The World: payment cards in all weathers, whoever crashes") struct PaymentSimulationTests {
  @Test("in calm weather, without a crash: every service is billed once") func calm() throws {
    let outcome = try PaymentStory().play()
    #expect(outcome.services > 5)
    #expect(outcome.units > 0)
  }

  @Test(
    "a crash before and after every durable write of centre, terminals and card: nothing lost, nothing billed twice")
  func everyWrite() throws {
    let writes = try PaymentStory().play().writes
    var faults: [PaymentStory.Fault] = []
    for write in 1...writes.centre { faults += Fuse.Moment.allCases.map { .centre(write: write, $0) } }
    for (index, count) in writes.terminals.enumerated() {
      for write in 1...count { faults += Fuse.Moment.allCases.map { .terminal(index, write: write, $0) } }
    }
    let moments: [PowerCutLog.Moment] = [.afterBytes(0), .afterBytes(20), .afterBytes(300), .afterWrite]
    for write in 1...writes.card { faults += moments.map { .card(write: write, $0) } }
    #expect(faults.count > 100)
    for fault in faults {
      do { _ = try PaymentStory(fault: fault).play() } catch { Issue.record("\(fault): \(error)") }
    }
  }

  @Test("seeds of weather, crashes and people: bills are what cards signed, to the unit") func seeds() throws {
    let environment = ProcessInfo.processInfo.environment
    if let seed = environment["SIMURGH_SEED"].flatMap(UInt64.init) {
      let story = try PaymentStory(seed: seed)
      defer { print(story.simulation.timeline.trace.joined(separator: "\n")) }
      _ = try story.play()
      return
    }
    let count = environment["SIMURGH_SEEDS"].flatMap(UInt64.init) ?? 60
    var services = 0
    for seed in 1...count {
      do { services += try PaymentStory(seed: seed).play().services } catch { Issue.record("\(error)") }
    }
    print("simulated payment cards: \(services) services in \(count) stories")
    #expect(services > Int(count) * 20)
  }

  @Test("same seed, same trace") func sameSeed() throws {
    func trace(_ seed: UInt64) throws -> [String] {
      let story = try PaymentStory(seed: seed)
      _ = try? story.play()
      return story.simulation.timeline.trace
    }
    #expect(try trace(7) == trace(7))
    #expect(try trace(7) != trace(8))
  }
}
