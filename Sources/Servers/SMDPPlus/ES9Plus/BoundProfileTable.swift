import Identifiers
import ProfileFactory
import Store

/// The bound packages that were delivered and may be asked for again (SGP.22 §3.1.3.1).
enum BoundProfileTable {
  static let schema = Schema(
    owner: "bound-profile",
    versions: [
      [
        .table(
          "bound_profile",
          """
          iccid TEXT PRIMARY KEY REFERENCES profile_order (iccid), euicc_otpk BLOB NOT NULL, profile BLOB NOT NULL
          """)
      ]
    ])

  static func keep(
    _ profile: BoundProfile, for iccid: ICCID, in transaction: any Transaction
  ) throws(StoreError) {
    try transaction.execute(
      """
      INSERT INTO bound_profile (iccid, euicc_otpk, profile) VALUES ($1, $2, $3)
      ON CONFLICT (iccid) DO UPDATE SET euicc_otpk = excluded.euicc_otpk, profile = excluded.profile
      """, iccid, profile.euiccOtpk, profile.encoded)
  }

  static func drop(_ iccid: ICCID, in transaction: any Transaction) throws(StoreError) {
    try transaction.execute("DELETE FROM bound_profile WHERE iccid = $1", iccid)
  }

  /// The one-time key of the eUICC to which the package of `iccid` is bound.
  static func euiccOtpk(_ iccid: ICCID, in reader: any Reader) throws(StoreError) -> [UInt8]? {
    try reader.first("SELECT euicc_otpk FROM bound_profile WHERE iccid = $1", iccid)?(0)
  }

  /// The package of `iccid` as it was bound.
  static func profile(_ iccid: ICCID, in reader: any Reader) throws(StoreError) -> BoundProfile? {
    guard let bytes: [UInt8] = try reader.first("SELECT profile FROM bound_profile WHERE iccid = $1", iccid)?(0)
    else { return nil }
    guard let profile = try? BoundProfile(encoded: bytes) else { throw .unexpected("a bound package is damaged") }
    return profile
  }
}
