import ArgumentParser
import AuC
import Bytes
import Identifiers
import Store

extension AuCCommand {
  struct Bar: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Shut a subscriber out until it is let in again: its keys and sequence numbers stay.",
      discussion: """
        No door gives out vectors then, and the nodes that serve the subscriber are told to forget it.

        Example: simurgh auc bar 001010000000001
        """)

    @OptionGroup var site: StoredSiteOptions
    @Argument(help: "The IMSI.") var imsi: String

    func run() throws {
      try Complaint.reporting {
        try site.site.authenticationCentre().bar(IMSI(imsi), now: .now(), random: SystemRandomSource.shared)
        print("IMSI \(imsi) is barred")
      }
    }
  }

  struct Unbar: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Let a subscriber in again that was barred by hand.",
      discussion: """
        A subscriber whose subscription is suspended stays out until that is resumed.

        Example: simurgh auc unbar 001010000000001
        """)

    @OptionGroup var site: StoredSiteOptions
    @Argument(help: "The IMSI.") var imsi: String

    func run() throws {
      try Complaint.reporting {
        let left = try site.site.authenticationCentre().unbar(
          IMSI(imsi), now: .now(), random: SystemRandomSource.shared)
        guard left.isEmpty else {
          throw Complaint(
            .refused, "IMSI \(imsi) stays out: \(left.map(\.description).sorted().joined(separator: ", ")).",
            remedy: "Resume its subscription: simurgh operator subscription resume NUMBER")
        }
        print("IMSI \(imsi) is let in again")
      }
    }
  }

  struct Close: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Shut a subscriber out for good, and keep its entry, so that nobody takes the IMSI anew by mistake.",
      discussion: "Example: simurgh auc close 001010000000001")

    @OptionGroup var site: StoredSiteOptions
    @Argument(help: "The IMSI.") var imsi: String

    func run() throws {
      try Complaint.reporting {
        try site.site.authenticationCentre().close(IMSI(imsi), now: .now(), random: SystemRandomSource.shared)
        print("IMSI \(imsi) is closed for good")
      }
    }
  }
}
