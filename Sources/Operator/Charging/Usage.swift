import Identifiers
import OfflineCard
import SecureMessages
import Store

/// Why a record is not billed. The numbers are those of the table.
public enum RefusalReason: Int, Sendable, Hashable, CaseIterable, CustomStringConvertible {
  /// The batch has no certificate of its card, or one that the issuer did not sign or that was over.
  case noCertificate = 1
  /// Its card did not sign it: invented, or changed.
  case notSigned = 2
  /// Its card signed another service under this number: there are two cards with one key.
  case otherService = 3
  /// Its card signed the same step with other contents: likewise.
  case otherStep = 4
  /// Its card signed an amount in another currency than its certificate allows.
  case otherCurrency = 5

  public var description: String {
    switch self {
    case .noCertificate: "no valid certificate of the card"
    case .notSigned: "not signed by the card: invented or changed"
    case .otherService: "two services under one number: the card was cloned"
    case .otherStep: "two records of one step: the card was cloned"
    case .otherCurrency: "in another currency than the card's certificate has"
    }
  }
}

/// Records, each verified before anybody looks at the store.
struct VerifiedUsage {
  /// Good ones, with their cards.
  var records: [(card: CardCertificate, record: UsageRecord, encoded: [UInt8])] = []
  var refused: [(card: CardNumber?, number: Int, reason: RefusalReason, encoded: [UInt8])] = []
  /// The certificates of the good ones.
  var certificates: [CardNumber: [UInt8]] = [:]

  /// Verifies every record against its card's certificate, and that against the issuer. A certificate holds for what was
  /// begun within its term, whenever it is uploaded.
  init(_ upload: UsageUpload, _ known: VerifiedCards) {
    var cards: [CardNumber: Signed<CardCertificate>] = [:]
    for card in upload.cards { cards[card.claimedBody.card] = card }
    var verified: [CardNumber: CardCertificate] = [:]
    for signed in upload.records {
      let claimed = signed.claimedBody
      func refuse(_ reason: RefusalReason) {
        refused.append((signed.claimedCard, claimed.number, reason, signed.encoded))
      }
      guard let number = signed.claimedCard, let certificate = cards[number], let term = certificate.claimedTerm,
        term.includes(claimed.begun),
        let card = verified[number] ?? (try? known.verified(certificate, at: claimed.begun))
      else {
        refuse(.noCertificate)
        continue
      }
      verified[number] = card
      guard let record = try? signed.verified(from: card) else {
        refuse(.notSigned)
        continue
      }
      guard record.currency == card.limits.currency else {
        refuse(.otherCurrency)
        continue
      }
      certificates[number] = certificate.encoded
      records.append((card, record, signed.encoded))
    }
  }
}

extension Desk {
  /// Writes one good record: of each service the highest step counts, and nothing counts twice. Returns why it does not
  /// count, or nil.
  static func keep(
    _ record: UsageRecord, _ encoded: [UInt8], of card: CardNumber, now: Instant, in transaction: any Transaction
  ) throws -> RefusalReason? {
    let isNew = try transaction.execute(
      """
      INSERT INTO charged_service
        (card, number, step, is_end, heard, registration, terminal, kind, begun, ended, amount, record,
         first_heard, currency)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $5, $13) ON CONFLICT (card, number) DO NOTHING
      """, card.text, record.number, record.step, record.isEnd ? 1 : 0, now, record.registration.text,
      record.terminal.text,
      record.service.rawValue, record.begun, record.at, record.amount.units, encoded, record.currency.code)
    if isNew == 1 { return nil }
    let row = try transaction.first(
      "SELECT record FROM charged_service WHERE card = $1 AND number = $2", card.text, record.number)
    guard let stored = try row.map({ try Signed<UsageRecord>(encoded: $0(0, as: [UInt8].self)).claimedBody }) else {
      throw StoreError.unexpected("a service is there and not there")
    }
    guard stored.isSameService(as: record) else { return .otherService }
    // ECDSA is randomised: the same step may have been signed once only, but what counts is what it says.
    if stored.step == record.step { return stored == record ? nil : .otherStep }
    let (earlier, later) = stored.step < record.step ? (stored, record) : (record, stored)
    guard earlier.amount <= later.amount, !earlier.isEnd else { return .otherStep }
    if stored.step < record.step {
      try transaction.executeOne(
        """
        UPDATE charged_service SET step = $3, is_end = $4, heard = $5, ended = $6, amount = $7, record = $8
        WHERE card = $1 AND number = $2
        """, card.text, record.number, record.step, record.isEnd ? 1 : 0, now, record.at, record.amount.units, encoded)
    }
    return nil
  }
}
