import Foundation
import Handset
import HandsetRegistration
import RegistrationDevice
import RegistrationTerminal
import Transport

/// The desk with the registration terminal on it, and a menu.
struct CardDesk {
  private let counter: any CardCounter
  private var terminal: RegistrationTerminal.Terminal { counter.terminal }

  /// A desk at `counter`.
  init(_ counter: any CardCounter) { self.counter = counter }

  /// One round of the menu; false at its end.
  func round() throws -> Bool {
    DealerDay.tell(
      "1 register terminal  2 authenticate  3 new card  4 broken card  5 services  6 credit card  7 erase model  "
        + "8 handset  0 end: ")
    do {
      switch readLine() {
      case "1": try terminal.register(dealer: Self.asked("dealer number: "), over: counter.line())
      case "2": try terminal.authenticate(over: counter.line())
      case "3": try register(.new)
      case "4": try register(.repair)
      case "5": try register(.services)
      case "6": try register(.creditCard)
      case "7": try erase()
      case "8":
        try show()
        return true
      case "0", nil: return false
      default:
        DealerDay.tell("key in a number of the menu\n")
        return true
      }
      DealerDay.tell(terminal.display.joined(separator: ": ") + "\n")
    } catch let error as DeviceError { DealerDay.tell("refused: \(error)\n") } catch let error as LinkError {
      DealerDay.tell("the line broke: \(error.sentence)\n")
      DealerDay.tell("key in 2 when it is there again: what the carrier does not know yet goes along\n")
    } catch let complaint as Complaint { DealerDay.tell("\(complaint)\n") }
    return true
  }

  static func asked(_ question: String) -> String {
    DealerDay.tell(question)
    return readLine() ?? ""
  }

  /// Nobody is asked for anything that a terminal without a permit cannot use.
  private func register(_ purpose: Purpose) throws {
    guard terminal.mayWrite else { throw DeviceError.noPermit }
    let card = try counter.insert(isNew: purpose == .new || purpose == .repair)
    let number = purpose == .new ? nil : Self.asked("telephone number: ")
    try terminal.register(
      purpose, card: card, number: number, over: counter.line(),
      applicant: PersonAtKeypad(services: counter.services))
  }

  private func erase() throws {
    guard terminal.mayWrite else { throw DeviceError.noPermit }
    let model = Self.asked("model: ")
    let card = try counter.insert(isNew: false)
    try counter.withdraw(model: model)
    try terminal.erase(model: model, card: card, over: counter.line())
  }

  /// The card in a handset of the approved model.
  private func show() throws {
    let handset = try counter.makeHandset(with: counter.insert(isNew: false))
    handset.powerOn()
    for line in handset.display { DealerDay.tell("\(line)\n") }
    DealerDay.tell(try counter.attaches(handset) ? "attached\n" : "refused by the network\n")
  }
}
