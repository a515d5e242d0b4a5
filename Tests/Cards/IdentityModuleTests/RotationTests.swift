import Bytes
import IdentityModule
import Keys
import Testing

@Suite("What an identity module wraps") struct RotationTests {
  @Test("after a rotation the module knows its key, PWD and the ID's keys without the former master key")
  func rotation() throws {
    var factory = try Factory()
    let module = try factory.module()
    try module.write(factory.carrier)
    try module.register(factory.model)
    let id = try module.writeID()
    let (new, former) = (Secret([UInt8](repeating: 8, count: 32)), Secret([UInt8](repeating: 9, count: 32)))
    let during = try KeyVault(current: new, former: [former])
    for _ in 0..<2 { try Module.rewrap(module.memory, vault: during, random: factory.random) }
    factory.vault = try KeyVault(current: new)
    let again = try TestModule(module.memory, number: module.number, key: module.key, factory: factory)
    // Its own key signs the reading, PWD opens supervisor mode, the ID's keys answer the network.
    #expect(try again.read(factory.model).reading?.information == id.information)
    let first = try again.networkChallenge(id.keys, 1 << 5)
    #expect(try again.send(.compute, first.data).data.starts(with: [0xDB, 8] + first.response.res))
    try again.supervise()
    let stored = again.contents
    try Module.rewrap(module.memory, vault: during, random: factory.random)
    #expect(again.contents == stored, "what is under the current key stays as it is")
  }

  @Test("a card without a module, and one with its carrier's key in ROM, are rewrapped too") func others() throws {
    var factory = try Factory()
    let new = Secret([UInt8](repeating: 8, count: 32))
    let during = try KeyVault(current: new, former: [Secret([UInt8](repeating: 9, count: 32))])
    let card = try factory.module(.card, load: .carrier(factory.carrierStatement(factory.carrier)))
    try Module.rewrap(card.memory, vault: during, random: factory.random)
    factory.vault = try KeyVault(current: new)
    let again = try TestModule(card.memory, number: card.number, key: card.key, factory: factory)
    try again.register(factory.model)
    try again.writeID()
  }
}
