import ArgumentParser
import DealerTerminal
import Foundation

/// `simurgh dealer`: a dealer's day from the keyboard.
struct DealerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dealer",
    abstract: "Play a dealer's day: register handsets, repair them, change what subscribers have.",
    discussion: """
      The menu is the handset's: credit card number, services, the number offered. Cards that end in 0002 are refused by \
      the laboratory's credit company; 4111 1111 1111 1111 is a good one.

      Without --server all parties of a handset registration (EP 0 652 681) are in this process and are gone when it ends: \
      factories, carrier's terminal, customer management, credit company and AuC. With it the line goes to `simurgh \
      carrier-terminal serve`, and handsets stay in DIR/handsets. With --offline there is no line: new handsets get IDs out \
      of the batch that `simurgh carrier-terminal batch supply` put into the carrier's module.

      Example: simurgh dealer --server localhost:8450 --certificate dealer.pem
      """)

  @OptionGroup var site: SiteOptions
  @Option(help: "The carrier's terminal: its name and port.") var server: String?
  @Option(
    help:
      "The certificate that the dealer shows there: as `simurgh ca show` names it, or a PEM file with its key beside it."
  )
  var certificate: String?

  @Option(help: "Without a line: the card, or directory, that is the carrier's module with a batch of IDs.")
  var offline: String?
  @Option(help: "Without a line: the PC/SC reader that the carrier's module is in; \"any\" for the first with a card.")
  var reader: String?

  func validate() throws {
    guard [server, offline, reader].compactMap(\.self).count < 2 else {
      throw ValidationError("Choose one of --server, --offline and --reader.")
    }
    guard (server == nil) == (certificate == nil) else {
      throw ValidationError("--server and --certificate belong together: a dealer is known by the certificate.")
    }
  }

  func run() throws {
    try Complaint.reporting {
      var day: DealerDay
      if let server, let certificate {
        let shop = try SiteShop(site.site, server: server, certificate: certificate)
        day = DealerDay(shop, sold: try shop.sold())
      } else if offline != nil || reader != nil {
        let shop = try OfflineShop(site.site, terminal: OfflineTerminal(name: offline, reader: reader, of: site.site))
        day = DealerDay(shop, sold: try shop.sold())
      } else {
        day = DealerDay(try LaboratoryShop())
      }
      while try day.round() {}
      DealerDay.tell("\n")
    }
  }
}
