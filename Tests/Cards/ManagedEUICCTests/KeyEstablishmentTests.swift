import APDU
import Bytes
import Keys
import SGP02
import SecureChannel
import Testing

@Suite("A managed eUICC's keys and certificates") struct KeyEstablishmentTests {
  @Test("SGP.02 §3.8: a new SM-SR agrees on keys through the old one, takes over, and the old keys open nothing")
  func handover() throws {
    let manager = try TestManager()
    let old = (keys: manager.keys, counter: manager.counter)
    let set = try manager.establish(nil, version: 2)
    #expect(manager.contents.keyVersions == [1, 2])
    #expect(try manager.call(.getReport).count == 1, "until the hand-over is final, the old keys are good")
    let oldCounter = manager.counter
    manager.keys = try SCP80.Keys(version: 2, cipher: set.keys[0], checksum: set.keys[1])
    manager.counter = 0
    #expect(try manager.status(.finaliseISDRhandover) == .ok)
    #expect(try manager.status(.updateSMSRAddressingParameters([0x91, 0x44, 0x55])) == .ok)
    #expect(manager.contents.keyVersions == [2])
    (manager.keys, manager.counter) = (old.keys, oldCounter)
    let answer = try #require(try manager.deliver(manager.packet(CommandScript.encode([ES5.getReport.command]))))
    #expect(try SCP80.ResponsePacket.Received(answer, keys: old.keys) == .unproven(.insufficientSecurity))
  }

  @Test("a hand-over cannot be hijacked: the old SM-SR neither removes nor replaces the new one's key set")
  func hijack() throws {
    let manager = try TestManager()
    let parties = manager.parties
    let new = PrivateKey(.p256, random: parties.random)
    let certificate = try parties.certificate(.smsr, new.publicKey, by: parties.issuer, subject: [2])
    let set = try manager.establish(nil, version: 2, as: new, certificate: certificate)
    #expect(try manager.status(.finaliseISDRhandover) == .conditionsOfUse)
    #expect(throws: StatusWordError(.securityStatus)) { try manager.establish(nil, version: 2) }
    #expect(throws: StatusWordError(.wrongData)) { try manager.establish(nil, version: 3, options: .deletesOthers) }
    #expect(throws: StatusWordError(.wrongData)) { try manager.establish(nil, version: 1) }
    #expect(manager.contents.keyVersions == [1, 2])
    // The answer was lost, and the new SM-SR asks again: the same version, other keys.
    let again = try manager.establish(nil, version: 2, as: new, certificate: certificate)
    #expect(again != set)
    manager.keys = try SCP80.Keys(version: 2, cipher: again.keys[0], checksum: again.keys[1])
    manager.counter = 0
    #expect(try manager.status(.finaliseISDRhandover) == .ok)
    #expect(manager.contents.keyVersions == [2])
  }

  @Test("a foreign, expired or not yet good certificate, another role's and another key's signature are refused")
  func certificates() throws {
    let manager = try TestManager()
    let parties = manager.parties
    #expect(try manager.status(.createISDP(TestManager.isdp(1), memory: 0)) == .ok)
    let (isdp, foreign) = (try TestManager.isdp(1), PrivateKey(.p256, random: parties.random))
    let key = parties.smdp.publicKey
    let refused: [(String, PartyCertificate)] = [
      ("a foreign issuer", try parties.certificate(.smdp, key, by: foreign)),
      ("expired", try parties.certificate(.smdp, key, by: parties.issuer, days: ("20200101", "20251231"))),
      ("an SM-SR's", try parties.certificate(.smsr, key, by: parties.issuer)),
      ("an eUICC's", try parties.certificate(.ecasdSignature, key, by: parties.issuer)),
      ("the maker is no issuer of SM-DPs", try parties.certificate(.smdp, key, by: parties.maker)),
    ]
    for (name, certificate) in refused {
      #expect(throws: StatusWordError(.wrongData), "\(name)") {
        try manager.establish(isdp, version: 0x30, certificate: certificate)
      }
    }
    // The right certificate in the wrong hands.
    let good = try parties.certificate(.smdp, key, by: parties.issuer)
    #expect(throws: StatusWordError(.securityStatus)) {
      try manager.establish(isdp, version: 0x30, as: foreign, certificate: good)
    }
    #expect(throws: StatusWordError(.wrongData)) { try manager.establish(isdp, version: 0x01) }
    #expect(manager.states() == [.enabled, .selectable])
    _ = try manager.establish(isdp, version: 0x30)
    #expect(manager.states() == [.enabled, .personalised])
  }

  @Test("a card has no clock, and moves its day on with every certificate that is good") func time() throws {
    let manager = try TestManager()
    let parties = manager.parties
    let isdp = try TestManager.isdp(1)
    #expect(try manager.status(.createISDP(isdp, memory: 0)) == .ok)
    let key = parties.smdp.publicKey
    let old = try parties.certificate(.smdp, key, by: parties.issuer, days: ("20250101", "20260601"))
    let new = try parties.certificate(.smdp, key, by: parties.issuer, days: ("20270101", "20280101"))
    _ = try manager.establish(isdp, version: 0x30, certificate: old)
    _ = try manager.establish(isdp, version: 0x30, certificate: new)
    #expect(throws: StatusWordError(.wrongData)) { try manager.establish(isdp, version: 0x30, certificate: old) }
  }

  @Test("a challenge serves once, and not for another ISD-P") func challenge() throws {
    let manager = try TestManager()
    let parties = manager.parties
    for number in 1...2 { #expect(try manager.status(.createISDP(TestManager.isdp(number), memory: 0)) == .ok) }
    let certificate = try parties.certificate(.smdp, parties.smdp.publicKey, by: parties.issuer)
    let first = try manager.call(
      .personalise(TestManager.isdp(1)), .presentCertificate(certificate.encoded))
    let challenge = Array(first[1].data.dropFirst(2))
    let oneTime = PrivateKey(.p256, random: parties.random)
    let request = try KeySetEstablishment(
      .init(keyVersion: 0x30), oneTimeKey: oneTime.publicKey, challenge: challenge, signedBy: parties.smdp)
    let answers = try manager.call(.personalise(TestManager.isdp(2)), .establishKeySet(request))
    #expect(answers.last?.status == .conditionsOfUse)
    #expect(try manager.call(.personalise(TestManager.isdp(1)), .establishKeySet(request)).last?.status == .ok)
    #expect(try manager.status(.establishKeySet(request)) == .conditionsOfUse)
  }

  @Test("E1: the certificate is everybody's, the common information is for who has the PIN or the management keys")
  func rights() throws {
    let manager = try TestManager()
    let (select, read) = (
      Command(cla: 0, ins: 0xA4, p1: 4, p2: 0, data: SecurityDomains.isdr.bytes, le: 256), ES5.getReport.command
    )
    func pin(_ text: String) throws -> StatusWord {
      try manager.send(Command(cla: 0, ins: 0x20, p1: 0, p2: 1, data: Array(text.utf8))).status
    }
    #expect(try manager.send(select).status.isSuccess)
    let open = try EUICCReport(encoded: manager.send(read).data)
    #expect(open.commonInformation == nil && open.status == nil)
    #expect(open.agreementCertificate == manager.personalisation.agreement.certificate.encoded)
    #expect(try pin("00000000") == .verificationFailed(tries: 2))
    #expect(try pin("12345678") == .ok)
    #expect(
      try EUICCReport(encoded: manager.send(read).data).commonInformation
        == manager.personalisation.commonInformation)
    for tries in [2, 1, 0] { #expect(try pin("00000000") == .verificationFailed(tries: tries)) }
    #expect(try pin("12345678") == .blocked)
    try manager.powerOn()
    #expect(try manager.send(select).status.isSuccess)
    #expect(try pin("12345678") == .blocked)
    #expect(try EUICCReport(encoded: manager.send(read).data).commonInformation == nil)
    // What changes the card is the SM-SR's alone.
    #expect(try manager.send(ES5.makeKey.command).status == .securityStatus)
    #expect(try manager.send(ES5.enableProfile(TestManager.isdp(0)).command).status == .securityStatus)
    let whole = try EUICCReport(encoded: try #require(try manager.call(.getReport).first).data)
    #expect(whole.commonInformation == manager.personalisation.commonInformation)
    #expect(whole.status?.services.contains("milenage") == true)
  }

  @Test("E1: the eUICC signs an MNO's nonce, and a clone without its key cannot") func identity() throws {
    let manager = try TestManager()
    let proof = try #require(IdentityProof(asker: "mno.example", nonce: manager.parties.random.bytes(16)))
    let answer = try #require(try manager.call(.proveIdentity(proof)).first)
    let signature = Array(answer.data.dropFirst(3))
    let key = manager.personalisation.signature.certificate.key
    #expect(proof.isProven(signature, by: key, eid: manager.personalisation.eid))
    let clone = try TestManager(TestParties(), "clone")
    #expect(
      !proof.isProven(signature, by: clone.personalisation.signature.certificate.key, eid: manager.personalisation.eid))
  }

  @Test("E2: a key that was made on request is certified by the eUICC, and agrees on keys") func keyOnRequest() throws {
    let manager = try TestManager()
    let made = try PartyCertificate(encoded: try #require(try manager.call(.makeKey).first).data)
    let own = manager.personalisation.signature.certificate.key
    #expect(made.role == .ecasdAgreement && made.isGood(under: own, on: "20260601"))
    #expect(made.eid == manager.personalisation.eid)
    #expect(try manager.status(.createISDP(TestManager.isdp(1), memory: 0)) == .ok)
    let parties = manager.parties
    let certificate = try parties.certificate(.smdp, parties.smdp.publicKey, by: parties.issuer)
    let first = try manager.call(.personalise(TestManager.isdp(1)), .presentCertificate(certificate.encoded))
    let oneTime = PrivateKey(.p256, random: parties.random)
    let template = KeySetEstablishment.Template(keyVersion: 0x30, options: .keyOnRequest)
    let request = try KeySetEstablishment(
      template, oneTimeKey: oneTime.publicKey, challenge: Array(first[1].data.dropFirst(2)), signedBy: parties.smdp)
    let answer = try KeySetEstablishment.Answer(
      encoded: try #require(try manager.call(.establishKeySet(request)).first).data)
    let eid = manager.personalisation.eid
    #expect(try answer.keySet(template, oneTimeKey: oneTime, ecasd: made.key, eid: eid) != nil)
    let fixed = manager.personalisation.agreement.key.publicKey
    #expect(try answer.keySet(template, oneTimeKey: oneTime, ecasd: fixed, eid: eid) == nil)
  }
}
