import Bytes
import Identifiers
import Keys
import SGP02
import Store

/// Profiles in stock and downloads that are under way, in the store. Packages and key sets are wrapped at rest.
enum DownloadTable {
  static let schema = Schema(
    owner: "sm-dp",
    versions: [
      [
        .table("dp_profile", "iccid TEXT PRIMARY KEY, mno TEXT NOT NULL, package BLOB NOT NULL"),
        .table(
          "dp_download",
          """
          subject TEXT PRIMARY KEY, mno TEXT NOT NULL, eid TEXT NOT NULL, iccid TEXT NOT NULL, smsr TEXT NOT NULL,
          credentials BLOB NOT NULL, msisdn TEXT, imsi TEXT, pol2 INTEGER NOT NULL, isdp BLOB, keys BLOB,
          since INTEGER NOT NULL, round INTEGER NOT NULL
          """),
        .index("dp_download_iccid", on: "dp_download (iccid)"),
      ]
    ])

  static func place(_ iccid: ICCID) -> String { "dp_profile/\(iccid)" }
  static func place(_ subject: String) -> String { "dp_download/\(subject)" }

  // MARK: Profiles

  static func stock(
    _ wrapped: [UInt8], _ iccid: ICCID, _ mno: String, in transaction: any Transaction
  ) throws(StoreError) {
    try transaction.execute(
      "INSERT INTO dp_profile (iccid, mno, package) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", iccid, mno, wrapped)
  }

  static func package(_ iccid: ICCID, in reader: any Reader) throws -> (mno: String, wrapped: [UInt8])? {
    try reader.first("SELECT mno, package FROM dp_profile WHERE iccid = $1", iccid).map { (try $0(0), try $0(1)) }
  }

  static func packages(in reader: any Reader) throws -> [(ICCID, [UInt8])] {
    try reader.query("SELECT iccid, package FROM dp_profile").map { (try $0(0), try $0(1)) }
  }

  static func stock(after iccid: String, limit: Int, in reader: any Reader) throws -> [(ICCID, mno: String)] {
    try reader.query("SELECT iccid, mno FROM dp_profile WHERE iccid > $1 ORDER BY iccid LIMIT $2", iccid, limit)
      .map { (try $0(0), try $0(1)) }
  }

  // MARK: Downloads

  static func lastDownload(of iccid: ICCID, in reader: any Reader) throws -> (subject: String, eid: EID)? {
    try reader.first(
      """
      SELECT d.subject, d.eid FROM dp_download AS d JOIN act AS a ON a.subject = d.subject AND a.plan = $2
      WHERE d.iccid = $1 ORDER BY a.id DESC LIMIT 1
      """, iccid, ProfileDownload.name
    ).map { (try $0(0), try $0(1)) }
  }

  static func download(_ subject: String, in reader: any Reader) throws -> Download? {
    try reader.first(
      """
      SELECT mno, eid, iccid, smsr, credentials, msisdn, imsi, pol2, isdp, keys, since, round FROM dp_download
      WHERE subject = $1
      """, subject
    ).map { row in
      let isdp: [UInt8]? = try row(8)
      return Download(
        subject: subject, mno: try row(0), target: ProfileTarget(eid: try row(1), iccid: try row(2)),
        smsr: try row(3), credentials: try credentials(row(4)),
        address: SubscriptionAddress(msisdn: try row(5), imsi: try row(6)), pol2: POL2(rawValue: try row(7)),
        isdp: try isdp.map(aid), keys: try row(9), since: try row(10), round: try row(11))
    }
  }

  private static func credentials(_ bytes: [UInt8]) throws -> EUICCCredentials {
    try EUICCCredentials(encoded: bytes)
  }

  private static func aid(_ bytes: [UInt8]) throws -> AID { try AID(bytes) }

  static func keySets(in reader: any Reader) throws -> [(String, [UInt8])] {
    try reader.query("SELECT subject, keys FROM dp_download WHERE keys IS NOT NULL").map { (try $0(0), try $0(1)) }
  }

  /// Whether `iccid` is on its way, or there.
  static func isTaken(_ iccid: ICCID, in reader: any Reader) throws -> Bool {
    try reader.first(
      """
      SELECT 1 FROM dp_download AS d JOIN act AS a ON a.subject = d.subject AND a.plan = $2
      WHERE d.iccid = $1 AND a.state <= 4
      """, iccid, ProfileDownload.name) != nil
  }

  static func set(isdp: AID, of subject: String, in transaction: any Transaction) throws(StoreError) {
    try transaction.executeOne("UPDATE dp_download SET isdp = $2 WHERE subject = $1", subject, isdp.bytes)
  }

  /// What the eUICC did not do is asked of it anew: under another name, for the answer to the first call stays what it is.
  static func nextRound(of download: Download, in transaction: any Transaction) throws(StoreError) {
    try transaction.executeOne(
      "UPDATE dp_download SET round = $2 WHERE subject = $1", download.subject, download.round + 1)
  }

  /// Keeps the key set, or forgets it.
  static func set(keys: [UInt8]?, of subject: String, in transaction: any Transaction) throws(StoreError) {
    try transaction.executeOne("UPDATE dp_download SET keys = $2 WHERE subject = $1", subject, keys)
  }
}

/// One download of one profile, as an operator ordered it.
struct Download: Sendable {
  /// The order's name: the operator's and its call's.
  let subject: String
  let mno: String
  let target: ProfileTarget
  let smsr: String
  let credentials: EUICCCredentials
  let address: SubscriptionAddress
  let pol2: POL2
  var isdp: AID?
  /// The ISD-P's key set, wrapped.
  var keys: [UInt8]?
  /// When it was ordered.
  let since: Instant
  /// How often the eUICC did not do what the SM-SR told it.
  var round = 0
}
