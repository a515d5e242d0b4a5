import Bytes
import Identifiers
import Keys
import OfflineCard
import SecureMessages
import Store

/// B8, the centre's side: a batch is taken once, whole, and the receipt says what came of it.
extension Desk {
  /// The answer to an upload, and what it changed, durable. The same batch again gets the same receipt. Upload and receipt
  /// stand in the record, and so does what is refused.
  public func upload(_ request: [UInt8], now: Instant) throws -> [UInt8] {
    do {
      let batch = try read(request, now: now)
      return try store.retrying { store in try store.transaction { try take(batch, now: now, in: $0) } }
    } catch let refusal as ChargingRefusal {
      try store.transaction { try Self.record(refusal, of: request, now, in: $0) }
      throw refusal
    }
  }

  /// The same, sharing its commit with whoever else waits for one.
  public func upload(_ request: [UInt8], now: Instant) async throws -> [UInt8] {
    do {
      let batch = try read(request, now: now)
      return try await store.retrying { store in try await store.transaction { try take(batch, now: now, in: $0) } }
    } catch let refusal as ChargingRefusal {
      try await store.transaction { try Self.record(refusal, of: request, now, in: $0) }
      throw refusal
    }
  }

  /// Why an upload was refused, with the terminal that it claims to be from.
  private static func record(
    _ refusal: ChargingRefusal, of request: [UInt8], _ now: Instant, in transaction: any Transaction
  ) throws(StoreError) {
    let terminal = (try? UploadRequest(encoded: request))?.terminal.claimedBody.terminal.text
    try EventRecord.append(
      Event(
        at: now, party: party, peer: terminal, kind: .refused, name: UsageUpload.messageType,
        correlation: terminal ?? "", body: .text("\(refusal)")), in: transaction)
  }

  /// A batch whose signatures were verified.
  private struct Batch: @unchecked Sendable {
    let terminal: TerminalNumber
    let number: Int
    let request: [UInt8]
    let digest: [UInt8]
    let usage: VerifiedUsage
  }

  private func read(_ bytes: [UInt8], now: Instant) throws(ChargingRefusal) -> Batch {
    guard let request = try? UploadRequest(encoded: bytes), let number = request.upload.claimedTerm?.serial else {
      throw .malformed
    }
    // A terminal that was off line until its certificate was over still delivers what it has: cards signed that.
    let time = min(now, request.terminal.claimedTerm?.notAfter ?? now)
    guard let terminal = try? request.terminal.verified(from: scheme.issuer, at: time),
      let holder = try? terminal.holder,
      let upload = try? request.upload.verified(from: holder, to: scheme.centre, at: time)
    else { throw .notAuthentic }
    return Batch(
      terminal: terminal.terminal, number: number, request: bytes, digest: sha256(bytes),
      usage: VerifiedUsage(upload, verifiedCards))
  }

  private func take(_ batch: Batch, now: Instant, in transaction: any Transaction) throws -> [UInt8] {
    let terminal = batch.terminal.text
    if let row = try transaction.first(
      "SELECT digest, receipt FROM usage_batch WHERE terminal = $1 AND number = $2", terminal, batch.number)
    {
      guard try row(0) == batch.digest else { throw ChargingRefusal.batchReused(batch.number) }
      return try answer(again: row(1), to: batch, now: now)
    }
    let last = try transaction.first(
      "SELECT COALESCE(MAX(number), 0) FROM usage_batch WHERE terminal = $1", terminal)
    let due: Int = try (last?(0) ?? 0) + 1
    guard batch.number == due else { throw ChargingRefusal.batchExpected(due) }

    var refused = batch.usage.refused
    for (card, record, encoded) in batch.usage.records {
      if let reason = try Self.keep(record, encoded, of: card.card, now: now, in: transaction) {
        refused.append((card.card, record.number, reason, encoded))
      }
    }
    for (card, number, reason, encoded) in refused {
      try transaction.execute(
        """
        INSERT INTO refused_record (terminal, batch, card, number, reason, record, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """, terminal, batch.number, card?.text, number, reason.rawValue, encoded, now)
    }
    var clearances: [Signed<Clearance>] = []
    for (card, certificate) in batch.usage.certificates.sorted(by: { $0.key < $1.key }) {
      let through = try Self.advance(card, certificate, in: transaction)
      guard through > 0 else { continue }
      let clearance = Clearance(
        card: card, through: through, unended: try Self.unended(card, through, in: transaction))
      clearances.append(try sign(clearance, now))
    }
    let total = batch.usage.records.count + batch.usage.refused.count
    let receipt = UploadReceipt(
      digest: batch.digest, accepted: total - refused.count, refused: refused.count, clearances: clearances)
    let answer = try sign(receipt, to: batch, now)
    try transaction.execute(
      "INSERT INTO usage_batch (terminal, number, digest, receipt, at) VALUES ($1, $2, $3, $4, $5)", terminal,
      batch.number, batch.digest, answer, now)
    try EventRecord.append(
      Event(
        at: now, party: Self.party, peer: terminal, kind: .exchanged, name: UsageUpload.messageType,
        correlation: terminal, body: .exchange(received: batch.request, sent: answer)), in: transaction)
    return answer
  }

  /// Up to which number every service of the card is known: only these are cleared, so that a record which somebody
  /// dropped stays in the card until it is reported.
  private static func advance(
    _ card: CardNumber, _ certificate: [UInt8], in transaction: any Transaction
  ) throws -> Int {
    try transaction.execute(
      """
      INSERT INTO charged_card (card, certificate, through) VALUES ($1, $2, 0) ON CONFLICT (card) DO NOTHING
      """, card.text, certificate)
    let row = try transaction.first("SELECT through FROM charged_card WHERE card = $1", card.text)
    let before: Int = try row?(0) ?? 0
    let numbers = try transaction.query(
      "SELECT number FROM charged_service WHERE card = $1 AND number > $2 ORDER BY number", card.text, before)
    var through = before
    for row in numbers {
      guard try row(0) == through + 1 else { break }
      through += 1
    }
    if through > before {
      try transaction.executeOne("UPDATE charged_card SET through = $2 WHERE card = $1", card.text, through)
    }
    return through
  }

  /// The newest services up to `through` whose end has not come.
  private static func unended(
    _ card: CardNumber, _ through: Int, in transaction: any Transaction
  ) throws -> [Clearance.LastStep] {
    try transaction.query(
      """
      SELECT number, step FROM charged_service WHERE card = $1 AND number <= $2 AND is_end = 0
      ORDER BY number DESC LIMIT $3
      """, card.text, through, OfflineLimits.mostServices
    ).map { Clearance.LastStep(number: try $0(0), step: try $0(1)) }
  }

  /// The answer as it was given, or, where the centre has another certificate since, the same signed anew.
  private func answer(again stored: [UInt8], to batch: Batch, now: Instant) throws -> [UInt8] {
    let former = try CentreAnswer<UploadReceipt>(encoded: stored)
    guard former.centre.encoded != certificate.encoded else { return stored }
    let receipt = former.answer.claimedBody
    return try sign(
      UploadReceipt(
        digest: receipt.digest, accepted: receipt.accepted, refused: receipt.refused,
        clearances: receipt.clearances.map { try sign($0.claimedBody, now) }),
      to: batch, now)
  }

  private func sign(_ receipt: UploadReceipt, to batch: Batch, _ now: Instant) throws -> [UInt8] {
    let term = Term(serial: batch.number, notBefore: now, notAfter: now)
    return CentreAnswer(
      centre: certificate, answer: try Signed(receipt, by: holder, to: batch.terminal.party, term: term)
    ).encoded
  }

  private func sign(_ clearance: Clearance, _ now: Instant) throws -> Signed<Clearance> {
    try Signed(
      clearance, by: holder, to: clearance.card.party,
      term: Term(serial: clearance.through, notBefore: now, notAfter: now + .seconds(366 * 86_400)))
  }
}
