import APDU
import Bytes
import ContentManagement
import GlobalPlatform
import Identifiers
import Keys
import MutualAgreement
import SecureMessages
import Store

// A provider's domain comes onto a card: before it nothing of the provider's can be stored there.
extension Desk {
  /// The user wants a provider on the card.
  func admit(_ request: AgreementRequest) throws -> [UInt8] {
    let wish: Signed<AdmissionWish> = try request.message()
    let body = wish.claimedBody
    let rc = try registered(body.registration, at: request.now)
    _ = try wish.verified(from: rc.knownUser, to: holder.party, at: request.now)
    return try errand(for: wish, request) {
      let agreement = try trusted(body.provider, at: request.now)
      let isHandedOver = try store.read { try IssuingTables.isHandedOver(rc.card, body.provider, in: $0) }
      let registrar = agreement.way == .certifiedData ? [try registrarDomain(agreement)] : []
      return Errand(
        Purpose.admission(body.provider).encoded, on: rc.card,
        domains: [settings.domain] + (isHandedOver ? [] : registrar + [agreement.domain]),
        until: request.now + AgreementTimes.errand, random: request.random)
    }
  }

  /// The agreement with a provider whom the registrar stands for now.
  func trusted(_ provider: Party, at now: Instant) throws -> Agreement {
    try store.read { reader in
      let agreement = try Agreement.find(with: provider, in: reader)
      try Revocations.check(settings.dataRegistrar.party, party: provider, in: reader)
      _ = try agreement.dpr.verified(from: settings.dataRegistrar, at: now)
      return agreement
    }
  }

  /// Whether the registrar stands for a provider now.
  func isTrusted(_ provider: Party, at now: Instant) throws -> Bool {
    do { _ = try trusted(provider, at: now) } catch is SecureMessageError { return false } catch AgreementRefusal
      .revoked
    { return false }
    return true
  }

  /// C7: the domain that verifies the registrar's DAP of all data on the card.
  private func registrarDomain(_ agreement: Agreement) throws -> AID {
    guard let domain = settings.mandatedDomain else { throw AgreementRefusal.noAgreement }
    return domain
  }

  func admissionDeeds(_ errand: Errand, _ provider: Party) throws -> [Deed] {
    let agreement = try store.read { try Agreement.find(with: provider, in: $0) }
    if errand.domain == settings.domain {
      var deeds: [Deed] = []
      if agreement.way == .certifiedData, let registrar = settings.mandatedDomain {
        deeds += make(registrar, [.securityDomain, .dapVerification, .mandatedDAPVerification], nil, errand.told)
      }
      return deeds + make(agreement.domain, agreement.way.privileges, agreement.quota, errand.told)
    }
    if errand.domain == settings.mandatedDomain {
      return put(settings.dataRegistrar.key, KeyReference.dap, errand.told)
    }
    return try firstKeyDeeds(errand, agreement)
  }

  private func make(_ domain: AID, _ privileges: Privileges, _ quota: Int?, _ told: CardReading) -> [Deed] {
    guard told.application(domain) == nil else { return [] }
    var parameters = ContentParameters()
    parameters.quota = quota
    let install = Install(
      .install(file: nil, module: nil, application: domain, privileges: privileges, isSelectable: true),
      parameters: parameters)
    return [Deed([install.command()])]
  }

  /// The domain's first keys; in C6 the registrar's key too, which verifies DPR on the card.
  private func firstKeyDeeds(_ errand: Errand, _ agreement: Agreement) throws -> [Deed] {
    guard let card = errand.keyInformation else { throw AgreementRefusal.outOfOrder }
    var deeds: [Deed] = []
    if agreement.way == .certifiedProvider {
      deeds += put(settings.dataRegistrar.key, KeyReference.certificateAuthority, errand.told)
    }
    guard !errand.told.has((DomainHandover.firstKeyVersion, 1)) else { return deeds }
    let first = try Self.keys(firstKeys(errand.card, agreement.domain))
    let put = try PutKey(first, version: DomainHandover.firstKeyVersion, under: keys(errand, card))
    return deeds + [Deed([put.command])]
  }

  /// The domain goes over to the provider.
  func handOver(
    _ card: CardName, to provider: Party, _ given: AgreementRequest, in transaction: any Transaction
  ) throws {
    let agreement = try Agreement.find(with: provider, in: transaction)
    let row = try transaction.first("SELECT certificate FROM issued_card WHERE card = $1", card.description)
    if let rc: [UInt8] = try row?(0) { try Parcels.put(rc, to: provider, now: given.now, in: transaction) }
    try transaction.execute(
      "INSERT INTO handed_over (card, provider) VALUES ($1, $2) ON CONFLICT DO NOTHING", card.description,
      provider.name)
    let handover = DomainHandover(
      card: card, domain: agreement.domain, way: agreement.way, issuerDomain: settings.domain,
      keys: firstKeys(card, agreement.domain),
      mandated: agreement.way == .certifiedData ? settings.mandatedDomain : nil)
    let term = Term(
      serial: try ContentBook.nextSerial("handover", in: transaction), notBefore: given.now,
      notAfter: given.now + AgreementTimes.report)
    let signed = try Signed(handover, by: holder, to: provider, term: term)
    let sealed = try Sealed(signed, from: holder.party, to: agreement.dpr.claimedBody.known, term: term)
    try Parcels.put(sealed.encoded, to: provider, now: given.now, in: transaction)
    try record(.changed, "domain handed over to \(provider)", card, given.now, in: transaction)
  }
}
