import HandsetRegistration
import RegistrationDevice
import RegistrationTerminal
import SecureElement
import StoreSQLite
import TransportCard

/// Customers with cards: the registration terminal at their dealer's, and the card in its slot (A6).
extension RegistrationStory {
  /// A registration terminal with the power of its module.
  struct TerminalAtDealer {
    let terminal: RegistrationTerminal.Terminal
    let module: InProcessCard
    let power: PowerCutLog
  }

  private func terminal(of dealer: String) throws -> TerminalAtDealer {
    if let there = terminals[dealer] { return there }
    let (power, memory) = (PowerCutLog(VolatileLog()), try SQLiteStore.inMemory())
    let module = try world.makeTerminalModule(on: LogMemory(power))
    let made = TerminalAtDealer(
      terminal: try world.makeRegistrationTerminal(module: tapped(module, "terminal → module"), store: memory),
      module: module, power: power)
    memory.onCommit { [terminalFuse] point in try terminalFuse.reach(point == .before ? .before : .after) }
    terminals[dealer] = made
    return made
  }

  /// The terminal is authenticated, registered before where it is not, and writes the card; returns its number.
  func registerCard(_ purpose: Purpose, of customer: Customer, _ unit: Unit, over line: Line) throws -> String {
    let there = try terminal(of: customer.dealer)
    endanger(there.power)
    defer {
      there.power.cut(atWrite: .max, .afterWrite)
      there.module.powerOff()
      terminalFuse.mend()
    }
    do { try there.terminal.authenticate(over: line) } catch DeviceError.notReady, DeviceError.refused(.unknownTerminal)
    {
      try there.terminal.register(dealer: customer.dealer, over: line)
      try there.terminal.authenticate(over: line)
    }
    // What was on its way has arrived: a card that works by now is not registered once more.
    if purpose == .new || purpose == .repair,
      let number = try checking({ try takes(unit) ? information(of: unit)?.number : nil })
    {
      return number
    }
    return try there.terminal.register(
      purpose, card: tapped(unit.module, "terminal → card"), number: customer.number, over: line,
      applicant: Person(story: self))
  }
}
