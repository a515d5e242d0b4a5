import Bytes
import Identifiers
import Keys

/// All parties of a story in one process, on one thread, in virtual time: one seed decides everything that is left to
/// chance, and rules are checked after every event.
///
/// A story makes a simulation, gives it parties (each a class that reacts to messages and to the passing of time, by
/// ``Network/place(_:name:respond:)``, ``Network/call(_:from:patience:then:)`` and ``Timeline/after(_:_:)``) and rules, and
/// runs it.
public final class Simulation {
  /// A rule that does not hold. Its description is what is needed to look into it: the seed and the trace.
  public struct Violation: Error, CustomStringConvertible {
    /// What does not hold.
    public let rule: String
    /// The simulation's seed.
    public let seed: UInt64
    /// What happened until then.
    public let trace: [String]

    public var description: String {
      """
      \(rule)
      To see it again: SIMURGH_SEED=\(seed)
      \(trace.joined(separator: "\n"))
      """
    }
  }

  /// What decides everything that is left to chance.
  public let seed: UInt64
  /// The virtual time.
  public let timeline: Timeline
  /// What connects the parties.
  public let network: Network
  /// Whether the weather is bad and parties may crash.
  public private(set) var isStormy = true
  private var rules: [(sentence: String, holds: () throws -> Bool)] = []
  private var endOfStorm: [() throws -> Void] = []

  /// A simulation that begins in `weather`.
  public init(seed: UInt64, weather: Weather = .calm) {
    self.seed = seed
    timeline = Timeline(seed: seed)
    network = Network(timeline, weather: weather)
  }

  /// From now on `holds` must be true after every event.
  public func always(_ sentence: String, _ holds: @escaping () throws -> Bool) { rules.append((sentence, holds)) }

  /// The same, of what stands in a party's store: it can only be otherwise where `writes`, which counts its durable writes,
  /// has changed.
  public func always(_ sentence: String, after writes: @escaping () -> Int, _ holds: @escaping () throws -> Bool) {
    var seen: Int?
    rules.append(
      (
        sentence,
        {
          let count = writes()
          guard count != seen else { return true }
          seen = count
          return try holds()
        }
      ))
  }

  /// Has `action` run when the storm ends.
  public func whenCalm(_ action: @escaping () throws -> Void) { endOfStorm.append(action) }

  /// Runs through `storm`, then in calm weather until nothing is left to happen, at most `calm`.
  public func run(storm: Duration, calm: Duration = .seconds(90 * 86_400)) throws {
    try explaining {
      try timeline.run(for: storm, invariant: check)
      (isStormy, network.weather) = (false, .calm)
      timeline.note("the storm is over")
      for action in endOfStorm { try action() }
      try timeline.run(for: calm, invariant: check)
    }
  }

  /// Goes on for `time`, in the weather that is.
  func goOn(for time: Duration) throws {
    // Time passes also where nothing happens.
    timeline.after(time) {}
    try timeline.run(for: time, invariant: check)
  }

  /// A source of random bytes for the party called `name`.
  func random(for name: String) -> SeededRandomSource {
    SeededRandomSource(seed: Array("\(name) ".utf8) + seed.bigEndianBytes)
  }

  /// The trace without its times, what comes several times in a row once: to be read as a sequence diagram.
  public var transcript: String {
    var lines: [(text: Substring, count: Int)] = []
    for line in timeline.trace {
      let text = line.drop { $0 != " " }.dropFirst()
      if lines.last?.text == text { lines[lines.count - 1].count += 1 } else { lines.append((text, 1)) }
    }
    return lines.map { $0.count > 1 ? "\($0.text) (\($0.count) times)\n" : "\($0.text)\n" }.joined()
  }

  /// What must be true now.
  public func require(_ sentence: String, _ holds: Bool) throws {
    guard holds else { throw violation(sentence) }
  }

  /// Has errors that come out of `work` tell the seed and the trace.
  func explaining(_ work: () throws -> Void) throws {
    do { try work() } catch let violation as Violation { throw violation } catch { throw violation("\(error)") }
  }

  private func violation(_ sentence: String) -> Violation {
    Violation(rule: sentence, seed: seed, trace: timeline.trace)
  }

  private func check() throws {
    for rule in rules { try require(rule.sentence, try rule.holds()) }
  }
}
