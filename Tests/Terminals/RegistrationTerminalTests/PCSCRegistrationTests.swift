import Foundation
import Handset
import RegistrationTerminal
import TestStores
import Testing
import Transport
import TransportCard
import World

/// Run by Tests/Interop/card-links, which brings up pcscd with vpcd.
@Suite(
  "A registration over PC/SC: terminal's module and card each in a reader", .serialized,
  .enabled(if: ProcessInfo.processInfo.environment["SIMURGH_PCSC"] != nil, "run by Tests/Interop/card-links"))
struct PCSCRegistrationTests {
  private struct Unchecked<Value>: @unchecked Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
  }

  /// A card in the virtual reader number `slot`, until `stop` is called.
  private func insert(_ card: any CardSide, _ slot: UInt16) throws -> (link: any CardLink, stop: () -> Void) {
    let vpcd = try VPCDCard(card, port: Int(VPCDCard.defaultPort) + Int(slot))
    let box = Unchecked(vpcd)
    let thread = Thread { try? box.value.serve() }
    thread.start()
    let stop = {
      vpcd.stop()
      while !thread.isFinished { usleep(10_000) }
    }
    let name = "Virtual PCD 00 0\(slot)"
    for _ in 0..<100 where try PCSC.readers().first(where: { $0.name == name })?.hasCard != true { usleep(100_000) }
    do { return (try PCSC.connect(name), stop) } catch {
      stop()
      throw error
    }
  }

  @Test("Figs 29 to 35 and 46: the terminal is registered, then a card; a handset reads it, and the network takes it")
  func registration() throws {
    let scene = try Scene(seed: "PC/SC")
    let (module, stopModule) = try insert(scene.world.makeModule(.terminal), 0)
    defer { stopModule() }
    let (card, stopCard) = try insert(scene.world.makeModule(.card), 1)
    defer { stopCard() }
    try scene.world.equip(module)
    let terminal = try scene.world.makeRegistrationTerminal(module: module, store: scene.memory)
    try terminal.register(dealer: RegistrationWorld.dealer, over: scene.line)
    try terminal.authenticate(over: scene.line)
    let number = try terminal.register(card: card, over: scene.line, applicant: scene.applicant)
    let handset = try scene.world.makeHandset(module: card)
    handset.powerOn()
    #expect(handset.display.first == number)
    #expect(try scene.world.attaches(handset))
  }
}
