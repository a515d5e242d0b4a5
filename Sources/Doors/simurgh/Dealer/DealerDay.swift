import Bytes
import CustomerManagement
import Foundation
import Handset
import HandsetRegistration
import Identifiers
import Keys
import RegistrationDevice
import StoreSQLite
import World

/// A dealer's day at the counter: handsets on the shelf, a line to the carrier's terminal, and a menu.
struct DealerDay {
  private let world: RegistrationWorld
  private var sold: [Handset] = []

  init() throws { world = try Self.makeWorld(numbers: 100) }

  /// All parties, with nothing kept after the program ends.
  static func makeWorld(numbers: Int) throws -> RegistrationWorld {
    let random = SystemRandomSource.shared
    return try RegistrationWorld(
      store: SQLiteStore.inMemory(), network: PLMN("00101"), numbers: numbers, company: LaboratoryCompany(),
      vault: KeyVault(current: Secret(random.bytes(32))), random: random, now: .now())
  }

  /// One round of the menu; false at its end.
  mutating func round() throws -> Bool {
    Self.tell("1 new handset  2 repair  3 services  4 credit card  5 network  0 end: ")
    let choice = readLine()
    world.now = .now()
    switch choice {
    case "1": try register(.new, handset: world.makeHandset())
    case "2": try register(.repair, handset: world.makeHandset())
    case "3": try change(.services)
    case "4": try change(.creditCard)
    case "5": try showNetwork()
    case "0", nil: return false
    default: Self.tell("key in a number of the menu\n")
    }
    return true
  }

  /// Services and credit card are changed in the subscriber's own handset.
  private mutating func change(_ purpose: Purpose) throws {
    guard let handset = sold.last else { return Self.tell("no handset was sold yet: begin with 1\n") }
    try register(purpose, handset: handset)
  }

  private mutating func register(_ purpose: Purpose, handset: Handset) throws {
    var number: String?
    if purpose != .new {
      Self.tell("telephone number: ")
      number = readLine() ?? ""
    }
    do {
      let information = try handset.register(
        purpose, number: number, over: world.line(), applicant: PersonAtKeypad())
      Self.tell("registered: \(information.number)\n")
      for line in handset.display.dropFirst() { Self.tell("  \(line)\n") }
      if purpose == .new || purpose == .repair { sold.append(handset) }
    } catch let error as DeviceError { Self.tell("not registered: \(error)\n") }
  }

  /// Which of the handsets sold today the network takes.
  private func showNetwork() throws {
    for handset in sold {
      handset.powerOn()
      let taken = try world.attaches(handset)
      Self.tell("\(handset.display.first ?? "") \(taken ? "attached" : "refused by the network")\n")
    }
  }

  static func tell(_ text: String) {
    print(text, terminator: "")
    fflush(nil)
  }
}

/// A credit company that refuses cards ending in 0002, so that a refusal can be seen.
private struct LaboratoryCompany: CreditCompany {
  func answer(about card: CreditCardNumber) -> CreditAnswer {
    card.digits.bytes.suffix(4) == Array("0002".utf8) ? .refused("the card is barred") : .approved(limit: 100_00)
  }
}

/// The person at the keyboard; a wrong check digit is refused before anything is sent.
struct PersonAtKeypad: Applicant {
  func application(for purpose: Purpose) throws -> (creditCard: String, services: [String]) {
    while true {
      DealerDay.tell("credit card number: ")
      guard let text = readLine() else { throw DeviceError.givenUp }
      guard let card = CreditCardNumber(text) else {
        DealerDay.tell("\(DeviceError.creditCardNumber)\n")
        continue
      }
      DealerDay.tell("card \(card)\n")
      guard purpose == .new || purpose == .services else { return (text, []) }
      DealerDay.tell("services (\(RegistrationWorld.services.joined(separator: ", "))), separated by spaces: ")
      let services = (readLine() ?? "").split(separator: " ").map(String.init)
      return (text, services)
    }
  }

  func accepts(_ number: String) throws -> Bool {
    DealerDay.tell("\(number) accepted? [yes/no/give up] ")
    switch readLine()?.lowercased() {
    case "yes", "y": return true
    case "no", "n": return false
    default: throw DeviceError.givenUp
    }
  }
}
