import Bytes
import Foundation
import Identifiers
import Testing
import World

@Suite("The World: changes of operator in all weathers, whoever crashes") struct OperatorChangeSimulationTests {
  /// What a seed tells.
  private static func plan(_ seed: UInt64) -> TransferStory.Plan {
    var plan = TransferStory.Plan()
    plan.movesNumber = seed % 3 != 0
    plan.changesManager = seed % 4 == 0
    plan.findsNetwork = seed % 7 != 0
    plan.isGenuine = seed % 11 != 0
    if seed % 5 == 0 { plan.lockedFor = .seconds(Int64(seed % 10) * 86_400) }
    if seed % 13 == 0 { plan.consent = .wanted }
    return plan
  }

  /// Seeds of the usual run; `make long` plays more.
  private static let shards = 8

  @Test(
    "seeds of weather, crashes and contracts: never none with a network, and both books and the eUICC agree",
    arguments: 0..<shards)
  func seeds(shard: Int) throws {
    let environment = ProcessInfo.processInfo.environment
    let setting = try TransferStory.Setting(random: SystemRandomSource.shared, now: Instant(seconds: 1_800_000_000))
    func play(_ seed: UInt64) throws -> Bool {
      let story = try TransferStory(Self.plan(seed), seed: seed, in: setting)
      try story.play(storm: 12)
      return try story.checkEnd()
    }
    if let seed = environment["SIMURGH_SEED"].flatMap(UInt64.init) {
      if shard == 0 { _ = try play(seed) }
      return
    }
    let count = environment["SIMURGH_SEEDS"].flatMap(Int.init) ?? 1_000
    let start = ContinuousClock.now
    var (played, done) = (0, 0)
    for seed in stride(from: UInt64(shard) + 1, through: UInt64(count), by: Self.shards) {
      do {
        played += 1
        if try play(seed) { done += 1 }
      } catch { Issue.record("SIMURGH_SEED=\(seed): \(error)") }
    }
    print("changes of operator: \(done) of \(played) done in \(ContinuousClock.now - start)")
    #expect(done > played / 4 && done < played)
  }
}
