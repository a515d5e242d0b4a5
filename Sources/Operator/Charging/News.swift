import Identifiers
import OfflineCard
import SecureMessages
import Store
import TLV

/// What terminals ask for: the time, and the black list.
extension Desk {
  /// The answer to a ``NewsRequest``. Anybody may ask; the answer names whom it is for, and holds nothing secret.
  public func news(_ request: [UInt8], now: Instant) throws -> [UInt8] {
    guard let request = try? NewsRequest(encoded: request), let terminal = try? request.terminal.party else {
      throw ChargingRefusal.malformed
    }
    let update = try store.read { try Self.update(from: request.blackList, now: now, in: $0) }
    return CentreAnswer(
      centre: certificate,
      answer: try Signed(
        News(now: now, blackList: update), by: holder, to: terminal, answering: request.challenge)
    ).encoded
  }

  /// Of what holds now the longest step on from `version`, or the whole list where nothing leads on from it.
  private static func update(
    from version: Int, now: Instant, in reader: any Reader
  ) throws -> Signed<BlackListUpdate>? {
    let row = try reader.first(
      """
      SELECT signed FROM black_list_update WHERE version_to > $1 AND (version_from = $1 OR version_from = 0)
        AND not_before <= $2 AND not_after >= $2 ORDER BY version_from DESC, version_to DESC LIMIT 1
      """, version, Instant(seconds: now.seconds))
    return try row.map { try Signed(encoded: try $0(0, as: [UInt8].self)) }
  }

  /// Takes a change of the black list from the issuer, to be told to terminals; again is the same, and one that holds
  /// longer takes its place.
  public func publish(_ signed: Signed<BlackListUpdate>, now: Instant) throws {
    guard let update = try? signed.verified(from: scheme.issuer, at: now), let term = signed.claimedTerm,
      term.serial == update.to
    else {
      throw ChargingRefusal.foreignBlackList
    }
    try store.transaction { transaction in
      _ = try transaction.execute(
        """
        INSERT INTO black_list_update (version_from, version_to, not_before, not_after, signed)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (version_from, version_to)
        DO UPDATE SET not_before = excluded.not_before, not_after = excluded.not_after, signed = excluded.signed
        WHERE black_list_update.not_after < excluded.not_after
        """, update.from, update.to, term.notBefore, term.notAfter, signed.encoded)
      try EventRecord.append(
        Event(
          at: now, party: Self.party, kind: .changed, name: BlackListUpdate.messageType,
          correlation: "\(update.to)", body: .text("from version \(update.from)")), in: transaction)
    }
  }
}
