import GSUP
import Identifiers
import Store

/// Where subscribers are, as the nodes of the core told: one node for each half of it.
public enum LocationTable {
  public static let schema = Schema(
    owner: "auc-location",
    versions: [
      [
        .table(
          "auc_location",
          """
          imsi TEXT NOT NULL, domain INTEGER NOT NULL CHECK (domain IN (1, 2)), node TEXT NOT NULL,
          told INTEGER NOT NULL CHECK (told IN (0, 1)), since INTEGER NOT NULL, PRIMARY KEY (imsi, domain)
          """)
      ]
    ])

  /// The node now serves the subscriber; whom to tell that it does no more.
  static func move(
    _ imsi: IMSI, _ domain: CNDomain, to node: String, now: Instant, in transaction: any Transaction
  ) throws(StoreError) -> String? {
    let row = try transaction.first(
      "SELECT node FROM auc_location WHERE imsi = $1 AND domain = $2", imsi.digits, Int(domain.rawValue))
    let former: String? = try row.map { row throws(StoreError) in try row(0) }
    try transaction.execute(
      """
      INSERT INTO auc_location (imsi, domain, node, told, since) VALUES ($1, $2, $3, 0, $4)
      ON CONFLICT (imsi, domain) DO UPDATE SET node = $3, told = 0, since = $4
      """, imsi.digits, Int(domain.rawValue), node, now)
    return former == node ? nil : former
  }

  /// The node has the subscriber's data; whether it waited for that to be confirmed.
  static func confirm(_ imsi: IMSI, at node: String, in transaction: any Transaction) throws(StoreError) -> Bool {
    try transaction.execute(
      "UPDATE auc_location SET told = 1 WHERE imsi = $1 AND node = $2 AND told = 0", imsi.digits, node) > 0
  }

  /// The node has forgotten the subscriber.
  static func purge(
    _ imsi: IMSI, _ domain: CNDomain, at node: String, in transaction: any Transaction
  ) throws(StoreError) {
    try transaction.execute(
      "DELETE FROM auc_location WHERE imsi = $1 AND domain = $2 AND node = $3", imsi.digits, Int(domain.rawValue), node)
  }
}

extension LocationTable {
  /// Where subscribers are who were shut out or removed since, at most `limit` of them.
  static func withdrawn(limit: Int, in reader: any Reader) throws -> [(imsi: IMSI, domain: CNDomain, node: String)] {
    try reader.query(
      """
      SELECT auc_location.imsi, domain, node FROM auc_withdrawal
      JOIN auc_location ON auc_location.imsi = auc_withdrawal.imsi ORDER BY auc_location.imsi, domain LIMIT $1
      """, limit
    ).compactMap { row in
      let domain = CNDomain(rawValue: UInt8(clamping: try row(1, as: Int.self)))
      return try domain.map { (try IMSI(row(0, as: String.self)), $0, try row(2)) }
    }
  }

  /// Forgets withdrawals of subscribers whom no node serves.
  static func tidyWithdrawals(in transaction: any Transaction) throws(StoreError) {
    try transaction.execute("DELETE FROM auc_withdrawal WHERE imsi NOT IN (SELECT imsi FROM auc_location)")
  }
}

extension Desk {
  /// Which node serves a subscriber in a half of the core; nil where none does.
  public func location(of imsi: IMSI, in domain: CNDomain) throws -> String? {
    try store.read { reader in
      try reader.first(
        "SELECT node FROM auc_location WHERE imsi = $1 AND domain = $2", imsi.digits, Int(domain.rawValue)
      ).map { try $0(0) }
    }
  }
}
