import Testing
import World

@Suite("World: virtual time") struct TimelineTests {
  private func play(seed: UInt64) throws -> [String] {
    let timeline = Timeline(seed: seed)
    for number in 0..<50 { timeline.send("message \(number)", through: .storm) {} }
    try timeline.run(for: .seconds(60))
    return timeline.trace
  }

  @Test("same seed, same trace; another seed, another") func seeds() throws {
    #expect(try play(seed: 1) == play(seed: 1))
    #expect(try play(seed: 1) != play(seed: 2))
  }

  @Test("a storm loses, doubles and reorders") func storm() throws {
    let trace = try play(seed: 3).joined(separator: "\n")
    #expect(trace.contains("LOST"))
    #expect(trace.contains("DOUBLED"))
  }

  @Test("events run in the order of their time, then of their making") func order() throws {
    let timeline = Timeline(seed: 0)
    var seen: [Int] = []
    for (number, delay) in [(1, 30), (2, 10), (3, 20), (4, 10)] {
      timeline.after(.milliseconds(delay)) { seen.append(number) }
    }
    #expect(try timeline.run(for: .milliseconds(25)) == 3)
    #expect(seen == [2, 4, 3])
    try timeline.run(for: .seconds(1))
    #expect(seen == [2, 4, 3, 1])
  }
}
