import Identifiers
import Keys

/// SEQ_HE of one USIM's keys, and how it goes on (TS 33.102 §C.1). It never falls but by a resynchronisation.
struct SequenceNumberCounter: Hashable, Sendable {
  /// Bits of IND.
  let indexBits: Int
  /// Δ of the USIM; nil for as far as it likes.
  let delta: Int64?
  /// SEQ_HE: the highest given out.
  private(set) var seq: Int64
  /// DIF, the difference between SEQ and the clock; nil where generation is not time-based.
  private(set) var clockDifference: Int64?

  init(indexBits: Int, delta: Int64?, seq: Int64, clockDifference: Int64?) {
    (self.indexBits, self.delta, self.seq, self.clockDifference) = (indexBits, delta, seq, clockDifference)
  }

  /// The counter of a new subscriber.
  init(_ subscriber: Subscriber, now: Instant) {
    (indexBits, delta) = (subscriber.indexBits, subscriber.delta.map { Int64(clamping: $0) })
    seq = Int64(clamping: subscriber.seq)
    // A new USIM has seen nothing: the clock begins where it stands, not Δ away from it.
    clockDifference = subscriber.generation == .timed ? seq - Self.clock(now) : nil
  }

  /// GLC, the global counter: tenths of a second, shorter than two authentications of a subscriber are apart.
  private static func clock(_ now: Instant) -> Int64 { now.milliseconds / 100 }

  /// SEQ has as many bits as IND leaves of 48.
  private var limit: Int64 { 1 << (48 - Int64(indexBits)) }

  /// Uses up `count` values of SEQ; nil where they would wrap around: then nothing changes.
  mutating func advance(by count: Int, now: Instant) -> ClosedRange<Int64>? {
    var (first, difference) = (seq + 1, clockDifference)
    if let clocked = difference.map({ $0 + Self.clock(now) }), clocked > first {
      // A USIM that slept for long would take a jump above Δ for an attack (§C.2.2 (i)): the clock is set anew then.
      // Half of Δ is left for vectors that it never saw.
      if let delta, clocked - seq > delta / 2 {
        difference = first - Self.clock(now)
      } else {
        first = clocked
      }
    }
    let last = first + Int64(count) - 1
    guard last < limit else { return nil }
    (seq, clockDifference) = (last, difference)
    return first...last
  }

  /// §6.3.5: whether SQN_HE is in the correct range, i.e. the next sequence number would be accepted by a USIM whose
  /// highest is `seqMS`.
  func isAccepted(above seqMS: Int64, now: Instant) -> Bool {
    var next = self
    guard let first = next.advance(by: 1, now: now)?.lowerBound else { return false }
    return first > seqMS && (delta.map { first - seqMS <= $0 } ?? true)
  }

  /// §6.3.5: resets the value of the counter SQN_HE to SQN_MS; with a clock, DIF to SEQ_MS − GLC.
  mutating func reset(to seqMS: Int64, now: Instant) {
    seq = seqMS
    if clockDifference != nil { clockDifference = seqMS - Self.clock(now) }
  }

  /// Goes on from where another counter of the same keys is, if that is further.
  mutating func continueAfter(_ other: SequenceNumberCounter) {
    if other.seq > seq { (seq, clockDifference) = (other.seq, clockDifference.map { $0 + other.seq - seq }) }
  }

  /// §C.1.1.1: SQN = SEQ ‖ IND.
  func sequenceNumber(_ seq: Int64, index: UInt64) -> SequenceNumber? {
    let mask: UInt64 = 1 << UInt64(indexBits) - 1
    return UInt64(exactly: seq).flatMap { SequenceNumber($0 << UInt64(indexBits) | index & mask) }
  }
}
