import Bytes
import Identifiers
import Keys
import Store

/// What may be shown of a subscriber: everything but the secrets.
public struct SubscriberSummary: Hashable, Sendable {
  /// A set of keys.
  public struct KeySet: Hashable, Sendable {
    /// The change that brought it.
    public let change: String
    /// What becomes of it.
    public let state: SubscriberTable.State
    /// "Milenage", "TUAK" or "test".
    public let algorithm: String
    /// 2 bytes.
    public let amf: [UInt8]
    /// Bits of IND.
    public let indexBits: Int
    /// Δ; nil for as far as it likes.
    public let delta: Int64?
    /// SEQ of the last vector.
    public let seq: Int64
    /// How sequence numbers are made.
    public let generation: Subscriber.Generation

    init(_ record: SubscriberTable.Record) {
      (change, state, amf) = (record.change, record.state, record.amf)
      algorithm = [1: "Milenage", 2: "TUAK"][record.algorithm] ?? "test"
      (indexBits, delta, seq) = (record.counter.indexBits, record.counter.delta, record.counter.seq)
      generation = record.counter.clockDifference == nil ? .counted : .timed
    }
  }

  public let imsi: IMSI
  /// Whether the network may let it in.
  public let standing: Standing
  /// Why it is barred, if it is.
  public let bars: [BarCause]
  /// The number that nodes are told.
  public let number: MSISDN?
  /// The prepared, the active, the retired keys.
  public let keys: [KeySet]
}

extension Desk {
  /// What may be shown of a subscriber.
  public func summary(of imsi: IMSI) throws -> SubscriberSummary {
    try store.read { reader in
      let records = try SubscriberTable.records(of: imsi, in: reader)
      guard !records.isEmpty else { throw AuCError.unknownSubscriber(imsi) }
      return SubscriberSummary(
        imsi: imsi, standing: try StandingTable.standing(of: imsi, in: reader),
        bars: try StandingTable.bars(of: imsi, in: reader).sorted { $0.rawValue < $1.rawValue },
        number: try SubscriberNumberTable.number(of: imsi, in: reader),
        keys: records.map(SubscriberSummary.KeySet.init))
    }
  }

  /// At most `limit` subscribers in the order of IMSIs, those after `imsi`.
  public func subscribers(after imsi: IMSI? = nil, limit: Int = 100) throws -> [SubscriberSummary] {
    let imsis = try store.read { reader in
      try reader.query(
        "SELECT DISTINCT imsi FROM auc_key WHERE imsi > $1 ORDER BY imsi LIMIT $2", imsi?.digits ?? "", max(1, limit)
      ).map { try IMSI($0(0, as: String.self)) }
    }
    return try imsis.map { try summary(of: $0) }
  }

  /// The keys in use, readably; that they were revealed, and to whom, stands in the event record for ever.
  public func reveal(_ imsi: IMSI, to person: String, now: Instant, random: any RandomSource) throws -> Credentials {
    try store.transaction { transaction in
      let credentials = try SubscriberTable.active(imsi, in: transaction).credentials(vault)
      try note(.changed, of: imsi, "keys revealed", by: person, now: now, random: random, in: transaction)
      return credentials
    }
  }
}
