import Bytes
import CarrierTerminal
import HandsetRegistration
import Identifiers
import Keys
import RegistrationDevice
import RegistrationTerminal
import SecureMessages
import TestStores
import Testing
import TransportCard
import World

@Suite("A6: the terminal's own registration and authentication (Figs 29, 30, 32)", .overEveryStore)
struct OwnRegistrationTests {
  private let scene: Scene
  init() throws { scene = try Scene() }

  @Test("Figs 29, 30: dealer number and KE_A are checked, and ID_A is written; Fig. 32: a permit is shown") func whole()
    throws
  {
    #expect(scene.terminal.display == ["carrier:001-01", "not registered"])
    try scene.terminal.register(dealer: RegistrationWorld.dealer, over: scene.line)
    #expect(scene.terminal.display == ["carrier:001-01", "registered for dealer D-0001"])
    #expect(!scene.terminal.mayWrite)
    try scene.terminal.authenticate(over: scene.line)
    #expect(scene.terminal.mayWrite)
    #expect(scene.terminal.display == ["carrier:001-01", "a card may be written"])
    // The ID write flag is there without power.
    let other = try scene.world.makeRegistrationTerminal(store: scene.memory)
    #expect(other.display == ["carrier:001-01", "registered"])
  }

  @Test("Fig. 30 (l): another dealer number than the line's, or one that is not on the list, is denied") func dealer()
    throws
  {
    #expect(throws: DeviceError.refused(.unknownDealer)) {
      try scene.terminal.register(dealer: "D-0002", over: scene.line)
    }
    #expect(throws: DeviceError.refused(.unknownDealer)) {
      try scene.terminal.register(dealer: "D-0002", over: scene.world.line(dealer: "D-0002"))
    }
    try scene.world.desk.add(dealer: "D-0002", name: "Second")
    #expect(throws: Never.self) {
      try scene.terminal.register(dealer: "D-0002", over: scene.world.line(dealer: "D-0002"))
    }
  }

  @Test("Fig. 30 (l): a model of terminal that is not approved is denied, and so is a handset's KE_MSN") func model()
    throws
  {
    for key in [PrivateKey(.p256, random: SeededRandomSource(seed: [1])), scene.world.modelKey] {
      let terminal = try scene.world.makeRegistrationTerminal(modelKey: key, store: StoreKind.memory.make())
      #expect(throws: DeviceError.refused(.unknownModel)) {
        try terminal.register(dealer: RegistrationWorld.dealer, over: scene.line)
      }
    }
    try scene.open()
    try scene.world.desk.withdraw(model: scene.world.terminalKey.publicKey)
    #expect(throws: DeviceError.refused(.unknownModel)) { try scene.terminal.authenticate(over: scene.line) }
  }

  @Test("Fig. 32: a terminal that is not registered, or was taken off, gets no permit") func unregistered() throws {
    #expect(throws: DeviceError.notReady) {
      try scene.terminal.authenticate(over: scene.line)
    }
    let module = try scene.world.makeTerminalModule()
    let terminal = try scene.world.makeRegistrationTerminal(module: module, store: StoreKind.memory.make())
    try terminal.register(dealer: RegistrationWorld.dealer, over: scene.line)
    let number = try ModuleAccess(module).certificate.claimedBody.number
    #expect(try scene.world.desk.dealer(ofTerminal: number) == RegistrationWorld.dealer)
    try scene.world.desk.withdraw(terminal: number)
    #expect(try scene.world.desk.dealer(ofTerminal: number) == nil)
    #expect(throws: DeviceError.refused(.unknownTerminal)) { try terminal.authenticate(over: scene.line) }
    try terminal.register(dealer: RegistrationWorld.dealer, over: scene.line)
    #expect(throws: Never.self) { try terminal.authenticate(over: scene.line) }
  }

  @Test(
    "Fig. 30 (m, o): an ID_A that never came leaves the old one valid; one whose receipt never came brings it later")
  func lostMessages() throws {
    let module = try scene.world.makeTerminalModule()
    func terminal() throws -> Terminal {
      try scene.world.makeRegistrationTerminal(module: module, store: StoreKind.memory.make())
    }
    try terminal().register(dealer: RegistrationWorld.dealer, over: scene.line)
    for (index, before) in [(1, false), (2, true)] {
      let line = TestLine(scene.line)
      line.cut = (index, before)
      #expect(throws: TestLine.Broken.self) {
        try terminal().register(dealer: RegistrationWorld.dealer, over: line)
      }
      // The terminal that is asked has forgotten everything but what its module holds.
      let next = try terminal()
      try next.authenticate(over: scene.line)
      #expect(next.mayWrite)
    }
  }

  @Test("Fig. 32 (h): ID_A of another terminal, or a wrong proof by its key, gives no permit") func foreignIdentity()
    throws
  {
    let module = try scene.world.makeTerminalModule()
    try scene.world.makeRegistrationTerminal(module: module, store: StoreKind.memory.make())
      .register(dealer: RegistrationWorld.dealer, over: scene.line)
    let key = scene.world.terminalKey
    let model = KeyHolder(.model(key.publicKey), key: key)
    let (access, random) = (try ModuleAccess(module), SeededRandomSource(seed: [6]))
    let information = try access.read(as: model, random: random).information
    let other = PublicInformation(
      number: "D-0009", imsi: nil, msi: information.msi, pattern: information.pattern, services: [])
    for (identity, bends) in [(information, true), (other, false)] {
      let course = try #require(
        try StartedRegistration(access, over: scene.line).identified(by: scene.world.authorities, scene.clock))
      var proof = try access.terminalProof(for: course.carrier.party, answering: course.challenge)
      if bends { proof[0] ^= 1 }
      let body = PermitRequest(
        modelKey: key.publicKey, presence: try course.presence(), information: identity, proof: proof,
        challenge: Challenge(random: random))
      #expect(throws: DeviceError.refused(.unknownTerminal)) {
        let _: PermitGranted = try scene.line.ask(course.request(body, by: model))
      }
    }
  }

  @Test("the selector: one module for each carrier; what one carrier gave counts for no other") func selector() throws {
    let second = KeyHolder(.carrier(try PLMN("00102")), key: PrivateKey(.p256, random: SeededRandomSource(seed: [2])))
    let module = try scene.world.makeTerminalModule()
    let terminal = try scene.world.makeRegistrationTerminal(
      others: [second.party: module], store: StoreKind.memory.make())
    try terminal.register(dealer: RegistrationWorld.dealer, over: scene.line)
    try terminal.authenticate(over: scene.line)
    #expect(terminal.mayWrite)
    try terminal.select(second.party)
    #expect(!terminal.mayWrite)
    #expect(terminal.display == ["carrier:001-02", "not registered"])
    // The module behind the selector knows the first carrier only: what answers is not the carrier selected.
    #expect(throws: DeviceError.foreignNetwork) { try terminal.authenticate(over: scene.line) }
    #expect(throws: DeviceError.notSelected) { try terminal.select(.carrier(PLMN("00103"))) }
  }

  @Test("an impostor of the carrier is refused at command 11: KE_A, dealer number and ID_A stay in the terminal")
  func impostor() throws {
    try scene.terminal.register(dealer: RegistrationWorld.dealer, over: scene.line)
    let impostor = try Scene(seed: "impostor")
    try impostor.world.desk.add(maker: scene.world.maker.known)
    try impostor.world.desk.approve(
      model: scene.world.terminalKey.publicKey, as: .registrationTerminal, name: "Terminal 1", from: scene.world.now,
      to: scene.world.now + .seconds(1000))
    let line = TestLine(impostor.line)
    #expect(throws: DeviceError.foreignNetwork) {
      try scene.terminal.register(dealer: RegistrationWorld.dealer, over: line)
    }
    #expect(throws: DeviceError.foreignNetwork) { try scene.terminal.authenticate(over: line) }
    #expect(line.messages.count == 2)
  }
}
