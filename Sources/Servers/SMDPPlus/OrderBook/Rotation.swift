import Bytes
import Identifiers
import Keys
import Store

extension OrderBook {
  /// After the vault's master key was rotated: brings personal data under the current one, those of at most `limit`
  /// orders after `iccid`, while orders go on being served. Call it with what it returned, until that is nil.
  public static func rewrap(
    after iccid: String = "", limit: Int = 1000, _ vault: KeyVault, random: any RandomSource,
    in transaction: any Transaction
  ) throws -> String? {
    let rows = try transaction.query(
      """
      SELECT iccid, personal_data FROM profile_order WHERE iccid > $1 AND personal_data IS NOT NULL
      ORDER BY iccid LIMIT $2
      """, iccid, max(1, limit))
    var last: String?
    for row in rows {
      let (iccid, wrapped) = (try row(0, as: String.self), try row(1, as: [UInt8].self))
      if vault.isOutdated(wrapped) {
        // Not a change of the order: its version stays, and sessions under way go on.
        try transaction.execute(
          "UPDATE profile_order SET personal_data = $3 WHERE iccid = $1 AND personal_data = $2", iccid, wrapped,
          vault.rewrap(wrapped, context: PersonalValues.place(of: ICCID(iccid)), random: random))
      }
      last = iccid
    }
    return last
  }
}
