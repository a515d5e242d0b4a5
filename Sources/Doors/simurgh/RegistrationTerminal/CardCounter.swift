import Handset
import HandsetRegistration
import RegistrationDevice
import RegistrationTerminal
import StoreSQLite
import Transport
import TransportCard
import World

/// What stands around a registration terminal: cards, a line to the carrier's terminal, and a handset to try a card in.
protocol CardCounter: AnyObject {
  var terminal: RegistrationTerminal.Terminal { get }
  /// The services that the dealer knows of.
  var services: [String] { get }
  /// The line to the carrier's terminal.
  func line() throws -> any RegistrationLine
  /// A card is put into the slot: one that may be new, or the subscriber's.
  func insert(isNew: Bool) throws -> any CardLink
  /// A model is about to be erased.
  func withdraw(model: String) throws
  /// A handset of the approved model with a card in it.
  func makeHandset(with card: any CardLink) throws -> Handset
  /// Whether the network takes the handset.
  func attaches(_ handset: Handset) throws -> Bool
}

/// A counter whose every party is in this process, and gone when it ends.
final class LaboratoryCardCounter: CardCounter {
  let terminal: RegistrationTerminal.Terminal
  let services = RegistrationWorld.services
  private let world: RegistrationWorld
  /// The card that was written last.
  private var card: InProcessCard?

  init() throws {
    world = try LaboratoryShop.makeWorld(numbers: 100)
    terminal = try world.makeRegistrationTerminal(store: SQLiteStore.inMemory())
  }

  func line() -> any RegistrationLine {
    world.now = .now()
    return world.line()
  }

  func insert(isNew: Bool) throws -> any CardLink {
    if isNew { card = try world.makeCard() }
    guard let card else { throw DeviceError.noModule }
    return card
  }

  /// The carrier withdraws the model here too, so that the erasure can be seen.
  func withdraw(model: String) throws {
    if model == RegistrationWorld.modelName { try world.desk.withdraw(model: world.modelKey.publicKey) }
  }

  func makeHandset(with card: any CardLink) throws -> Handset { try world.makeHandset(module: card) }
  func attaches(_ handset: Handset) throws -> Bool { try world.attaches(handset) }
}
