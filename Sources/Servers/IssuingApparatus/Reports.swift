import Bytes
import ContentManagement
import GlobalPlatform
import Identifiers
import Keys
import MutualAgreement
import SecureMessages
import Store

// What others tell: providers what is on cards, registrars who is revoked.
extension Desk {
  /// A provider's report closes the issuer's book: with the card's receipts where they came, on the provider's word
  /// where they were lost.
  func report(_ request: AgreementRequest) throws -> [UInt8] {
    let signed: Signed<ContentReport> = try request.message()
    let agreement = try store.read { try Agreement.find(with: signed.claimedSender, in: $0) }
    let report = try signed.verified(from: agreement.dpr.claimedBody.known, to: holder.party, at: request.now)
    guard report.domain == agreement.domain else { throw AgreementRefusal.notAuthentic }
    try store.transaction { transaction in
      let proven = try proven(report, in: transaction)
      // What the issuer consented to beforehand it learns by the receipt.
      if agreement.way.needsStandingConsent {
        for (operation, content) in proven {
          let sdi = StoringDataInformation(loadFile: content.loadFile, version: content.version)
          try ContentBook.note(
            operation, sdi, on: report.card, domain: report.domain, provider: agreement.provider, now: request.now,
            in: transaction)
        }
      }
      let stored = proven.filter { $0.operation == .store }.map(\.content)
      try settle(
        .init(
          of: report.card, domain: report.domain, report.contents, confirmations: report.confirmations,
          at: signed.claimedTerm?.notBefore ?? request.now, from: .reported(proven: Set(stored))),
        provider: agreement.provider, request.now, in: transaction)
    }
    return Taken().encoded
  }

  /// What the card's own receipts prove. Each is kept, and proves something once: one that came before proves nothing new.
  private func proven(
    _ report: ContentReport, in transaction: any Transaction
  ) throws -> [(operation: ContentOperation, content: ContentReport.Content)] {
    let key = receiptKey(report.card)
    let before = try ContentBook.lines(report.card, report.domain, in: transaction)
    var proven: [(ContentOperation, ContentReport.Content)] = []
    for bytes in report.receipts {
      guard let receipt = try? Receipt.read(bytes),
        receipt.confirmation.card == report.card.issuer + report.card.number,
        try !isKept(receipt, of: report.card, in: transaction)
      else { continue }
      var deed: String?
      for content in report.contents
      where try receipt.proves(.load(file: content.loadFile, domain: report.domain), key: key) {
        proven.append((.store, content))
        deed = "load \(content.loadFile)"
      }
      for line in before where try receipt.proves(.delete(line.loadFile), key: key) {
        proven.append((.delete, .init(line.loadFile, version: line.version ?? 0)))
        deed = "delete \(line.loadFile)"
      }
      guard let deed else { continue }
      try transaction.execute(
        "INSERT INTO content_receipt (card, counter, deed, receipt) VALUES ($1, $2, $3, $4)", report.card.description,
        Int(receipt.confirmation.counter), deed, bytes)
    }
    return proven
  }

  private func isKept(_ receipt: Receipt, of card: CardName, in reader: any Reader) throws -> Bool {
    try reader.first(
      "SELECT 1 FROM content_receipt WHERE card = $1 AND counter = $2", card.description,
      Int(receipt.confirmation.counter)) != nil
  }

  /// A registrar's list of who and what is revoked.
  func revocation(_ request: AgreementRequest) throws -> [UInt8] {
    let list: Signed<RevocationList> = try request.message()
    let registrars = [settings.dataRegistrar, settings.issuerRegistrar]
    guard let sender = registrars.first(where: { $0.party == list.claimedSender }) else {
      throw AgreementRefusal.notAuthentic
    }
    _ = try list.verified(from: sender, at: request.now)
    try store.transaction { try Revocations.keep(list, in: $0) }
    return Taken().encoded
  }
}
