import APDU
import Bytes
import ContentManagement
import GlobalPlatform
import Identifiers
import Keys
import MutualAgreement
import SecureMessages
import Store

// The books meet the card: its registry is read, differences are found and repaired, and what was revoked goes.
extension Desk {
  /// The user apparatus brings the card.
  func contact(_ request: AgreementRequest) throws -> [UInt8] {
    let wish: Signed<ContactWish> = try request.message()
    let rc = try registered(wish.claimedBody.registration, at: request.now, isMet: true)
    _ = try wish.verified(from: rc.knownUser, to: holder.party, at: request.now)
    return try errand(for: wish, request) {
      Errand(
        Purpose.contact.encoded, on: rc.card, domains: [settings.domain],
        until: request.now + AgreementTimes.errand, random: request.random)
    }
  }

  func contactDeeds(_ errand: Errand, _ request: AgreementRequest) throws -> [Deed] {
    var deeds: [Deed] = []
    for agreement in try agreements() {
      guard let domain = errand.told.application(agreement.domain) else { continue }
      deeds += try withdrawal(agreement, domain, at: request.now)
      if agreement.revokedData == .go { deeds += try revokedData(agreement, errand, request) }
    }
    return deeds
  }

  /// C4: the standing consent was withdrawn, or the registrar stands for the provider no longer (DPR is over or revoked),
  /// so the domain loses authorised management. It is given again with the provider's token alone, as any other change of
  /// its domain.
  private func withdrawal(_ agreement: Agreement, _ domain: Registry.Entry, at now: Instant) throws -> [Deed] {
    guard agreement.way.needsStandingConsent, let privileges = domain.privileges else { return [] }
    let mayStore = try agreement.hasConsent && isTrusted(agreement.provider, at: now)
    let wanted = privileges.subtracting(.authorizedManagement)
    guard wanted != privileges, !mayStore else { return [] }
    let update = Install(.registryUpdate(application: domain.aid, privileges: wanted))
    return [Deed([update.command()])]
  }

  /// Data that the registrar revoked go with the provider's SA; where the provider does not give it, they are locked.
  private func revokedData(
    _ agreement: Agreement, _ errand: Errand, _ request: AgreementRequest
  ) throws -> [Deed] {
    guard let list = try store.read({ try Revocations.list(of: settings.dataRegistrar.party, in: $0) }) else {
      return []
    }
    var deeds: [Deed] = []
    for content in errand.told.contents(of: agreement.domain)
    where list.claimedBody.names(content.loadFile, version: content.version) {
      let sdi = StoringDataInformation(loadFile: content.loadFile, version: content.version)
      let sar = try asking(.delete, sdi, on: errand.card, .revocation(list), agreement.provider, request)
      if let sa = try? consent(sar, agreement, at: request.now) {
        deeds += try contentDeeds(errand, .init(provider: agreement.provider, sa: sa))
        try store.transaction { transaction in
          try ContentBook.note(
            .delete, sdi, on: errand.card, domain: agreement.domain, provider: agreement.provider, now: request.now,
            in: transaction)
        }
      } else {
        deeds += lock(content.loadFile, errand.told)
      }
    }
    return deeds
  }

  private func lock(_ loadFile: AID, _ told: CardReading) -> [Deed] {
    told.applications.filter { $0.loadFile == loadFile }.compactMap { application in
      let state = LifeCycle(rawValue: application.lifeCycle)
      guard !state.isLocked else { return nil }
      return Deed([Registry.set(0x40, state.locked.rawValue, aid: application.aid)])
    }
  }
}
