import APDU
import Bytes
import HandsetRegistration
import Identifiers
import Keys
import SecureElement
import SecureMessages
import TLV

/// The carrier's module in an off-line dealer's terminal (A5): it holds a batch of IDs, and signs each for one module, once,
/// with a key that the carrier certified for the batch. What it has signed stands in its log before it leaves the module.
public final class BatchSigner: Application {
  private let vault: KeyVault
  // RAM: lost with the power.
  private var challenge: Challenge?

  init(vault: KeyVault) { self.vault = vault }

  public func identifiers(in exchange: Exchange) -> [AID] { [.batchModule] }

  /// The answer to SELECT is KE_B, which the carrier has certified for each batch.
  public func select(_ aid: AID, in exchange: Exchange) throws(StatusWordError) -> [UInt8] {
    try identity(exchange).key.publicKey.point
  }

  public func respond(to exchange: Exchange) throws(StatusWordError) -> Response? {
    if [0xA4, 0x70].contains(exchange.command.ins) { return nil }
    guard let command = BatchCommand(rawValue: exchange.command.ins) else {
      throw StatusWordError(.instructionNotSupported)
    }
    guard exchange.command.cla & 0x80 != 0 else { throw StatusWordError(.classNotSupported) }
    let (records, own) = (BatchRecords(exchange.memory), try identity(exchange))
    switch command {
    case .challenge:
      let number = Challenge(random: exchange.random)
      challenge = number
      return Response(number.bytes)
    case .load: return try load(exchange, records, own)
    case .offer: return try offer(exchange, records)
    case .sign: return try sign(exchange, records, own)
    case .receipt: return try note(exchange, records)
    case .log: return try log(exchange, records, own)
    }
  }

  private func identity(_ exchange: Exchange) throws(StatusWordError) -> BatchIdentity {
    guard let stored = BatchRecords(exchange.memory).identity, let identity = try? stored.opened(vault) else {
      throw StatusWordError(.technicalProblem)
    }
    return identity
  }

  private func message<Body: TLVMessage>(_ exchange: Exchange) throws(StatusWordError) -> Body {
    do { return try Body(encoded: exchange.command.data) } catch { throw StatusWordError(.wrongData) }
  }

  /// A batch replaces one that is closed; all of it is there, or nothing.
  private func load(_ exchange: Exchange, _ records: BatchRecords, _ own: BatchIdentity) throws(StatusWordError)
    -> Response
  {
    let answered = challenge
    challenge = nil
    guard let answered, records.batch?.isClosed != false else { throw StatusWordError(.conditionsOfUse) }
    let sealed: Sealed<Signed<BatchSupply>> = try message(exchange)
    guard
      let supply = try? sealed.opened(from: own.carrier.party, by: own.holder, answering: answered)
        .verified(from: own.carrier, to: own.holder.party, answering: answered),
      let term = supply.certificate.claimedTerm,
      let batch = try? supply.certificate.verified(from: own.carrier, at: term.notBefore),
      batch.key == own.key.publicKey, !supply.ids.isEmpty, batch.batch > (records.batch?.number ?? 0)
    else { throw StatusWordError(.securityStatus) }
    do {
      records.removeEntries()
      for (index, id) in supply.ids.enumerated() {
        records[index] = try StoredID(id, vault: vault, random: exchange.random)
      }
      records.batch = StoredBatch(supply, number: batch.batch)
      return Response()
    } catch { throw StatusWordError(.technicalProblem) }
  }

  /// The unused ID number P1, from 0.
  private func offer(_ exchange: Exchange, _ records: BatchRecords) throws(StatusWordError) -> Response {
    let batch = try openBatch(records)
    let unused = records.entries(of: batch).filter { $0.use == nil }
    guard unused.indices.contains(Int(exchange.command.p1)) else { throw StatusWordError(.recordNotFound) }
    let id = unused[Int(exchange.command.p1)]
    return Response(
      OfflineOffer(name: id.name, number: id.number, certificate: batch.certificate, approvals: batch.approvals)
        .encoded)
  }

  private func openBatch(_ records: BatchRecords) throws(StatusWordError) -> StoredBatch {
    guard let batch = records.batch, !batch.isClosed else { throw StatusWordError(.conditionsOfUse) }
    return batch
  }

  /// Signs {ID, RDM} for a module of a known maker, once: the same request is answered again, another one never.
  private func sign(_ exchange: Exchange, _ records: BatchRecords, _ own: BatchIdentity) throws(StatusWordError)
    -> Response
  {
    let (request, batch): (OfflineRequest, StoredBatch) = (try message(exchange), try openBatch(records))
    guard let index = records.entries(of: batch).firstIndex(where: { $0.name == request.name }),
      var id = records[index]
    else { throw StatusWordError(.referencedDataNotFound) }
    guard let term = request.certificate.claimedTerm, request.certificate.claimedBody.kind == .handset,
      batch.makers.contains(where: { (try? request.certificate.verified(from: $0, at: term.notBefore)) != nil })
    else { throw StatusWordError(.securityStatus) }
    let use = StoredID.Use(
      rdm: request.rdm,
      entry: BatchEntry.Use(
        certificate: request.certificate, services: request.services, application: request.application, receipt: nil))
    if let before = id.use {
      guard before.rdm == use.rdm, before.entry.certificate.encoded == use.entry.certificate.encoded,
        before.entry.services == use.entry.services
      else { throw StatusWordError(.conditionsOfUse) }
    } else {
      // Used up, durably, before anything leaves the module: a cut of power gives no second use.
      id.use = use
      records[index] = id
      try exchange.memory.commit()
    }
    guard let information = try? sealed(id, use, batch, own) else { throw StatusWordError(.technicalProblem) }
    return Response(OfflineDelivered(information: information).encoded)
  }

  private func sealed(_ id: StoredID, _ use: StoredID.Use, _ batch: StoredBatch, _ own: BatchIdentity) throws
    -> Sealed<Signed<PersonalInformation>>
  {
    guard let party = Party.batch(batch.number, of: own.carrier.party) else { throw StatusWordError(.technicalProblem) }
    let module = use.entry.certificate.claimedBody
    let body = PersonalInformation(
      information: PublicInformation(
        number: id.number, imsi: id.imsi, msi: module.number, pattern: batch.pattern, services: use.entry.services),
      keys: try id.keys(vault), moduleKey: module.key, receiptChallenge: id.name)
    let signed = try Signed(
      body, by: KeyHolder(party, key: own.key), to: module.known.party, answering: use.rdm)
    return try Sealed(signed, from: party, to: module.known, answering: use.rdm)
  }

  /// Notes the receipt of the module that the ID was signed for; the same one again changes nothing.
  private func note(_ exchange: Exchange, _ records: BatchRecords) throws(StatusWordError) -> Response {
    let receipt: Signed<WriteReceipt> = try message(exchange)
    guard let batch = records.batch,
      let index = records.entries(of: batch).firstIndex(where: { $0.name == receipt.claimedChallenge }),
      var id = records[index], var use = id.use
    else { throw StatusWordError(.referencedDataNotFound) }
    guard let own = records.identity,
      let body = try? receipt.verified(
        from: use.entry.certificate.claimedBody.known, to: own.carrier, answering: id.name),
      body.imsi == id.imsi
    else { throw StatusWordError(.securityStatus) }
    use.entry.receipt = receipt
    id.use = use
    records[index] = id
    return Response()
  }

  /// One entry of the log for the carrier; with P2 01 the batch is closed before, for good.
  private func log(_ exchange: Exchange, _ records: BatchRecords, _ own: BatchIdentity) throws(StatusWordError)
    -> Response
  {
    guard var batch = records.batch else { throw StatusWordError(.conditionsOfUse) }
    guard exchange.command.p2 <= 1 else { throw StatusWordError(.wrongP1P2) }
    guard let challenge = Challenge(exchange.command.data) else { throw StatusWordError(.wrongData) }
    if exchange.command.p2 == 1, !batch.isClosed {
      batch.isClosed = true
      records.batch = batch
      try exchange.memory.commit()
    }
    let index = Int(exchange.command.p1)
    guard index < batch.count, let id = records[index] else { throw StatusWordError(.recordNotFound) }
    let entry = BatchEntry(
      batch: batch.number, index: index, count: batch.count, isClosed: batch.isClosed, name: id.name,
      use: id.use?.entry)
    guard let party = Party.batch(batch.number, of: own.carrier.party),
      let signed = try? Signed(
        entry, by: KeyHolder(party, key: own.key), to: own.carrier.party, answering: challenge)
    else { throw StatusWordError(.technicalProblem) }
    return Response(signed.encoded)
  }
}
