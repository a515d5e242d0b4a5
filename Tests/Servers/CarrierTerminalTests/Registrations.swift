import Bytes
import CarrierTerminal
import CustomerManagement
import Handset
import HandsetRegistration
import Identifiers
import IdentityModule
import Keys
import RegistrationDevice
import SecureElement
import SecureMessages
import Synchronization
import TestStores
import Testing
import TransportCard
import World

/// A credit company that says what it is told to about a card, and counts.
final class TestCompany: CreditCompany {
  private let state = Mutex<(said: [String: CreditAnswer], asked: Int)>(([:], 0))
  var asked: Int { state.withLock { $0.asked } }
  func refuse(_ number: String) { say(.refused("no credit"), about: number) }
  func say(_ answer: CreditAnswer, about number: String) { state.withLock { $0.said[number] = answer } }
  func answer(about card: CreditCardNumber) -> CreditAnswer {
    state.withLock { state in
      state.asked += 1
      let digits = String(decoding: card.digits.bytes, as: UTF8.self)
      return state.said[digits] ?? .approved(limit: 100_00)
    }
  }
}

/// Somebody at the keypad, who refuses the first numbers offered.
final class TestApplicant: Applicant {
  var creditCard = "4111 1111 1111 1111"
  var services = ["call-waiting", "dial-lock"]
  var refusals = 0
  private(set) var offered: [String] = []
  func application(for purpose: Purpose) -> (creditCard: String, services: [String]) { (creditCard, services) }
  func accepts(_ number: String) -> Bool {
    offered.append(number)
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
  /// Changes what goes to the handset.
  var bend: ((Int, [UInt8]) -> [UInt8])?

  init(_ line: any RegistrationLine) { self.line = line }

  func exchange(_ message: [UInt8]) throws -> [UInt8] {
    let index = messages.count
    if let cut, cut.index == index, cut.before { throw Broken() }
    let answer = try line.exchange(message)
    messages.append((message, answer))
    if let cut, cut.index == index { throw Broken() }
    return bend?(index, answer) ?? answer
  }
}

func makeWorld(numbers: Int = 20, company: TestCompany = TestCompany(), seed: String = "registration") throws
  -> RegistrationWorld
{
  try RegistrationWorld(
    store: StoreKind.current.make(), network: PLMN("00101"), numbers: numbers, company: company,
    vault: KeyVault(current: Secret([UInt8](repeating: 5, count: 32))),
    random: SeededRandomSource(seed: Array(seed.utf8)), now: Instant(seconds: 1_800_000_000))
}
