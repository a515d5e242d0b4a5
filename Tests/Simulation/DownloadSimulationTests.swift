import Foundation
import SecureElement
import Testing
import World

@Suite("The World: a download in all weathers, whoever crashes") struct DownloadSimulationTests {
  @Test("in calm weather, without a crash: installed, enabled, let in") func calm() throws {
    #expect(try DownloadStory().play().order == .enabled)
  }

  @Test("a crash before and after every durable write of SM-DP+, device and card: installed exactly once")
  func everyWrite() throws {
    let writes = try DownloadStory().play().writes
    var faults: [DownloadStory.Fault] = []
    for write in 1...writes.smdpPlus { faults += Fuse.Moment.allCases.map { .smdpPlus(write: write, $0) } }
    for write in 1...writes.handset { faults += Fuse.Moment.allCases.map { .handset(write: write, $0) } }
    let moments: [PowerCutLog.Moment] = [.afterBytes(0), .afterBytes(20), .afterBytes(1000), .afterWrite]
    for write in 1...writes.card { faults += moments.map { .card(write: write, $0) } }
    #expect(faults.count > 50)
    for fault in faults {
      do {
        let order = try DownloadStory(fault: fault).play().order
        #expect(order == .enabled, "\(fault)")
      } catch { Issue.record("\(fault): \(error)") }
    }
  }

  @Test("seeds of weather, crashes and moods: installed exactly once or not at all, and all sides agree")
  func seeds() throws {
    let environment = ProcessInfo.processInfo.environment
    if let seed = environment["SIMURGH_SEED"].flatMap(UInt64.init) {
      let story = try DownloadStory(seed: seed)
      defer { print(story.simulation.timeline.trace.joined(separator: "\n")) }
      _ = try story.play()
      return
    }
    let count = environment["SIMURGH_SEEDS"].flatMap(UInt64.init) ?? 150
    var ends: [String: Int] = [:]
    for seed in 1...count {
      do {
        ends["\(try DownloadStory(seed: seed).play().order)", default: 0] += 1
      } catch { Issue.record("\(error)") }
    }
    print(
      "simulated downloads: \(ends.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", "))")
    // The storms are such that most downloads come to a good end, and not all do.
    #expect(ends["enabled", default: 0] > count / 2)
  }

  @Test("SGP.22 §3.0.2: a rejection whose CancelSession is lost reaches the SM-DP+ later: the order ends")
  func lostRejection() throws {
    #expect(try DownloadStory(seed: 143).play().order == .error)
  }

  @Test("a story that was played leaves nothing in memory: thousands fit in one run") func leavesNothing() throws {
    weak var simulation: Simulation?
    func play(_ story: DownloadStory) throws {
      simulation = story.simulation
      _ = try story.play()
    }
    try play(DownloadStory())
    #expect(simulation == nil)
    try play(DownloadStory(seed: 1))
    #expect(simulation == nil)
  }

  @Test("same seed, same trace") func sameSeed() throws {
    func trace(_ seed: UInt64) throws -> [String] {
      let story = try DownloadStory(seed: seed)
      _ = try? story.play()
      return story.simulation.timeline.trace
    }
    for seed in 7...9 as ClosedRange<UInt64> { #expect(try trace(seed) == trace(seed)) }
    #expect(try trace(7) != trace(8))
  }
}
