import Bytes
import Identifiers
import Keys
import Store

extension Desk {
  /// TS 33.102 §6.3.5: a USIM answered the challenge `rand` with `auts`; `count` vectors that it will accept.
  ///
  /// MAC-S is verified in every case, although §6.3.5 asks for it only where SQN_HE is to change: nobody but the USIM
  /// makes the centre use up sequence numbers this way.
  public func resynchronise(
    _ imsi: IMSI, rand: [UInt8], auts: ResynchronisationToken, by node: String, count: Int = 1, now: Instant,
    random: any RandomSource
  ) throws -> [Quintuplet] {
    let reservation = try store.transaction { transaction in
      try reset(imsi, rand: rand, auts: auts, by: node, now: now, in: transaction)
        ? reserve(count, for: imsi, by: node, in: transaction) : nil
    }
    guard let reservation else { throw AuCError.wrongAUTS(imsi) }
    return try reservation.quintuplets(vault, random: random)
  }

  /// ``resynchronise(_:rand:auts:by:count:now:random:)`` where many requests share one durable commit.
  public func resynchronise(
    _ imsi: IMSI, rand: [UInt8], auts: ResynchronisationToken, by node: String, count: Int = 1, now: Instant,
    random: any RandomSource
  ) async throws -> [Quintuplet] {
    let reservation = try await store.transaction { transaction in
      try reset(imsi, rand: rand, auts: auts, by: node, now: now, in: transaction)
        ? reserve(count, for: imsi, by: node, in: transaction) : nil
    }
    guard let reservation else { throw AuCError.wrongAUTS(imsi) }
    return try reservation.quintuplets(vault, random: random)
  }

  /// Whether MAC-S is right; then SQN_HE is one after which the USIM accepts the next number.
  private func reset(
    _ imsi: IMSI, rand: [UInt8], auts: ResynchronisationToken, by node: String, now: Instant,
    in transaction: any Transaction
  ) throws -> Bool {
    let record = try SubscriberTable.record(of: imsi, in: transaction)
    let algorithm = try record.makeAlgorithm(vault)
    guard let sqnMS = try algorithm.sequenceNumber(in: auts, rand: rand) else {
      try note(.refused, of: imsi, "a resynchronisation whose MAC-S is wrong", by: node, now: now, in: transaction)
      return false
    }
    let seqMS = Int64(sqnMS.value >> UInt64(record.indexBits))
    // The HE/AuC checks if SQN_HE is in the correct range, i.e. if the next sequence number generated using SQN_HE
    // would be accepted by the USIM.
    let next = record.seq + 1
    if next > seqMS, record.delta.map({ next - seqMS <= $0 }) ?? true { return true }
    // It resets the value of the counter SQN_HE to SQN_MS.
    try transaction.execute("UPDATE auc_subscriber SET seq = $2 WHERE imsi = $1", imsi.digits, seqMS)
    try note(
      .changed, of: imsi, "resynchronised from SEQ \(record.seq) to \(seqMS)", by: node, now: now, in: transaction)
    return true
  }
}
