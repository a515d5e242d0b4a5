import OfflineCard
import SecureMessages
import TLV

extension CardDialogue {
  /// The card's records that nobody has cleared: a terminal that reports them for others makes sure that none is
  /// dropped.
  public func records() throws(CardProblem) -> [Signed<UsageRecord>] {
    var records: [Signed<UsageRecord>] = []
    while records.count < OfflineLimits.mostServices {
      var writer = TLVWriter()
      writer.write(.integer, (records.last?.claimedBody.number ?? 0) + 1)
      var reader = TLVReader(try send(.tellRecords, writer.bytes))
      if reader.isAtEnd { break }
      while !reader.isAtEnd {
        guard let signed = try? reader.read(Signed<UsageRecord>.self), (try? signed.verified(from: card)) != nil,
          signed.claimedBody.number > records.last?.claimedBody.number ?? 0
        else { throw .notAuthentic("its record is not signed by it") }
        records.append(signed)
      }
    }
    return records
  }

  /// Brings the card the charging centre's word.
  public func clear(_ clearance: CardClearance) throws(CardProblem) { try send(.takeClearance, clearance.encoded) }
}
