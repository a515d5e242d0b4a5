import Bytes
import Identifiers
import Keys
import OfflineCard
import SecureMessages
import Store

/// B8, the terminal's side: batches go out one after the other, each until its receipt came.
extension TerminalMemory {
  /// The request to send: the one under way or, of what waits, a new one; nil where nothing waits. It is durable before it
  /// goes out, so that a repetition has the same bytes.
  public func nextUpload(by identity: TerminalIdentity) throws -> [UInt8]? {
    try store.transaction { transaction in
      if let row = try transaction.first("SELECT request FROM terminal_batch ORDER BY number LIMIT 1") {
        return try row(0, as: [UInt8].self)
      }
      let rows = try transaction.query(
        "SELECT card, certificate, record FROM terminal_usage ORDER BY card, number LIMIT $1", UsageUpload.mostRecords)
      guard !rows.isEmpty, let state = try transaction.first("SELECT batch FROM terminal_state") else { return nil }
      let number: Int = try state(0)
      let request = try Self.request(rows, number: number, by: identity)
      try transaction.execute("INSERT INTO terminal_batch (number, request) VALUES ($1, $2)", number, request)
      try transaction.executeOne("UPDATE terminal_state SET batch = batch + 1 WHERE id = 1")
      return request
    }
  }

  private static func request(_ rows: [Row], number: Int, by identity: TerminalIdentity) throws -> [UInt8] {
    var cards: [String: Signed<CardCertificate>] = [:]
    var records: [Signed<UsageRecord>] = []
    for row in rows {
      cards[try row(0)] = try Signed(encoded: try row(1, as: [UInt8].self))
      records.append(try Signed(encoded: try row(2, as: [UInt8].self)))
    }
    // A terminal may be off line for long: the batch holds as long as the terminal's certificate.
    guard let term = identity.certificate.claimedTerm else { throw SecureMessageError.notValidNow }
    let upload = UsageUpload(cards: cards.sorted { $0.key < $1.key }.map(\.value), records: records)
    let signed = try Signed(
      upload, by: identity.holder, to: identity.scheme.centre,
      term: Term(serial: number, notBefore: term.notBefore, notAfter: term.notAfter))
    return UploadRequest(terminal: identity.certificate, upload: signed).encoded
  }

  /// Takes the centre's receipt for `request`: only now are its records forgotten, and clearances kept for their cards. A
  /// receipt that comes again changes nothing.
  public func take(
    _ answer: [UInt8], for request: [UInt8], by identity: TerminalIdentity, at now: Instant
  ) throws -> UploadReceipt {
    let message = try CentreAnswer<UploadReceipt>(encoded: answer)
    let sent = try UploadRequest(encoded: request)
    let centre = try message.centre.verified(in: identity.scheme, at: now)
    guard let term = message.answer.claimedTerm, term.serial == sent.upload.claimedTerm?.serial else {
      throw SecureMessageError.notFresh
    }
    let receipt = try message.answer.verified(from: centre, to: identity.holder.party, at: term.notBefore)
    guard receipt.digest == sha256(request) else { throw SecureMessageError.notFresh }
    try store.transaction { transaction in
      for record in sent.upload.claimedBody.records {
        guard let card = record.claimedCard else { continue }
        // A later step of a service that was under way stays for the next batch.
        let body = record.claimedBody
        try transaction.execute(
          "DELETE FROM terminal_usage WHERE card = $1 AND number = $2 AND r = $3 AND step = $4", card.text, body.number,
          body.r.bytes, body.step)
      }
      for clearance in receipt.clearances {
        try transaction.execute(
          """
          INSERT INTO card_clearance (card, message) VALUES ($1, $2)
          ON CONFLICT (card) DO UPDATE SET message = excluded.message
          """, clearance.claimedBody.card.text, CardClearance(centre: message.centre, clearance: clearance).encoded)
      }
      try transaction.execute("DELETE FROM terminal_batch WHERE number = $1", term.serial)
    }
    return receipt
  }
}
