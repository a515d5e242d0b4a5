import Bytes
import Identifiers
import OfflineCard
import SecureMessages
import Store

/// What a terminal hears from the charging centre: the time, and what has changed in the black list.
extension TerminalMemory {
  /// The question; its challenge makes the answer new.
  public func newsRequest(by identity: TerminalIdentity, random: any RandomSource) throws -> NewsRequest {
    NewsRequest(
      terminal: identity.number, challenge: Challenge(random: random), blackList: try blackListVersion())
  }

  /// Sets the calendar and brings the black list up to date, together. Returns whether there may be more to ask for.
  public func take(
    _ answer: [UInt8], to request: NewsRequest, by identity: TerminalIdentity, clock: Instant
  ) throws -> Bool {
    let message = try CentreAnswer<News>(encoded: answer)
    let claimed = message.answer.claimedBody.now
    // The centre's certificate is judged by the time that it tells: the issuer bounds what that can be.
    let centre = try message.centre.verified(in: identity.scheme, at: claimed)
    let news = try message.answer.verified(
      from: centre, to: identity.holder.party, answering: request.challenge)
    let update = try Self.verified(news.blackList, in: identity.scheme, at: news.now)
    if let update, news.blackList?.claimedTerm?.serial != update.to { throw SecureMessageError.malformed }
    try store.transaction { transaction in
      try transaction.executeOne(
        "UPDATE terminal_state SET heard = $1, heard_clock = $2, latest_clock = $2 WHERE id = 1", news.now, clock)
      if let update { try Self.apply(update, in: transaction) }
    }
    return update != nil
  }

  /// A change whose time is over is passed over: the time that came with it counts all the same.
  private static func verified(
    _ update: Signed<BlackListUpdate>?, in scheme: Scheme, at now: Instant
  ) throws(SecureMessageError) -> BlackListUpdate? {
    guard let update, update.claimedTerm?.includes(now) == true else { return nil }
    return try update.verified(from: scheme.issuer, at: now)
  }

  /// A change leads from the version that is here, or from none; an older list never replaces a newer one.
  private static func apply(_ update: BlackListUpdate, in transaction: any Transaction) throws {
    guard let row = try transaction.first("SELECT black_list FROM terminal_state") else { return }
    let version: Int = try row(0)
    guard update.to > version, update.from == version || update.from == 0 else {
      throw BlackListError(have: version, update: update)
    }
    if update.from == 0 { try transaction.execute("DELETE FROM barred_card") }
    for card in update.removed { try transaction.execute("DELETE FROM barred_card WHERE card = $1", card.text) }
    for card in update.added {
      try transaction.execute("INSERT INTO barred_card (card) VALUES ($1) ON CONFLICT DO NOTHING", card.text)
    }
    try transaction.executeOne("UPDATE terminal_state SET black_list = $1 WHERE id = 1", update.to)
  }
}

/// A change of the black list that does not lead on from the version that is here.
public struct BlackListError: Error, Hashable, CustomStringConvertible {
  let have: Int
  let from: Int
  let to: Int

  init(have: Int, update: BlackListUpdate) { (self.have, from, to) = (have, update.from, update.to) }

  public var description: String {
    "the black list is at version \(have), and what came leads from \(from) to \(to)"
  }
}
