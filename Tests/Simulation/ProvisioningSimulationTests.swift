import Foundation
import SecureElement
import Testing
import World

@Suite("The World: remote provisioning over short messages, in all weathers, whoever crashes")
struct ProvisioningSimulationTests {
  @Test("E2, in calm weather: two operators provision one after the other; EIS, eUICC and networks agree") func calm()
    throws
  {
    let cost = try ProvisioningStory().play()
    print("provisioning two profiles: \(cost.messages) short messages, \(cost.bytes) bytes")
    // What it costs is in the documents: a change is to be seen.
    #expect((150...250).contains(cost.messages))
  }

  @Test("E2: nothing that the SM-SR relays or keeps contains a piece of a profile") func unreadable() throws {
    let story = try ProvisioningStory()
    _ = try story.play()
    #expect(story.secrets.count > 100)
    // It relayed at least as much as both packages have, and the search finds what is there.
    #expect(try story.readByManager().reduce(0) { $0 + $1.count } > 24 * story.secrets.count)
    #expect(try story.isUnreadable())
    story.leak()
    #expect(try !story.isUnreadable())
  }

  @Test("a crash of any party before and after its durable writes, and power cuts of the card: all end alike")
  func crashes() throws {
    let cost = try ProvisioningStory().play()
    var faults: [ProvisioningStory.Fault] = []
    for write in 1...cost.manager { faults += Fuse.Moment.allCases.map { .manager(write: write, $0) } }
    for write in 1...cost.provider { faults += Fuse.Moment.allCases.map { .provider(write: write, $0) } }
    for (number, writes) in [cost.firstOperator, cost.secondOperator].enumerated() {
      for write in 1...writes {
        faults += Fuse.Moment.allCases.map { .mobileOperator(number, write: write, $0) }
      }
    }
    for write in 1...cost.card { faults += [.afterBytes(20), .afterWrite].map { .card(write: write, $0) } }
    // All of them take minutes: each run takes one in so many, `make long` all.
    let step = ProcessInfo.processInfo.environment["SIMURGH_CRASHES"] == "all" ? 1 : 23
    print("\(faults.count) points of a crash, every \(step). is played")
    for index in stride(from: 0, to: faults.count, by: step) {
      do { _ = try ProvisioningStory(fault: faults[index]).play() } catch {
        Issue.record("\(faults[index]): \(error)")
      }
    }
  }

  @Test("E4, races: two downloads to one eUICC at once: neither ends the other's session for ever") func together()
    throws
  {
    for pause in [0, 5] { _ = try ProvisioningStory().play(secondAfter: .seconds(Int64(pause))) }
  }

  /// The seeds of the usual run are shared out.
  private static let shards = 4

  @Test(
    "seeds of weather, radio and crashes: never two enabled, never none, and in the end all agree",
    arguments: 0..<shards)
  func seeds(shard: Int) throws {
    let environment = ProcessInfo.processInfo.environment
    /// In every third seed both operators provision at once.
    func play(_ story: ProvisioningStory, _ seed: UInt64) throws {
      _ = try story.play(secondAfter: .seconds(seed % 3 == 0 ? Int64(seed % 60) : 1140))
    }
    if let seed = environment["SIMURGH_SEED"].flatMap(UInt64.init) {
      guard shard == 0 else { return }
      let story = try ProvisioningStory(seed: seed)
      defer { print(story.simulation.timeline.trace.joined(separator: "\n")) }
      return try play(story, seed)
    }
    let count = environment["SIMURGH_SEEDS"].flatMap(UInt64.init) ?? 24
    let start = ContinuousClock.now
    for seed in stride(from: UInt64(shard) + 1, through: count, by: Self.shards) {
      do { try play(ProvisioningStory(seed: seed), seed) } catch { Issue.record("\(error)") }
    }
    print("provisioning: seeds \(shard + 1)... of \(count) in \(ContinuousClock.now - start)")
  }
}
