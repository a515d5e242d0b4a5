import Bytes
import CarrierTerminal
import CustomerManagement
import Handset
import HandsetRegistration
import Identifiers
import Keys
import RegistrationDevice
import RegistrationTerminal
import Store
import Synchronization
import TestStores
import Testing
import TransportCard
import World

/// A credit company that refuses the cards it is told to.
final class TestCompany: CreditCompany {
  private let refused = Mutex<Set<String>>([])
  func refuse(_ number: String) { refused.withLock { _ = $0.insert(number) } }
  func answer(about card: CreditCardNumber) -> CreditAnswer {
    let digits = String(decoding: card.digits.bytes, as: UTF8.self)
    return refused.withLock { $0.contains(digits) } ? .refused("no credit") : .approved(limit: 100_00)
  }
}

/// Somebody at the keypad, who refuses the first numbers offered, and may do something when one is shown.
final class TestApplicant: Applicant {
  var creditCard = "4111 1111 1111 1111"
  var services = ["call-waiting", "dial-lock"]
  var refusals = 0
  var deed: () throws -> Void = {}
  private(set) var offered: [String] = []
  func application(for purpose: Purpose) -> (creditCard: String, services: [String]) { (creditCard, services) }
  func accepts(_ number: String) throws -> Bool {
    offered.append(number)
    try deed()
    return offered.count > refusals
  }
}

/// A line that records, and breaks where it is told to.
final class TestLine: RegistrationLine {
  struct Broken: Error {}
  private let line: any RegistrationLine
  private(set) var messages: [(sent: [UInt8], received: [UInt8])] = []
  /// Cuts the line before or after the carrier has message number `index`, from 0.
  var cut: (index: Int, before: Bool)?

  init(_ line: any RegistrationLine) { self.line = line }

  func exchange(_ message: [UInt8]) throws -> [UInt8] {
    let index = messages.count
    if let cut, cut.index == index, cut.before { throw Broken() }
    let answer = try line.exchange(message)
    messages.append((message, answer))
    if let cut, cut.index == index { throw Broken() }
    return answer
  }
}

/// A carrier with a registration terminal at a dealer's.
struct Scene {
  let company = TestCompany()
  let world: RegistrationWorld
  let applicant = TestApplicant()
  let memory: any Store
  let terminal: Terminal

  init(numbers: Int = 10, seed: String = "terminal", store: (any Store)? = nil, memory: (any Store)? = nil) throws {
    world = try RegistrationWorld(
      store: store ?? StoreKind.current.make(), network: PLMN("00101"), numbers: numbers, company: company,
      vault: KeyVault(current: Secret([UInt8](repeating: 5, count: 32))),
      random: SeededRandomSource(seed: Array(seed.utf8)), now: Instant(seconds: 1_800_000_000))
    let memory = try memory ?? StoreKind.memory.make()
    self.memory = memory
    terminal = try world.makeRegistrationTerminal(store: memory)
  }

  var clock: DeviceClock { DeviceClock { [world] in world.now } }
  var line: any RegistrationLine { world.line() }

  /// Registers and authenticates the terminal.
  func open() throws {
    try terminal.register(dealer: RegistrationWorld.dealer, over: line)
    try terminal.authenticate(over: line)
  }

  /// A card that was registered at the terminal, which is registered itself, and its number.
  func sellCard() throws -> (card: InProcessCard, number: String) {
    let card = try world.makeCard()
    try terminal.authenticate(over: line)
    return (card, try terminal.register(card: card, over: line, applicant: applicant))
  }

  /// Whether the card serves in a handset of the approved model, and the network takes it.
  func attaches(_ card: InProcessCard, modelKey: PrivateKey? = nil) throws -> Bool {
    let handset = try world.makeHandset(modelKey: modelKey, module: card)
    handset.powerOn()
    return try world.attaches(handset)
  }
}
