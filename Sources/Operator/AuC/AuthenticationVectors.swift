import Bytes
import Identifiers
import Keys
import Store

/// An authentication vector of TS 33.102 §6.3.2: RAND, XRES, CK, IK, AUTN.
public struct Quintuplet: Hashable, Sendable {
  /// 16 bytes.
  public let rand: [UInt8]
  /// 4 to 32 bytes.
  public let xres: [UInt8]
  /// 16 bytes (TUAK: 16 or 32).
  public let ck: Secret
  /// 16 bytes (TUAK: 16 or 32).
  public let ik: Secret
  /// Usually 16 bytes when written.
  public let autn: AuthenticationToken
}

/// An authentication vector of GSM (TS 43.020 §4.3.1): RAND, SRES, Kc.
public struct Triplet: Hashable, Sendable {
  /// 16 bytes.
  public let rand: [UInt8]
  /// 4 bytes.
  public let sres: [UInt8]
  /// 8 bytes.
  public let kc: Secret
}

extension Desk {
  /// How many vectors are given out at once, at most.
  public static let countLimit = 32

  /// TS 33.102 §6.3.2: `count` fresh vectors for `node`, in the order in which it is to use them. Their sequence
  /// numbers are durably used before this returns: a vector that gets lost is never made again.
  public func quintuplets(
    for imsi: IMSI, by node: String, access: AccessNetwork = .eps, count: Int = 1, now: Instant,
    random: any RandomSource
  ) throws -> [Quintuplet] {
    try store.transaction { try reserve(count, for: imsi, by: node, access, now: now, in: $0) }
      .quintuplets(vault, random: random)
  }

  /// ``quintuplets(for:by:access:count:now:random:)`` out of the reserve, which is filled in blocks: many requests share
  /// a durable commit, and most need none.
  public func quintuplets(
    for imsi: IMSI, by node: String, access: AccessNetwork = .eps, count: Int = 1, now: Instant,
    random: any RandomSource
  ) async throws -> [Quintuplet] {
    try check(count)
    let portion = try await portion(count, of: imsi, by: node, now: now)
    let amf = access.separated(portion.block.amf)
    return try Reservation.quintuplets(portion.sequenceNumbers, portion.block.algorithm, amf, random: random)
  }

  /// Sequence numbers for one request, out of the reserve or, with a block for the next ones, out of the store.
  private func portion(
    _ count: Int, of imsi: IMSI, by node: String, now: Instant
  ) async throws -> SequenceNumberReserve.Portion {
    let key = IMSIKey(imsi)
    if reserve.isDue(now) { reserve.look(try store.read { try ChangeCount.number(in: $0) }, now: now) }
    if let portion = reserve.take(count, of: key, by: node, now: now) { return portion }
    let (fresh, number) = try await store.transaction { transaction in
      let number = try SubscriberTable.number(of: node, in: transaction)
      return (try block(atLeast: count, of: imsi, now: now, in: transaction), number)
    }
    let first = fresh.left.lowerBound
    if first + Int64(count) <= fresh.left.upperBound {
      var rest = fresh
      rest.left = first + Int64(count)...fresh.left.upperBound
      reserve.put(rest, of: key, by: node, number)
    }
    return SequenceNumberReserve.Portion(block: fresh, seqs: first...first + Int64(count) - 1, node: number)
  }

  /// Uses up a block of a subscriber's sequence numbers. After a clock they are made when they are wanted: none ahead.
  private func block(
    atLeast count: Int, of imsi: IMSI, now: Instant, in transaction: any Transaction
  ) throws -> SequenceNumberReserve.Block {
    let record = try SubscriberTable.admitted(imsi, in: transaction)
    var counter = record.counter
    let seqs =
      record.counter.clockDifference == nil
      ? counter.advance(by: SequenceNumberReserve.blockSize, now: now) ?? counter.advance(by: count, now: now)
      : counter.advance(by: count, now: now)
    guard let seqs else { throw AuCError.sequenceNumbersUsedUp(imsi) }
    try SubscriberTable.save(counter, of: record, in: transaction)
    return SequenceNumberReserve.Block(
      algorithm: try record.makeAlgorithm(vault), amf: record.amf, counter: counter, left: seqs,
      changes: try ChangeCount.number(in: transaction))
  }

  /// TS 33.102 §6.8.1.2: `count` vectors for a network that knows GSM only, by the conversion functions c2 and c3.
  public func triplets(for imsi: IMSI, count: Int = 1, random: any RandomSource) throws -> [Triplet] {
    try check(count)
    let record = try store.read { try SubscriberTable.admitted(imsi, in: $0) }
    let algorithm = try record.makeAlgorithm(vault)
    return try (0..<count).map { _ in
      let rand = random.bytes(16)
      let response = try algorithm.f2345(rand: rand)
      return Triplet(rand: rand, sres: response.sres, kc: response.kc)
    }
  }

  func check(_ count: Int) throws(AuCError) {
    guard (1...Self.countLimit).contains(count) else { throw .wrongCount(count) }
  }

  /// Uses up `count` sequence numbers of a subscriber for a node.
  func reserve(
    _ count: Int, for imsi: IMSI, by node: String, _ access: AccessNetwork, now: Instant,
    in transaction: any Transaction
  ) throws -> Reservation {
    try check(count)
    // §C.3.4: different nodes get different values of IND, so that each may use its vectors without regard to others.
    // Where there are more nodes than values, some share one.
    let number = try SubscriberTable.number(of: node, in: transaction)
    let record = try SubscriberTable.admitted(imsi, in: transaction)
    var counter = record.counter
    guard let seqs = counter.advance(by: count, now: now) else { throw AuCError.sequenceNumbersUsedUp(imsi) }
    try SubscriberTable.save(counter, of: record, in: transaction)
    return Reservation(
      record: record, amf: access.separated(record.amf),
      sequenceNumbers: seqs.compactMap { counter.sequenceNumber($0, index: UInt64(number)) })
  }
}

/// Sequence numbers that belong to one request for vectors, and to nothing else ever.
struct Reservation: Sendable {
  let record: SubscriberTable.Record
  let amf: [UInt8]
  let sequenceNumbers: [SequenceNumber]

  func quintuplets(_ vault: KeyVault, random: any RandomSource) throws -> [Quintuplet] {
    try Self.quintuplets(sequenceNumbers, record.makeAlgorithm(vault), amf, random: random)
  }

  static func quintuplets(
    _ sequenceNumbers: [SequenceNumber], _ algorithm: any AuthenticationAlgorithm, _ amf: [UInt8],
    random: any RandomSource
  ) throws -> [Quintuplet] {
    try sequenceNumbers.map { sqn in
      let rand = random.bytes(16)
      let response = try algorithm.f2345(rand: rand)
      let autn = try algorithm.authenticationToken(rand: rand, sqn: sqn, amf: amf, response: response)
      return Quintuplet(rand: rand, xres: response.res, ck: response.ck, ik: response.ik, autn: autn)
    }
  }
}
