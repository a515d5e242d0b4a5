import Identifiers
import OfflineCard
import SecureMessages
import Store

/// B5: lost cards, and how terminals hear of them.
extension Desk {
  /// Bars a card for good; again is the same. Terminals learn it with the next version of the black list.
  public func bar(_ card: CardNumber, now: Instant) throws {
    try store.transaction { transaction in
      let row = try transaction.first("SELECT state FROM issued_card WHERE card = $1", card.text)
      guard let state: Int = try row?(0) else { throw IssuerError.unknownCard(card) }
      if state != 2 {
        try transaction.execute("UPDATE issued_card SET state = 2, since = $2 WHERE card = $1", card.text, now)
      }
    }
  }

  /// A new version of the black list, if anything has changed: what leads on from the version before, and the whole list.
  /// Otherwise the newest once more, for it may not have reached the charging centre; nothing before the first.
  /// `listed` is the version that a card stands on since; cards that have expired leave the list.
  public func publishBlackList(now: Instant) throws -> [Signed<BlackListUpdate>] {
    try store.transaction { transaction in
      let row = try transaction.first("SELECT COALESCE(MAX(version), 0) FROM black_list_version")
      let version: Int = try row?(0) ?? 0
      func cards(_ sql: StaticString) throws -> [CardNumber] {
        try transaction.query(sql, now).map { try CardNumber($0(0)) }
      }
      let added = try cards(
        "SELECT card FROM issued_card WHERE state = 2 AND listed = 0 AND expiry >= $1 ORDER BY card")
      let removed = try cards("SELECT card FROM issued_card WHERE listed > 0 AND expiry < $1 ORDER BY card")
      guard !added.isEmpty || !removed.isEmpty else {
        return try transaction.query(
          "SELECT signed FROM signed_black_list WHERE version = $1 ORDER BY version_from DESC", version
        ).map { try Signed(encoded: $0(0, as: [UInt8].self)) }
      }
      try transaction.execute("INSERT INTO black_list_version (version, at) VALUES ($1, $2)", version + 1, now)
      for card in added {
        try transaction.execute("UPDATE issued_card SET listed = $2 WHERE card = $1", card.text, version + 1)
      }
      for card in removed { try transaction.execute("UPDATE issued_card SET listed = 0 WHERE card = $1", card.text) }
      let whole = try cards("SELECT card FROM issued_card WHERE listed > 0 AND expiry >= $1 ORDER BY card")
      var updates = [BlackListUpdate(from: version, to: version + 1, added: added, removed: removed)]
      if version > 0 { updates.append(BlackListUpdate(from: 0, to: version + 1, added: whole, removed: [])) }
      let term = Term(serial: version + 1, notBefore: now, notAfter: now + .seconds(10 * 366 * 86_400))
      return try updates.map { update in
        let signed = try issuer.sign(update, term: term)
        try transaction.execute(
          "INSERT INTO signed_black_list (version, version_from, signed) VALUES ($1, $2, $3)", version + 1, update.from,
          signed.encoded)
        return signed
      }
    }
  }
}
