import APDU
import Bytes
import ContentManagement
import GlobalPlatform
import Identifiers
import Keys
import MutualAgreement
import SecureMessages
import Store

// C3 (steps 31 to 34), C4 (41, 42), C6 (61 to 63) and the seventh embodiment: the card asks the provider.
extension Desk {
  /// Steps 31 and 32, or 41: RC and SDI are verified. In C3 SAR goes to the issuer, and its SA is verified; otherwise the
  /// issuer's standing consent must hold. Then the card is served.
  func store(_ request: AgreementRequest) throws -> [UInt8] {
    let wish: Signed<StoringWish> = try request.message()
    let claimed = wish.claimedBody
    let (issuer, rc) = try user(claimed.registration, at: request.now)
    _ = try wish.verified(from: rc.knownUser, to: holder.party, at: request.now)
    guard claimed.provider == holder.party else { throw AgreementRefusal.notAuthentic }
    return try errand(for: wish, request) {
      let place = try own(rc.card, of: issuer)
      let sdi = try completed(claimed.operation, claimed.sdi, on: rc.card, for: issuer, at: request.now)
      var agreed = Purpose.Agreed(claimed.operation, sdi)
      switch place.way {
      case .throughIssuer: throw AgreementRefusal.noAgreement
      case .throughProvider:
        let sar = try Authorisations.request(for: request.bytes, at: request.now, in: store) {
          let serial = try store.transaction { try ContentBook.nextSerial("sar", in: $0) }
          return try Signed(
            StoringAuthorisationRequest(
              nonce: Challenge(random: request.random), claimed.operation, on: rc.card, sdi, basis: .wish(wish)),
            by: holder, to: issuer,
            term: Term(serial: serial, notBefore: request.now, notAfter: request.now + AgreementTimes.request))
        }
        let sa = try consent(sar, issuer, request)
        guard sa.sdi == sar.claimedBody.sdi else { throw AgreementRefusal.notAuthentic }
        agreed = Purpose.Agreed(claimed.operation, sa.sdi)
        (agreed.counter, agreed.tokens) = (sa.counter, sa.tokens)
      case .providerAlone, .certifiedProvider, .certifiedData:
        try checkConsent(of: issuer, agreed, on: rc.card, at: request.now)
      }
      return Errand(
        Purpose.content(agreed).encoded, on: rc.card, domains: [domain], until: request.now + AgreementTimes.errand,
        random: request.random)
    } note: { errand, transaction in
      guard case .content(let agreed) = try Purpose(encoded: errand.purpose) else { return }
      try ContentBook.note(
        agreed.operation, agreed.sdi, on: errand.card, domain: domain, provider: holder.party, now: request.now,
        in: transaction)
    }
  }

  /// The issuer's standing consent holds, for as much room as it gave.
  private func checkConsent(of issuer: Party, _ agreed: Purpose.Agreed, on card: CardName, at now: Instant) throws {
    let partner = try partner(issuer, at: now)
    guard partner.hasConsent else { throw AgreementRefusal.consentRefused }
    guard agreed.operation == .store else { return }
    let others = try store.read { try ContentBook.lines(card, domain, in: $0) }
      .filter { $0.loadFile != agreed.sdi.loadFile }
    guard others.reduce(agreed.sdi.size ?? 0, { $0 + $1.size }) <= partner.quota else { throw AgreementRefusal.noRoom }
  }

  /// The provider's own domain on a card of `issuer`.
  func own(_ card: CardName, of issuer: Party) throws -> ProvidingTables.Domain {
    let place = try store.read { try ProvidingTables.Domain.find(card, in: $0) }
    guard place.issuer == issuer, place.isOwn else { throw AgreementRefusal.noDomain }
    return place
  }

  /// SDI with size, hash and what is replaced; refused where a newer version is on the card.
  func completed(
    _ operation: ContentOperation, _ sdi: StoringDataInformation, on card: CardName, for issuer: Party, at now: Instant
  ) throws -> StoringDataInformation {
    let line = try store.read { try ContentBook.line(card, sdi.loadFile, in: $0) }
    guard operation == .store else {
      guard line?.version != nil else { throw AgreementRefusal.notOnCard }
      return sdi
    }
    var completed = try item(sdi, for: issuer, at: now).sdi
    if let version = line?.version {
      guard version <= sdi.version else { throw AgreementRefusal.olderVersion }
      completed.isReplacing = version != sdi.version
    }
    return completed
  }

  /// The issuer's SA in answer to `sar`, verified: its tokens are good for the provider's domain.
  private func consent(
    _ sar: Signed<StoringAuthorisationRequest>, _ issuer: Party, _ request: AgreementRequest
  ) throws -> StoringAuthorisation {
    try Parcels.catchUp(issuer, from: store, over: peers, party: holder.party.name, now: request.now)
    let sa: Signed<StoringAuthorisation> = try peers.ask(sar.encoded, of: issuer)
    let known = try partner(issuer, at: request.now).issuer
    return try Authorisations.verified(sa, from: known, to: holder.party, for: sar, actor: domain)
  }

  func contentDeeds(_ errand: Errand, _ agreed: Purpose.Agreed) throws -> [Deed] {
    let place = try store.read { try ProvidingTables.Domain.find(errand.card, in: $0) }
    let commands = AgreedContent(
      agreed.operation, agreed.sdi, on: errand.card, domain: domain, actor: domain, counter: agreed.counter
    ).commands
    guard agreed.operation == .store else {
      return try deeds(
        .delete, agreed.sdi, domain: domain, told: errand.told, commands: commands ?? [], tokens: agreed.tokens,
        file: nil)
    }
    guard let item = try store.read({ try CatalogueItem.find(agreed.sdi.loadFile, agreed.sdi.version, in: $0) }) else {
      throw AgreementRefusal.notOffered
    }
    let deeds = try deeds(
      .store, agreed.sdi, domain: domain, told: errand.told, commands: commands ?? [], tokens: agreed.tokens,
      file: try file(item, place))
    guard place.way == .certifiedProvider, !deeds.isEmpty else { return deeds }
    // Step 63: "the user apparatus verifies DPR": PERFORM SECURITY OPERATION, before the data that PKD signed.
    let authority = KeyReference.certificateAuthority
    let certificate = settings.registered.certificate.command(
      version: authority.version, identifier: authority.identifier)
    return [Deed([certificate])] + deeds
  }

  /// APD with what the card verifies over it: SDCI by PKD in C6, SDCI' by the registrar in C7.
  func file(_ item: CatalogueItem, _ place: ProvidingTables.Domain) throws -> LoadFile {
    let data = item.package.encoded
    var blocks: [LoadFile.DAPBlock] = []
    if place.way == .certifiedProvider {
      blocks.append(.init(domain: domain, signature: try holder.key.sign(sha256(data))))
    }
    if let registrar = place.mandated {
      guard let certificate = item.certificate?.claimedBody, certificate.registrarDomain == registrar else {
        throw AgreementRefusal.notOffered
      }
      blocks.append(.init(domain: registrar, signature: certificate.signature))
    }
    return LoadFile(dapBlocks: blocks, dataBlock: data)
  }

  /// The user apparatus brings the card: the provider's book is brought to what is in its domain.
  func contact(_ request: AgreementRequest) throws -> [UInt8] {
    let wish: Signed<ContactWish> = try request.message()
    let (issuer, rc) = try user(wish.claimedBody.registration, at: request.now)
    _ = try wish.verified(from: rc.knownUser, to: holder.party, at: request.now)
    return try errand(for: wish, request) {
      _ = try own(rc.card, of: issuer)
      return Errand(
        Purpose.contact.encoded, on: rc.card, domains: [domain], until: request.now + AgreementTimes.errand,
        random: request.random)
    }
  }

  /// The issuer's report closes the provider's book.
  func report(_ request: AgreementRequest) throws -> [UInt8] {
    let signed: Signed<ContentReport> = try request.message()
    let issuer = try partner(signed.claimedSender, at: request.now).issuer
    let report = try signed.verified(from: issuer, to: holder.party, at: request.now)
    let place = try store.read { try ProvidingTables.Domain.find(report.card, in: $0) }
    guard report.domain == domain, place.issuer == issuer.party else { throw AgreementRefusal.notAuthentic }
    try store.transaction { transaction in
      try settle(
        .init(
          of: report.card, domain: domain, report.contents, confirmations: report.confirmations,
          at: signed.claimedTerm?.notBefore ?? request.now, from: .reported(proven: [])),
        provider: holder.party, request.now, in: transaction)
    }
    return Taken().encoded
  }
}
