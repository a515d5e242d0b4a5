import ArgumentParser
import Foundation

/// `simurgh registration-terminal`: cards registered at a dealer's, from the keyboard.
struct RegistrationTerminalCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "registration-terminal",
    abstract: "Play an IC-card registration terminal at a dealer's: register it, then cards.",
    discussion: """
      The terminal (EP 0 652 681, Figs 23 to 44) is registered first (1, with the dealer's number), and authenticated before \
      each card (2); then a new card (3), a new one for a broken one (4), other services (5), another credit card (6), or a \
      withdrawn model erased from the card (7). 8 puts the card into a handset. Credit cards that end in 0002 are refused; \
      4111 1111 1111 1111 is a good one.

      Without --server all parties are in this process and are gone when it ends; the dealer's number is D-0001. With it the \
      line goes to `simurgh carrier-terminal serve`, the terminal stays in DIR/registration-terminal, and the desk asks which \
      card of the site (simurgh card create NAME --kind card) is in the slot, or makes a new one. --reader takes the card in \
      a PC/SC reader instead.

      Example: simurgh registration-terminal --server localhost:8450 --certificate operator/shop --reader any
      """)

  @OptionGroup var site: SiteOptions
  @Option(help: "The carrier's terminal: its name and port.") var server: String?
  @Option(
    help:
      "The certificate that the dealer shows there: as `simurgh ca show` names it, or a PEM file with its key beside it."
  )
  var certificate: String?
  @Option(help: "With --server: the PC/SC reader that is the card slot; \"any\" for the first with a card.")
  var reader: String?

  func validate() throws {
    guard (server == nil) == (certificate == nil) else {
      throw ValidationError("--server and --certificate belong together: a dealer is known by the certificate.")
    }
    guard reader == nil || server != nil else {
      throw ValidationError("--reader is for --server: the cards of a play without one are in this process.")
    }
  }

  func run() throws {
    try Complaint.reporting {
      let desk: CardDesk
      if let server, let certificate {
        desk = CardDesk(
          try SiteCardCounter(site.site, server: server, certificate: certificate, reader: reader))
      } else {
        desk = CardDesk(try LaboratoryCardCounter())
      }
      while try desk.round() {}
      DealerDay.tell("\n")
    }
  }
}
