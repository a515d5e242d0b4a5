import Bytes
import HandsetRegistration
import Identifiers
import Keys
import SecureMessages
import Store
import TLV

/// Off-line batches at the carrier: issued, counted, recalled (A5).
extension Desk {
  /// Enters a batch of `count` IDs, at most ``BatchSupply/limit``, for the module with KE_B in a dealer's terminal; it may be
  /// used from `start` to `end`. Returns its number.
  public func issue(
    _ count: Int, toDealer dealer: String, key: PublicKey, from start: Instant, to end: Instant,
    random: any RandomSource
  ) throws -> Int {
    guard (1...BatchSupply.limit).contains(count) else { throw RegistrationRefusal.tooMany }
    return try store.transaction { transaction in
      try checkDealer(dealer, in: transaction)
      let row = try transaction.first(
        "INSERT INTO carrier_batch (dealer, key, not_before, not_after) VALUES ($1, $2, $3, $4) RETURNING number",
        dealer, key.point, start, end)
      guard let number: Int = try row?(0) else { throw StoreError.unexpected("a batch without a number") }
      for _ in 0..<count {
        let name = RegistrationName(random: random)
        var writer = TLVWriter()
        writer.write(.sequence, AuthenticationKeys(random: random))
        let keys = try vault.wrap(Secret(writer.bytes), context: Course.place(name), random: random)
        _ = try transaction.execute(
          "INSERT INTO carrier_batch_id (name, batch, state, keys) VALUES ($1, $2, $3, $4)", name.bytes, number,
          BatchIDState.supplied.rawValue, keys)
      }
      return number
    }
  }

  /// The batch, sealed to the module in answer to its `challenge`: each ID has its number, its IMSI, and keys that are
  /// prepared at the authentication centre. May be repeated: nothing is assigned twice.
  public func supply(batch number: Int, answering challenge: Challenge, now: Instant) throws -> [UInt8] {
    guard let batch = try store.read({ try Batch.find(number, in: $0) }) else { throw RegistrationRefusal.outOfOrder }
    // The dealer stands in for applicants whom nobody knows yet: one who was barred meanwhile does not.
    try store.read { try checkDealer(batch.dealer, in: $0) }
    var prepared: [PreparedID] = []
    for id in try store.read({ try BatchID.all(of: number, in: $0) }) {
      guard id.state == .supplied else { throw RegistrationRefusal.outOfOrder }
      prepared.append(try prepare(id, of: batch.dealer, now: now))
    }
    let makers = try store.read { try $0.query("SELECT name, key FROM carrier_maker ORDER BY name") }.map { row in
      KnownParty(try Party(row(0)), key: try PublicKey(.p256, point: row(1, as: [UInt8].self)))
    }
    let certificate = try Signed(
      BatchKey(batch: number, dealer: batch.dealer, key: batch.key), by: settings.carrier, term: batch.term)
    let supply = BatchSupply(
      certificate: certificate, pattern: settings.pattern, makers: makers, approvals: try approvedHandsets(at: now),
      ids: prepared)
    let receiver = KnownParty(.batchModule(batch.key), key: batch.key)
    let signed = try Signed(supply, by: settings.carrier, to: receiver.party, answering: challenge)
    try note(batch, "BatchSupply", "\(prepared.count) IDs", now: now)
    return try Sealed(signed, from: settings.carrier.party, to: receiver, answering: challenge).encoded
  }

  private func prepare(_ id: BatchID, of dealer: String, now: Instant) throws -> PreparedID {
    var id = id
    if id.account == nil {
      id.account = try office.account(inTrustOf: dealer, registration: id.text, now: now)
      try store.transaction { try id.save(in: $0) }
    }
    guard let account = id.account else { throw RegistrationRefusal.failed }
    if id.number == nil {
      id.number = try office.offer(to: account, refused: nil, now: now)
      try store.transaction { try id.save(in: $0) }
    }
    guard let number = id.number else { throw RegistrationRefusal.failed }
    if id.imsi == nil {
      id.imsi = try office.assign(number, to: account, registration: id.text, now: now)
      try store.transaction { try id.save(in: $0) }
    }
    guard let imsi = id.imsi else { throw RegistrationRefusal.failed }
    let keys = try Course.keys(id.wrappedKeys, of: id.name, vault)
    try network.prepare(keys, of: imsi, as: id.text, now: now)
    return PreparedID(name: id.name, number: number, imsi: imsi, keys: keys)
  }

  /// What the module's next report has to answer: a recorded report counts for nothing.
  public func audit(batch number: Int, random: any RandomSource) throws -> Challenge {
    let challenge = Challenge(random: random)
    try store.transaction { transaction in
      try transaction.executeOne(
        "UPDATE carrier_batch SET challenge = $2 WHERE number = $1", number, challenge.bytes)
    }
    return challenge
  }

  /// All batches, in the order of their numbers: whose they are, and until when they may be used.
  public func batches() throws -> [(number: Int, dealer: String, end: Instant)] {
    try store.read { try $0.query("SELECT number, dealer, not_after FROM carrier_batch ORDER BY number") }.map { row in
      (number: try row(0), dealer: try row(1), end: try row(2))
    }
  }

  /// How many IDs of a batch are how far.
  public func count(batch number: Int) throws -> [BatchIDState: Int] {
    try store.read { try BatchID.all(of: number, in: $0) }.reduce(into: [:]) { $0[$1.state, default: 0] += 1 }
  }

  func note(_ batch: Batch, _ name: String, _ text: String, now: Instant) throws {
    try store.transaction { transaction in
      try EventRecord.append(
        Event(
          at: now, party: Self.party, peer: batch.dealer, kind: .exchanged, name: name,
          correlation: "batch \(batch.number)", body: .text(text)), in: transaction)
    }
  }
}
