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
import SecureElement
import SecureMessages
import TLV
import TestStores
import Transport
import Testing
import TransportCard
import World

@Suite("A1: new handset on line (Figs 7, 8)", .overEveryStore) struct NewRegistrationTests {
  private let company = TestCompany()
  private let world: RegistrationWorld
  private let applicant = TestApplicant()

  init() throws { world = try makeWorld(company: company) }

  @Test("(a) to (v): the handset gets its ID, and the network takes it") func whole() throws {
    let handset = try world.makeHandset()
    #expect(handset.powerOn() == .unregistered)
    #expect(!handset.transmits)
    let information = try handset.register(over: world.line(), applicant: applicant)
    #expect(applicant.offered == [information.number])
    #expect(handset.transmits)
    #expect(handset.display == [information.number, "dial-lock cannot be used with this handset"])
    #expect(try world.attaches(handset))
    let registered = try #require(try world.desk.registered(information.number))
    #expect(registered.imsi == information.imsi)
    #expect(registered.module == information.msi)
    // The number is one subscription's, with the services asked for.
    let record = try world.customers.number(TelephoneNumber(information.number), now: world.now)
    #expect(record.state == .inUse)
    let subscription = try world.customers.subscription(#require(record.subscription))
    #expect(subscription.state == .active)
    #expect(subscription.imsi == information.imsi)
    #expect(try Set(world.customers.services(ofSubscription: subscription.id)) == Set(applicant.services))
    #expect(company.asked == 1)
  }

  @Test("(q): a number that is not wanted is refused, and another is offered, without another credit check")
  func otherNumber() throws {
    applicant.refusals = 2
    let information = try world.makeHandset().register(over: world.line(), applicant: applicant)
    #expect(Set(applicant.offered).count == 3)
    #expect(information.number == applicant.offered[2])
    for refused in applicant.offered.prefix(2) {
      #expect(try world.customers.number(TelephoneNumber(refused), now: world.now).state == .free)
    }
    #expect(company.asked == 1)
  }

  @Test("(n): a model that is not approved is denied, and a withdrawn one") func foreignModel() throws {
    let handset = try world.makeHandset(modelKey: PrivateKey(.p256, random: SeededRandomSource(seed: [9])))
    #expect(throws: DeviceError.refused(.unknownModel)) {
      try handset.register(over: world.line(), applicant: applicant)
    }
    try world.desk.withdraw(model: world.modelKey.publicKey)
    #expect(throws: DeviceError.refused(.unknownModel)) {
      try world.makeHandset().register(over: world.line(), applicant: applicant)
    }
    #expect(company.asked == 0)
  }

  @Test("(n): the key of a registration terminal's model gets no handset's ID, and a key has one role for good")
  func roles() throws {
    let key = PrivateKey(.p256, random: SeededRandomSource(seed: [11]))
    let end = world.now + .seconds(1000)
    try world.desk.approve(
      model: key.publicKey, as: .registrationTerminal, name: "Terminal 1", from: world.now, to: end)
    #expect(throws: DeviceError.refused(.unknownModel)) {
      try world.makeHandset(modelKey: key).register(over: world.line(), applicant: applicant)
    }
    for (key, role) in [(key, ModelRole.handset), (world.modelKey, .registrationTerminal)] {
      #expect(throws: ModelListError.otherRole) {
        try world.desk.approve(model: key.publicKey, as: role, name: "Both", from: world.now, to: end)
      }
    }
    #expect(throws: Never.self) { try world.makeHandset().register(over: world.line(), applicant: applicant) }
  }

  @Test("(n): credit refused: denied, no number is held, and the old permit earns nothing") func credit() throws {
    company.refuse("4111111111111111")
    let handset = try world.makeHandset()
    let line = TestLine(world.line())
    #expect(throws: DeviceError.refused(.creditRefused)) { try handset.register(over: line, applicant: applicant) }
    let stock = try #require(try world.customers.pools(now: world.now).first)
    #expect(stock.counts == [.free: 20])
    // The same request is answered as before, also after the company would say yes.
    let request = try #require(line.messages.last)
    #expect(try world.line().exchange(request.sent) == request.received)
    // Another request on the same permit, with a card that the company would take, comes too late.
    let (bad, good) = (CreditCardNumber("4111111111111111"), CreditCardNumber("5500005555555559"))
    var course = try handset.begin(over: world.line())
    #expect(throws: DeviceError.refused(.creditRefused)) {
      try handset.number(.new, #require(bad), [], nil, of: &course, over: world.line())
    }
    #expect(throws: DeviceError.refused(.outOfOrder)) {
      try handset.number(.new, #require(good), [], nil, of: &course, over: world.line())
    }
    #expect(try #require(world.customers.pools(now: world.now).first).counts == [.free: 20])
    applicant.creditCard = "5500005555555559"
    #expect(throws: Never.self) { try handset.register(over: world.line(), applicant: applicant) }
  }

  @Test(
    "(n): the credit company is silent, or knows nothing: nobody is refused, and the same request finds it again",
    arguments: [CreditAnswer.noAnswer("timed out"), .unknown("a stranger")])
  func creditUnknown(answer: CreditAnswer) throws {
    company.say(answer, about: "4111111111111111")
    let line = TestLine(world.line())
    #expect(throws: DeviceError.refused(.creditUnknown)) {
      try world.makeHandset().register(over: line, applicant: applicant)
    }
    #expect(try #require(world.customers.pools(now: world.now).first).counts == [.free: 20])
    let request = try #require(line.messages.last)
    company.say(.approved(limit: 1), about: "4111111111111111")
    #expect(throws: Never.self) { try NumberOffered(encoded: world.line().exchange(request.sent)) }
  }

  @Test("(i): no key of the module fits: this handset cannot be used in this network") func foreignNetwork() throws {
    let module = try InProcessCard(world.makeModule(.handset))
    let handset = try world.makeHandset(module: module)
    #expect(throws: DeviceError.foreignNetwork) { try handset.register(over: world.line(), applicant: applicant) }
  }

  @Test("a module that no known maker certified gets no answer to its RDM") func foreignModule() throws {
    let other = try makeWorld(seed: "another world")
    #expect(throws: DeviceError.refused(.unknownModule)) {
      try other.makeHandset().register(over: world.line(), applicant: applicant)
    }
  }

  @Test("an impostor of the carrier, with a key of its own, is refused at command 11") func impostor() throws {
    let impostor = try makeWorld(seed: "impostor")
    try impostor.desk.add(maker: world.maker.known)
    try impostor.desk.approve(
      model: world.modelKey.publicKey, name: "Model 1", from: world.now, to: world.now + .seconds(1000))
    #expect(throws: DeviceError.foreignNetwork) {
      try world.makeHandset().register(over: impostor.line(), applicant: applicant)
    }
  }

  @Test("a whole session recorded and replayed into a blank unit writes nothing") func replay() throws {
    let line = TestLine(world.line())
    _ = try world.makeHandset().register(over: line, applicant: applicant)
    struct Player: RegistrationLine {
      let line: TestLine
      func exchange(_ message: [UInt8]) throws -> [UInt8] {
        guard let tag = message.first, let found = line.messages.first(where: { $0.sent.first == tag }) else {
          throw TestLine.Broken()
        }
        return found.received
      }
    }
    let blank = try world.makeHandset()
    #expect(throws: DeviceError.foreignNetwork) {
      try blank.register(over: Player(line: line), applicant: applicant)
    }
    // Nor do the recorded commands themselves.
    let module = try InProcessCard(world.makeModule(.handset))
    try world.equip(module)
    let unit = try world.makeHandset(module: module)
    for (_, received) in line.messages {
      guard let delivered = try? InformationDelivered(encoded: received) else { continue }
      let channel = TerminalChannel(module)
      _ = try channel.send(ModuleCommand.challenge.command())
      #expect(
        try channel.send(ModuleCommand.idWrite.command(data: delivered.information.encoded)).status == .securityStatus)
    }
    #expect(unit.powerOn() == .unregistered)
    // And the carrier gives the recorded requests their recorded answers, or refuses: nothing new comes of them.
    for (sent, received) in line.messages.dropFirst() {
      let answer = try world.line().exchange(sent)
      #expect(answer == received || (try? RegistrationRefused(encoded: answer)) != nil)
    }
  }

  @Test("a dealer who is not on the list, or was taken off it, or begins too many registrations is refused")
  func dealers() throws {
    let handset = try world.makeHandset()
    #expect(throws: DeviceError.refused(.unknownDealer)) {
      try handset.register(over: world.line(dealer: "D-0002"), applicant: applicant)
    }
    for _ in 0..<100 { _ = try? handset.register(over: Once(line: world.line()), applicant: applicant) }
    #expect(throws: DeviceError.refused(.tooMany)) { try handset.register(over: world.line(), applicant: applicant) }
    world.now = world.now + .seconds(3600)
    #expect(throws: Never.self) { try handset.register(over: world.line(), applicant: applicant) }
    try world.desk.bar(dealer: RegistrationWorld.dealer)
    #expect(throws: DeviceError.refused(.unknownDealer)) {
      try world.makeHandset().register(over: world.line(), applicant: applicant)
    }
  }

  /// A line that carries one message and breaks.
  private struct Once: RegistrationLine {
    let line: any RegistrationLine
    func exchange(_ message: [UInt8]) throws -> [UInt8] {
      guard message.first == 0xA0 else { throw TestLine.Broken() }
      return try line.exchange(message)
    }
  }

  @Test("a wrong check digit is refused at the keypad: the number does not leave the handset") func keypad() throws {
    applicant.creditCard = "4111 1111 1111 1112"
    let line = TestLine(world.line())
    #expect(throws: DeviceError.creditCardNumber) {
      try world.makeHandset().register(over: line, applicant: applicant)
    }
    #expect(line.messages.count == 1)
  }

  @Test("the credit card number crosses the line sealed, and is in no record of the carrier's") func secrecy() throws {
    let store = try StoreKind.current.make()
    let world = try RegistrationWorld(
      store: store, network: PLMN("00101"), numbers: 3, company: company,
      vault: KeyVault(current: Secret([UInt8](repeating: 5, count: 32))),
      random: SeededRandomSource(seed: Array("secrecy".utf8)), now: Instant(seconds: 1_800_000_000))
    let line = TestLine(world.line())
    let information = try world.makeHandset().register(over: line, applicant: applicant)
    let needle = Array("4111111111111111".utf8).hex
    #expect(!line.messages.contains { ($0.sent + $0.received).hex.contains(needle) })
    #expect(!line.messages.contains { ($0.sent + $0.received).hex.contains(Array(information.number.utf8).hex) })
    let tables: [StaticString] = [
      "SELECT content FROM carrier_course", "SELECT card FROM carrier_registration",
    ]
    for table in tables {
      for row in try store.read({ try $0.query(table) }) {
        #expect(!(try row(0, as: [UInt8].self)).hex.contains(needle))
      }
    }
    for row in try store.read({ try $0.query("SELECT COALESCE(text, '') FROM event") }) {
      #expect(!(try row(0, as: String.self)).contains("4111111111111111"))
    }
  }

  @Test("two dealers race for the last number: one gets it, the other is told that there is none") func race() throws {
    let world = try makeWorld(numbers: 1)
    try world.desk.add(dealer: "D-0002", name: "Second")
    let (first, second) = (try world.makeHandset(), try world.makeHandset())
    final class Racer: Applicant {
      let body: () -> Void
      init(_ body: @escaping () -> Void) { self.body = body }
      func application(for purpose: Purpose) -> (creditCard: String, services: [String]) { ("4111111111111111", []) }
      func accepts(_ number: String) -> Bool {
        body()
        return true
      }
    }
    var loser: (any Error)?
    let racer = Racer {
      do { _ = try second.register(over: world.line(dealer: "D-0002"), applicant: TestApplicant()) } catch {
        loser = error
      }
    }
    let information = try first.register(over: world.line(), applicant: racer)
    #expect(loser as? DeviceError == .refused(.noNumber))
    #expect(try world.customers.number(TelephoneNumber(information.number), now: world.now).state == .inUse)
    #expect(try world.attaches(first))
  }

  @Test("the carrier's messages changed in any byte are refused, and no ID is written", arguments: 0..<3)
  func bent(message: Int) throws {
    let clean = TestLine(world.line())
    _ = try world.makeHandset().register(over: clean, applicant: applicant)
    let length = clean.messages[message].received.count
    try world.desk.add(dealer: RegistrationWorld.dealer, name: "Dealer")
    for place in stride(from: 0, to: length, by: 41) {
      world.now = world.now + .seconds(40)
      let handset = try world.makeHandset()
      let line = TestLine(world.line())
      line.bend = { index, bytes in
        guard index == message, place < bytes.count else { return bytes }
        var bytes = bytes
        bytes[place] ^= 0x04
        return bytes
      }
      // The name of a registration in clear is the one thing that can be changed; the carrier then knows no such one.
      #expect(throws: (any Error).self) { try handset.register(over: line, applicant: TestApplicant()) }
      #expect(handset.powerOn() == .unregistered)
      _ = try world.desk.sweep(now: world.now + .seconds(1000))
    }
  }
}
