import Identifiers
import SGP02
import Stations
import Store

/// Which SM-DP's talk with an ISD-P is under way on each eUICC. An eUICC keeps one session and one challenge at a time: two
/// downloads at once would end each other's sessions for ever.
enum TalkTable {
  static let schema = Schema(
    owner: "sm-sr-talk",
    versions: [[.table("sr_talk", "eid TEXT PRIMARY KEY, isdp BLOB NOT NULL, until INTEGER NOT NULL")]])

  /// Whether somebody else talks to another ISD-P of `eid` than `isdp`, whose profile is not there yet.
  static func isTaken(_ eid: EID, for isdp: AID, at now: Instant, in reader: any Reader) throws -> Bool {
    guard
      let holder: [UInt8] = try reader.first("SELECT isdp FROM sr_talk WHERE eid = $1 AND until > $2", eid, now)?(0),
      holder != isdp.bytes
    else { return false }
    return try EISTable.profiles(of: eid, in: reader).contains { $0.isdpAid.bytes == holder && $0.state == .created }
  }

  /// The next thing said to `isdp` is expected until then.
  struct Said: DurableChange {
    let eid: EID
    let isdp: AID
    let until: Instant

    func save(now: Instant, in transaction: any Transaction) throws(StoreError) {
      try transaction.execute(
        """
        INSERT INTO sr_talk (eid, isdp, until) VALUES ($1, $2, $3)
        ON CONFLICT (eid) DO UPDATE SET isdp = excluded.isdp, until = excluded.until
        """, eid, isdp.bytes, until)
    }
  }

  /// The eUICC answered: who talks with it has until then to go on.
  static func answered(_ eid: EID, until: Instant, in transaction: any Transaction) throws(StoreError) {
    try transaction.execute("UPDATE sr_talk SET until = $2 WHERE eid = $1", eid, until)
  }

  /// Nobody talks with it any more.
  static func forget(_ eid: EID, in transaction: any Transaction) throws(StoreError) {
    try transaction.execute("DELETE FROM sr_talk WHERE eid = $1", eid)
  }
}
