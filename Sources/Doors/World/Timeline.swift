import Bytes
import Identifiers
import Keys

/// Virtual time: a heap of events, run one after the other on one thread. Same seed, same order.
///
/// `@unchecked Sendable`: it stays on the one thread, also where servers ask it for the time.
public final class Timeline: @unchecked Sendable {
  /// The virtual clock; it moves only from event to event.
  public private(set) var now: Instant
  /// What happened, a line each, in order.
  public private(set) var trace: [String] = []

  private let start: Instant
  private var heap: [Event] = []
  private var sequence: UInt64 = 0
  private let chance: SeededRandomSource

  private struct Event {
    let time: Instant
    let sequence: UInt64
    let action: () throws -> Void

    func precedes(_ other: Event) -> Bool { (time, sequence) < (other.time, other.sequence) }
  }

  /// A timeline that begins at `start`; `seed` decides everything that is left to chance.
  public init(seed: UInt64, start: Instant = Instant(seconds: 1_800_000_000)) {
    (now, self.start) = (start, start)
    chance = SeededRandomSource(seed: seed.bigEndianBytes)
  }

  /// Puts `action` into the future; events of the same instant run in the order in which they were put there.
  public func after(_ delay: Duration, _ action: @escaping () throws -> Void) {
    heap.append(Event(time: now + delay, sequence: sequence, action: action))
    sequence += 1
    rise(from: heap.count - 1)
  }

  /// Runs events until none is left or `limit` has passed, checking `invariant` after each. Returns how many ran.
  @discardableResult
  public func run(for limit: Duration, invariant: () throws -> Void = {}) throws -> Int {
    let end = now + limit
    var count = 0
    while let next = heap.first, next.time <= end {
      removeFirst()
      now = next.time
      try next.action()
      try invariant()
      count += 1
    }
    return count
  }

  /// Notes a line of the trace, behind the virtual time since the beginning, in seconds.
  public func note(_ line: String) {
    let milliseconds = now.milliseconds - start.milliseconds
    let fraction = String(1000 + milliseconds % 1000).dropFirst()
    trace.append("\(milliseconds / 1000).\(fraction) \(line)")
  }

  /// A number below `bound`, by the seed.
  public func roll(_ bound: Int) -> Int {
    guard bound > 1, let number = UInt64(bigEndian: chance.bytes(8)) else { return 0 }
    return Int(number % UInt64(bound))
  }

  /// Bytes by the seed.
  public func bytes(_ count: Int) -> [UInt8] { chance.bytes(count) }

  private func rise(from index: Int) {
    var child = index
    while child > 0, heap[child].precedes(heap[(child - 1) / 2]) {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  private func removeFirst() {
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var parent = 0
    while true {
      let children = [2 * parent + 1, 2 * parent + 2].filter { $0 < heap.count }
      guard let least = children.min(by: { heap[$0].precedes(heap[$1]) }), heap[least].precedes(heap[parent]) else {
        return
      }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}
