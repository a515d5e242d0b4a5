import Bytes
import Identifiers
import Keys
import NetworkAccess
import Store

/// A home network key pair for the concealment of identities (TS 33.501 §C.3), as it may be shown.
public struct HomeNetworkKeySummary: Hashable, Sendable {
  /// The home network public key identifier (TS 23.003 §2.2B), 0 to 255.
  public let identifier: UInt8
  /// A or B.
  public let profile: ECIES.Profile
  /// What cards get: 32 bytes (A), or 33, compressed (B).
  public let publicKey: [UInt8]
  /// When it was made.
  public let since: Instant

  /// The key as an order's column `suci` names it: "B 27 KEY".
  public var orderColumn: String { "\(profile == .a ? "A" : "B") \(identifier) \(publicKey.hex)" }
}

// The private keys stand in the centre's tables as subscribers' keys do: wrapped, each for its place alone.
extension Desk {
  /// Makes a key pair under an identifier that no other has.
  public func makeHomeNetworkKey(
    _ profile: ECIES.Profile, identifier: UInt8, now: Instant, random: any RandomSource
  ) throws -> HomeNetworkKeySummary {
    let secret = Secret(random.bytes(32))
    return try store.transaction { transaction in
      do {
        let key = try HomeNetworkKey(profile, privateKey: secret)
        let wrapped = try vault.wrap(secret, context: HomeNetworkKeyTable.place(identifier), random: random)
        let inserted = try transaction.execute(
          """
          INSERT INTO auc_suci_key (identifier, profile, wrapped, public_key, since) VALUES ($1, $2, $3, $4, $5)
          ON CONFLICT DO NOTHING
          """, Int(identifier), Int(profile.rawValue), wrapped, key.publicKey, now)
        if inserted == 0 { throw AuCError.knownHomeNetworkKey(identifier) }
        try noteHomeNetworkKey(identifier, "made", now: now, random: random, in: transaction)
        return HomeNetworkKeySummary(identifier: identifier, profile: profile, publicKey: key.publicKey, since: now)
      } catch let error as KeyError { throw AuCError.key(error) }
    }
  }

  /// All key pairs, in the order of identifiers.
  public func homeNetworkKeys() throws -> [HomeNetworkKeySummary] {
    try store.read { reader in
      try reader.query("SELECT identifier, profile, public_key, since FROM auc_suci_key ORDER BY identifier").map {
        row in
        guard let profile = ECIES.Profile(rawValue: UInt8(clamping: try row(1, as: Int.self))) else {
          throw StoreError.unexpected("a home network key of no known profile")
        }
        return HomeNetworkKeySummary(
          identifier: UInt8(clamping: try row(0, as: Int.self)), profile: profile, publicKey: try row(2),
          since: try row(3))
      }
    }
  }

  /// Forgets a key pair: identities that cards conceal with it are revealed no more.
  public func removeHomeNetworkKey(_ identifier: UInt8, now: Instant, random: any RandomSource) throws {
    try store.transaction { transaction in
      let removed = try transaction.execute("DELETE FROM auc_suci_key WHERE identifier = $1", Int(identifier))
      if removed == 0 { throw AuCError.unknownHomeNetworkKey(identifier) }
      try noteHomeNetworkKey(identifier, "removed", now: now, random: random, in: transaction)
    }
  }

  /// TS 33.501 §5.8.2: the IMSI that a SUCI conceals under one of the key pairs here.
  public func reveal(_ suci: SUCI) throws -> IMSI {
    let row = try store.read {
      try $0.first("SELECT profile, wrapped FROM auc_suci_key WHERE identifier = $1", Int(suci.keyIdentifier))
    }
    var keys: [UInt8: HomeNetworkKey] = [:]
    if let row, let profile = ECIES.Profile(rawValue: UInt8(clamping: try row(0, as: Int.self))) {
      do {
        let secret = try vault.unwrap(row(1), context: HomeNetworkKeyTable.place(suci.keyIdentifier))
        keys[suci.keyIdentifier] = try HomeNetworkKey(profile, privateKey: secret)
      } catch let error as KeyError { throw AuCError.key(error) }
    }
    return try SIDF(plmn: suci.plmn, keys: keys).reveal(suci)
  }

  private func noteHomeNetworkKey(
    _ identifier: UInt8, _ text: String, now: Instant, random: any RandomSource, in transaction: any Transaction
  ) throws {
    var journal = try Journal(vault, random: random, in: transaction)
    try journal.append(
      Event(
        at: now, party: "AuC", kind: .changed, name: "HomeNetworkKey", correlation: "suci-key \(identifier)",
        body: .text(text)), in: transaction)
  }
}

enum HomeNetworkKeyTable {
  /// A part of the fourth version of ``SubscriberTable/schema``.
  static let change = SchemaChange.table(
    "auc_suci_key",
    """
    identifier INTEGER PRIMARY KEY CHECK (identifier BETWEEN 0 AND 255), profile INTEGER NOT NULL CHECK (profile IN (1, 2)),
    wrapped BLOB NOT NULL, public_key BLOB NOT NULL, since INTEGER NOT NULL
    """)

  static func place(_ identifier: UInt8) -> String { "auc_suci_key/\(identifier)" }

  /// Rewraps the private keys under the current master key.
  static func rewrap(_ vault: KeyVault, random: any RandomSource, in transaction: any Transaction) throws {
    for row in try transaction.query("SELECT identifier, wrapped FROM auc_suci_key") {
      let (identifier, wrapped) = (UInt8(clamping: try row(0, as: Int.self)), try row(1, as: [UInt8].self))
      guard vault.isOutdated(wrapped) else { continue }
      do {
        try transaction.executeOne(
          "UPDATE auc_suci_key SET wrapped = $2 WHERE identifier = $1", Int(identifier),
          vault.rewrap(wrapped, context: place(identifier), random: random))
      } catch let error as KeyError { throw AuCError.key(error) }
    }
  }
}
