import APDU
import Bytes
import HandsetRegistration
import Identifiers
import IdentityModule
import Keys
import SecureElement
import SecureMessages
import TestSupport
import Testing

@Suite("The identity module's state") struct StateTests {
  private let factory: Factory
  init() throws { factory = try Factory() }

  @Test("the read-only memory never changes, whatever commands come") func immutable() throws {
    let module = try factory.module(.terminal)
    let rom = try #require(module.contents.first { $0.key.item == 1 })
    try module.write(factory.carrier)
    try module.register(factory.model, as: .registrationTerminal)
    try module.writeID()
    var dice = Dice(1)
    let samples = try [
      factory.carrierKey(factory.carrier), factory.approval(factory.model), Factory.password.bytes,
      factory.id(for: module, answering: module.challenge()).sealed,
    ]
    for _ in 0..<400 {
      let command = ModuleCommand.allCases[dice.roll(ModuleCommand.allCases.count)]
      var data = samples[dice.roll(samples.count)]
      if dice.roll(2) == 0 { data[dice.roll(data.count)] ^= UInt8(1 << dice.roll(8)) }
      _ = try module.send(command, p1: UInt8(dice.roll(3)), p2: UInt8(dice.roll(3)), data)
      if dice.roll(20) == 0 { try module.powerCycle() }
    }
    #expect(module.contents[rom.key] == rom.value)
    #expect(throws: ModuleMakingError.alreadyMade) {
      try Module.make(
        ReadOnlyMemory(
          load: .carrier(factory.carrierStatement(factory.otherCarrier)), key: module.key,
          certificate: Signed(
            ModuleCertificate(number: module.number, kind: .card, key: module.key.publicKey, lot: 1), by: factory.maker,
            term: factory.term())), on: module.memory, vault: factory.vault, random: factory.random)
    }
  }

  @Test("neither private key nor PWD nor the ID's keys stand readable in the memory") func wrapped() throws {
    let module = try factory.module()
    try module.write(factory.carrier)
    let id = try module.writeID()
    let stored = module.contents.values.joined().map(\.self)
    for secret in [module.key.scalar, Factory.password, id.keys.msnKey, id.keys.msiKey] {
      #expect(!stored.hex.contains(secret.bytes.hex))
    }
  }

  @Test("a cut of power at any byte of command 8 leaves the old ID or the new one, whole") func tear() throws {
    let log = VolatileLog()
    let module = try factory.module(memory: LogMemory(log))
    try module.write(factory.carrier)
    try module.register(factory.model)
    let old = try module.writeID(number: "+1")
    let before = log.bytes
    var sawOld = false
    var sawNew = false
    var byte = 0
    while !sawNew {
      let cut = PowerCutLog(VolatileLog(before))
      let torn = try TestModule(LogMemory(cut), number: module.number, key: module.key, factory: factory)
      let id = try factory.id(for: torn, answering: torn.challenge(), number: "+2")
      cut.cut(atWrite: 1, .afterBytes(byte))
      #expect(throws: (any Error).self) { try torn.send(.idWrite, id.sealed) }
      try torn.powerCycle()
      let reading = try #require(try torn.read(factory.model).reading)
      #expect([old.information, id.information.information].contains(reading.information))
      // The keys are those of the same ID, and have seen no sequence number.
      let keys = reading.information == old.information ? old.keys : id.information.keys
      #expect(try torn.send(.compute, torn.networkChallenge(keys, 1 << 5).data).data.first == 0xDB)
      if reading.information == old.information { sawOld = true } else { sawNew = true }
      byte += 1
      try #require(byte < 4096)
    }
    #expect(sawOld)
  }

  /// A good data field of each command that takes a message, made anew as often as wanted.
  private func messages(_ module: TestModule, _ kind: ModuleKind) throws -> [(
    ModuleCommand, UInt8, () throws -> [UInt8]
  )] {
    let role = kind.readers
    var result: [(ModuleCommand, UInt8, () throws -> [UInt8])] = [
      (.modelKeyRegistration, 0, { try factory.approval(factory.otherModel, as: role) }),
      (.idWrite, 0, { try factory.id(for: module, answering: module.challenge(), number: "+2").sealed }),
      (
        .idRead, 0,
        {
          let nonce = Challenge(random: factory.random)
          return try module.readRequest(factory.model, answering: module.challenge(.possession), nonce: nonce)
        }
      ),
      (.carrierKeyRead, 1, { try factory.approval(factory.otherModel, as: role) }),
    ]
    switch kind {
    case .card:
      result += [
        (
          .carrierKeyRead, 0,
          { try factory.answer(to: module.challenge(), of: module, time: Factory.start + .seconds(9)) }
        ),
        (.modelKeyErase, 0, { try factory.withdrawal(factory.model.key.publicKey, from: module) }),
      ]
    case .handset, .terminal:
      let supervised = {
        try module.supervise()
        return try factory.carrierKey(factory.otherCarrier)
      }
      result.append((.carrierKeyWrite, 0, supervised))
      if kind == .terminal { result.append((.signatureDataWrite, 0, supervised)) }
    }
    return result
  }

  @Test(
    "a message of any command that is cut or changed in any byte is refused and changes nothing",
    arguments: ModuleKind.allCases) func mutations(kind: ModuleKind) throws
  {
    let module = try factory.module(kind)
    try module.write(factory.carrier)
    try module.register(factory.model, as: kind.readers)
    try module.writeID()
    // The tries of the password go down and up again with each supervision.
    func contents() -> [MemoryKey: [UInt8]] { module.contents.filter { $0.key.item != 2 } }
    let before = contents()
    for (command, p2, message) in try messages(module, kind) {
      let p1: UInt8 = command == .carrierKeyRead ? 1 : 0
      // ECDSA signatures are not all of one length.
      for index in 0..<(try message().count - 4) {
        for isCut in [true, false] {
          var changed = try message()
          if isCut { changed = Array(changed.prefix(index)) } else { changed[index] ^= 1 << UInt8(index % 8) }
          let status = try module.status(command, p1: p1, p2: p2, changed)
          #expect(!status.isSuccess, "\(command) \(index) \(isCut)")
        }
      }
    }
    #expect(contents() == before)
  }
}
