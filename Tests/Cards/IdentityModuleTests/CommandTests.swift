import APDU
import Bytes
import HandsetRegistration
import Identifiers
import IdentityModule
import Keys
import SecureElement
import SecureMessages
import TLV
import Testing

@Suite("The identity module's commands (EP 0 652 681, Tables 1 to 4)") struct CommandTests {
  private let factory: Factory
  init() throws { factory = try Factory() }

  /// A handset's module with a carrier's key, as it leaves the factory.
  private func shipped(_ kind: ModuleKind = .handset) throws -> TestModule {
    let module = try factory.module(kind)
    try module.write(factory.carrier)
    return module
  }

  @Test("each kind has the commands of its table, and refuses every other instruction", arguments: ModuleKind.allCases)
  func tables(kind: ModuleKind) throws {
    let module = try factory.module(kind)
    let table: Set<Int> =
      switch kind {
      case .handset: [1, 4, 6, 8, 9, 10, 11, 12]
      case .terminal: [1, 3, 4, 5, 6, 8, 9, 10, 11, 12]
      case .card: [1, 4, 6, 7, 8, 9, 10, 11, 12]
      }
    let instructions = Set(ModuleCommand.allCases.filter { table.contains($0.rawValue) }.map(\.instruction))
    // SELECT, MANAGE CHANNEL and GET RESPONSE are the card's own.
    for ins in UInt8.min...UInt8.max where ![0xA4, 0x70, 0xC0].contains(ins) {
      let status = try module.channel.send(Command(cla: 0x80, ins: ins, p1: 0x7F, p2: 0x7F)).status
      #expect((status == .instructionNotSupported) == !instructions.contains(ins), "\([ins].hex): \(status)")
      let interindustry = try module.channel.send(Command(cla: 0x00, ins: ins, p1: 0x7F, p2: 0x7F)).status
      #expect(interindustry == (instructions.contains(ins) ? .classNotSupported : .instructionNotSupported))
    }
  }

  @Test("SELECT answers with the module's certificate") func certificate() throws {
    let module = try factory.module(.card)
    let answer = try module.channel.send(Command(cla: 0, ins: 0xA4, p1: 4, p2: 0, data: AID.identityModule.bytes))
    let certificate = try Signed<ModuleCertificate>(encoded: answer.data)
    let body = try certificate.verified(from: factory.maker.known, at: Factory.start)
    #expect(body == ModuleCertificate(number: module.number, kind: .card, key: module.key.publicKey, lot: 1))
  }

  // MARK: 1, 3, 4, 5

  @Test("command 1: supervisor mode lasts for exactly one following command, whatever it is") func supervisor() throws {
    let module = try factory.module()
    let key = try factory.carrierKey(factory.carrier)
    #expect(try module.status(.carrierKeyWrite, key) == .conditionsOfUse)
    try module.supervise()
    _ = try module.challenge()
    #expect(try module.status(.carrierKeyWrite, key) == .conditionsOfUse)
    try module.supervise()
    #expect(try module.status(.carrierKeyWrite, [0x30, 0x00]) == .wrongData)
    #expect(try module.status(.carrierKeyWrite, key) == .conditionsOfUse)
    try module.supervise()
    try module.powerCycle()
    #expect(try module.status(.carrierKeyWrite, key) == .conditionsOfUse)
    try module.supervise()
    #expect(try module.status(.carrierKeyWrite, key) == .ok)
    #expect(try module.status(.carrierKeyWrite, key) == .conditionsOfUse)
  }

  @Test("command 1: three wrong passwords end supervisor mode for good; a right one gives the tries back")
  func password() throws {
    let module = try factory.module()
    let wrong = Array("lot 0002".utf8)
    #expect(try module.status(.supervisorMode, wrong) == .verificationFailed(tries: 2))
    #expect(try module.status(.supervisorMode, []) == .verificationFailed(tries: 1))
    try module.supervise()
    for tries in [2, 1, 0] { #expect(try module.status(.supervisorMode, wrong) == .verificationFailed(tries: tries)) }
    #expect(try module.status(.supervisorMode, Factory.password.bytes) == .blocked)
    try module.powerCycle()
    #expect(try module.status(.supervisorMode, Factory.password.bytes) == .blocked)
  }

  @Test("command 1: a password is tried once, even where power goes before the answer") func passwordTear() throws {
    let log = PowerCutLog(VolatileLog())
    let module = try factory.module(memory: LogMemory(log))
    for _ in 0..<3 {
      log.cut(atWrite: 1, .afterWrite)
      // The right password: the try is spent before the comparison, so that the cut does not give it back.
      _ = try? module.status(.supervisorMode, Factory.password.bytes)
      try module.powerCycle()
    }
    #expect(try module.status(.supervisorMode, Factory.password.bytes) == .blocked)
  }

  @Test("command 4: only what the consortium certified is written: leak of PWD, or a forged carrier key, earns nothing")
  func carrierKey() throws {
    let module = try factory.module()
    for forger in [factory.carrier, factory.maker, KeyHolder(.consortium, key: factory.otherCarrier.key)] {
      let before = module.contents
      try module.supervise()
      let status = try module.status(.carrierKeyWrite, factory.carrierKey(factory.otherCarrier, by: forger))
      #expect([.securityStatus, .referencedDataNotFound].contains(status))
      #expect(module.contents.filter { $0.key.item != 2 } == before.filter { $0.key.item != 2 })
    }
  }

  @Test(
    "command 4: a statement of the consortium that was over when the module was made, or when a later one was, is refused"
  )
  func expiredCarrierKey() throws {
    let module = try factory.module()
    func write(_ term: Term) throws -> StatusWord {
      try module.supervise()
      return try module.status(.carrierKeyWrite, factory.carrierStatement(factory.carrier, term: term).encoded)
    }
    let day = Duration.seconds(86_400)
    #expect(try write(factory.term(from: Factory.start - day, seconds: 86_399)) == .securityStatus)
    #expect(try write(factory.term(from: Factory.start - day, seconds: 86_400)) == .ok)
    #expect(try write(factory.term(2, from: Factory.start + day)) == .ok)
    #expect(try write(factory.term(3, from: Factory.start, seconds: 86_399)) == .securityStatus)
  }

  @Test("command 4: degenerate keys are refused: the identity, and points off the curve") func degenerate() throws {
    let module = try factory.module()
    let good = try factory.carrierKey(factory.carrier)
    let point = factory.carrier.key.publicKey.point
    let start = try #require(good.indices.first { good[$0...].starts(with: point) })
    for bad in [
      [UInt8](repeating: 0, count: 65), [4] + [UInt8](repeating: 0, count: 64), point.dropLast() + [point[64] ^ 1],
    ] {
      var changed = good
      changed.replaceSubrange(start..<start + 65, with: bad)
      try module.supervise()
      #expect(try module.status(.carrierKeyWrite, changed) == .wrongData)
    }
  }

  @Test("command 4: keys are appended, up to 16 in a handset's module and one in a terminal's or card")
  func appended() throws {
    let module = try factory.module()
    var carriers: [KeyHolder] = []
    for index in 0..<16 {
      let carrier = KeyHolder(
        .carrier(try PLMN("440\(10 + index)")), key: PrivateKey(.p256, random: factory.random))
      try module.write(carrier)
      carriers.append(carrier)
    }
    try module.supervise()
    #expect(try module.status(.carrierKeyWrite, factory.carrierKey(factory.carrier)) == .notEnoughMemory)
    // What is there already is written without a second place.
    try module.write(carriers[3])
    for (index, carrier) in carriers.enumerated() {
      let proof = try factory.approval(factory.model, by: carrier)
      let answer = try module.send(.carrierKeyRead, p1: UInt8(index + 1), p2: 1, proof)
      let key = try Signed<CarrierKey>(encoded: answer.data).verified(
        from: factory.consortium.known, at: Factory.start)
      #expect(key.known == carrier.known)
    }
    for kind in [ModuleKind.terminal, .card] {
      let module = try shipped(kind)
      try module.supervise()
      #expect(try module.status(.carrierKeyWrite, factory.carrierKey(factory.otherCarrier)) == .notEnoughMemory)
    }
  }

  @Test("commands 3 and 5: a terminal's module gives the signature data back as they came") func signatureData() throws
  {
    let module = try shipped(.terminal)
    let data = try factory.carrierKey(factory.carrier)
    #expect(try module.status(.signatureDataRead) == .referencedDataNotFound)
    #expect(try module.status(.signatureDataWrite, data) == .conditionsOfUse)
    try module.supervise()
    #expect(
      try module.status(.signatureDataWrite, factory.carrierKey(factory.carrier, by: factory.maker))
        == .referencedDataNotFound)
    try module.supervise()
    #expect(try module.status(.signatureDataWrite, data) == .ok)
    #expect(try module.send(.signatureDataRead).data == data)
    // What the module writer carries makes another module's carrier key.
    let other = try factory.module()
    try other.supervise()
    #expect(try other.status(.carrierKeyWrite, module.send(.signatureDataRead).data) == .ok)
  }

  @Test("a card with KE_C in ROM has neither command 1 nor 4, and takes no other carrier") func carrierInROM() throws {
    let module = try factory.module(.card, load: .carrier(factory.carrierStatement(factory.carrier)))
    #expect(try module.status(.supervisorMode, Factory.password.bytes) == .instructionNotSupported)
    #expect(
      try module.status(.carrierKeyWrite, factory.carrierKey(factory.otherCarrier)) == .instructionNotSupported)
    try module.register(factory.model)
    let id = try module.writeID()
    #expect(try module.read(factory.model).reading?.information == id.information)
  }

  // MARK: 6, 7

  @Test("command 6: a model is registered by a carrier that the module knows; a handset's module has one")
  func modelKey() throws {
    let module = try shipped()
    #expect(
      try module.status(.modelKeyRegistration, factory.approval(factory.model, by: factory.otherCarrier))
        == .referencedDataNotFound)
    let forged = KeyHolder(factory.carrier.party, key: factory.otherCarrier.key)
    #expect(
      try module.status(.modelKeyRegistration, factory.approval(factory.model, by: forged)) == .securityStatus)
    try module.register(factory.model)
    try module.register(factory.model)
    #expect(try module.status(.modelKeyRegistration, factory.approval(factory.otherModel)) == .notEnoughMemory)
  }

  @Test("command 6: an approval that ended before the carrier's time is refused") func expired() throws {
    let module = try shipped()
    let old = try factory.approval(factory.model, term: factory.term(seconds: 10))
    let answer = try Signed(
      CarrierAnswer(challenge: Challenge(random: factory.random), time: Factory.start + .seconds(11)),
      by: factory.carrier, to: module.known.party, answering: module.challenge()
    ).encoded
    #expect(try module.status(.carrierKeyRead, p1: 1, answer) == .ok)
    #expect(try module.status(.modelKeyRegistration, old) == .securityStatus)
    try module.register(factory.model)
  }

  @Test("command 7: the table closes up, and a mark stays that commands 6, 9 and 11 honour") func erase() throws {
    let module = try shipped(.card)
    try module.register(factory.model)
    try module.register(factory.otherModel)
    try module.writeID()
    let withdrawal = try Signed(
      ModelWithdrawal(key: factory.model.key.publicKey), by: factory.carrier, to: module.known.party,
      answering: module.challenge()
    ).encoded
    #expect(try module.status(.modelKeyErase, withdrawal) == .ok)
    #expect(try module.read(factory.model).status == .referencedDataNotFound)
    #expect(try module.read(factory.otherModel).status == .ok)
    let approval = try factory.approval(factory.model)
    #expect(try module.status(.modelKeyRegistration, approval) == .conditionsOfUse)
    #expect(try module.status(.carrierKeyRead, p1: 1, p2: 1, approval) == .conditionsOfUse)
    #expect(try module.read(factory.model, approval: approval).status == .conditionsOfUse)
    // The statement answers one RDM; an approval is no withdrawal.
    #expect(try module.status(.modelKeyErase, withdrawal) == .conditionsOfUse)
    _ = try module.challenge()
    #expect(try module.status(.modelKeyErase, withdrawal) == .securityStatus)
    _ = try module.challenge()
    #expect(try module.status(.modelKeyErase, factory.approval(factory.otherModel)) == .wrongData)
    #expect(try module.read(factory.otherModel).status == .ok)
  }

  @Test("command 6: a card holds 32 models, and no more; an erased one makes room") func bounds() throws {
    let module = try shipped(.card)
    var models: [KeyHolder] = []
    for _ in 0..<32 {
      let key = PrivateKey(.p256, random: factory.random)
      models.append(KeyHolder(.model(key.publicKey), key: key))
      try module.register(models[models.count - 1])
    }
    #expect(try module.status(.modelKeyRegistration, factory.approval(factory.model)) == .notEnoughMemory)
    let withdrawal = try Signed(
      ModelWithdrawal(key: models[7].key.publicKey), by: factory.carrier, to: module.known.party,
      answering: module.challenge())
    #expect(try module.status(.modelKeyErase, withdrawal.encoded) == .ok)
    try module.register(factory.model)
  }

  // MARK: 8, 9

  @Test("commands 6, 8, 9: what the carrier writes the approved model reads, without the keys") func writeAndRead()
    throws
  {
    let module = try shipped()
    #expect(try module.read(factory.model).status == .referencedDataNotFound)
    try module.register(factory.model)
    #expect(try module.read(factory.model).status == .recordNotFound)
    let id = try module.writeID()
    let reading = try #require(try module.read(factory.model).reading)
    #expect(reading.information == id.information)
    #expect(
      try reading.receipt.verified(from: module.known, to: factory.carrier.party, answering: id.receiptChallenge).imsi
        == id.information.imsi)
    try module.powerCycle()
    #expect(try module.read(factory.model).reading?.information == id.information)
  }

  @Test("command 8: RDM is void afterwards, also on failure, at the next command 10 and with the power")
  func freshness() throws {
    let module = try shipped()
    #expect(
      try module.status(.idWrite, factory.id(for: module, answering: Challenge(random: factory.random)).sealed)
        == .conditionsOfUse)
    let used = try module.challenge()
    let id = try factory.id(for: module, answering: used).sealed
    #expect(try module.status(.idWrite, id) == .ok)
    #expect(try module.status(.idWrite, id) == .conditionsOfUse)
    let failed = try module.challenge()
    #expect(try module.status(.idWrite, [0x30, 0x00]) == .wrongData)
    #expect(try module.status(.idWrite, factory.id(for: module, answering: failed).sealed) == .conditionsOfUse)
    let overtaken = try module.challenge()
    _ = try module.challenge()
    #expect(try module.status(.idWrite, factory.id(for: module, answering: overtaken).sealed) == .securityStatus)
    let lost = try module.challenge()
    try module.powerCycle()
    #expect(try module.status(.idWrite, factory.id(for: module, answering: lost).sealed) == .conditionsOfUse)
    // The other slot's number is no RDM.
    let possession = try module.challenge(.possession)
    #expect(try module.status(.idWrite, factory.id(for: module, answering: possession).sealed) == .conditionsOfUse)
  }

  @Test("command 8: an ID of a foreign carrier, for another module or under another key is refused, the old one stays")
  func foreignID() throws {
    let (module, other) = (try shipped(), try shipped())
    try module.register(factory.model)
    let old = try module.writeID()
    let forged = KeyHolder(factory.carrier.party, key: factory.otherCarrier.key)
    let attempts: [(Challenge) throws -> [UInt8]] = [
      { try factory.id(for: module, answering: $0, by: factory.otherCarrier).sealed },
      { try factory.id(for: module, answering: $0, by: forged).sealed },
      { try factory.id(for: module, answering: $0, moduleKey: other.key.publicKey).sealed },
      { try factory.id(for: module, answering: $0, msi: other.number).sealed },
      { try factory.id(for: module, answering: $0, to: other.known).sealed },
      {
        try factory.id(for: module, answering: $0, to: KnownParty(module.known.party, key: other.key.publicKey)).sealed
      },
    ]
    for attempt in attempts {
      let before = module.contents
      let status = try module.status(.idWrite, attempt(module.challenge()))
      #expect([.securityStatus, .referencedDataNotFound].contains(status))
      #expect(module.contents == before)
    }
    #expect(try module.read(factory.model).reading?.information == old.information)
  }

  @Test("command 9: only who proves the model's private key over the module's own number reads, once") func possession()
    throws
  {
    let module = try shipped()
    try module.register(factory.model)
    try module.writeID()
    let nonce = Challenge(random: factory.random)
    // A foreign model; the model's name with another key; a number of the other slot; a number used before.
    #expect(try module.read(factory.otherModel).status == .referencedDataNotFound)
    let thief = KeyHolder(factory.model.party, key: factory.otherModel.key)
    let stolen = try Signed(
      ReadRequest(key: factory.model.key.publicKey, challenge: nonce), by: thief, to: module.known.party,
      answering: module.challenge(.possession))
    #expect(try module.status(.idRead, stolen.encoded) == .securityStatus)
    let request = try module.readRequest(factory.model, answering: module.challenge(.possession), nonce: nonce)
    #expect(try module.status(.idRead, request) == .ok)
    #expect(try module.status(.idRead, request) == .conditionsOfUse)
    _ = try module.challenge(.possession)
    #expect(try module.status(.idRead, request) == .securityStatus)
    let rdm = try module.readRequest(factory.model, answering: module.challenge(), nonce: nonce)
    #expect(try module.status(.idRead, rdm) == .conditionsOfUse)
  }

  @Test("Table 4: the approval comes with command 9, and no key is stored") func table4() throws {
    let module = try shipped(.card)
    let id = try module.writeID()
    let approval = try factory.approval(factory.model)
    #expect(try module.read(factory.model, approval: approval).reading?.information == id.information)
    #expect(try module.read(factory.model).status == .referencedDataNotFound)
    // Somebody else's approval serves nobody.
    #expect(try module.read(factory.otherModel, approval: approval).status == .referencedDataNotFound)
    let foreign = try factory.approval(factory.otherModel, by: factory.otherCarrier)
    #expect(try module.read(factory.otherModel, approval: foreign).status == .referencedDataNotFound)
  }

  // MARK: 10, 11, 12

  @Test("command 10: another number each time, also after power comes back") func challenges() throws {
    let module = try shipped()
    var seen: Set<Challenge> = []
    for index in 0..<64 {
      #expect(seen.insert(try module.challenge(index % 2 == 0 ? .carrier : .possession)).inserted)
      if index % 8 == 0 { try module.powerCycle() }
    }
    #expect(try module.status(.challenge, p1: 2) == .wrongP1P2)
  }

  @Test("command 11: the j-th key answers to its own carrier's proof only, and RDM stays") func carrierKeyRead() throws
  {
    let module = try shipped()
    try module.write(factory.otherCarrier)
    let rdm = try module.challenge()
    func answer(_ carrier: KeyHolder, _ number: Challenge) throws -> [UInt8] {
      try Signed(
        CarrierAnswer(challenge: Challenge(random: factory.random), time: Factory.start), by: carrier,
        to: module.known.party, answering: number
      ).encoded
    }
    let proof = try answer(factory.otherCarrier, rdm)
    #expect(try module.status(.carrierKeyRead, p1: 1, proof) == .securityStatus)
    let found = try module.send(.carrierKeyRead, p1: 2, proof)
    // What is answered is the consortium's statement: nobody has to believe the module, or the line to it.
    let key = try Signed<CarrierKey>(encoded: found.data).verified(from: factory.consortium.known, at: Factory.start)
    #expect(key.known == factory.otherCarrier.known)
    for p1: UInt8 in [0, 3, 255] {
      #expect(try module.status(.carrierKeyRead, p1: p1, proof) == .referencedDataNotFound)
    }
    #expect(try module.status(.carrierKeyRead, p1: 2, p2: 2, proof) == .wrongP1P2)
    #expect(
      try module.status(.carrierKeyRead, p1: 2, answer(factory.otherCarrier, Challenge(random: factory.random)))
        == .securityStatus)
    // RDM still serves the ID.
    #expect(try module.status(.idWrite, factory.id(for: module, answering: rdm).sealed) == .ok)
    #expect(try module.status(.carrierKeyRead, p1: 2, proof) == .conditionsOfUse)
  }

  @Test("command 12: the module signs that it is here, for a carrier that it knows") func presence() throws {
    let module = try shipped()
    let number = Challenge(random: factory.random)
    func data(_ carrier: Party) -> [UInt8] {
      var writer = TLVWriter()
      writer.write(0x80, carrier)
      writer.write(0x81, number)
      return writer.bytes
    }
    let answer = try module.send(.compute, p1: 1, data(factory.carrier.party))
    let presence = try Signed<ModulePresence>(encoded: answer.data)
    #expect(
      try presence.verified(from: module.known, to: factory.carrier.party, answering: number).number == module.number)
    #expect(try module.status(.compute, p1: 1, data(factory.otherCarrier.party)) == .referencedDataNotFound)
    #expect(try module.status(.compute, p1: 2, []) == .wrongP1P2)
  }

  @Test("command 12: the ID's keys answer the network after the ID was read, each sequence number once") func attach()
    throws
  {
    let module = try shipped()
    try module.register(factory.model)
    let id = try module.writeID()
    let first = try module.networkChallenge(id.keys, 1 << 5)
    #expect(try module.status(.compute, first.data) == .conditionsOfUse)
    _ = try module.read(factory.model)
    let answer = try module.send(.compute, first.data)
    let expected = first.response
    #expect(answer.data == [0xDB, 8] + expected.res + [16] + expected.ck.bytes + [16] + expected.ik.bytes)
    #expect(try module.send(.compute, first.data).data.first == 0xDC)
    try module.powerCycle()
    #expect(try module.status(.compute, module.networkChallenge(id.keys, 2 << 5).data) == .conditionsOfUse)
    _ = try module.read(factory.model)
    #expect(try module.send(.compute, first.data).data.first == 0xDC)
    var forged = try module.networkChallenge(id.keys, 3 << 5).data
    forged[33] ^= 1
    #expect(try module.status(.compute, forged) == .wrongMAC)
    #expect(try module.send(.compute, module.networkChallenge(id.keys, 4 << 5).data).data.first == 0xDB)
  }
}
