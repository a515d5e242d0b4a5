import Bytes
import Handset
import HandsetRegistration
import Identifiers
import Keys
import RegistrationDevice
import SecureElement
import SecureMessages
import TestStores
import Testing
import Transport
import TransportCard
import World
import CarrierTerminal
import CustomerManagement

/// Says yes to everybody.
private struct Company: CreditCompany {
  func answer(about card: CreditCardNumber) -> CreditAnswer { .approved(limit: 1) }
}

/// Takes whatever is offered.
private struct Person: Applicant {
  func application(for purpose: Purpose) -> (creditCard: String, services: [String]) {
    ("4111111111111111", ["call-waiting", "dial-lock"])
  }
  func accepts(_ number: String) -> Bool { true }
}

@Suite("A7: a card in a handset (Figs 45 to 47, Table 4)") struct PowerOnTests {
  private let world: RegistrationWorld
  private let card: InProcessCard
  private let information: PublicInformation
  private let random = SeededRandomSource(seed: Array("power on".utf8))

  /// A card that was registered at a terminal when there was one model, before others were approved.
  init() throws {
    world = try RegistrationWorld(
      store: StoreKind.memory.make(), network: PLMN("00101"), numbers: 5, company: Company(),
      vault: KeyVault(current: Secret([UInt8](repeating: 5, count: 32))), random: random,
      now: Instant(seconds: 1_800_000_000))
    card = try world.makeRegisteredCard(Person())
    guard case .ready(let information, _) = try world.makeHandset(module: card).powerOn() else {
      throw DeviceError.notReady
    }
    self.information = information
  }

  private func approval(_ key: PrivateKey, by carrier: KeyHolder? = nil) throws -> Signed<ModelApproval> {
    try Signed(
      ModelApproval(key: key.publicKey, role: .handset), by: carrier ?? world.carrier,
      term: Term(serial: 2, notBefore: world.now + .seconds(86_400), notAfter: world.now + .seconds(100 * 86_400)))
  }

  private func handset(
    _ key: PrivateKey, _ approvals: [Signed<ModelApproval>], patterns: [[UInt8]]? = nil
  ) throws -> Handset {
    let keys = try world.factory.makeUnitKeys(of: key, approvals: approvals)
    return Handset(
      Handset.Equipment(
        keys: keys, patterns: patterns ?? [RegistrationWorld.pattern], services: ["call-waiting"],
        authorities: world.authorities), module: card, clock: DeviceClock { [world] in world.now }, random: random)
  }

  @Test("a model approved after the card was issued works without a visit", arguments: ReadSequence.allCases)
  func laterModel(sequence: ReadSequence) throws {
    let key = PrivateKey(.p256, random: random)
    let stranger = KeyHolder(.carrier(try PLMN("00102")), key: PrivateKey(.p256, random: random))
    let handset = try handset(key, [try approval(key, by: stranger), try approval(key)])
    #expect(handset.powerOn(sequence) == .ready(information, unserved: ["dial-lock"]))
    #expect(handset.transmits)
    #expect(handset.display == [information.number, "dial-lock cannot be used with this handset"])
    #expect(try world.attaches(handset))
    // Fig. 47: written once, then skipped.
    #expect(handset.powerOn(sequence) == .ready(information, unserved: ["dial-lock"]))
  }

  @Test("no approval fits: the handset cannot be used and does not transmit", arguments: ReadSequence.allCases)
  func foreignModel(sequence: ReadSequence) throws {
    let key = PrivateKey(.p256, random: random)
    let stranger = KeyHolder(.carrier(try PLMN("00102")), key: PrivateKey(.p256, random: random))
    for approvals in [[try approval(key, by: stranger)], [try approval(world.modelKey)]] {
      let handset = try handset(key, approvals)
      #expect(handset.powerOn(sequence) == .unusable)
      #expect(!handset.transmits)
      #expect(handset.display == ["this handset cannot be used"])
      #expect(throws: DeviceError.notReady) { try handset.authenticate(rand: [], autn: []) }
      #expect(try !world.attaches(handset))
    }
  }

  @Test("an ID with a foreign fixed pattern is none", arguments: ReadSequence.allCases)
  func pattern(sequence: ReadSequence) throws {
    let key = PrivateKey(.p256, random: random)
    let handset = try handset(key, [try approval(key)], patterns: [Array("ANOTHER1".utf8)])
    #expect(handset.powerOn(sequence) == .unusable)
    #expect(!handset.transmits)
  }

  @Test("without power a handset shows nothing and does not transmit") func off() throws {
    let handset = try world.makeHandset(module: card)
    #expect(handset.state == .off && handset.display.isEmpty && !handset.transmits)
    handset.powerOn()
    #expect(handset.transmits)
    handset.powerOff()
    #expect(handset.state == .off && handset.display.isEmpty && !handset.transmits)
  }
}
