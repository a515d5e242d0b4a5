import APDU
import Bytes
import CarrierTerminal
import CustomerManagement
import Handset
import HandsetRegistration
import Identifiers
import IdentityModule
import Keys
import RegistrationDevice
import SecureMessages
import TestStores
import Testing
import Transport
import TransportCard
import World

@Suite("A under attack: what one leaked key, a copy, or a hostile terminal is worth") struct AttackTests {
  private let world: RegistrationWorld
  // Not the world's seed: the attacker would draw the consortium's key.
  private let random = SeededRandomSource(seed: Array("attacker".utf8))
  /// A subscriber's handset, its ID, and everything that crossed the line.
  private let victim: Handset
  private let module: InProcessCard
  private let information: PublicInformation
  private let line: TestLine

  init() throws {
    world = try makeWorld(seed: "attacked")
    module = try InProcessCard(world.makeModule(.handset))
    try world.equip(module)
    victim = try world.makeHandset(module: module)
    line = TestLine(world.line())
    information = try victim.register(over: line, applicant: TestApplicant())
  }

  private var model: KeyHolder { KeyHolder(.model(world.modelKey.publicKey), key: world.modelKey) }

  /// A new unit of the same model, with its module.
  private func makeBlank() throws -> (handset: Handset, module: InProcessCard) {
    let module = try InProcessCard(world.makeModule(.handset))
    try world.equip(module)
    return (try world.makeHandset(module: module), module)
  }

  /// Command 8 with an ID of the victim's number under keys of the attacker's, by `signer`; refused with a status word.
  private func forge(_ link: InProcessCard, by signer: KeyHolder) throws {
    let module = try ModuleAccess(link)
    let rdm = try module.challenge(.carrier)
    let claims = module.certificate.claimedBody
    let body = PersonalInformation(
      information: PublicInformation(
        number: information.number, imsi: information.imsi, msi: claims.number, pattern: RegistrationWorld.pattern,
        services: []), keys: AuthenticationKeys(random: random), moduleKey: claims.key,
      receiptChallenge: Challenge(random: random))
    let signed = try Signed(body, by: signer, to: claims.known.party, answering: rdm)
    let sealed = try Sealed(signed, from: signer.party, to: claims.known, answering: rdm)
    _ = try module.send(.idWrite, sealed.encoded)
  }

  @Test("an ID copied to another unit of the same model: neither its messages nor what a handset reads make one")
  func copiedID() throws {
    let (blank, link) = try makeBlank()
    let access = try ModuleAccess(link)
    for (_, received) in line.messages {
      guard let delivered = try? InformationDelivered(encoded: received) else { continue }
      for approval in delivered.approvals { _ = try access.send(.modelKeyRegistration, approval.encoded) }
      _ = try access.challenge(.carrier)
      #expect(throws: DeviceError.module(.idWrite, .securityStatus)) {
        try access.send(.idWrite, delivered.information.encoded)
      }
    }
    // What the victim's own module reads out is sealed to the model, and holds no key.
    let reading = try ModuleAccess(module).read(as: model, random: random)
    _ = try access.challenge(.carrier)
    #expect(throws: DeviceError.module(.idWrite, .wrongData)) {
      try access.send(.idWrite, reading.receipt.encoded)
    }
    #expect(blank.powerOn() == .unregistered)
    #expect(try world.attaches(victim))
  }

  @Test(
    "leak of KD_COB alone: a carrier of the attacker's own gets into no module without PWD, and is believed by none")
  func leakOfConsortiumKey() throws {
    let forged = KeyHolder(.carrier(try PLMN("00109")), key: PrivateKey(.p256, random: random))
    let statement = try Signed(
      CarrierKey(carrier: forged.party, key: forged.key.publicKey), by: world.consortium,
      term: Term(serial: 9, notBefore: world.now, notAfter: world.now + .seconds(1_000_000)))
    let (blank, link) = try makeBlank()
    let access = try ModuleAccess(link)
    #expect(throws: DeviceError.module(.carrierKeyWrite, .conditionsOfUse)) {
      try access.send(.carrierKeyWrite, statement.encoded)
    }
    for _ in 0..<4 {
      #expect(throws: (any Error).self) { try access.send(.supervisorMode, Array("lot 0000-00".utf8)) }
      #expect(throws: DeviceError.module(.carrierKeyWrite, .conditionsOfUse)) {
        try access.send(.carrierKeyWrite, statement.encoded)
      }
    }
    #expect(throws: DeviceError.foreignNetwork) {
      try blank.register(over: FakeCarrier(carrier: forged, random: random, now: world.now), applicant: TestApplicant())
    }
    #expect(throws: DeviceError.module(.idWrite, .referencedDataNotFound)) { try forge(link, by: forged) }
    #expect(blank.powerOn() == .unregistered)
  }

  @Test("leak of KD_C alone: an ID can be written, and none copied: the network's keys are in the module and the AuC")
  func leakOfCarrierKey() throws {
    let (blank, link) = try makeBlank()
    let approval = try Signed(
      ModelApproval(key: world.modelKey.publicKey, role: .handset), by: world.carrier,
      term: Term(serial: 9, notBefore: world.now, notAfter: world.now + .seconds(1_000_000)))
    _ = try ModuleAccess(link).send(.modelKeyRegistration, approval.encoded)
    try forge(link, by: world.carrier)
    // It looks like the victim, and is nobody for the network.
    blank.powerOn()
    #expect(blank.display.first == information.number)
    #expect(try !world.attaches(blank))
    // A model of the attacker's own, approved with KD_C, is not taken by a handset's module that has its model.
    let own = PrivateKey(.p256, random: random)
    let foreign = try Signed(
      ModelApproval(key: own.publicKey, role: .handset), by: world.carrier,
      term: Term(serial: 10, notBefore: world.now, notAfter: world.now + .seconds(1_000_000)))
    #expect(throws: DeviceError.module(.modelKeyRegistration, .notEnoughMemory)) {
      try ModuleAccess(module).send(.modelKeyRegistration, foreign.encoded)
    }
    #expect(try world.attaches(victim))
  }

  @Test("leak of KD_MSN alone: the ID can be read without its keys, and none written") func leakOfModelKey() throws {
    let reading = try ModuleAccess(module).read(as: model, random: random)
    #expect(reading.information == information)
    let (blank, link) = try makeBlank()
    for signer in [model, KeyHolder(world.carrier.party, key: world.modelKey)] {
      #expect(throws: DeviceError.self) { try forge(link, by: signer) }
    }
    #expect(throws: DeviceError.foreignNetwork) {
      let carrier = KeyHolder(world.carrier.party, key: world.modelKey)
      _ = try blank.register(
        over: FakeCarrier(carrier: carrier, random: random, now: world.now), applicant: TestApplicant())
    }
    #expect(blank.powerOn() == .unregistered)
    #expect(try world.attaches(victim))
  }

  @Test("a carrier's key forged: PWD known and KD_COB not, command 4 takes no key, whoever signed it")
  func forgedCarrier()
    throws
  {
    let link = try InProcessCard(world.makeModule(.handset))
    let access = try ModuleAccess(link)
    let forged = KeyHolder(world.carrier.party, key: PrivateKey(.p256, random: random))
    for signer in [forged, world.carrier, world.maker, KeyHolder(.consortium, key: forged.key)] {
      let statement = try Signed(
        CarrierKey(carrier: forged.party, key: forged.key.publicKey), by: signer,
        term: Term(serial: 1, notBefore: world.now, notAfter: world.now + .seconds(1_000_000)))
      _ = try access.send(.supervisorMode, RegistrationWorld.password.bytes)
      #expect(throws: DeviceError.self) { try access.send(.carrierKeyWrite, statement.encoded) }
    }
    #expect(throws: DeviceError.self) { try forge(link, by: forged) }
  }

  @Test("the dealer's terminal swapped for a hostile one: another module in the place of the handset's gets nothing")
  func hostileTerminal() throws {
    let own = try ModuleAccess(makeBlank().module)
    /// Registers its own module with the applicant's answers.
    final class Hostile: RegistrationLine {
      let line: any RegistrationLine
      let own: ModuleAccess
      private(set) var refusals: [RegistrationRefusal] = []
      init(_ line: any RegistrationLine, _ own: ModuleAccess) { (self.line, self.own) = (line, own) }
      func exchange(_ message: [UInt8]) throws -> [UInt8] {
        var message = message
        if (try? RegistrationStart(encoded: message)) != nil {
          message = RegistrationStart(rdm: try own.challenge(.carrier), certificate: own.certificate).encoded
        }
        let answer = try line.exchange(message)
        if let refused = try? RegistrationRefused(encoded: answer) { refusals.append(refused.refusal) }
        return answer
      }
    }
    let hostile = Hostile(world.line(), own)
    let handset = try makeBlank().handset
    // The answer is to another RDM: command 11 finds no key, and nothing that was keyed in leaves the handset.
    #expect(throws: DeviceError.foreignNetwork) { try handset.register(over: hostile, applicant: TestApplicant()) }
    // One that lets the start through, and sends the applicant's request under another module's registration.
    let mine = try StartedRegistration(own, over: world.line())
    final class Swapping: RegistrationLine {
      let line: any RegistrationLine
      let name: RegistrationName
      init(_ line: any RegistrationLine, _ name: RegistrationName) { (self.line, self.name) = (line, name) }
      func exchange(_ message: [UInt8]) throws -> [UInt8] {
        guard let request = try? SealedRequest<NumberRequest>(encoded: message) else {
          return try line.exchange(message)
        }
        return try line.exchange(SealedRequest<NumberRequest>(name: name, sealed: request.sealed).encoded)
      }
    }
    #expect(throws: DeviceError.refused(.notAuthentic)) {
      try makeBlank().handset.register(over: Swapping(world.line(), mine.name), applicant: TestApplicant())
    }
  }
}

/// A carrier's terminal that answers RDM with a key of its own, and nothing else.
private struct FakeCarrier: RegistrationLine {
  let carrier: KeyHolder
  let random: any RandomSource
  let now: Instant

  func exchange(_ message: [UInt8]) throws -> [UInt8] {
    guard let start = try? RegistrationStart(encoded: message) else { return RegistrationRefused(.failed).encoded }
    let answer = try Signed(
      CarrierAnswer(challenge: Challenge(random: random), time: now), by: carrier,
      to: start.certificate.claimedBody.known.party, answering: start.rdm)
    return RegistrationStarted(name: RegistrationName(random: random), answer: answer).encoded
  }
}
