import Bytes
import CarrierTerminal
import CustomerManagement
import DealerTerminal
import Handset
import HandsetRegistration
import Identifiers
import Keys
import RegistrationDevice
import TestStores
import Testing
import World

private struct Company: CreditCompany {
  func answer(about card: CreditCardNumber) -> CreditAnswer { .approved(limit: 1) }
}

/// Does something when the number is shown, and takes it.
private struct Person: Applicant {
  var deed: () -> Void = {}
  func application(for purpose: Purpose) -> (creditCard: String, services: [String]) { ("4111111111111111", []) }
  func accepts(_ number: String) -> Bool {
    deed()
    return true
  }
}

@Suite("A5: low-power radio (Figs 15 to 18)") struct DrawerTests {
  private let world: RegistrationWorld
  private let handset: Handset
  private let drawer = Drawer()
  private let terminal: Terminal
  private let near = Drawer.Listener(distance: 1)

  init() throws {
    world = try RegistrationWorld(
      store: StoreKind.memory.make(), network: PLMN("00101"), numbers: 5, company: Company(),
      vault: KeyVault(current: Secret([UInt8](repeating: 5, count: 32))),
      random: SeededRandomSource(seed: Array("drawer".utf8)), now: Instant(seconds: 1_800_000_000))
    let handset = try world.makeHandset()
    self.handset = handset
    terminal = Terminal(.radio(drawer, setting: { handset.radio }), carrier: world.line())
    drawer.add(near)
    handset.powerOn()
  }

  @Test("in the locked drawer the handset is registered, and who listens outside decodes nothing") func locked() throws
  {
    drawer.close()
    drawer.lock()
    let information = try handset.register(over: terminal, applicant: Person())
    #expect(handset.display == [information.number])
    #expect(try world.attaches(handset))
    #expect(near.heard.isEmpty)
  }

  @Test("a drawer that is open, or pushed in and not locked, refuses before anything is sent") func open() throws {
    #expect(throws: Terminal.Refusal.drawerOpen) { try handset.register(over: terminal, applicant: Person()) }
    drawer.lock()
    #expect(throws: Terminal.Refusal.drawerOpen) { try handset.register(over: terminal, applicant: Person()) }
    drawer.close()
    #expect(throws: Terminal.Refusal.drawerOpen) { try handset.register(over: terminal, applicant: Person()) }
    #expect(near.heard.isEmpty)
    #expect(try world.customers.pools(now: world.now).first?.counts == [.free: 5])
  }

  @Test("a drawer opened in the middle ends the registration; begun again it succeeds, and nobody heard") func opened()
    throws
  {
    drawer.close()
    drawer.lock()
    let drawer = drawer
    #expect(throws: Terminal.Refusal.drawerOpen) {
      try handset.register(over: terminal, applicant: Person(deed: { drawer.open() }))
    }
    #expect(near.heard.isEmpty && !handset.transmits)
    drawer.close()
    drawer.lock()
    _ = try handset.register(over: terminal, applicant: Person())
    #expect(try world.attaches(handset))
  }

  @Test(
    "the handset's program sets the transmitter: off, registration while it registers, the network's when it is ready")
  func setting() throws {
    #expect(handset.radio == .off)
    drawer.close()
    drawer.lock()
    let handset = handset
    final class Seen { var settings: [RadioSetting] = [] }
    let seen = Seen()
    _ = try handset.register(over: terminal, applicant: Person(deed: { seen.settings.append(handset.radio) }))
    #expect(seen.settings == [.registration])
    #expect(handset.radio == .network)
    handset.powerOff()
    #expect(handset.radio == .off)
  }

  @Test("a transmitter that is not set to registration is not listened to") func wrongRadio() throws {
    let terminal = Terminal(.radio(drawer, setting: { .network }), carrier: world.line())
    drawer.close()
    drawer.lock()
    #expect(throws: Terminal.Refusal.wrongRadio) { try handset.register(over: terminal, applicant: Person()) }
  }

  @Test("by cable the terminal carries the same messages") func cable() throws {
    let terminal = Terminal(.cable, carrier: world.line())
    _ = try handset.register(over: terminal, applicant: Person())
    #expect(try world.attaches(handset))
  }
}
