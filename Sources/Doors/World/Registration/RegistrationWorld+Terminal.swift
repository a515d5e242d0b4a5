import Bytes
import HandsetRegistration
import Identifiers
import Keys
import RegistrationDevice
import RegistrationTerminal
import SecureElement
import SecureMessages
import Store
import StoreSQLite
import Transport
import TransportCard

extension RegistrationWorld {
  /// Fig. 27: a registration terminal of the approved model, or of another, whose module for this carrier has KE_C and
  /// E(KD_COB, KE_C) by the module writer. `others` are modules for other carriers.
  public func makeRegistrationTerminal(
    modelKey: PrivateKey? = nil, module: (any CardLink)? = nil, others: [Party: any CardLink] = [:], store: any Store
  ) throws -> RegistrationTerminal.Terminal {
    let link = try module ?? makeTerminalModule()
    let terminal = try RegistrationTerminal.Terminal(
      RegistrationTerminal.Terminal.Equipment(
        keys: factory.makeUnitKeys(of: modelKey ?? terminalKey), patterns: [Self.pattern], authorities: authorities),
      modules: others.merging([carrier.party: link]) { $1 }, store: store,
      clock: DeviceClock { [self] in now }, random: random)
    try terminal.select(carrier.party)
    return terminal
  }

  /// A module of terminal kind with KE_C and E(KD_COB, KE_C), on a memory that lasts as long as the caller wants.
  public func makeTerminalModule(on memory: any CardMemory = VolatileMemory()) throws -> InProcessCard {
    let link = try InProcessCard(makeModule(.terminal, on: memory))
    try equip(link)
    return link
  }

  /// A card that was registered at a terminal made for it.
  public func makeRegisteredCard(_ applicant: any Applicant) throws -> InProcessCard {
    let (card, terminal) = (try makeCard(), try makeRegistrationTerminal(store: SQLiteStore.inMemory()))
    try terminal.register(dealer: Self.dealer, over: line())
    try terminal.authenticate(over: line())
    try terminal.register(card: card, over: line(), applicant: applicant)
    return card
  }

  /// Fig. 22 (a, b): a card of the lot as its maker ships it, without a carrier's key.
  public func makeCard(on memory: any CardMemory = VolatileMemory()) throws -> InProcessCard {
    try InProcessCard(makeModule(.card, on: memory))
  }
}
