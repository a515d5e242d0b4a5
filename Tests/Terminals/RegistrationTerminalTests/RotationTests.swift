import Bytes
import CarrierTerminal
import Handset
import HandsetRegistration
import Keys
import RegistrationDevice
import RegistrationTerminal
import Store
import TestStores
import Testing
import TransportCard
import World

@Suite("The carrier's terminal after a rotation of the master key", .overEveryStore) struct RotationTests {
  /// The line to whichever desk is there now.
  private final class Line: RegistrationLine {
    var desk: CarrierTerminal.Desk
    let world: RegistrationWorld
    let random = SeededRandomSource(seed: [4])
    init(_ world: RegistrationWorld) { (self.world, desk) = (world, world.desk) }
    func exchange(_ message: [UInt8]) throws -> [UInt8] {
      desk.respond(to: message, dealer: RegistrationWorld.dealer, now: world.now, random: random)
    }
  }

  @Test("registrations under way go on; terminals prove themselves, and lots have their passwords, under the new key")
  func rotation() throws {
    let store = try StoreKind.current.make()
    let scene = try Scene(store: store)
    let world = scene.world
    let random = SeededRandomSource(seed: [3])
    func desk(_ vault: KeyVault) throws -> CarrierTerminal.Desk {
      try CarrierTerminal.Desk(
        store: store, settings: .init(carrier: world.carrier, pattern: RegistrationWorld.pattern), vault: vault,
        office: CarrierOffice(world.customers, pool: RegistrationWorld.pool, company: scene.company),
        network: CarrierNetwork(world.centre, random: random))
    }
    let (new, former) = (Secret([UInt8](repeating: 6, count: 32)), Secret([UInt8](repeating: 5, count: 32)))
    let line = Line(world)
    try scene.terminal.register(dealer: RegistrationWorld.dealer, over: line)
    // The key is rotated while a number is offered, a row a transaction.
    scene.applicant.deed = {
      for _ in 0..<2 {
        try desk(KeyVault(current: new, former: [former])).rewrap(limit: 1, random: random)
      }
      line.desk = try desk(KeyVault(current: new))
    }
    let handset = try world.makeHandset()
    _ = try handset.register(over: line, applicant: scene.applicant)
    #expect(try world.attaches(handset))
    scene.applicant.deed = {}
    try scene.terminal.authenticate(over: line)
    let card = try world.makeCard()
    try scene.terminal.register(card: card, over: line, applicant: scene.applicant)
    #expect(try scene.attaches(card))
  }
}
