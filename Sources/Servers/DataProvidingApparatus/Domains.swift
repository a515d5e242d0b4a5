import APDU
import Bytes
import ContentManagement
import GlobalPlatform
import Identifiers
import Keys
import MutualAgreement
import SecureMessages
import Store

// How a domain on a card becomes the provider's own.
extension Desk {
  /// Agrees with a registered issuer.
  public func agree(with irc: Signed<IssuerRegistration>, now: Instant) throws {
    let issuer = try irc.verified(from: settings.issuerRegistrar, at: now).known.party
    _ = try store.transaction { transaction in
      try transaction.execute(
        """
        INSERT INTO provider_partner (issuer, irc, consent_serial, consent, quota) VALUES ($1, $2, 0, 0, 0)
        ON CONFLICT (issuer) DO UPDATE SET irc = excluded.irc
        """, issuer.name, irc.encoded)
    }
  }

  /// An issuer that the provider has an agreement with, and whom the registrar stands for now.
  func partner(_ issuer: Party, at now: Instant) throws -> ProvidingTables.Partner {
    try store.read { try ProvidingTables.Partner.find(issuer, settings.issuerRegistrar, at: now, in: $0) }
  }

  /// An issuer hands a domain over.
  func takeOver(_ request: AgreementRequest) throws -> [UInt8] {
    let sealed: Sealed<Signed<DomainHandover>> = try request.message()
    let signed = try sealed.opened(from: sealed.claimedSender, by: holder, at: request.now)
    let issuer = try partner(sealed.claimedSender, at: request.now).issuer
    let handover = try signed.verified(from: issuer, to: holder.party, at: request.now)
    guard handover.domain == domain else { throw AgreementRefusal.notAuthentic }
    let card = handover.card.description
    let keys = try vault.wrap(handover.keys, context: ProvidingTables.Domain.place(card), random: request.random)
    try store.transaction { transaction in
      let row = try transaction.first("SELECT issuer FROM provider_domain WHERE card = $1", card)
      // A card has one issuer; another one does not take it over by a handover of its own.
      if let former: String = try row?(0), former != issuer.party.name { throw AgreementRefusal.nameTaken }
      try transaction.execute(
        """
        INSERT INTO provider_domain (card, issuer, issuer_domain, way, first_keys, mandated, is_own)
        VALUES ($1, $2, $3, $4, $5, $6, 0) ON CONFLICT (card) DO NOTHING
        """, card, issuer.party.name, handover.issuerDomain.bytes, handover.way.rawValue, keys,
        handover.mandated?.bytes)
      try record(.changed, "domain handed over by \(issuer.party)", handover.card, request.now, in: transaction)
    }
    return Taken().encoded
  }

  /// The user and RC of a wish that is meant for this provider, if the registrar stands for the issuer.
  func user(_ registration: Registration, at now: Instant) throws -> (issuer: Party, rc: RegistrationCertificate) {
    let (issuer, rc) = try registration.verified(by: settings.issuerRegistrar, at: now)
    _ = try partner(issuer.party, at: now)
    try store.read { reader in
      try Revocations.check(issuer.party, card: rc.card, in: reader)
      let row = try reader.first(
        "SELECT serial FROM provider_registration WHERE issuer = $1 AND card = $2", issuer.party.name,
        rc.card.description)
      guard try row?(0) ?? 0 <= registration.rc.claimedTerm?.serial ?? 0 else { throw AgreementRefusal.revoked }
    }
    return (issuer.party, rc)
  }

  /// The first session with the domain: PKD, and the provider's own keys in the place of those that the issuer knows.
  func firstSession(_ request: AgreementRequest) throws -> [UInt8] {
    let wish: Signed<AdmissionWish> = try request.message()
    let (issuer, rc) = try user(wish.claimedBody.registration, at: request.now)
    _ = try wish.verified(from: rc.knownUser, to: holder.party, at: request.now)
    return try errand(for: wish, request) {
      let place = try store.read { try ProvidingTables.Domain.find(rc.card, in: $0) }
      guard place.issuer == issuer else { throw AgreementRefusal.noDomain }
      return Errand(
        Purpose.firstSession.encoded, on: rc.card, domains: [domain], until: request.now + AgreementTimes.errand,
        random: request.random)
    }
  }

  func firstSessionDeeds(_ errand: Errand) throws -> [Deed] {
    guard let card = errand.keyInformation else { throw AgreementRefusal.outOfOrder }
    var deeds: [Deed] = []
    let place = KeyReference.token
    if !errand.told.has(place) {
      let key = PutKey.Key(.p256(point: holder.key.publicKey.point))
      deeds.append(Deed([PutKey(version: place.version, identifier: place.identifier, keys: [key]).command]))
    }
    guard errand.told.has((DomainHandover.firstKeyVersion, 1)) else { return deeds }
    // Three keys take the place of three: PUT KEY replaces a set under its old version (§11.8.2.1).
    let put = try PutKey(
      ownKeys(errand.card), version: DomainHandover.ownKeyVersion, replaces: DomainHandover.firstKeyVersion,
      under: keys(errand, card))
    return deeds + [Deed([put.command])]
  }

  // MARK: What issuers and registrars say

  /// An issuer's newest RC of a card on which the provider has a domain: those before it hold no longer.
  func newestRegistration(_ request: AgreementRequest) throws -> [UInt8] {
    let signed: Signed<RegistrationCertificate> = try request.message()
    let issuer = try partner(signed.claimedSender, at: request.now).issuer
    let card = try signed.verified(from: issuer, at: request.now).card
    _ = try store.transaction { transaction in
      try transaction.execute(
        """
        INSERT INTO provider_registration (issuer, card, serial) VALUES ($1, $2, $3)
        ON CONFLICT (issuer, card) DO UPDATE SET serial = excluded.serial
        WHERE provider_registration.serial < excluded.serial
        """, issuer.party.name, card.description, signed.claimedTerm?.serial ?? 0)
    }
    return Taken().encoded
  }

  /// The issuer's standing consent is given or taken back; the newest word holds.
  func consent(_ request: AgreementRequest) throws -> [UInt8] {
    let signed: Signed<StandingConsent> = try request.message()
    let issuer = try partner(signed.claimedSender, at: request.now).issuer
    let consent = try signed.verified(from: issuer, to: holder.party, at: request.now)
    guard consent.provider == holder.party else { throw AgreementRefusal.notAuthentic }
    _ = try store.transaction { transaction in
      try transaction.execute(
        """
        UPDATE provider_partner SET consent_serial = $2, consent = $3, quota = $4
        WHERE issuer = $1 AND consent_serial < $2
        """, issuer.party.name, signed.claimedTerm?.serial ?? 0, consent.isGiven, consent.quota)
    }
    return Taken().encoded
  }

  /// A list of who and what is revoked: by a registrar, or of an issuer's cards.
  func revocation(_ request: AgreementRequest) throws -> [UInt8] {
    let list: Signed<RevocationList> = try request.message()
    let registrars = [settings.dataRegistrar, settings.issuerRegistrar]
    let registrar = registrars.first { $0.party == list.claimedSender }
    let sender = try registrar ?? partner(list.claimedSender, at: request.now).issuer
    _ = try list.verified(from: sender, at: request.now)
    try store.transaction { try Revocations.keep(list, in: $0) }
    return Taken().encoded
  }
}
