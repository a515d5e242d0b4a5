import APDU
import Bytes
import ContentManagement
import GlobalPlatform
import Identifiers
import Keys
import MutualAgreement
import SecureMessages
import Store

// C3, step 33: the issuer authorises what the provider asks for.
extension Desk {
  /// "The issuing apparatus verifies the storing authorization request … generates a storing authorization". What it
  /// authorises is pending in the books from here on.
  func authorise(_ request: AgreementRequest) throws -> [UInt8] {
    if let answer = try store.read({ try Authorisations.answer(to: request.bytes, in: $0) }) { return answer }
    let signed: Signed<StoringAuthorisationRequest> = try request.message()
    let agreement = try trusted(signed.claimedSender, at: request.now)
    let asked = try signed.verified(
      from: agreement.dpr.claimedBody.known, to: holder.party, at: request.now)
    guard agreement.way == .throughProvider else { throw AgreementRefusal.noAgreement }
    try checkBasis(asked, agreement, at: request.now)
    return try store.transaction { transaction in
      guard try IssuingTables.isHandedOver(asked.card, agreement.provider, in: transaction) else {
        throw AgreementRefusal.noDomain
      }
      try checkBooks(asked, agreement, in: transaction)
      let counter = try ContentBook.takeCounters(
        StoringAuthorisation.tokenLimit, on: asked.card, in: transaction)
      let sa = try Authorisations.authorise(
        signed, asked.sdi, domain: agreement.domain, actor: agreement.domain, counter: counter, by: holder)
      try ContentBook.note(
        asked.operation, asked.sdi, on: asked.card, domain: agreement.domain, provider: agreement.provider,
        now: request.now, in: transaction)
      try Authorisations.keep(
        sa.encoded, to: request.bytes, until: request.now + AgreementTimes.request, in: transaction)
      try record(
        .changed, "SA \(asked.operation)", asked.card, request.now, "\(asked.sdi.loadFile) \(asked.sdi.version)",
        in: transaction)
      return sa.encoded
    }
  }

  /// RC, the user's wish, and that the request asks for what the user wanted.
  private func checkBasis(
    _ asked: StoringAuthorisationRequest, _ agreement: Agreement, at now: Instant
  ) throws {
    switch asked.basis {
    case .wish(let wish):
      let claimed = wish.claimedBody
      let rc = try registered(claimed.registration, at: now)
      _ = try wish.verified(from: rc.knownUser, to: agreement.provider, at: now)
      guard rc.card == asked.card, claimed.operation == asked.operation, claimed.provider == agreement.provider,
        asked.sdi.completes(claimed.sdi)
      else { throw AgreementRefusal.notAuthentic }
    case .revocation(let list):
      let list = try list.verified(from: settings.dataRegistrar, at: now)
      guard asked.operation == .delete, list.names(asked.sdi.loadFile, version: asked.sdi.version) else {
        throw AgreementRefusal.notAuthentic
      }
    }
  }

  /// Version, room and revocation, by the issuer's own books.
  private func checkBooks(
    _ asked: StoringAuthorisationRequest, _ agreement: Agreement, in reader: any Reader
  ) throws {
    let line = try ContentBook.line(asked.card, asked.sdi.loadFile, in: reader)
    guard line == nil || line?.domain == agreement.domain else { throw AgreementRefusal.nameTaken }
    guard asked.operation == .store else { return }
    try Revocations.check(settings.dataRegistrar.party, data: asked.sdi, in: reader)
    if let version = line?.version, version > asked.sdi.version { throw AgreementRefusal.olderVersion }
    // What goes needs the issuer's consent too, so it must be there as far as the issuer knows.
    guard !asked.sdi.isReplacing || line != nil, let size = asked.sdi.size else { throw AgreementRefusal.notOnCard }
    let others = try ContentBook.lines(asked.card, agreement.domain, in: reader)
      .filter { $0.loadFile != asked.sdi.loadFile }
    guard others.reduce(size, { $0 + $1.size }) <= agreement.quota else { throw AgreementRefusal.noRoom }
  }
}
