import Bytes
import Handset
import HandsetRegistration
import Identifiers
import Keys
import RegistrationDevice
import RegistrationTerminal
import StoreSQLite
import TransportCard
import World

/// The desk with the registration terminal on it, and a menu.
struct CardDesk {
  private let world: RegistrationWorld
  private let terminal: RegistrationTerminal.Terminal
  /// The card that was written last.
  private var card: InProcessCard?

  init() throws {
    world = try LaboratoryShop.makeWorld(numbers: 100)
    terminal = try world.makeRegistrationTerminal(store: SQLiteStore.inMemory())
  }

  /// One round of the menu; false at its end.
  mutating func round() throws -> Bool {
    DealerDay.tell(
      "1 register terminal  2 authenticate  3 new card  4 broken card  5 services  6 credit card  7 erase model  "
        + "8 handset  0 end: ")
    let choice = readLine()
    world.now = .now()
    do {
      switch choice {
      case "1": try terminal.register(dealer: asked("dealer number: "), over: world.line())
      case "2": try terminal.authenticate(over: world.line())
      case "3": try register(.new, world.makeCard())
      case "4": try register(.repair, world.makeCard())
      case "5": try register(.services, inserted())
      case "6": try register(.creditCard, inserted())
      case "7": try erase()
      case "8": return try show()
      case "0", nil: return false
      default:
        DealerDay.tell("key in a number of the menu\n")
        return true
      }
      DealerDay.tell(terminal.display.joined(separator: ": ") + "\n")
    } catch let error as DeviceError { DealerDay.tell("refused: \(error)\n") }
    return true
  }

  private func asked(_ question: String) -> String {
    DealerDay.tell(question)
    return readLine() ?? ""
  }

  private func inserted() throws -> InProcessCard {
    guard let card else { throw DeviceError.noModule }
    return card
  }

  private mutating func register(_ purpose: Purpose, _ card: InProcessCard) throws {
    let number = purpose == .new ? nil : asked("telephone number: ")
    try terminal.register(purpose, card: card, number: number, over: world.line(), applicant: PersonAtKeypad())
    self.card = card
  }

  /// The carrier withdraws the model here too, so that the erasure can be seen.
  private func erase() throws {
    let model = asked("model: ")
    if model == RegistrationWorld.modelName { try world.desk.withdraw(model: world.modelKey.publicKey) }
    try terminal.erase(model: model, card: inserted(), over: world.line())
  }

  /// The card in a handset of the approved model.
  private func show() throws -> Bool {
    let handset = try world.makeHandset(module: inserted())
    handset.powerOn()
    for line in handset.display { DealerDay.tell("\(line)\n") }
    DealerDay.tell(try world.attaches(handset) ? "attached\n" : "refused by the network\n")
    return true
  }
}
