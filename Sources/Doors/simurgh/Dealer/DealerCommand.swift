import ArgumentParser
import Foundation

/// `simurgh dealer`: a dealer's day from the keyboard.
struct DealerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dealer",
    abstract: "Play a dealer's day: register handsets, repair them, change what subscribers have.",
    discussion: """
      All parties of a handset registration (EP 0 652 681) are in this process and are gone when it ends: factories, \
      carrier's terminal, customer management, credit company and AuC. The menu is the handset's: credit card number, \
      services, the number offered. Credit cards that end in 0002 are refused by the credit company; 4111 1111 1111 \
      1111 is a good one.

      Example: simurgh dealer
      """)

  func run() throws {
    try Complaint.reporting {
      var day = try DealerDay()
      while try day.round() {}
      DealerDay.tell("\n")
    }
  }
}
