import APDU
import Bytes
import ContentManagement
import GlobalPlatform
import Identifiers
import Keys
import MutualAgreement
import SecureMessages
import Store

// C2: storing and deleting by way of the issuer (steps 21 to 24).
extension Desk {
  /// Steps 21 to 23: RC and SDI are verified, SAR goes to the provider, and its SA is verified; then the card is served
  /// (24). Without the provider's SA nothing is begun.
  func store(_ request: AgreementRequest) throws -> [UInt8] {
    let wish: Signed<StoringWish> = try request.message()
    let claimed = wish.claimedBody
    let rc = try registered(claimed.registration, at: request.now)
    _ = try wish.verified(from: rc.knownUser, to: holder.party, at: request.now)
    let agreement = try trusted(claimed.provider, at: request.now)
    return try errand(for: wish, request) {
      guard try store.read({ try IssuingTables.isHandedOver(rc.card, claimed.provider, in: $0) }) else {
        throw AgreementRefusal.noDomain
      }
      try store.read { reader in
        if claimed.operation == .store {
          try Revocations.check(settings.dataRegistrar.party, data: claimed.sdi, in: reader)
        }
      }
      let sar = try Authorisations.request(for: request.bytes, at: request.now, in: store) {
        try asking(claimed.operation, claimed.sdi, on: rc.card, .wish(wish), agreement.provider, request)
      }
      let sa = try consent(sar, agreement, at: request.now)
      try check(sa, agreement)
      return Errand(
        Purpose.content(.init(provider: agreement.provider, sa: sa)).encoded, on: rc.card, domains: [settings.domain],
        until: request.now + AgreementTimes.errand, random: request.random)
    } note: { errand, transaction in
      guard case .content(let content) = try Purpose(encoded: errand.purpose) else { return }
      try ContentBook.note(
        content.sa.operation, content.sa.sdi, on: errand.card, domain: agreement.domain, provider: agreement.provider,
        now: request.now, in: transaction)
    }
  }

  /// SAR to a provider.
  func asking(
    _ operation: ContentOperation, _ sdi: StoringDataInformation, on card: CardName,
    _ basis: StoringAuthorisationRequest.Basis, _ provider: Party, _ request: AgreementRequest
  ) throws -> Signed<StoringAuthorisationRequest> {
    let serial = try store.transaction { try ContentBook.nextSerial("sar", in: $0) }
    return try Signed(
      StoringAuthorisationRequest(
        nonce: Challenge(random: request.random), operation, on: card, sdi, basis: basis),
      by: holder, to: provider,
      term: Term(serial: serial, notBefore: request.now, notAfter: request.now + AgreementTimes.request))
  }

  /// The provider's SA in answer to `sar`, verified: its tokens are good for the issuer's domain.
  func consent(
    _ sar: Signed<StoringAuthorisationRequest>, _ agreement: Agreement, at now: Instant
  ) throws -> StoringAuthorisation {
    try Parcels.catchUp(agreement.provider, from: store, over: peers, party: holder.party.name, now: now)
    let sa: Signed<StoringAuthorisation> = try peers.ask(sar.encoded, of: agreement.provider)
    let body = try Authorisations.verified(
      sa, from: agreement.dpr.claimedBody.known, to: holder.party, for: sar, actor: settings.domain)
    guard body.domain == agreement.domain else { throw AgreementRefusal.notAuthentic }
    return body
  }

  /// The data are those of SDI, and there is room for them.
  private func check(_ sa: StoringAuthorisation, _ agreement: Agreement) throws {
    guard sa.operation == .store else { return }
    guard let data = sa.data, let file = try? LoadFile(bytes: data), sha256(file.dataBlock) == sa.sdi.hash,
      file.dataBlock.count == sa.sdi.size
    else { throw AgreementRefusal.notAuthentic }
    let lines = try store.read { try ContentBook.lines(sa.card, agreement.domain, in: $0) }
    if let version = lines.first(where: { $0.loadFile == sa.sdi.loadFile })?.version, version > sa.sdi.version {
      throw AgreementRefusal.olderVersion
    }
    let others = lines.filter { $0.loadFile != sa.sdi.loadFile }
    guard others.reduce(file.dataBlock.count, { $0 + $1.size }) <= agreement.quota else {
      throw AgreementRefusal.noRoom
    }
  }

  func contentDeeds(_ errand: Errand, _ content: Purpose.Authorised) throws -> [Deed] {
    let sa = content.sa
    let agreed = AgreedContent(
      sa.operation, sa.sdi, on: sa.card, domain: sa.domain, actor: settings.domain, counter: sa.counter)
    return try deeds(
      sa.operation, sa.sdi, domain: sa.domain, told: errand.told, commands: agreed.commands ?? [], tokens: sa.tokens,
      file: sa.data.map { try LoadFile(bytes: $0) })
  }
}
