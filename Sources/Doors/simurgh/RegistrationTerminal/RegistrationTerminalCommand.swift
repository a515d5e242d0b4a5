import ArgumentParser
import Foundation

/// `simurgh registration-terminal`: cards registered at a dealer's, from the keyboard.
struct RegistrationTerminalCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "registration-terminal",
    abstract: "Play an IC-card registration terminal at a dealer's: register it, then cards.",
    discussion: """
      All parties (EP 0 652 681, Figs 23 to 44) are in this process and are gone when it ends. The terminal is \
      registered first (1, dealer number D-0001), and authenticated before each card (2); then a new card (3), a new \
      one for a broken one (4), other services (5), another credit card (6), or a withdrawn model erased from the card \
      (7). 8 puts the card into a handset. Credit cards that end in 0002 are refused; 4111 1111 1111 1111 is a good one.

      Example: simurgh registration-terminal
      """)

  func run() throws {
    try Complaint.reporting {
      var desk = try CardDesk()
      while try desk.round() {}
      DealerDay.tell("\n")
    }
  }
}
