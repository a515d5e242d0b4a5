import APDU
import AuC
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

@Suite("A6: cards at the registration terminal (Figs 33 to 44)", .overEveryStore) struct CardTests {
  private let scene: Scene
  init() throws {
    scene = try Scene()
    try scene.terminal.register(dealer: RegistrationWorld.dealer, over: scene.line)
  }

  @Test("Figs 33 to 35: a card without a carrier's key gets it first; every approved model reads the card") func new()
    throws
  {
    let second = PrivateKey(.p256, random: SeededRandomSource(seed: [3]))
    try scene.world.desk.approve(
      model: second.publicKey, name: "Model 2", from: scene.world.now, to: scene.world.now + .seconds(1_000_000))
    scene.applicant.refusals = 1
    let (card, number) = try scene.sellCard()
    #expect(Set(scene.applicant.offered).count == 2 && scene.applicant.offered.last == number)
    #expect(scene.terminal.display == [number, "the card is registered"])
    for key in [scene.world.modelKey, second] { #expect(try scene.attaches(card, modelKey: key)) }
    let record = try scene.world.customers.number(TelephoneNumber(number), now: scene.world.now)
    #expect(record.state == .inUse)
  }

  @Test("Fig. 33: a card that has the carrier's key needs no password, and none crosses the line") func withKey() throws
  {
    let card = try scene.world.makeCard()
    try scene.world.equip(card)
    try scene.terminal.authenticate(over: scene.line)
    let line = TestLine(scene.line)
    try scene.terminal.register(card: card, over: line, applicant: scene.applicant)
    #expect(!line.messages.contains { $0.sent.first == 0xAB })
    #expect(try scene.attaches(card))
  }

  @Test("Fig. 33 (*): PWD, credit card and telephone number are sealed on the line") func secrecy() throws {
    let card = try scene.world.makeCard()
    try scene.terminal.authenticate(over: scene.line)
    let line = TestLine(scene.line)
    let number = try scene.terminal.register(card: card, over: line, applicant: scene.applicant)
    #expect(line.messages.contains { $0.sent.first == 0xAB })
    let secrets = [RegistrationWorld.password.bytes, Array("4111111111111111".utf8), Array(number.utf8)]
    for secret in secrets { #expect(!line.messages.contains { ($0.sent + $0.received).hex.contains(secret.hex) }) }
  }

  @Test("Figs 36 to 38: a new card for a broken one; the old one is taken no more") func update() throws {
    let (broken, number) = try scene.sellCard()
    #expect(try scene.attaches(broken))
    let card = try scene.world.makeCard()
    try scene.terminal.authenticate(over: scene.line)
    try scene.terminal.register(.repair, card: card, number: number, over: scene.line, applicant: scene.applicant)
    #expect(try scene.attaches(card))
    #expect(try !scene.attaches(broken))
  }

  @Test("Figs 39 to 41: services; Figs 42 to 44: the credit card; the ID is always rewritten") func changes() throws {
    let (card, number) = try scene.sellCard()
    let old = try scene.world.makeHandset(module: card)
    old.powerOn()
    // The network's challenge under the keys of now: who has it rewritten does not know them.
    func vector() throws -> Quintuplet {
      guard case .ready(let information, _) = old.state, let imsi = information.imsi else { throw DeviceError.notReady }
      let vectors = try scene.world.centre.quintuplets(
        for: imsi, by: "MSC", now: scene.world.now, random: SeededRandomSource(seed: [8]))
      return try #require(vectors.first)
    }
    func expectRewritten(since vector: Quintuplet) {
      old.powerOn()
      #expect(throws: DeviceError.module(.compute, .wrongMAC)) {
        try old.authenticate(rand: vector.rand, autn: vector.autn.bytes)
      }
    }
    var before = try vector()
    scene.applicant.services = ["voice-mail"]
    try scene.terminal.authenticate(over: scene.line)
    try scene.terminal.register(.services, card: card, number: number, over: scene.line, applicant: scene.applicant)
    guard case .ready(let information, _) = try scene.world.makeHandset(module: card).powerOn() else {
      Issue.record("the card serves")
      return
    }
    #expect(information.services == ["voice-mail"] && information.number == number)
    expectRewritten(since: before)
    before = try vector()
    scene.applicant.creditCard = "340000000000009"
    try scene.terminal.authenticate(over: scene.line)
    try scene.terminal.register(.creditCard, card: card, number: number, over: scene.line, applicant: scene.applicant)
    expectRewritten(since: before)
    #expect(try scene.attaches(card))
  }

  @Test("command 7: a model that the carrier withdrew is erased, and reads the card no more, with its approval either")
  func erase() throws {
    let second = PrivateKey(.p256, random: SeededRandomSource(seed: [4]))
    let end = scene.world.now + .seconds(1_000_000)
    try scene.world.desk.approve(model: second.publicKey, name: "Model 2", from: scene.world.now, to: end)
    let approval = try Signed(
      ModelApproval(key: second.publicKey, role: .handset), by: scene.world.carrier,
      term: Term(serial: 9, notBefore: scene.world.now, notAfter: end))
    let (card, _) = try scene.sellCard()
    #expect(try scene.attaches(card, modelKey: second))
    try scene.terminal.authenticate(over: scene.line)
    #expect(throws: DeviceError.refused(.stillApproved)) {
      try scene.terminal.erase(model: "Model 2", card: card, over: scene.line)
    }
    try scene.world.desk.withdraw(model: second.publicKey)
    #expect(throws: DeviceError.noPermit) {
      try scene.terminal.erase(model: "Model 2", card: card, over: scene.line)
    }
    try scene.terminal.authenticate(over: scene.line)
    #expect(throws: DeviceError.refused(.unknownModel)) {
      try scene.terminal.erase(model: "Model 3", card: card, over: scene.line)
    }
    try scene.terminal.authenticate(over: scene.line)
    try scene.terminal.erase(model: "Model 2", card: card, over: scene.line)
    #expect(scene.terminal.display == ["Model 2 is erased from the card"])
    for sequence in ReadSequence.allCases {
      let handset = try scene.world.makeHandset(modelKey: second, approvals: [approval], module: card)
      #expect(handset.powerOn(sequence) == .unusable)
    }
    #expect(try scene.attaches(card))
  }

  @Test("a card of another network, or of no known maker, and a handset's module are refused") func foreignCard() throws
  {
    let other = try Scene(seed: "another network")
    let foreign = try other.world.makeCard()
    try scene.terminal.authenticate(over: scene.line)
    #expect(throws: DeviceError.foreignModule) {
      try scene.terminal.register(card: foreign, over: scene.line, applicant: scene.applicant)
    }
    try scene.terminal.authenticate(over: scene.line)
    #expect(throws: DeviceError.foreignModule) {
      try scene.terminal.register(
        card: InProcessCard(scene.world.makeModule(.handset)), over: scene.line, applicant: scene.applicant)
    }
  }
}
