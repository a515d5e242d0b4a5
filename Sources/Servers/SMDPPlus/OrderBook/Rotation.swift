import Bytes
import Identifiers
import Keys
import Store

extension OrderBook {
  /// After the vault's master key was rotated: brings all that the order book wraps under the current one, `limit` records
  /// at a time, while orders go on being served. It may be cut off anywhere, and repeated.
  public static func rewrap(
    _ vault: KeyVault, limit: Int = 200, random: any RandomSource, in store: any Store
  ) throws {
    var iccid: String?
    repeat {
      iccid = try store.transaction { try rewrapOrders(after: iccid ?? "", limit, vault, random, in: $0) }
    } while iccid != nil
    var hash: [UInt8]?
    repeat {
      hash = try store.transaction { try rewrapPackages(after: hash ?? [], limit, vault, random, in: $0) }
    } while hash != nil
  }

  /// Wraps hashes of confirmation codes and ready-made packages that an earlier version kept as they are. To be called
  /// before a server begins.
  public static func wrapWhatIsClear(_ vault: KeyVault, random: any RandomSource, in store: any Store) throws {
    // OrderTerms begin with a hash of 32 bytes (80 20), behind a length of one or two bytes; what is wrapped begins with 01.
    let found = try store.read { reader in
      try reader.first(
        """
        SELECT EXISTS (SELECT 1 FROM profile_order WHERE substr(terms, 3, 2) = $1 OR substr(terms, 4, 2) = $1),
          EXISTS (SELECT 1 FROM profile_package WHERE substr(bytes, 1, 1) <> $2)
        """, [0x80, 0x20] as [UInt8], [0x01] as [UInt8])
    }
    guard let found, try found(0, as: Bool.self) || found(1, as: Bool.self) else { return }
    try rewrap(vault, random: random, in: store)
  }

  /// Personal data and hashes of confirmation codes of at most `limit` orders after `iccid`; returns the last one.
  private static func rewrapOrders(
    after iccid: String, _ limit: Int, _ vault: KeyVault, _ random: any RandomSource, in transaction: any Transaction
  ) throws -> String? {
    let rows = try transaction.query(
      "SELECT iccid, personal_data, terms FROM profile_order WHERE iccid > $1 ORDER BY iccid LIMIT $2", iccid, limit)
    for row in rows {
      let iccid = try ICCID(row(0, as: String.self))
      // Not a change of the order: its version stays, and sessions under way go on.
      if let wrapped: [UInt8] = try row(1), vault.isOutdated(wrapped) {
        try transaction.execute(
          "UPDATE profile_order SET personal_data = $3 WHERE iccid = $1 AND personal_data = $2", iccid, wrapped,
          vault.rewrap(wrapped, context: PersonalValues.place(of: iccid), random: random))
      }
      let encoded: [UInt8] = try row(2)
      guard var terms = try? OrderTerms(encoded: encoded) else { throw StoreError.unexpected("an order is damaged") }
      if let hash = try terms.confirmationHash?.rewrapped(for: iccid, in: vault, random: random) {
        terms.confirmationHash = hash
        try transaction.execute(
          "UPDATE profile_order SET terms = $3 WHERE iccid = $1 AND terms = $2", iccid, encoded, terms.encoded)
      }
    }
    return try rows.last?(0)
  }

  /// At most `limit` ready-made packages after `hash`; returns the last one.
  private static func rewrapPackages(
    after hash: [UInt8], _ limit: Int, _ vault: KeyVault, _ random: any RandomSource, in transaction: any Transaction
  ) throws -> [UInt8]? {
    let rows = try transaction.query(
      "SELECT hash, bytes FROM profile_package WHERE hash > $1 ORDER BY hash LIMIT $2", hash, limit)
    for row in rows {
      let (hash, kept) = (try row(0, as: [UInt8].self), try row(1, as: [UInt8].self))
      // Once packages were kept as they are: then their hash is their own.
      let isClear = sha256(kept) == hash
      guard isClear || vault.isOutdated(kept) else { continue }
      let package = isClear ? Secret(kept) : try vault.unwrap(kept, context: place(ofPackage: hash))
      try transaction.execute(
        "UPDATE profile_package SET bytes = $2 WHERE hash = $1", hash,
        vault.wrap(package, context: place(ofPackage: hash), random: random))
    }
    return try rows.last?(0)
  }
}
