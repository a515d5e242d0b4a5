import APDU
import Bytes
import ContentManagement
import GlobalPlatform
import Identifiers
import Keys
import MutualAgreement
import SecureMessages
import Store

// C2, step 23: the provider authorises what the issuer asks for, and sends the data with it.
extension Desk {
  /// "The data providing apparatus verifies the storing authorization request … provides certificate information to the
  /// storing authorization request and the storing data information … generates a storing authorization". What it
  /// authorises is pending in its books from here on.
  func authorise(_ request: AgreementRequest) throws -> [UInt8] {
    if let answer = try store.read({ try Authorisations.answer(to: request.bytes, in: $0) }) { return answer }
    let signed: Signed<StoringAuthorisationRequest> = try request.message()
    let issuer = try partner(signed.claimedSender, at: request.now).issuer
    let asked = try signed.verified(from: issuer, to: holder.party, at: request.now)
    let place = try own(asked.card, of: issuer.party)
    try checkBasis(asked, issuer, at: request.now)
    let sdi = try completed(asked.operation, asked.sdi, on: asked.card, for: issuer.party, at: request.now)
    let data =
      asked.operation == .store ? try file(item(asked.sdi, for: issuer.party, at: request.now), place).bytes : nil
    return try store.transaction { transaction in
      let counter = try ContentBook.takeCounters(
        StoringAuthorisation.tokenLimit, on: asked.card, in: transaction)
      let sa = try Authorisations.authorise(
        signed, sdi, domain: domain, actor: place.issuerDomain, counter: counter, by: holder, data: data)
      try ContentBook.note(
        asked.operation, sdi, on: asked.card, domain: domain, provider: holder.party, now: request.now,
        in: transaction)
      try Authorisations.keep(
        sa.encoded, to: request.bytes, until: request.now + AgreementTimes.request, in: transaction)
      try record(
        .changed, "SA \(asked.operation)", asked.card, request.now, "\(sdi.loadFile) \(sdi.version)", in: transaction)
      return sa.encoded
    }
  }

  /// RC and the user's wish, or the registrar's list; and that the request asks for no more than that.
  private func checkBasis(_ asked: StoringAuthorisationRequest, _ issuer: KnownParty, at now: Instant) throws {
    switch asked.basis {
    case .wish(let wish):
      let claimed = wish.claimedBody
      let (registered, rc) = try user(claimed.registration, at: now)
      _ = try wish.verified(from: rc.knownUser, to: issuer.party, at: now)
      guard registered == issuer.party, rc.card == asked.card, claimed.operation == asked.operation,
        claimed.provider == holder.party, asked.sdi.completes(claimed.sdi)
      else { throw AgreementRefusal.notAuthentic }
    case .revocation(let list):
      let list = try list.verified(from: settings.dataRegistrar, at: now)
      guard asked.operation == .delete, list.names(asked.sdi.loadFile, version: asked.sdi.version) else {
        throw AgreementRefusal.notAuthentic
      }
    }
  }
}
