import Bytes
import Identifiers
import Keys
import SGP02
import SecureChannel
import Stations
import Store

/// The key sets with which the eUICCs' ISD-Rs are managed: wrapped at rest, each bound to its eUICC and version, with
/// the counter of the last packet.
struct ManagementKeys {
  let vault: KeyVault

  /// A key set as it is used.
  struct InUse {
    let keys: SCP80.Keys
    let counter: SCP80.Counter
  }

  private static func place(_ eid: EID, _ version: Int, _ key: String) -> String {
    "sr_key_set/\(eid)/\(version)/\(key)"
  }

  /// `set`, wrapped, to be stored.
  func wrapped(_ set: ManagementKeySet, random: any RandomSource) throws(KeyError) -> Stored {
    Stored(
      eid: set.eid, version: set.version,
      kic: try vault.wrap(set.kic, context: Self.place(set.eid, set.version, "kic"), random: random),
      kid: try vault.wrap(set.kid, context: Self.place(set.eid, set.version, "kid"), random: random),
      counter: set.counter)
  }

  /// A key set as it is stored.
  struct Stored: DurableChange {
    let eid: EID
    let version: Int
    let kic, kid: [UInt8]
    let counter: Int

    func save(now: Instant, in transaction: any Transaction) throws(StoreError) {
      try transaction.execute(
        "INSERT INTO sr_key_set (eid, version, kic, kid, counter) VALUES ($1, $2, $3, $4, $5)", eid, version, kic, kid,
        counter)
    }
  }

  /// The newest key set of `eid`, with a counter that no packet had before: it is counted in this transaction, so that it
  /// is durable before the packet goes.
  func next(of eid: EID, in transaction: any Transaction) throws -> InUse? {
    guard
      let row = try transaction.first(
        "SELECT version, counter FROM sr_key_set WHERE eid = $1 ORDER BY version DESC LIMIT 1", eid)
    else { return nil }
    let (version, last): (Int, Int) = (try row(0), try row(1))
    // TS 102 225 §5.1.4: at its end the counter is blocked, and the key set must be replaced.
    guard let counter = SCP80.Counter(UInt64(last))?.next else { return nil }
    try transaction.executeOne(
      "UPDATE sr_key_set SET counter = counter + 1 WHERE eid = $1 AND version = $2 AND counter = $3", eid, version, last
    )
    guard let keys = try keys(of: eid, version: version, in: transaction) else { return nil }
    return InUse(keys: keys, counter: counter)
  }

  /// The version of the newest key set of `eid`.
  func version(of eid: EID, in reader: any Reader) throws(StoreError) -> Int? {
    try reader.first("SELECT version FROM sr_key_set WHERE eid = $1 ORDER BY version DESC LIMIT 1", eid)?(0)
  }

  /// The keys of one version.
  func keys(of eid: EID, version: Int, in reader: any Reader) throws -> SCP80.Keys? {
    guard let row = try reader.first("SELECT kic, kid FROM sr_key_set WHERE eid = $1 AND version = $2", eid, version)
    else { return nil }
    return try SCP80.Keys(
      version: UInt8(clamping: version),
      cipher: vault.unwrap(try row(0), context: Self.place(eid, version, "kic")),
      checksum: vault.unwrap(try row(1), context: Self.place(eid, version, "kid")))
  }
}

extension Desk {
  /// After the vault's master key was rotated: brings the management keys under the current one, those of at most `limit`
  /// key sets after `eid`, and the one-time keys of take-overs. Call it with what it returned, until that is nil.
  public static func rewrap(
    after eid: String = "", limit: Int = 1000, vault: KeyVault, random: any RandomSource, in store: any Store
  ) throws -> String? {
    try store.retrying { store in
      try store.transaction { transaction in
        if eid.isEmpty { try HandoverTable.rewrap(vault, random: random, in: transaction) }
        return try ManagementKeys(vault: vault).rewrap(after: eid, limit: limit, random: random, in: transaction)
      }
    }
  }

  /// Brings the tables of a store up to date, for who opens it without a desk.
  public static func migrate(_ store: any Store) throws {
    try store.migrate([
      EventRecord.schema, EISTable.schema, OperationTable.schema, CallTable.schema, Steps.schema, HandoverTable.schema,
      TalkTable.schema,
    ])
  }
}

extension ManagementKeys {
  /// The key sets of at most `limit` eUICCs after `eid`; returns the last one's, nil where there is none.
  fileprivate func rewrap(
    after eid: String, limit: Int, random: any RandomSource, in transaction: any Transaction
  ) throws -> String? {
    let eids = try transaction.query(
      "SELECT DISTINCT eid FROM sr_key_set WHERE eid > $1 ORDER BY eid LIMIT $2", eid, max(1, limit)
    ).map { try $0(0, as: EID.self) }
    for eid in eids {
      for row in try transaction.query("SELECT version, kic, kid FROM sr_key_set WHERE eid = $1", eid) {
        let (version, kic, kid): (Int, [UInt8], [UInt8]) = (try row(0), try row(1), try row(2))
        guard vault.isOutdated(kic) || vault.isOutdated(kid) else { continue }
        try transaction.execute(
          "UPDATE sr_key_set SET kic = $3, kid = $4 WHERE eid = $1 AND version = $2", eid, version,
          vault.rewrap(kic, context: Self.place(eid, version, "kic"), random: random),
          vault.rewrap(kid, context: Self.place(eid, version, "kid"), random: random))
      }
    }
    return eids.last?.digits
  }
}
