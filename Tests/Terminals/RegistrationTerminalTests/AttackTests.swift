import APDU
import Bytes
import CarrierTerminal
import CustomerManagement
import Handset
import HandsetRegistration
import Identifiers
import Keys
import RegistrationDevice
import RegistrationTerminal
import SecureMessages
import TestStores
import Testing
import Transport
import TransportCard
import World

@Suite("A6 under attack", .overEveryStore) struct AttackTests {
  private let scene: Scene
  init() throws {
    scene = try Scene()
    try scene.terminal.register(dealer: RegistrationWorld.dealer, over: scene.line)
  }

  @Test("a permit is for one card: after a refused credit the old permit earns nothing, with another card either")
  func oldPermit() throws {
    scene.company.refuse("4111111111111111")
    try scene.terminal.authenticate(over: scene.line)
    let line = TestLine(scene.line)
    #expect(throws: DeviceError.refused(.creditRefused)) {
      try scene.terminal.register(card: scene.world.makeCard(), over: line, applicant: scene.applicant)
    }
    scene.applicant.creditCard = "5500005555555559"
    #expect(throws: DeviceError.noPermit) {
      try scene.terminal.register(card: scene.world.makeCard(), over: scene.line, applicant: scene.applicant)
    }
    // The requests themselves, sent again, get their old answers or refusals.
    for (sent, received) in line.messages.dropFirst() where sent.first != 0xAB {
      #expect(try scene.line.exchange(sent) == received)
    }
    let stock = try #require(try scene.world.customers.pools(now: scene.world.now).first)
    #expect(stock.counts == [.free: 10])
  }

  @Test("a permit of one card used for another, by a terminal that does not keep to it, is refused") func secondCard()
    throws
  {
    let rogue = try Rogue(scene)
    let permit = try rogue.permit()
    let (first, second) = (try rogue.begin(), try rogue.begin())
    #expect(throws: Never.self) { try rogue.ask(first, permit: permit) }
    #expect(throws: DeviceError.refused(.noPermit)) { try rogue.ask(second, permit: permit) }
    #expect(throws: DeviceError.refused(.noPermit)) { try rogue.ask(second, permit: nil) }
    let fresh = try rogue.permit()
    scene.world.now = scene.world.now + .seconds(901)
    #expect(throws: DeviceError.refused(.noPermit)) { try rogue.ask(rogue.begin(), permit: fresh) }
  }

  @Test(
    "the dealer's terminal swapped for a hostile one of the same model: neither its own module nor another's permit serves"
  )
  func swapped() throws {
    let rogue = try Rogue(scene)
    let permit = try rogue.permit()
    // It has KD_A, as every terminal of the model, and a module that the carrier does not know as a terminal.
    let hostile = try scene.world.makeRegistrationTerminal(store: StoreKind.memory.make())
    #expect(throws: (any Error).self) { try hostile.authenticate(over: scene.line) }
    let course = try rogue.begin()
    let stranger = try ModuleAccess(scene.world.makeTerminalModule())
    #expect(throws: DeviceError.refused(.notAuthentic)) { try rogue.ask(course, permit: permit, presence: stranger) }
    // A permit of one dealer serves on no other's line.
    try scene.world.desk.add(dealer: "D-0002", name: "Second")
    let line = scene.world.line(dealer: "D-0002")
    let elsewhere = try rogue.begin(over: line)
    #expect(throws: DeviceError.refused(.noPermit)) { try rogue.ask(elsewhere, permit: permit, over: line) }
  }

  @Test("leak of KD_A alone: without the carrier's ID_A in a module there is no permit, and PWD is told to nobody")
  func leakOfTerminalKey() throws {
    let rogue = try Rogue(scene)
    let course = try rogue.begin()
    let use = PermitUse(
      permit: RegistrationName(random: SeededRandomSource(seed: [8])),
      presence: try rogue.module.presence(for: scene.world.carrier.party, answering: course.challenge))
    let key = PrivateKey(.p256, random: SeededRandomSource(seed: [9]))
    let body = PasswordRequest(
      modelKey: scene.world.terminalKey.publicKey, permit: use, key: key.publicKey,
      challenge: Challenge(random: SeededRandomSource(seed: [10])))
    #expect(throws: DeviceError.refused(.noPermit)) {
      let _: PasswordDelivered = try scene.line.ask(course.request(body, by: rogue.model))
    }
  }

  @Test("a card goes the way of cards: with a handset's KE_MSN, or as a handset, it is not registered")
  func handsetPath()
    throws
  {
    let card = try scene.world.makeCard()
    try scene.world.equip(card)
    #expect(throws: DeviceError.refused(.unknownModel)) {
      try scene.world.makeHandset(module: card).register(over: scene.line, applicant: scene.applicant)
    }
  }

  @Test("a whole session recorded and replayed into a blank card writes nothing") func replay() throws {
    try scene.terminal.authenticate(over: scene.line)
    let line = TestLine(scene.line)
    try scene.terminal.register(card: scene.world.makeCard(), over: line, applicant: scene.applicant)
    struct Player: RegistrationLine {
      let line: TestLine
      func exchange(_ message: [UInt8]) throws -> [UInt8] {
        guard let tag = message.first, let found = line.messages.first(where: { $0.sent.first == tag }) else {
          throw TestLine.Broken()
        }
        return found.received
      }
    }
    let blank = try scene.world.makeCard()
    try scene.terminal.authenticate(over: scene.line)
    #expect(throws: DeviceError.notAuthentic) {
      try scene.terminal.register(card: blank, over: Player(line: line), applicant: scene.applicant)
    }
    // The recorded commands, played into a card that has the carrier's key, and into the sold card's twin of the same lot.
    try scene.world.equip(blank)
    let channel = TerminalChannel(blank)
    _ = try ModuleAccess(blank)
    for (_, received) in line.messages {
      guard let delivered = try? InformationDelivered(encoded: received) else { continue }
      _ = try channel.send(ModuleCommand.challenge.command())
      #expect(
        try channel.send(ModuleCommand.idWrite.command(data: delivered.information.encoded)).status == .securityStatus)
    }
    #expect(try !scene.attaches(blank))
    // Neither does the recorded authentication of the terminal give a second permit.
    let recorded = TestLine(scene.line)
    try scene.terminal.authenticate(over: recorded)
    let request = try #require(recorded.messages.last)
    #expect(try scene.line.exchange(request.sent) == request.received)
  }

  @Test("two terminals race for the last number: one card gets it") func race() throws {
    let scene = try Scene(numbers: 1)
    try scene.open()
    try scene.world.desk.add(dealer: "D-0002", name: "Second")
    let line = scene.world.line(dealer: "D-0002")
    let second = try scene.world.makeRegistrationTerminal(store: StoreKind.memory.make())
    try second.register(dealer: "D-0002", over: line)
    try second.authenticate(over: line)
    let (first, other) = (try scene.world.makeCard(), try scene.world.makeCard())
    var loser: (any Error)?
    scene.applicant.deed = {
      do { try second.register(card: other, over: line, applicant: TestApplicant()) } catch { loser = error }
    }
    try scene.terminal.register(card: first, over: scene.line, applicant: scene.applicant)
    #expect(loser as? DeviceError == .refused(.noNumber))
    #expect(try scene.attaches(first))
    #expect(try !scene.attaches(other))
  }
}

/// A terminal of the approved model whose program does what it likes: it has KD_A and a registered module.
private struct Rogue {
  let scene: Scene
  let model: KeyHolder
  let module: ModuleAccess
  private let random = SeededRandomSource(seed: Array("rogue".utf8))

  init(_ scene: Scene) throws {
    self.scene = scene
    let key = scene.world.terminalKey
    model = KeyHolder(.model(key.publicKey), key: key)
    let link = try scene.world.makeTerminalModule()
    let terminal = try scene.world.makeRegistrationTerminal(module: link, store: StoreKind.memory.make())
    try terminal.register(dealer: RegistrationWorld.dealer, over: scene.line)
    module = try ModuleAccess(link)
  }

  /// Fig. 32.
  func permit() throws -> RegistrationName {
    let course = try #require(
      try StartedRegistration(module, over: scene.line).identified(by: scene.world.authorities, scene.clock))
    let reading = try module.read(as: model, random: random)
    let nonce = Challenge(random: random)
    let body = PermitRequest(
      modelKey: model.key.publicKey, presence: try course.presence(), information: reading.information,
      proof: try module.terminalProof(for: course.carrier.party, answering: course.challenge), challenge: nonce)
    let granted: PermitGranted = try scene.line.ask(course.request(body, by: model))
    return try course.opened(granted.sealed, by: model, answering: nonce).name
  }

  /// A registration of a new card.
  func begin(over line: (any RegistrationLine)? = nil) throws -> Registration {
    let card = try scene.world.makeCard()
    try scene.world.equip(card)
    return try #require(
      try StartedRegistration(ModuleAccess(card), over: line ?? scene.line).identified(
        by: scene.world.authorities, scene.clock))
  }

  /// A number request by `permit`, with the presence of a module.
  func ask(
    _ course: Registration, permit: RegistrationName?, presence: ModuleAccess? = nil,
    over line: (any RegistrationLine)? = nil
  ) throws {
    let use = try permit.map { name in
      PermitUse(
        permit: name,
        presence: try (presence ?? module).presence(for: course.carrier.party, answering: course.challenge))
    }
    var course = course
    let body = NumberRequest(
      purpose: .new, modelKey: model.key.publicKey, presence: try course.presence(),
      creditCard: try #require(CreditCardNumber("4111111111111111")), services: [], number: nil,
      challenge: Challenge(random: random), permit: use)
    _ = try course.offer(for: body, by: model, over: line ?? scene.line)
  }
}
