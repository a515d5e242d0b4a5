import Bytes
import HandsetRegistration
import Identifiers
import Keys
import SecureMessages
import Store

/// What a report of a batch says beside the carrier's books.
public struct BatchReconciliation: Sendable, Equatable {
  /// Whether the module signs no more of the batch.
  public var isClosed = true
  /// The numbers that are subscribers' from now on.
  public var confirmed: [String] = []
  /// Where report and books do not agree, or an ID came to nothing.
  public var differences: [Difference] = []

  /// One thing that is not as it should be.
  public enum Difference: Hashable, Sendable, CustomStringConvertible {
    /// An ID of the batch does not stand in the report.
    case missing(String)
    /// An entry is no ID of this batch, or stands there twice.
    case unknown(RegistrationName)
    /// An ID was given out, and no receipt came.
    case noReceipt(String)
    /// Application, module or receipt is not to be believed, or not what the ID was signed with.
    case notAuthentic(String)
    /// The application is refused.
    case refused(String, RegistrationRefusal)
    /// The credit company says neither yes nor no about the applicant: the next reconciliation asks again.
    case undecided(String)

    public var description: String {
      switch self {
      case .missing(let number): "\(number) is missing in the report"
      case .unknown(let name): "the report has an ID that is not of this batch, or twice: \(name)"
      case .noReceipt(let number): "\(number) was given out, and no receipt came"
      case .notAuthentic(let number): "what the report says of \(number) is not authentic"
      case .refused(let number, let refusal): "\(number) is not registered: \(refusal)"
      case .undecided(let number): "\(number) waits: the credit company says neither yes nor no about the applicant"
      }
    }
  }
}

extension Desk {
  /// Reconciles a batch with its module's report, which answers the challenge of the last audit. IDs with a receipt become
  /// subscribers', and the network takes them from now on; where the batch is closed, unused ones come back. May be repeated,
  /// also in part.
  public func reconcile(batch number: Int, _ report: [Signed<BatchEntry>], now: Instant) throws -> BatchReconciliation {
    guard let batch = try store.read({ try Batch.find(number, in: $0) }), let challenge = batch.challenge,
      let party = Party.batch(number, of: settings.carrier.party)
    else { throw RegistrationRefusal.outOfOrder }
    let known = KnownParty(party, key: batch.key)
    var entries: [RegistrationName: BatchEntry] = [:]
    var result = BatchReconciliation()
    let ids = try store.read { try BatchID.all(of: number, in: $0) }
    for signed in report {
      guard let entry = try? signed.verified(from: known, to: settings.carrier.party, answering: challenge),
        entry.batch == number
      else { throw RegistrationRefusal.notAuthentic }
      guard ids.contains(where: { $0.name == entry.name }), entries.updateValue(entry, forKey: entry.name) == nil else {
        result.differences.append(.unknown(entry.name))
        continue
      }
      result.isClosed = result.isClosed && entry.isClosed
    }
    result.isClosed = result.isClosed && !report.isEmpty
    for id in ids {
      guard let entry = entries[id.name] else {
        result.differences.append(.missing(id.number ?? "\(id.name)"))
        continue
      }
      try settle(id, entry, &result, now: now)
    }
    try note(
      batch, "BatchReconciliation", "\(result.confirmed.count) confirmed, \(result.differences.count) differences",
      now: now)
    return result
  }

  private func settle(
    _ id: BatchID, _ entry: BatchEntry, _ result: inout BatchReconciliation, now: Instant
  ) throws {
    let number = id.number ?? "\(id.name)"
    guard [.supplied, .used].contains(id.state) else {
      if id.state == .confirmed { result.confirmed.append(number) }
      return
    }
    guard let use = entry.use else {
      if entry.isClosed { try giveBack(id, now: now) }
      return
    }
    guard use.receipt != nil else {
      var used = id
      used.state = .used
      try store.transaction { try used.save(in: $0) }
      result.differences.append(.noReceipt(number))
      return
    }
    do {
      try confirm(id, use, now: now)
      result.confirmed.append(number)
    } catch RegistrationRefusal.notAuthentic {
      result.differences.append(.notAuthentic(number))
    } catch RegistrationRefusal.creditUnknown {
      result.differences.append(.undecided(number))
    } catch let refusal as RegistrationRefusal where refusal != .failed {
      try giveBack(id, now: now)
      result.differences.append(.refused(number, refusal))
    }
  }

  /// The ID is a subscriber's: module, receipt and application are believed, model, services and credit are good.
  private func confirm(_ id: BatchID, _ use: BatchEntry.Use, now: Instant) throws {
    guard let number = id.number, let imsi = id.imsi, let account = id.account, let receipt = use.receipt else {
      throw RegistrationRefusal.notAuthentic
    }
    let module = try store.read { try self.module(use.certificate, at: now, in: $0) }
    let application: OfflineApplication
    do {
      let written = try receipt.verified(from: module.known, to: settings.carrier.party, answering: id.name)
      let signed = try use.application.opened(
        from: use.application.claimedSender, by: settings.carrier, answering: id.name)
      let key = signed.claimedBody.modelKey
      application = try signed.verified(
        from: KnownParty(.model(key), key: key), to: settings.carrier.party, answering: id.name)
      guard written.imsi == imsi, application.number == number, application.services == use.services else {
        throw RegistrationRefusal.notAuthentic
      }
    } catch is SecureMessageError { throw RegistrationRefusal.notAuthentic }
    guard try approval(of: application.modelKey, as: .handset, at: now) != nil else {
      throw RegistrationRefusal.unknownModel
    }
    guard try office.has(services: application.services) else { throw RegistrationRefusal.unknownService }
    try office.checkCredit(ofAccount: account, card: application.creditCard, now: now)
    // The pivot is the commit at the authentication centre, as on line.
    try network.commit(id.text, of: imsi, now: now)
    try office.settle(services: application.services, registration: id.text, now: now)
    var confirmed = id
    confirmed.state = .confirmed
    try store.transaction { transaction in
      try confirmed.save(in: transaction)
      try Registered(
        number: number, imsi: imsi, account: account, registration: id.text, module: module.number,
        card: digest(application.creditCard), services: application.services
      ).save(now: now, in: transaction)
    }
  }

  /// The ID came to nothing: its keys are forgotten, its number is free.
  private func giveBack(_ id: BatchID, now: Instant) throws {
    if let imsi = id.imsi, try !network.abandon(id.text, of: imsi, now: now) { throw RegistrationRefusal.failed }
    try office.giveBack(registration: id.text, now: now)
    var returned = id
    returned.state = .returned
    try store.transaction { try returned.save(in: $0) }
  }
}
