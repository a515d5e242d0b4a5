import Identifiers
import OfflineCard
import SecureMessages
import Store

/// The usage log: of each service the newest record that the card signed. It survives power loss, for each record is durable
/// before the service goes on, and full memory, for a service begins only when there is room for all of it.
extension TerminalMemory {
  /// The most that a service beginning now may cost; refuses where the terminal may not serve.
  public func admit(clock: Instant, limits: RiskLimits) throws -> (time: Instant, limit: Amount) {
    try store.read { reader in
      let calendar = try Self.calendar(in: reader)
      let time: Instant
      do throws(TerminalCalendar.Problem) { time = try calendar.time(clock: clock) } catch {
        throw OutOfService.calendar(error)
      }
      // A clock that goes slow does not stretch the days: the doubt counts against the terminal, as with expiry dates.
      let silence = calendar.silence(clock: clock) + calendar.uncertainty(clock: clock)
      guard silence <= .seconds(Int64(limits.days) * 86_400) else {
        throw OutOfService.silence(days: limits.days)
      }
      let row = try reader.first("SELECT COUNT(*), COALESCE(SUM(reserved), 0) FROM terminal_usage")
      let (count, reserved): (Int, Int) = (try row?(0) ?? 0, try row?(1) ?? 0)
      guard count < limits.services else { throw OutOfService.memoryFull }
      let room = limits.stored - (Amount(reserved) ?? .greatest)
      guard room > .zero else { throw OutOfService.amountReached }
      return (time, min(room, limits.perService))
    }
  }

  /// Keeps a record: the first of its service, or a later one in place of the one before.
  public func keep(
    _ record: Signed<UsageRecord>, of card: Signed<CardCertificate>, clock: Instant
  ) throws {
    let body = record.claimedBody
    // Until the service has ended it may still cost its limit.
    let reserved = body.isEnd ? body.amount : body.limit
    try store.transaction { transaction in
      try transaction.execute(
        """
        INSERT INTO terminal_usage (card, number, r, step, reserved, certificate, record)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (card, number, r) DO UPDATE SET step = excluded.step, reserved = excluded.reserved,
          record = excluded.record WHERE terminal_usage.step < excluded.step
        """, card.claimedBody.card.text, body.number, body.r.bytes, body.step, reserved.units, card.encoded,
        record.encoded)
      try Self.note(clock: clock, in: transaction)
    }
  }

  /// The records that wait for the charging centre, in the order of cards and services, at most `limit`.
  public func waiting(limit: Int = .max) throws -> [Signed<UsageRecord>] {
    try store.read { reader in
      try reader.query("SELECT record FROM terminal_usage ORDER BY card, number LIMIT $1", limit).map { row in
        try Signed<UsageRecord>(encoded: try row(0, as: [UInt8].self))
      }
    }
  }
}
