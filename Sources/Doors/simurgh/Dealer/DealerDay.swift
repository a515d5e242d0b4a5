import Bytes
import CustomerManagement
import Foundation
import Handset
import HandsetRegistration
import Identifiers
import Keys
import RegistrationDevice
import StoreSQLite
import Transport
import World

/// What a dealer has besides the counter: handsets, and a line to the carrier's terminal.
protocol DealersShop {
  /// The services that the dealer knows of.
  var services: [String] { get }
  /// A new handset from the factory.
  func makeHandset() throws -> Handset
  /// The line to the carrier's terminal.
  func line() throws -> any RegistrationLine
  /// What is done at the counter: a new registration, or a change of the subscriber's `number`.
  func register(_ purpose: Purpose, _ handset: Handset, number: String?, applicant: any Applicant) throws
    -> PublicInformation
  /// Whether the network takes the handset.
  func attaches(_ handset: Handset) throws -> Bool
  /// The handset's flag has changed, or may have.
  func keep(_ handset: Handset) throws
}

extension DealersShop {
  func register(_ purpose: Purpose, _ handset: Handset, number: String?, applicant: any Applicant) throws
    -> PublicInformation
  { try handset.register(purpose, number: number, over: line(), applicant: applicant) }
}

/// A shop whose every party is in this process, and gone when it ends.
struct LaboratoryShop: DealersShop {
  let world: RegistrationWorld

  init() throws { world = try Self.makeWorld(numbers: 100) }

  /// All parties, with nothing kept after the program ends.
  static func makeWorld(numbers: Int) throws -> RegistrationWorld {
    let random = SystemRandomSource.shared
    return try RegistrationWorld(
      store: SQLiteStore.inMemory(), network: PLMN("00101"), numbers: numbers, company: LaboratoryCompany(),
      vault: KeyVault(current: Secret(random.bytes(32))), random: random, now: .now())
  }

  let services = RegistrationWorld.services
  func makeHandset() throws -> Handset { try world.makeHandset() }
  func line() -> any RegistrationLine {
    world.now = .now()
    return world.line()
  }
  func attaches(_ handset: Handset) throws -> Bool { try world.attaches(handset) }
  func keep(_ handset: Handset) {}
}

/// A dealer's day at the counter: handsets on the shelf, a line to the carrier's terminal, and a menu.
struct DealerDay {
  private let shop: any DealersShop
  private var sold: [Handset]

  /// A day in `shop`, which has sold handsets before.
  init(_ shop: any DealersShop, sold: [Handset] = []) { (self.shop, self.sold) = (shop, sold) }

  /// One round of the menu; false at its end.
  mutating func round() throws -> Bool {
    Self.tell("1 new handset  2 repair  3 services  4 credit card  5 network  6 receipt  0 end: ")
    switch readLine() {
    case "1": try register(.new, handset: shop.makeHandset())
    case "2": try register(.repair, handset: shop.makeHandset())
    case "3": try change(.services)
    case "4": try change(.creditCard)
    case "5": try showNetwork()
    case "6": try handInReceipt()
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
      defer { Self.noting { try shop.keep(handset) } }
      let applicant = PersonAtKeypad(services: shop.services)
      let information = try shop.register(purpose, handset, number: number, applicant: applicant)
      Self.tell("registered: \(information.number)\n")
      for line in handset.display.dropFirst() { Self.tell("  \(line)\n") }
      if purpose == .new || purpose == .repair { sold.append(handset) }
    } catch let error as DeviceError {
      Self.tell("not registered: \(error)\n")
    } catch let error as LinkError {
      Self.tell("the line broke: \(error.sentence)\n")
      guard handset.isIDWritten, purpose == .new || purpose == .repair else { return }
      Self.tell("the handset has its ID, and the carrier does not know it yet: key in 6 when the line is there again\n")
      sold.append(handset)
    }
  }

  /// The line broke before the carrier had the module's receipt: it gets it once more.
  private func handInReceipt() throws {
    guard let handset = sold.last else { return Self.tell("no handset was sold yet: begin with 1\n") }
    do {
      try handset.deliverReceipt(over: shop.line())
      Self.tell("the carrier has the receipt\n")
    } catch let error as DeviceError {
      Self.tell("not taken: \(error)\n")
    } catch let error as LinkError { Self.tell("the line broke: \(error.sentence)\n") }
  }

  private static func noting(_ body: () throws -> Void) {
    do { try body() } catch { Complaint.note("\(Complaint(error))") }
  }

  /// Which of the handsets sold today the network takes.
  private func showNetwork() throws {
    for handset in sold {
      handset.powerOn()
      let taken = try shop.attaches(handset)
      Self.tell("\(handset.display.first ?? "") \(taken ? "attached" : "refused by the network")\n")
    }
  }

  static func tell(_ text: String) {
    print(text, terminator: "")
    fflush(nil)
  }
}

/// The person at the keyboard; a wrong check digit is refused before anything is sent.
struct PersonAtKeypad: Applicant {
  var services = RegistrationWorld.services

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
      DealerDay.tell("services (\(services.joined(separator: ", "))), separated by spaces: ")
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
