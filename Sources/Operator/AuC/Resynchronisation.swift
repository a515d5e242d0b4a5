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
    _ imsi: IMSI, rand: [UInt8], auts: ResynchronisationToken, by node: String, access: AccessNetwork = .eps,
    count: Int = 1, now: Instant, random: any RandomSource
  ) throws -> [Quintuplet] {
    let challenge = Challenge(imsi: imsi, rand: rand, auts: auts, node: node)
    // Numbers in reserve may be below what the USIM has seen.
    defer { reserve.expire() }
    let reservation = try store.transaction { transaction in
      try reset(challenge, now: now, random: random, in: transaction)
        ? reserve(count, for: imsi, by: node, access, now: now, in: transaction) : nil
    }
    guard let reservation else { throw AuCError.wrongAUTS(imsi) }
    return try reservation.quintuplets(vault, random: random)
  }

  /// ``resynchronise(_:rand:auts:by:access:count:now:random:)`` where many requests share one durable commit.
  public func resynchronise(
    _ imsi: IMSI, rand: [UInt8], auts: ResynchronisationToken, by node: String, access: AccessNetwork = .eps,
    count: Int = 1, now: Instant, random: any RandomSource
  ) async throws -> [Quintuplet] {
    let challenge = Challenge(imsi: imsi, rand: rand, auts: auts, node: node)
    // Numbers in reserve may be below what the USIM has seen.
    defer { reserve.expire() }
    let reservation = try await store.transaction { transaction in
      try reset(challenge, now: now, random: random, in: transaction)
        ? reserve(count, for: imsi, by: node, access, now: now, in: transaction) : nil
    }
    guard let reservation else { throw AuCError.wrongAUTS(imsi) }
    return try reservation.quintuplets(vault, random: random)
  }

  /// ``resynchronise(_:rand:auts:by:access:count:now:random:)`` for a node that asks for vectors afterwards.
  public func take(
    _ auts: ResynchronisationToken, of imsi: IMSI, rand: [UInt8], by node: String, now: Instant,
    random: any RandomSource
  ) throws {
    let challenge = Challenge(imsi: imsi, rand: rand, auts: auts, node: node)
    // Numbers in reserve may be below what the USIM has seen.
    defer { reserve.expire() }
    guard try store.transaction({ try reset(challenge, now: now, random: random, in: $0) }) else {
      throw AuCError.wrongAUTS(imsi)
    }
  }

  /// A challenge that a USIM refused, and how it did.
  private struct Challenge {
    let imsi: IMSI
    let rand: [UInt8]
    let auts: ResynchronisationToken
    let node: String
  }

  /// Whether MAC-S is right; then SQN_HE is one after which the USIM accepts the next number.
  private func reset(
    _ challenge: Challenge, now: Instant, random: any RandomSource, in transaction: any Transaction
  ) throws -> Bool {
    let (imsi, node) = (challenge.imsi, challenge.node)
    guard (1...255).contains(node.utf8.count) else { throw AuCError.wrongNodeName }
    let record = try SubscriberTable.admitted(imsi, in: transaction)
    let sqnMS: SequenceNumber?
    do {
      sqnMS = try record.makeAlgorithm(vault).sequenceNumber(in: challenge.auts, rand: challenge.rand)
    } catch let error as KeyError { throw AuCError.key(error) }
    guard let sqnMS else {
      try note(
        .refused, of: imsi, "a resynchronisation whose MAC-S is wrong", by: node, now: now, random: random,
        in: transaction)
      return false
    }
    let seqMS = Int64(sqnMS.value >> UInt64(record.counter.indexBits))
    try USIMCounterTable.note(seqMS, of: record, by: node, now: now, in: transaction)
    // What is left of a block, here or in another process, may be below SQN_MS although SQN_HE is above it.
    try ChangeCount.count(in: transaction)
    if record.counter.isAccepted(above: seqMS, now: now) { return true }
    var counter = record.counter
    counter.reset(to: seqMS, now: now)
    try SubscriberTable.save(counter, of: record, in: transaction)
    try note(
      .changed, of: imsi, "resynchronised from SEQ \(record.counter.seq) to \(seqMS)", by: node, now: now,
      random: random, in: transaction)
    return true
  }
}
