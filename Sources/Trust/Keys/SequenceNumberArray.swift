/// The USIM's memory of the sequence numbers it has accepted (TS 33.102 §C.2): the highest SEQ for each IND.
public struct SequenceNumberArray: Hashable, Sendable {
  /// How the operator has set the check up.
  public struct Policy: Hashable, Sendable {
    /// Bits of IND at the lower end of SQN, 0 to 8: the array has 2 to that power of entries.
    public let indexBits: Int
    /// Δ: how far SEQ may jump ahead of the highest accepted one; nil for as far as it likes.
    public let delta: UInt64?
    /// L: SEQ must lie less than this behind the highest accepted one; nil for as far as it likes.
    public let ageLimit: UInt64?

    /// nil where there are more than 8 bits of IND.
    public init?(indexBits: Int, delta: UInt64?, ageLimit: UInt64?) {
      guard (0...8).contains(indexBits) else { return nil }
      (self.indexBits, self.delta, self.ageLimit) = (indexBits, delta, ageLimit)
    }

    private init() { (indexBits, delta, ageLimit) = (5, 1 << 28, 1 << 28) }

    /// 5 bits of IND (TS 33.102 §C.3), Δ = 2²⁸ and L = 2²⁸ as profile packages have them by default.
    public static let standard = Policy()
  }

  /// What the array says of a sequence number.
  public enum Verdict: Hashable, Sendable {
    /// Never accepted before, and near enough: the challenge is good.
    case fresh
    /// Ahead of SEQ_MS by more than Δ.
    case tooFarAhead
    /// Behind SEQ_MS by L or more.
    case tooOld
    /// Not above the last one accepted with the same IND.
    case used
  }

  /// The policy of the array.
  public let policy: Policy
  /// The highest SEQ accepted for each IND, IND not included.
  public private(set) var highest: [UInt64]

  /// The array in which every entry is 0, as a new USIM has it.
  public init(policy: Policy = .standard) {
    self.policy = policy
    highest = [UInt64](repeating: 0, count: 1 << policy.indexBits)
  }

  /// The array with the given entries; nil where they are not as many as IND has values, or one is too large.
  public init?(policy: Policy = .standard, highest: [UInt64]) {
    guard highest.count == 1 << policy.indexBits, highest.allSatisfy({ $0 < 1 << (48 - UInt64(policy.indexBits)) })
    else { return nil }
    (self.policy, self.highest) = (policy, highest)
  }

  /// SQN_MS, the highest sequence number ever accepted: what AUTS tells the network.
  public var sqnMS: SequenceNumber {
    highest.enumerated().compactMap { SequenceNumber($1 << UInt64(policy.indexBits) | UInt64($0)) }.max() ?? .zero
  }

  /// TS 33.102 §C.2.2, without a change of the array.
  public func verdict(on sqn: SequenceNumber) -> Verdict {
    let (seq, index) = (sqn.value >> UInt64(policy.indexBits), Int(sqn.value & (1 << UInt64(policy.indexBits) - 1)))
    let seqMS = sqnMS.value >> UInt64(policy.indexBits)
    // (i) If SEQ − SEQ_MS > Δ, the sequence number is not accepted.
    if let delta = policy.delta, seq > seqMS, seq - seqMS > delta { return .tooFarAhead }
    // (ii) It shall only be accepted if SEQ_MS − SEQ < L.
    if let limit = policy.ageLimit, seqMS > seq, seqMS - seq >= limit { return .tooOld }
    // (iii) If SEQ ≤ SEQ_MS(i), the sequence number is not accepted.
    return seq > highest[index] ? .fresh : .used
  }

  /// TS 33.102 §C.2.2: if `sqn` is fresh, it becomes the entry of its IND; otherwise nothing changes.
  public mutating func accept(_ sqn: SequenceNumber) -> Verdict {
    let verdict = verdict(on: sqn)
    if verdict == .fresh {
      highest[Int(sqn.value & (1 << UInt64(policy.indexBits) - 1))] = sqn.value >> UInt64(policy.indexBits)
    }
    return verdict
  }
}
