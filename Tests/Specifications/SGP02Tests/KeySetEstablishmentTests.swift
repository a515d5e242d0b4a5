import Bytes
import Identifiers
import Keys
import SGP02
import Testing

@Suite("Scenario #3: a key set that a manager and an eUICC agree on") struct KeySetEstablishmentTests {
  let random = SeededRandomSource(seed: Array("scenario".utf8))

  func certificate(
    _ role: PartyCertificate.Role, key: PublicKey, authority: PrivateKey, from: String = "20260101",
    to: String = "20281231", subject: [UInt8] = [1, 2, 3]
  ) throws -> PartyCertificate {
    try PartyCertificate(
      role, serialNumber: [1], issuer: [9], subject: subject, effective: from, expiration: to, key: key,
      signedBy: authority)
  }

  @Test("GlobalPlatform Amendment E §4.8: both have the same keys, and the receipt proves it") func agreement() throws {
    let (ecasd, oneTime, manager) = (
      PrivateKey(.p256, random: random), PrivateKey(.p256, random: random), PrivateKey(.p256, random: random)
    )
    let eid = try EID(prefix: "890490320000000000000000000000")
    let challenge = random.bytes(16)
    let template = KeySetEstablishment.Template(keyVersion: 0x30)
    let request = try KeySetEstablishment(
      template, oneTimeKey: oneTime.publicKey, challenge: challenge, signedBy: manager)
    #expect(request.isSigned(by: manager.publicKey, challenge: challenge))
    #expect(!request.isSigned(by: manager.publicKey, challenge: random.bytes(16)), "another challenge")
    #expect(!request.isSigned(by: ecasd.publicKey, challenge: challenge), "another manager")

    // The card's side.
    let derivationRandom = random.bytes(16)
    let peer = try PublicKey(.p256, point: request.oneTimeKey)
    let set = KeySetEstablishment.KeySet(
      sharedSecret: try ecasd.agree(with: peer), derivationRandom: derivationRandom, eid: eid)
    let answer = KeySetEstablishment.Answer(
      derivationRandom: derivationRandom, receipt: try set.receipt(template, derivationRandom: derivationRandom))
    let arrived = try KeySetEstablishment.Answer(encoded: answer.encoded)
    #expect(try arrived.keySet(template, oneTimeKey: oneTime, ecasd: ecasd.publicKey, eid: eid) == set)
    #expect(Set(set.keys).count == 3)

    // A cloned or foreign eUICC has not the ECASD's key, or another EID; a template that was changed shows, too.
    let foreign = PrivateKey(.p256, random: random)
    #expect(try arrived.keySet(template, oneTimeKey: oneTime, ecasd: foreign.publicKey, eid: eid) == nil)
    let other = try EID(prefix: "890490320000000000000000000001")
    #expect(try arrived.keySet(template, oneTimeKey: oneTime, ecasd: ecasd.publicKey, eid: other) == nil)
    let changed = KeySetEstablishment.Template(keyVersion: 0x31)
    #expect(try arrived.keySet(changed, oneTimeKey: oneTime, ecasd: ecasd.publicKey, eid: eid) == nil)
  }

  @Test(
    "SGP.02 §2.3.2: a certificate is good under its issuer's key, within its life",
    arguments: [PartyCertificate.Role.smdp, .smsr, .ecasdAgreement, .ecasdSignature])
  func certificates(role: PartyCertificate.Role) throws {
    let (authority, foreign) = (PrivateKey(.p256, random: random), PrivateKey(.p256, random: random))
    let key = PrivateKey(.p256, random: random).publicKey
    let made = try certificate(role, key: key, authority: authority)
    let read = try PartyCertificate(encoded: made.encoded)
    #expect(read == made)
    #expect(read.role == role && read.key == key)
    #expect(read.isGood(under: authority.publicKey, on: "20260101"))
    #expect(read.isGood(under: authority.publicKey, on: "20281231"))
    #expect(!read.isGood(under: authority.publicKey, on: "20290101"), "expired")
    #expect(!read.isGood(under: authority.publicKey, on: "20251231"), "not yet good")
    #expect(!read.isGood(under: foreign.publicKey, on: "20260101"), "a foreign issuer")
    for index in made.encoded.indices {
      var changed = made.encoded
      changed[index] ^= 0x01
      let other = try? PartyCertificate(encoded: changed)
      #expect(other == nil || other?.isGood(under: authority.publicKey, on: "20260601") == false, "byte \(index)")
    }
  }

  @Test("an SM-SR's certificate is not taken for an SM-DP's: the role is signed") func roles() throws {
    let authority = PrivateKey(.p256, random: random)
    let made = try certificate(.smsr, key: authority.publicKey, authority: authority)
    let bytes = made.encoded
    let place = try #require(bytes.firstIndices(of: [0xC8, 0x01, 0x02]))
    var changed = bytes
    changed[place + 2] = 0x01
    let other = try PartyCertificate(encoded: changed)
    #expect(other.role == .smdp)
    #expect(!other.isGood(under: authority.publicKey, on: "20260601"))
  }

  @Test("an identity proof holds for its asker, its nonce and its eUICC alone") func identity() throws {
    let key = PrivateKey(.p256, random: random)
    let eid = try EID(prefix: "890490320000000000000000000000")
    let proof = try #require(IdentityProof(asker: "mno.example", nonce: random.bytes(16)))
    let signature = try key.sign(proof.signedBytes(eid: eid))
    #expect(proof.isProven(signature, by: key.publicKey, eid: eid))
    let other = try #require(IdentityProof(asker: "other.example", nonce: proof.nonce))
    #expect(!other.isProven(signature, by: key.publicKey, eid: eid))
    #expect(!proof.isProven(signature, by: key.publicKey, eid: try EID(prefix: "890490320000000000000000000001")))
    #expect(IdentityProof(asker: "", nonce: random.bytes(16)) == nil)
    #expect(IdentityProof(asker: "mno.example", nonce: random.bytes(15)) == nil)
  }
}

extension [UInt8] {
  fileprivate func firstIndices(of pattern: [UInt8]) -> Int? {
    indices.first { self[$0...].starts(with: pattern) }
  }
}
