import APDU
import Bytes
import Identifiers
import Keys
import SGP02
import SecureElement
import TLV

/// Whose certificate was found good, and what it has to sign.
struct Presented {
  /// The ISD-P, or the ISD-R where it is nil.
  let domain: AID?
  let key: PublicKey
  /// Who it is: the certificate's subject.
  let subject: [UInt8]
  let challenge: [UInt8]
}

/// Key sets that a manager and the eUICC agree on (SGP.02 §3.1.2, §3.8; §4.1.1.8, §4.1.3.1).
extension ISDR {
  /// SCP80 key sets that a card has room for.
  static let keySetLimit = 3
  /// Versions of an ISD-P's key set (§2.2.5.1).
  static let isdpKeyVersions: ClosedRange<UInt8> = 0x30...0x3F

  /// The first part: the ECASD verifies the certificate, and gives a random challenge.
  func present(_ bytes: [UInt8], in exchange: Exchange) throws(StatusWordError) -> [UInt8] {
    presented = nil
    let records = CardRecords(exchange.memory)
    let certificate: PartyCertificate
    do { certificate = try PartyCertificate(encoded: bytes) } catch { throw StatusWordError(.wrongData) }
    // The ISD-P accepts an SM-DP's certificate, the ISD-R an SM-SR's, and neither the other's.
    guard certificate.role == (personalised == nil ? .smsr : .smdp) else { throw StatusWordError(.wrongData) }
    let effective = certificate.certificate.body.effective ?? ""
    // The card has no clock: a certificate that is good has begun, so it is at least that day.
    let day = max(records.daySeen, effective)
    guard certificate.isGood(under: try records.constants().certificateIssuer, on: day) else {
      throw StatusWordError(.wrongData)
    }
    if day > records.daySeen { records.daySeen = day }
    let challenge = exchange.random.bytes(KeySetEstablishment.randomLength)
    presented = Presented(
      domain: personalised, key: certificate.key, subject: certificate.subject, challenge: challenge)
    var writer = TLVWriter()
    writer.write(0x85, challenge)
    return writer.bytes
  }

  /// The second part: the signature over challenge and one-time key, the agreement, and the receipt. A challenge serves
  /// once, whatever comes of it.
  func establish(
    _ request: KeySetEstablishment, under current: KeySetRecord, in exchange: Exchange
  ) throws(StatusWordError) -> [UInt8] {
    guard let presented, presented.domain == personalised else { throw StatusWordError(.conditionsOfUse) }
    self.presented = nil
    guard request.isSigned(by: presented.key, challenge: presented.challenge) else {
      throw StatusWordError(.securityStatus)
    }
    let records = CardRecords(exchange.memory)
    let (eid, template) = (try records.constants().eid, request.template)
    let own = try agreementKey(onRequest: template.options.contains(.keyOnRequest), records)
    let random = exchange.random.bytes(KeySetEstablishment.randomLength)
    let set: KeySetEstablishment.KeySet
    let answer: KeySetEstablishment.Answer
    do {
      let secret = try own.agree(with: PublicKey(.p256, point: request.oneTimeKey))
      set = KeySetEstablishment.KeySet(sharedSecret: secret, derivationRandom: random, eid: eid)
      answer = KeySetEstablishment.Answer(
        derivationRandom: random, receipt: try set.receipt(template, derivationRandom: random))
    } catch { throw StatusWordError(.wrongData) }
    if let aid = presented.domain {
      try keep(set, template, of: aid, eid, in: exchange)
    } else {
      try keep(set, template, of: presented.subject, under: current, eid, in: exchange)
    }
    return answer.encoded
  }

  /// A key set of the ISD-P's SM-DP: it has no profile yet.
  private func keep(
    _ set: KeySetEstablishment.KeySet, _ template: KeySetEstablishment.Template, of aid: AID, _ eid: EID,
    in exchange: Exchange
  ) throws(StatusWordError) {
    let records = CardRecords(exchange.memory)
    var isdp = try records.isdp(aid)
    guard !isdp.hasProfile else { throw StatusWordError(.conditionsOfUse) }
    guard Self.isdpKeyVersions.contains(template.keyVersion) else { throw StatusWordError(.wrongData) }
    isdp.keys = try wrap(set, "ISD-P \(isdp.number)", template.keyVersion, eid, exchange.random)
    (isdp.keyVersion, isdp.sessions, isdp.state) = (Int(template.keyVersion), 0, .personalised)
    records.write(isdp)
    loading = nil
  }

  /// A key set of the ISD-R for the SM-SR `owner`: the others stay until the hand-over is final, and nobody but its owner
  /// can replace one.
  private func keep(
    _ set: KeySetEstablishment.KeySet, _ template: KeySetEstablishment.Template, of owner: [UInt8],
    under current: KeySetRecord, _ eid: EID, in exchange: Exchange
  ) throws(StatusWordError) {
    let records = CardRecords(exchange.memory)
    let sets = records.keySets
    guard (1...15).contains(template.keyVersion), template.keyVersion != current.version,
      !template.options.contains(.deletesOthers)
    else { throw StatusWordError(.wrongData) }
    let replaced = sets.first { $0.version == template.keyVersion }
    guard replaced == nil || replaced?.owner == owner else { throw StatusWordError(.securityStatus) }
    guard replaced != nil || sets.count < Self.keySetLimit else { throw StatusWordError(.notEnoughMemory) }
    let keys = try wrap(set, "ISD-R", template.keyVersion, eid, exchange.random)
    let order = (sets.map(\.order).max() ?? 0) + 1
    records.write(
      KeySetRecord(
        version: template.keyVersion, keys: keys, counter: template.initialCounter, owner: owner, order: order))
  }

  /// §4.1.1.9: the new SM-SR removes the key sets of those before it. One before cannot remove the new one's.
  func finaliseHandover(under current: KeySetRecord, _ records: CardRecords) throws(StatusWordError) {
    let others = records.keySets.filter { $0.version != current.version }
    guard others.allSatisfy({ $0.order <= current.order }) else { throw StatusWordError(.conditionsOfUse) }
    for other in others { records.remove(other) }
  }

  private func wrap(
    _ set: KeySetEstablishment.KeySet, _ domain: String, _ version: UInt8, _ eid: EID, _ random: any RandomSource
  ) throws(StatusWordError) -> [[UInt8]] {
    var keys: [[UInt8]] = []
    for (index, key) in set.keys.enumerated() {
      keys.append(try wrap(key, Place.keySet(eid, domain: domain, version: version, key: index), random))
    }
    return keys
  }

  // MARK: The ECASD's keys

  /// SK.ECASD.ECKA, or the key that was made on request; 6A88 where none was.
  private func agreementKey(onRequest: Bool, _ records: CardRecords) throws(StatusWordError) -> PrivateKey {
    let constants = try records.constants()
    guard onRequest else { return try privateKey(constants.agreementKey, Place.agreementKey(constants.eid)) }
    guard let wrapped = records.bytes(CardRecords.Item.keyOnRequest) else {
      throw StatusWordError(.referencedDataNotFound)
    }
    return try privateKey(wrapped, Place.keyOnRequest(constants.eid))
  }

  private func privateKey(_ wrapped: [UInt8], _ place: String) throws(StatusWordError) -> PrivateKey {
    let scalar = try secret(wrapped, place)
    do { return try PrivateKey(.p256, scalar: scalar.bytes) } catch { throw StatusWordError(.technicalProblem) }
  }

  /// *Ours*: signs who asks, the nonce and the EID.
  func prove(_ proof: IdentityProof, in exchange: Exchange) throws(StatusWordError) -> [UInt8] {
    let constants = try CardRecords(exchange.memory).constants()
    let key = try privateKey(constants.signatureKey, Place.signatureKey(constants.eid))
    var writer = TLVWriter()
    do {
      writer.write(0x5F37, try key.sign(proof.signedBytes(eid: constants.eid)))
    } catch { throw StatusWordError(.technicalProblem) }
    return writer.bytes
  }

  /// *Ours*: makes a key for agreement in the place of the last one, and certifies it for as long as the eUICC's own
  /// certificate is good.
  func makeKey(in exchange: Exchange) throws(StatusWordError) -> [UInt8] {
    let records = CardRecords(exchange.memory)
    let constants = try records.constants()
    let key = PrivateKey(.p256, random: exchange.random)
    let own = try privateKey(constants.signatureKey, Place.signatureKey(constants.eid))
    let certificate: PartyCertificate
    do {
      let life = try PartyCertificate(encoded: constants.report.agreementCertificate).certificate.body
      certificate = try PartyCertificate(
        .ecasdAgreement, serialNumber: exchange.random.bytes(8), issuer: constants.eid.bytes,
        subject: constants.eid.bytes, effective: life.effective ?? life.expiration, expiration: life.expiration,
        key: key.publicKey, signedBy: own)
    } catch { throw StatusWordError(.technicalProblem) }
    let wrapped = try wrap(key.scalar, Place.keyOnRequest(constants.eid), exchange.random)
    records.write(CardRecords.Item.keyOnRequest, wrapped)
    records.write(CardRecords.Item.keyOnRequestCertificate, certificate.encoded)
    return certificate.encoded
  }

  /// The whole report, for who has the management keys.
  func report(in exchange: Exchange) throws(StatusWordError) -> [UInt8] {
    let records = CardRecords(exchange.memory)
    var report = try records.constants().report
    report.keyOnRequest = records.bytes(CardRecords.Item.keyOnRequestCertificate)
    report.status = CardContents(records).status(freeMemory: exchange.memory.freeBytes)
    return report.encoded
  }
}
