import APDU
import Bytes
import ContentManagement
import GlobalPlatform
import Identifiers
import Keys
import MutualAgreement
import SecureChannel
import SecureMessages
import Store
import TLV

// C1 and C5: user registration (steps 11 to 13; 51, 52).
extension Desk {
  /// Step 12: "the issuing apparatus … generates the registration certificate from the registration information and the
  /// user information". It meets the card itself first: the errand to the issuer security domain proves the card's keys.
  func register(_ request: AgreementRequest) throws -> [UInt8] {
    let wish: Signed<RegistrationWish> = try request.message()
    let claimed = wish.claimedBody
    _ = try wish.verified(
      from: KnownParty(claimed.card.user, key: claimed.userKey), to: holder.party, at: request.now)
    return try errand(for: wish, request) {
      try store.read { try check(claimed.user, of: claimed.card, in: $0) }
      let rc = RegistrationCertificate(
        card: claimed.card, userKey: claimed.userKey,
        user: hmacSHA256(Array("\(claimed.card) \(claimed.user)".utf8), key: settings.secret),
        issuerDomain: settings.domain)
      let serial = try store.transaction { try ContentBook.nextSerial("rc", in: $0) }
      let signed = try Signed(
        rc, by: holder,
        term: Term(serial: serial, notBefore: request.now, notAfter: request.now + settings.registrationTerm))
      return Errand(
        Purpose.registration(.init(certificate: signed, user: claimed.user)).encoded, on: claimed.card,
        domains: [settings.domain],
        until: request.now + AgreementTimes.errand, random: request.random)
    }
  }

  /// Refuses a card that is not the issuer's, is revoked, or has another user: who found it does not register it anew.
  private func check(_ user: String, of card: CardName, in reader: any Reader) throws {
    let row = try reader.first("SELECT revoked, user_name FROM issued_card WHERE card = $1", card.description)
    guard let row else { throw AgreementRefusal.unknownCard }
    guard try !row(0, as: Bool.self) else { throw AgreementRefusal.revoked }
    let former: String? = try row(1)
    guard former == nil || former == user else { throw AgreementRefusal.nameTaken }
  }

  /// Step 13: the card takes the issuer's keys, and RC with IRC, which whoever asks may read.
  func registrationDeeds(
    _ errand: Errand, _ certificate: Signed<RegistrationCertificate>, _ given: AgreementRequest
  ) throws -> [Deed] {
    guard let card = errand.keyInformation else { throw AgreementRefusal.outOfOrder }
    var deeds = put(holder.key.publicKey, KeyReference.token, errand.told)
    let place = KeyReference.receipt
    if !errand.told.has(place) {
      let key = receiptKey(errand.card)
      let wrapped = try keys(errand, card).wrap(key)
      let put = PutKey(
        version: place.version, identifier: place.identifier,
        keys: [.init(.aes(length: 16, wrapped: wrapped), checkValue: try SCP03.checkValue(of: key))])
      deeds.append(Deed([put.command]))
    }
    var writer = TLVWriter()
    writer.write(
      RegistrationCertificate.objectTag,
      bytes: Registration(rc: certificate, irc: settings.irc).encoded)
    deeds.append(Deed(Self.storeData(writer.bytes)))
    return deeds
  }

  /// STORE DATA in blocks that the secure channel carries.
  private static func storeData(_ data: [UInt8]) -> [Command] {
    let starts = Array(stride(from: 0, to: data.count, by: 223))
    return starts.enumerated().map { number, start in
      Command(
        cla: 0x80, ins: CardData.storeData, p1: number == starts.count - 1 ? 0x80 : 0x00,
        p2: UInt8(truncatingIfNeeded: number), data: Array(data[start..<min(start + 223, data.count)]))
    }
  }

  /// The card bears RC: from now on it has this user. A wish alone gives it none, for anybody may name a card.
  func keep(_ registrant: Registrant, of card: CardName, _ now: Instant, in transaction: any Transaction) throws {
    try check(registrant.user, of: card, in: transaction)
    try transaction.executeOne(
      "UPDATE issued_card SET certificate = $2, user_name = $3, since = $4 WHERE card = $1", card.description,
      registrant.certificate.encoded, registrant.user, now)
    // Who is not asked for each store would take the RC before this one, and with it a key that its user gave up.
    for row in try transaction.query("SELECT provider FROM handed_over WHERE card = $1", card.description) {
      try Parcels.put(registrant.certificate.encoded, to: Party(row(0)), now: now, in: transaction)
    }
    try record(.changed, "registered", card, now, in: transaction)
  }

  /// What RC says of a card of this issuer: the one that is in force, and not revoked; also one that is, where
  /// `isMet` alone: its content may go.
  func registered(
    _ registration: Registration, at now: Instant, isMet: Bool = false
  ) throws -> RegistrationCertificate {
    let rc = try registration.rc.verified(from: holder.known, at: now)
    let row = try store.read {
      try $0.first("SELECT certificate, revoked FROM issued_card WHERE card = $1", rc.card.description)
    }
    guard let row else { throw AgreementRefusal.unknownCard }
    guard try isMet || !row(1, as: Bool.self) else { throw AgreementRefusal.revoked }
    let current: [UInt8]? = try row(0)
    guard current == registration.rc.encoded else { throw AgreementRefusal.notAuthentic }
    return rc
  }
}
