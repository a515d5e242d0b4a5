import APDU
import Bytes
import HandsetRegistration
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
    try module.register(factory.model)
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
          load: .carrier(factory.otherCarrier.known), key: module.key,
          certificate: Signed(
            ModuleCertificate(number: module.number, kind: .card, key: module.key.publicKey), by: factory.maker,
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
      if reading.information == old.information { sawOld = true } else { sawNew = true }
      byte += 1
      try #require(byte < 4096)
    }
    #expect(sawOld)
  }

  @Test("a message that is cut or changed in any byte is refused and changes nothing") func mutations() throws {
    let module = try factory.module(.card)
    try module.write(factory.carrier)
    try module.register(factory.model)
    try module.writeID()
    let approval = try factory.approval(factory.otherModel)
    let before = module.contents
    for index in approval.indices {
      var changed = approval
      changed[index] ^= 0x01
      #expect(try !module.status(.modelKeyRegistration, changed).isSuccess)
      #expect(try !module.status(.modelKeyRegistration, Array(approval.prefix(index))).isSuccess)
      let number = try module.challenge()
      var id = try factory.id(for: module, answering: number).sealed
      let place = index * id.count / approval.count
      id[place] ^= 0x80
      #expect(try !module.status(.idWrite, id).isSuccess)
    }
    #expect(module.contents == before)
  }
}
