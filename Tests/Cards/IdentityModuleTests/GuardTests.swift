import TLV
import APDU
import Bytes
import HandsetRegistration
import Identifiers
import IdentityModule
import Keys
import SecureElement
import SecureMessages
import Testing

@Suite("What the identity module keeps apart: kinds, roles, carriers, channels") struct GuardTests {
  private let factory: Factory
  init() throws { factory = try Factory() }

  private func shipped(_ kind: ModuleKind = .handset) throws -> TestModule {
    let module = try factory.module(kind)
    try module.write(factory.carrier)
    return module
  }

  @Test(
    "Table 4 is a variant of the card: no other kind reads with an approval that comes with command 9",
    arguments: [ModuleKind.handset, .terminal])
  func table4IsACards(kind: ModuleKind) throws {
    let module = try shipped(kind)
    try module.writeID()
    let approval = try factory.approval(factory.model, as: kind.readers)
    #expect(try module.read(factory.model, approval: approval).status == .wrongP1P2)
  }

  @Test(
    "commands 6, 9 and 11: an approval is of a handset or of a registration terminal, never of both",
    arguments: ModuleKind.allCases)
  func roles(kind: ModuleKind) throws {
    let module = try shipped(kind)
    try module.writeID()
    let other: ModelRole = kind.readers == .handset ? .registrationTerminal : .handset
    let wrong = try factory.approval(factory.model, as: other)
    #expect(try module.status(.modelKeyRegistration, wrong) == .securityStatus)
    #expect(try module.status(.carrierKeyRead, p1: 1, p2: 1, wrong) == .securityStatus)
    if kind == .card { #expect(try module.read(factory.model, approval: wrong).status == .securityStatus) }
    #expect(try module.read(factory.model).status == .referencedDataNotFound)
    try module.register(factory.model, as: kind.readers)
    #expect(try module.read(factory.model).status == .ok)
  }

  @Test("a carrier's time is for its own approvals: no carrier ends another's, and no approval sets the clock")
  func carriersTime() throws {
    let module = try shipped(.card)
    let mine = try factory.approval(factory.model)
    // An approval that begins in the far future tells no time.
    let far = factory.term(from: Factory.start + .seconds(1_000_000_000))
    #expect(
      try module.status(.modelKeyRegistration, factory.approval(factory.otherModel, term: far)) == .ok)
    #expect(try module.status(.modelKeyRegistration, mine) == .ok)

    let handset = try shipped()
    try handset.write(factory.otherCarrier)
    let ahead = try factory.answer(
      to: handset.challenge(), of: handset, by: factory.otherCarrier, time: Factory.start + .seconds(1_000_000_000))
    #expect(try handset.status(.carrierKeyRead, p1: 2, ahead) == .ok)
    #expect(
      try handset.status(.modelKeyRegistration, factory.approval(factory.model, by: factory.otherCarrier))
        == .securityStatus)
    #expect(try handset.status(.modelKeyRegistration, mine) == .ok)
  }

  @Test("command 8: an ID with the same keys keeps their sequence numbers; other keys have none")
  func sequenceNumbers() throws {
    let module = try shipped()
    try module.register(factory.model)
    let id = try module.writeID()
    _ = try module.read(factory.model)
    let recorded = try module.networkChallenge(id.keys, 5 << 5)
    #expect(try module.send(.compute, recorded.data).data.first == 0xDB)
    try module.writeID(number: "+2", keys: id.keys)
    _ = try module.read(factory.model)
    #expect(try module.send(.compute, recorded.data).data.first == 0xDC)
    let new = try module.writeID(number: "+3")
    _ = try module.read(factory.model)
    #expect(try module.send(.compute, module.networkChallenge(new.keys, 1 << 5).data).data.first == 0xDB)
  }

  @Test("command 7: however many marks there are, a registered model can be erased") func withdrawalLimit() throws {
    let module = try shipped(.card)
    try module.register(factory.model)
    func withdraw(_ key: PublicKey) throws -> StatusWord {
      try module.status(.modelKeyErase, factory.withdrawal(key, from: module))
    }
    for _ in 0..<63 { #expect(try withdraw(PrivateKey(.p256, random: factory.random).publicKey) == .ok) }
    #expect(try withdraw(factory.otherModel.key.publicKey) == .notEnoughMemory)
    // Nor is a model registered that could not be erased any more.
    #expect(try module.status(.modelKeyRegistration, factory.approval(factory.otherModel)) == .notEnoughMemory)
    #expect(try withdraw(factory.model.key.publicKey) == .ok)
    #expect(try module.status(.modelKeyRegistration, factory.approval(factory.model)) == .conditionsOfUse)
  }

  @Test("command 1: SELECT, a command that the card refuses, and one on another channel end supervisor mode, too")
  func supervisorEnds() throws {
    let module = try factory.module()
    let key = try factory.carrierKey(factory.carrier)
    let (open, _) = try module.channel.open(selecting: AID.identityModule.bytes)
    let others: [() throws -> Void] = [
      { try module.select() },
      { _ = try open.send(ModuleCommand.signatureDataRead.command()) },
      // The card refuses these itself: the module never sees them.
      { _ = try open.send(Command(cla: 0, ins: 0xC0, p1: 0, p2: 0)) },
      { _ = try module.channel.send(Command(cla: 0x84, ins: 0x48, p1: 0, p2: 0)) },
    ]
    for (index, other) in others.enumerated() {
      try module.supervise()
      try other()
      #expect(try module.status(.carrierKeyWrite, key) == .conditionsOfUse, "\(index)")
    }
    // A channel that was closed and opened again belongs to somebody else.
    #expect(try open.send(ModuleCommand.supervisorMode.command(data: Factory.password.bytes)).status == .ok)
    open.close()
    let (again, _) = try module.channel.open(selecting: AID.identityModule.bytes)
    #expect(again.number == open.number)
    #expect(try again.send(ModuleCommand.carrierKeyWrite.command(data: key)).status == .conditionsOfUse)
    try module.supervise()
    #expect(try module.status(.carrierKeyWrite, key) == .ok)
  }

  @Test("commands 7, 8 and 9: the number is void also where the command fails on its parameters") func voided() throws {
    let module = try shipped(.card)
    try module.register(factory.model)
    let rdm = try module.challenge()
    #expect(try module.status(.idWrite, p1: 1, []) == .wrongP1P2)
    #expect(try module.status(.idWrite, factory.id(for: module, answering: rdm).sealed) == .conditionsOfUse)
    let withdrawal = try factory.withdrawal(factory.model.key.publicKey, from: module)
    #expect(try module.status(.modelKeyErase, p2: 1, withdrawal) == .wrongP1P2)
    #expect(try module.status(.modelKeyErase, withdrawal) == .conditionsOfUse)
    try module.writeID()
    let request = try module.readRequest(
      factory.model, answering: module.challenge(.possession), nonce: Challenge(random: factory.random))
    #expect(try module.status(.idRead, p1: 1, request) == .wrongP1P2)
    #expect(try module.status(.idRead, request) == .conditionsOfUse)
  }

  @Test("command 12: a withdrawn model authenticates no more, nor does another channel than the one that read")
  func reader() throws {
    let module = try shipped(.card)
    try module.register(factory.model)
    try module.register(factory.otherModel)
    let id = try module.writeID()
    #expect(try module.read(factory.model).status == .ok)
    let (other, _) = try module.channel.open(selecting: AID.identityModule.bytes)
    let command = try ModuleCommand.compute.command(data: module.networkChallenge(id.keys, 1 << 5).data)
    #expect(try other.send(command).status == .conditionsOfUse)
    // Another model's withdrawal takes nothing from the one that read.
    _ = try module.status(.modelKeyErase, factory.withdrawal(factory.otherModel.key.publicKey, from: module))
    #expect(try module.send(.compute, module.networkChallenge(id.keys, 2 << 5).data).data.first == 0xDB)
    _ = try module.status(.modelKeyErase, factory.withdrawal(factory.model.key.publicKey, from: module))
    #expect(try module.status(.compute, module.networkChallenge(id.keys, 3 << 5).data) == .conditionsOfUse)
  }

  @Test("command 12, P1 02: a terminal's module proves ID_A by its key, after ID_A was read; no other kind does")
  func terminalProof() throws {
    let factory = try Factory()
    let module = try factory.module(.terminal)
    try module.write(factory.carrier)
    try module.register(factory.model, as: .registrationTerminal)
    let id = try module.writeID(number: "D-0001")
    let challenge = Challenge(random: factory.random)
    var writer = TLVWriter()
    writer.write(0x80, factory.carrier.party)
    writer.write(0x81, challenge)
    let proof = Computation.terminalProof.rawValue
    #expect(try module.status(.compute, p1: proof, writer.bytes) == .conditionsOfUse)
    #expect(try module.read(factory.model).status == .ok)
    let answer = try module.send(.compute, p1: proof, writer.bytes)
    #expect(answer.data == id.keys.terminalProof(for: factory.carrier.party, answering: challenge))
    var stranger = TLVWriter()
    stranger.write(0x80, factory.otherCarrier.party)
    stranger.write(0x81, challenge)
    #expect(try module.status(.compute, p1: proof, stranger.bytes) == .referencedDataNotFound)
    // A dealer's key answers no network.
    #expect(try module.status(.compute, p1: 0, factory.random.bytes(34)) == .wrongP1P2)
    try module.powerCycle()
    #expect(try module.status(.compute, p1: proof, writer.bytes) == .conditionsOfUse)
    let handset = try factory.module(.handset)
    try handset.write(factory.carrier)
    #expect(try handset.status(.compute, p1: proof, writer.bytes) == .wrongP1P2)
  }

  @Test("command 8: a subscriber's ID goes into no terminal's module, and a dealer's ID_A into no other")
  func identities()
    throws
  {
    let factory = try Factory()
    for kind in ModuleKind.allCases {
      let module = try factory.module(kind)
      try module.write(factory.carrier)
      let rdm = try module.challenge()
      let body = PersonalInformation(
        information: PublicInformation(
          number: "+8190", imsi: kind == .terminal ? try IMSI("001010000000001") : nil, msi: module.number,
          pattern: [1, 2, 3, 4, 5, 6, 7, 8], services: []),
        keys: AuthenticationKeys(random: factory.random), moduleKey: module.key.publicKey,
        receiptChallenge: Challenge(random: factory.random))
      let signed = try Signed(body, by: factory.carrier, to: module.known.party, answering: rdm)
      let sealed = try Sealed(signed, from: factory.carrier.party, to: module.known, answering: rdm)
      #expect(try module.status(.idWrite, sealed.encoded) == .securityStatus)
    }
  }
}
