import CardTerminal
import OfflineCard

/// A user who does what the story says; the trace tells what was seen and done.
final class RehearsedUser: Person {
  private var entries: [Entry]
  private let note: (String) -> Void

  init(_ entries: [Entry], noted: @escaping (String) -> Void) { (self.entries, note) = (entries, noted) }

  func see(_ screen: Screen) { note("Terminal → Person  \(screen.text)") }

  func answer(_ screen: Screen) -> Entry {
    see(screen)
    let entry = entries.isEmpty ? .leave : entries.removeFirst()
    switch entry {
    case .digits: note("Person → Terminal  digits")
    case .register: note("Person → Terminal  the button for PIN registration")
    case .leave: note("Person → Terminal  takes the card")
    }
    return entry
  }
}

/// A call of so many intervals, which notes what was given.
final class SimulatedService: ServiceProvider {
  let kind = ServiceKind.call
  private let intervals: Int
  private let price: Int
  private var paidIntervals = 0
  private var limit = 0

  init(intervals: Int, price: Int) { (self.intervals, self.price) = (intervals, price) }

  /// Units for which something was given.
  var given: Int { paidIntervals * price }

  func choose(limit: Amount) -> Bool {
    self.limit = limit.units
    return true
  }

  func nextCharge() -> Amount? {
    let charge = (paidIntervals + 1) * price
    return paidIntervals < intervals && charge <= limit ? Amount(charge) : nil
  }

  func paid() { paidIntervals += 1 }
}
