import Bytes
import Identifiers
import Keys
import Store
import Synchronization

/// Sequence numbers of which the store already knows that they are used, ready to be given out without asking it again.
///
/// A block is durably used up before the first of it leaves: what is left of it at a crash, or when the process ends, is
/// lost and never made. So no number comes twice, whatever other processes do over the same store: theirs begin above.
/// What they change otherwise, a bar or other keys, is noticed by the number of changes in ``ChangeCount``, which is
/// looked at again after ``patience``.
final class SequenceNumberReserve: Sendable {
  /// How many values of SEQ a block has, where the subscriber's are not counted by a clock: of 2⁴⁰ at least.
  static let blockSize = 1024
  /// For so long, in milliseconds, nobody looks whether another process changed a subscriber.
  static let patience: Int64 = 10
  /// How many subscribers' blocks are kept; above it all are forgotten.
  static let limit = 50_000

  /// A block, and what its vectors are made with.
  struct Block: Sendable {
    let algorithm: any AuthenticationAlgorithm
    let amf: [UInt8]
    let counter: SequenceNumberCounter
    var left: ClosedRange<Int64>
    /// The count of changes when it was taken from the store.
    let changes: Int
  }

  private struct State {
    var blocks: [IMSIKey: Block] = [:]
    var nodes: [String: Int] = [:]
    /// What ``ChangeCount`` was when it was looked at, and when that was.
    var changes = 0
    var lookedAt: Instant?
  }

  private let state = Mutex(State())

  /// Sequence numbers for a node, taken out of the reserve, with what their vectors are made with; nil where there are
  /// too few, or it is time to look for changes.
  func take(_ count: Int, of imsi: IMSIKey, by node: String, now: Instant) -> Portion? {
    state.withLock { state in
      guard let lookedAt = state.lookedAt, (0..<Self.patience).contains(now.milliseconds - lookedAt.milliseconds),
        let number = state.nodes[node], let block = state.blocks[imsi]
      else { return nil }
      let (first, last) = (block.left.lowerBound, block.left.lowerBound + Int64(count) - 1)
      guard last <= block.left.upperBound else { return nil }
      let rest = last < block.left.upperBound ? last + 1...block.left.upperBound : nil
      if let rest { state.blocks[imsi]?.left = rest } else { state.blocks[imsi] = nil }
      return Portion(block: block, seqs: first...last, node: number)
    }
  }

  /// Whether ``take(_:of:by:now:)`` waits for ``look(_:now:)``.
  func isDue(_ now: Instant) -> Bool {
    state.withLock { state in
      guard let lookedAt = state.lookedAt else { return true }
      return !(0..<Self.patience).contains(now.milliseconds - lookedAt.milliseconds)
    }
  }

  /// `changes` were counted at `now`: where there are others than before, all blocks are forgotten.
  func look(_ changes: Int, now: Instant) {
    state.withLock { state in
      if changes != state.changes { state.blocks = [:] }
      (state.changes, state.lookedAt) = (changes, now)
    }
  }

  /// Something was changed by this process: look again before anything else is given out.
  func expire() { state.withLock { $0.lookedAt = nil } }

  /// Puts a block into the reserve, unless something was changed since it was taken from the store. What is left of
  /// another one of the subscriber is lost.
  func put(_ block: Block, of imsi: IMSIKey, by node: String, _ number: Int) {
    state.withLock { state in
      guard block.changes == state.changes else { return }
      if state.blocks.count >= Self.limit { state.blocks = [:] }
      if state.nodes.count >= SubscriberTable.nodeLimit { state.nodes = [:] }
      state.blocks[imsi] = block
      state.nodes[node] = number
    }
  }

  /// What belongs to one request for vectors, and to nothing else ever.
  struct Portion: Sendable {
    let block: Block
    let seqs: ClosedRange<Int64>
    /// The node's number.
    let node: Int

    var sequenceNumbers: [SequenceNumber] {
      seqs.compactMap { block.counter.sequenceNumber($0, index: UInt64(node)) }
    }
  }
}

/// An IMSI's digits in one number: a digit in each half byte, F above the last.
struct IMSIKey: Hashable, Sendable {
  private let value: UInt64

  init(_ imsi: IMSI) { value = imsi.digits.utf8.reduce(0xF) { $0 << 4 | UInt64($1 & 0x0F) } }

  /// Of digits as GSUP packs them; nil where they are no IMSI's.
  init?(packed bytes: ArraySlice<UInt8>) {
    guard (3...8).contains(bytes.count) else { return nil }
    var value: UInt64 = 0xF
    for (offset, byte) in bytes.enumerated() {
      let (low, high) = (byte & 0x0F, byte >> 4)
      guard low < 10 else { return nil }
      value = value << 4 | UInt64(low)
      if high == 0x0F, offset == bytes.count - 1 { break }
      guard high < 10 else { return nil }
      value = value << 4 | UInt64(high)
    }
    // 16 digits are too many: F was shifted out.
    guard value >> 60 == 0xF || bytes.count < 8 else { return nil }
    self.value = value
  }
}

/// How often subscribers were changed other than by the use of their sequence numbers.
enum ChangeCount {
  /// The fourth version of ``SubscriberTable/schema``.
  static let version: [SchemaChange] = [
    .table("auc_change", "id INTEGER PRIMARY KEY CHECK (id = 1), number INTEGER NOT NULL"),
    .statement("INSERT INTO auc_change (id, number) VALUES (1, 0)"), HomeNetworkKeyTable.change,
    SubscriberNumberTable.change,
  ]

  static func number(in reader: any Reader) throws(StoreError) -> Int {
    guard let row = try reader.first("SELECT number FROM auc_change") else { return 0 }
    return try row(0)
  }

  static func count(in transaction: any Transaction) throws(StoreError) {
    try transaction.execute("UPDATE auc_change SET number = number + 1")
  }
}
